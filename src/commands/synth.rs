//! `infra synth`: compiles the project to files.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::ValueEnum;
use serde_json::{Value, json};

use crate::assembly::Summary;
use crate::cli::{Exit, Global};
use crate::diag::{Diagnostics, Severity};
use crate::files::{self, Project};
use crate::model::Definition;
use crate::output;
use crate::rules::allow::Checked;
use crate::source::Sources;

use super::{Compiled, Levels, compile, settle};

/// Compile the project to CloudFormation templates, Route 53 change batches, Kubernetes manifests and web configuration.
///
/// Writes `infra.out/<environment>/`. Needs no AWS account and opens no connection. Nothing is written when a mistake
/// is found, and an interrupted run leaves the previous output whole.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// Environments to compile; all of them if none is named.
    #[arg(long, short, value_name = "ENV", env = "INFRA_ENV", hide_env_values = true, value_delimiter = ',')]
    env: Vec<String>,
    /// Stacks to write, with those they take values from; all of them if none is named.
    #[arg(long, short, value_name = "STACK", num_args = 1..)]
    stack: Vec<String>,
    /// Folder to write to, or to compare with.
    #[arg(long, short, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Write nothing; compare with what is there and exit with 2 and a patch if it is stale.
    #[arg(long)]
    check: bool,
    /// How to report.
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
}

/// How to report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    Human,
    /// For programs.
    Json,
}

/// Compiles, then writes or compares.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<Exit> {
    let mut project = Project::open(global.project.as_deref())?;
    let (compiled, findings) = compile(&mut project, &args.env, &args.stack)?;
    let out = args.out.clone().unwrap_or_else(|| project.root.join("infra.out"));
    let stale = match &compiled {
        Some(compiled) if args.check => differences(&out, compiled)?,
        Some(compiled) => {
            write(&out, compiled)?;
            Vec::new()
        }
        None => Vec::new(),
    };
    let failed = compiled.is_none();
    let compiled = compiled.unwrap_or_default();
    match args.format {
        Format::Human => {
            output::diagnostics(&project.sources, &findings)?;
            let verb = if args.check { "compared with" } else { WRITTEN };
            output::result(&human(&out, &compiled, verb, &stale))?;
        }
        Format::Json => {
            let findings = output::json::diagnostics(&project.sources, &findings);
            output::result(&format!("{:#}\n", json_report(&out, &compiled, &stale, findings)))?;
        }
    }
    Ok(match (failed, stale.is_empty()) {
        (true, _) => Exit::Failed,
        (false, true) => Exit::Done,
        (false, false) => Exit::Different,
    })
}

/// Compiles one definition to a folder as `infra synth` does; writes nothing if any finding is an error.
pub(crate) fn definition(definition: Definition, out: &Path) -> anyhow::Result<Exit> {
    let sources = Sources::default();
    let mut diags = Diagnostics::default();
    let environment = definition.environment.clone();
    let mut assembly = crate::compile(definition, &[], &sources, &mut diags);
    let allowances = assembly.as_mut().map(|assembly| std::mem::take(&mut assembly.allowances)).unwrap_or_default();
    let checked = Checked { environment: environment.name.to_string(), findings: diags.into_sorted(), allowances };
    let findings = settle(&Levels::new(), Diagnostics::default(), vec![checked], None);
    output::diagnostics(&sources, &findings)?;
    let refused = findings.iter().any(|finding| finding.severity == Severity::Error);
    let Some(assembly) = assembly.filter(|_| !refused) else { return Ok(Exit::Failed) };
    files::replace_folder(out, environment.name.as_str(), &assembly.files)?;
    output::result(&human(out, &[Compiled { environment, assembly }], WRITTEN, &[]))?;
    Ok(Exit::Done)
}

/// Writes the environments side by side; each is replaced in one step.
fn write(out: &Path, compiled: &[Compiled]) -> anyhow::Result<()> {
    let one = |it: &Compiled| files::replace_folder(out, it.environment.name.as_str(), &it.assembly.files);
    let Some((first, others)) = compiled.split_first() else { return Ok(()) };
    std::thread::scope(|scope| {
        let threads: Vec<_> = others.iter().map(|it| scope.spawn(move || one(it))).collect();
        let first = one(first);
        let others = threads.into_iter().map(std::thread::ScopedJoinHandle::join);
        let results = std::iter::once(Ok(first)).chain(others).collect::<Result<Vec<_>, _>>();
        results.unwrap_or_else(|panic| std::panic::resume_unwind(panic)).into_iter().collect()
    })
}

