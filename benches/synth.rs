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

/// What rules and schema checks of all environments take; reading, binding and lowering are not measured.
fn rules(criterion: &mut Criterion) {
    let bundled = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut diags = Diagnostics::default();
    let mut project = Project::open(Some(bundled)).expect("the project is there");
    let definitions = project.definitions(&[], &mut diags).expect("it is readable").expect("it is right");
    let lowered: Vec<_> = definitions
        .into_iter()
        .map(|definition| {
            let world = infra::resolve::resolve(definition, &mut diags).expect("it binds");
            let artifacts = infra::lower::lower(&world, &mut diags).expect("it compiles");
            (world, artifacts)
        })
        .collect();
    let check = || {
        let mut found = Diagnostics::default();
        for (world, artifacts) in &lowered {
            let own = infra::view::Own::new(world, artifacts);
            infra::rules::check(&infra::view::View::new(own.input(None), &own), &mut found);
        }
        assert!(found.is_empty(), "{:?}", found.into_sorted());
    };
    criterion.bench_function("rules and schemas of the bundled platform, all environments", |bencher| {
        bencher.iter(check);
    });
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

criterion_group!(benches, rules, synth);
criterion_main!(benches);
