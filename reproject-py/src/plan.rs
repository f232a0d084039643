//! Plans of reprojections: their blocks, windows and costs, before any pixel is read.

use crate::ahead::{self, Ahead};
use crate::error::exception;
use crate::map::Map;
use crate::parts::Parts;
use crate::resampler::Resampler;
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use reproject_chunk::{Element, Format};
use reproject_core::{Job, Pixel, Plan, Region, Reproject, Result};

/// A region as its first pixels and its sides.
type Span = (Vec<usize>, Vec<usize>);

/// Plans the reprojection of an array of shape `input` (of type `kind` and `size` bytes, in chunks of shape `chunks` if it
/// has any) into one of shape `output`, of single or double precision, with so many threads.
///
/// The result is the plan in words; cost and plan as JSON; and for every block its region and the windows that it reads.
#[pyfunction]
#[pyo3(signature = (map, resampler, input, kind, size, output, single, *, chunks = None, block = None, threads = 1))]
pub(crate) fn plan(
    py: Python<'_>,
    map: &Map,
    resampler: &Resampler,
    input: Vec<usize>,
    kind: char,
    size: usize,
    output: Vec<usize>,
    single: bool,
    chunks: Option<Vec<usize>>,
    block: Option<Vec<usize>>,
    threads: usize,
) -> PyResult<(String, String, Vec<(Span, Vec<Span>)>)> {
    let narrow = Format::of(kind, size) == Some(Format::F32);
    let call = Call { map, resampler, input, output, chunks, block };
    let plan = py.detach(|| match (narrow, single) {
        (true, true) => call.plan::<f32, f32>(),
        (true, false) => call.plan::<f32, f64>(),
        (false, true) => call.plan::<f64, f32>(),
        (false, false) => call.plan::<f64, f64>(),
    });
    let plan = plan.map_err(|error| map.exception().unwrap_or_else(|| exception(error)))?;
    let mut cost = plan.cost(usize::MAX, threads);
    cost.peak = cost.peak.saturating_add(ahead::bytes(map, resampler, &plan.output, &plan.input));
    let json = serde_json::to_string(&serde_json::json!({ "cost": cost, "plan": plan }));
    let json = json.map_err(|e| PyValueError::new_err(e.to_string()))?;
    let told = |r: &Region| (r.start.clone(), r.shape.clone());
    let blocks = plan.blocks.iter().map(|b| (told(&b.block), b.windows.iter().map(told).collect()));
    Ok((plan.explain(&cost), json, blocks.collect()))
}

struct Call<'a> {
    map: &'a Map,
    resampler: &'a Resampler,
    input: Vec<usize>,
    output: Vec<usize>,
    chunks: Option<Vec<usize>>,
    block: Option<Vec<usize>>,
}

impl Call<'_> {
    fn plan<I: Element, O: Pixel>(&self) -> Result<Plan> {
        let whole = Region::whole(&self.output);
        let slabs = ahead::slabs(&whole, self.map.inner.groups().iter().sum(), self.resampler, None);
        // Where few positions tell, they are cheaper than all; and more than are held at once are asked for bit by bit.
        let few = reproject_core::Resampler::<I, O>::window_by_bounds(&*self.resampler.typed::<I, O>());
        let ahead = (ahead::wanted(self.map, self.resampler) && !few && slabs.len() == 1)
            .then(|| Ahead::planned(self.map, self.resampler, &whole, &self.input, &()));
        let ahead = ahead.transpose()?;
        let (map, resampler) =
            ahead.as_ref().map_or((&self.map.inner, self.resampler), |a| (&a.map, &a.resampler));
        let resampler = resampler.typed::<I, O>();
        let pixels = Parts::new(&self.input, vec![]);
        let job = Reproject::<I, O, _, _, _>::new(&self.output, &**map, resampler, &pixels)?;
        let grid = job.blocks(self.block.as_deref())?;
        Plan::with_chunks(&job, &grid.regions()?, self.chunks.as_deref())
    }
}
