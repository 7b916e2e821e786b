//! Time of the stages on the bundled platform and on generated projects, in one process.
//!
//! `cargo bench --bench synth`; the whole program is measured by `cargo bench --bench scale`.
#![expect(clippy::expect_used, reason = "a benchmark that cannot run says so")]
#![allow(missing_docs, clippy::allow_attributes, reason = "what criterion's macros make")]

mod generator;

use std::path::Path;

use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};
use infra::diag::Diagnostics;
use infra::files::Project;

/// Reads and compiles all environments of a project; gives the number of resources.
fn compile(root: &Path) -> usize {
    let mut diags = Diagnostics::default();
    let mut project = Project::open(Some(root)).expect("the project is there");
    let definitions = project.definitions(&[], &mut diags).expect("it is readable").expect("it is right");
    let assemblies = definitions.into_iter().filter_map(|it| infra::compile(it, &[], &project.sources, &mut diags));
    let resources = assemblies.map(|assembly| assembly.summary.resources).sum();
    assert!(!diags.has_errors(), "{:?}", diags.into_sorted());
    resources
}

fn synth(criterion: &mut Criterion) {
    let bundled = Path::new(env!("CARGO_MANIFEST_DIR"));
    criterion.bench_function("bundled platform, all environments", |bencher| bencher.iter(|| compile(bundled)));
    let mut group = criterion.benchmark_group("generated services");
    group.sample_size(20);
    for services in [1, 10, 100] {
        let folder = tempfile::tempdir().expect("a folder can be made");
        generator::write(folder.path(), services).expect("the project can be written");
        let id = BenchmarkId::from_parameter(services);
        group.bench_with_input(id, folder.path(), |bencher, root| bencher.iter(|| compile(root)));
    }
}

criterion_group!(benches, synth);
criterion_main!(benches);
