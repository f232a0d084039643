//! The spans of a run. A program apart: callsites that other threads meet first, without a subscriber, may stay silent.

mod support;

use reproject_core::{ArraySource, Axes, Bilinear, DenseSink, Executor, Identity, Job, Region, Reproject};
use reproject_exec::{Lazy, Serial, share};
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use support::{Copied, IN, image};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Metadata, Subscriber};

/// Collects the names of spans.
struct Names(Arc<Mutex<BTreeSet<&'static str>>>);

impl Subscriber for Names {
    fn enabled(&self, _: &Metadata<'_>) -> bool {
        true
    }
    fn new_span(&self, span: &Attributes<'_>) -> Id {
        self.0.lock().unwrap().insert(span.metadata().name());
        Id::from_u64(1)
    }
    fn record(&self, _: &Id, _: &Record<'_>) {}
    fn record_follows_from(&self, _: &Id, _: &Id) {}
    fn event(&self, _: &Event<'_>) {}
    fn enter(&self, _: &Id) {}
    fn exit(&self, _: &Id) {}
}

#[test]
fn a_run_is_traced_in_its_parts() {
    let names = Arc::new(Mutex::new(BTreeSet::new()));
    let copied: Copied =
        Reproject::new(&IN, Axes::new(Identity), reproject_core::Nearest, share(&image(&IN)).unwrap())
            .unwrap();
    // A lazy source is read, not shown.
    let lazy = Lazy::new(copied);
    let job = Reproject::<f32, f32, _, _, _>::new(
        &IN,
        Axes::<2, _>::new(Identity),
        Bilinear,
        &lazy as &dyn ArraySource<f32>,
    )
    .unwrap();
    let mut out = ndarray::ArrayD::zeros(IN.to_vec());
    let blocks: Vec<Region> = job.blocks(None).unwrap().iter().collect();
    tracing::subscriber::with_default(Names(names.clone()), || {
        Serial.execute(&job, &blocks, &DenseSink::new(out.view_mut()), &()).unwrap();
    });
    assert_eq!(*names.lock().unwrap(), BTreeSet::from(["map", "plan", "read", "resample", "write"]));
}
