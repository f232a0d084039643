//! The jobs that worker processes know: an explicit list of names and types.

use super::delivery::Outlet;
use bytemuck::Pod;
use reproject_core::executor::compute;
use reproject_core::{Error, Job, Pixel, Region, Result, Tile, Watch, take_failure};
use serde::{Serialize, de::DeserializeOwned};
use std::any::{TypeId, type_name};

/// The types of jobs that worker processes of this program can run, by name.
///
/// The same list serves both sides: the first thing in `main` is [`Jobs::serve_if_worker`], and
/// [`Processes::new`](crate::Processes::new) takes the list, too.
///
/// ```
/// # use reproject_core::{ArraySource, Axes, Bilinear, Identity, Reproject};
/// # use reproject_exec::{Jobs, Shared};
/// type Shrink = Reproject<f32, f32, Axes<2, Identity>, Bilinear, Shared<f32>>;
///
/// fn jobs() -> Jobs {
///     Jobs::new().with::<Shrink>("shrink")
/// }
///
/// fn main() {
///     jobs().serve_if_worker();
///     // ... the program itself
/// }
/// ```
#[derive(Clone, Debug, Default)]
pub struct Jobs(Vec<Entry>);

#[derive(Clone, Debug)]
struct Entry {
    name: &'static str,
    of: TypeId,
    make: fn(&[u8]) -> Result<Box<dyn AnyJob>>,
}

impl Jobs {
    /// An empty list of jobs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a type of job. The name is what travels: it stays the same from one build of the program to the next.
    #[must_use]
    pub fn with<J>(mut self, name: &'static str) -> Self
    where
        J: Job + Serialize + DeserializeOwned + 'static,
        J::Pixel: Pod,
    {
        self.0.push(Entry { name, of: TypeId::of::<J>(), make: make::<J> });
        self
    }

    /// The names of the jobs.
    pub fn names(&self) -> impl Iterator<Item = &'static str> + '_ {
        self.0.iter().map(|entry| entry.name)
    }

    /// Refuses a name that stands for two types.
    pub(crate) fn check(&self) -> Result<()> {
        for (i, entry) in self.0.iter().enumerate() {
            if self.0[..i].iter().any(|other| other.name == entry.name && other.of != entry.of) {
                let why = format!("the name {:?} stands for two types; give each its own", entry.name);
                return Err(Error::invalid("jobs", why));
            }
        }
        Ok(())
    }

    /// The name of a type of job.
    pub(crate) fn name<J: 'static>(&self) -> Result<&'static str> {
        let found = self.0.iter().find(|entry| entry.of == TypeId::of::<J>());
        found.map(|entry| entry.name).ok_or_else(|| {
            let known: Vec<_> = self.names().collect();
            let why = format!(
                "{} is not registered: add it with `Jobs::with`; registered are [{}]",
                type_name::<J>(),
                known.join(", ")
            );
            Error::invalid("job", why)
        })
    }

    /// A job that has arrived.
    pub(crate) fn make(&self, name: &str, job: &[u8]) -> Result<Box<dyn AnyJob>> {
        match self.0.iter().find(|entry| entry.name == name) {
            Some(entry) => (entry.make)(job),
            None => Err(Error::invalid("job", format!("this worker knows no job {name:?}"))),
        }
    }
}

fn make<J>(job: &[u8]) -> Result<Box<dyn AnyJob>>
where
    J: Job + Serialize + DeserializeOwned + 'static,
    J::Pixel: Pod,
{
    let job: J = postcard::from_bytes(job).map_err(|e| {
        take_failure().unwrap_or_else(|| {
            Error::invalid(type_name::<J>(), format!("cannot be set up in a worker process: {e}"))
        })
    })?;
    Ok(Box::new(Typed { job, tile: Tile::empty() }))
}

/// A job of any type, and the tile that it works in.
pub(crate) trait AnyJob {
    /// Computes a block and stores it.
    fn run(&mut self, block: &Region, to: &Outlet, slot: u64, watch: &dyn Watch) -> Result<()>;
}

struct Typed<J: Job> {
    job: J,
    tile: Tile<J::Pixel>,
}

impl<J: Job> AnyJob for Typed<J>
where
    J::Pixel: Pixel + Pod,
{
    fn run(&mut self, block: &Region, to: &Outlet, slot: u64, watch: &dyn Watch) -> Result<()> {
        compute(&self.job, block, &mut self.tile, watch)?;
        tracing::trace_span!("write").in_scope(|| to.put(&self.tile, slot))
    }
}