/// A file that is not as it would be written.
struct Stale {
    path: String,
    patch: String,
}

fn differences(out: &Path, compiled: &[Compiled]) -> anyhow::Result<Vec<Stale>> {
    let mut stale = Vec::new();
    for environment in compiled {
        let folder = out.join(environment.environment.name.as_str());
        let present = files::read_folder(&folder).with_context(|| format!("cannot read {}", folder.display()))?;
        let wanted = &environment.assembly.files;
        let mut paths: Vec<&String> = present.keys().chain(wanted.keys()).collect();
        paths.sort();
        paths.dedup();
        for path in paths {
            let (old, new) = (present.get(path), wanted.get(path));
            if old != new {
                let path = format!("{}/{path}", environment.environment.name);
                stale.push(Stale { patch: output::patch(&path, old, new), path });
            }
        }
    }
    Ok(stale)
}

/// What was done with the output folder.
const WRITTEN: &str = "written to";

fn human(out: &Path, compiled: &[Compiled], verb: &str, stale: &[Stale]) -> String {
    let mut text: String = stale.iter().map(|stale| stale.patch.as_str()).collect();
    for Compiled { environment, assembly } in compiled {
        let Summary { templates, resources, records, objects, web } = assembly.summary;
        let environment = &environment.name;
        let path = files::shown(&out.join(environment.as_str()));
        let counts = [
            output::count(templates, "template"),
            output::count(resources, "resource"),
            output::count(records, "record set"),
            output::count(objects, "Kubernetes object"),
            output::count(web, "web file"),
        ];
        let _ = writeln!(text, "{environment}: {} {verb} {path}", counts.join(", "));
    }
    if !stale.is_empty() {
        let files = output::count(stale.len(), "file");
        let _ = writeln!(text, "{files} out of date; `infra synth` without `--check` writes what is wanted.");
    }
    text
}

fn json_report(out: &Path, compiled: &[Compiled], stale: &[Stale], findings: Value) -> Value {
    let environments: Vec<Value> = compiled
        .iter()
        .map(|Compiled { environment, assembly }| {
            let Summary { templates, resources, records, objects, web } = assembly.summary;
            json!({
                "environment": environment.name.as_str(),
                "path": files::shown(&out.join(environment.name.as_str())),
                "templates": templates,
                "resources": resources,
                "records": records,
                "objects": objects,
                "web": web,
            })
        })
        .collect();
    let stale: Vec<&str> = stale.iter().map(|stale| stale.path.as_str()).collect();
    json!({ "version": 1, "environments": environments, "stale": stale, "diagnostics": findings })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Environment, load};

    /// How a definition with one raw queue ends, and whether anything was written.
    fn written(property: &str) -> (Exit, bool) {
        let mut sources = Sources::default();
        let text = format!("raw: {{ jobs: {{ type: 'AWS::SQS::Queue', properties: {{ {property} }} }} }}\n");
        let file = sources.add("main.yaml", text);
        let mut diags = Diagnostics::default();
        let stacks = load::stack_file(&sources, file, &mut diags).into_iter().collect();
        let environment = Environment::new("dev", "111122223333", "eu-west-1", "dev.example.com").expect("it is right");
        let project = "shop".parse().expect("a name");
        let read = load::definition(&project, environment, load::Files { stacks, unread: Vec::new() }, &[], &mut diags);
        let folder = tempfile::tempdir().expect("a folder");
        let exit = definition(read, folder.path()).expect("it ends");
        (exit, folder.path().join("dev").exists())
    }

    #[test]
    fn a_definition_with_an_error_writes_nothing() {
        assert_eq!(written("VisibilityTimeout: 30"), (Exit::Done, true));
        assert_eq!(written("VisibilityTimeot: 30"), (Exit::Failed, false));
    }
}
