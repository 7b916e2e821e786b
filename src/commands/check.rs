//! `infra check`: everything that is wrong with the project, in the format that the reader wants.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Context;
use clap::ValueEnum;

use super::{Levels, settle, side_by_side};
use crate::cli::{Exit, Global};
use crate::diag::{Diagnostic, Diagnostics};
use crate::files::{Documents, Project};
use crate::fix::Fixes;
use crate::model::Definition;
use crate::names::{Date, Region};
use crate::output::{self, report::Checked, report::Report};
use crate::rules::{Rule, all};
use crate::source::Sources;

/// Check the project, or documents that others wrote, against every rule; writes no output.
///
/// Documents are CloudFormation templates, assemblies of the AWS CDK (`cdk.out`) or of infra, Kubernetes manifests and
/// Route 53 change batches; all that are named are checked as one deployment. Exits with 1 if there are errors. `infra explain` says more about a finding, `allow:` in an entry accepts one, and
/// `lints:` in infra.yaml sets levels.
#[derive(Debug, Default, clap::Args)]
pub(crate) struct Args {
    /// Files and folders to check instead of the project.
    #[arg(value_name = "PATH", conflicts_with = "env")]
    paths: Vec<PathBuf>,
    /// Region that the templates are deployed to, where nothing else says one.
    #[arg(long, value_name = "REGION", requires = "paths")]
    region: Option<Region>,
    /// Environments to check; those of `INFRA_ENV`, between commas, or all of them if none is named.
    #[arg(long, short, value_name = "ENV")]
    env: Vec<String>,
    /// How to report.
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
    /// File to write the report to, instead of printing it.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    /// The day for rules about dates, as 2026-11-23; the machine's day (UTC) if not given.
    #[arg(long, value_name = "DATE")]
    today: Option<Date>,
    /// Exit with 1 on warnings too.
    #[arg(long)]
    deny_warnings: bool,
    /// Change the input files where a finding says how; what remains is reported.
    #[arg(long)]
    fix: bool,
    /// With `--fix`: write nothing, print a patch.
    #[arg(long, requires = "fix", conflicts_with_all = ["format", "output"])]
    dry_run: bool,
}

/// How to report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For people.
    #[default]
    Human,
    /// For programs; `infra schema check` prints its schema.
    Json,
    /// For code scanning services: SARIF 2.1.0.
    Sarif,
    /// Annotations of GitHub Actions.
    Github,
    /// For CI servers: `JUnit` XML.
    Junit,
    /// For the comment of a pull request.
    Markdown,
}

/// Most rounds of fixes: one may make room for the next.
const ROUNDS: usize = 10;

/// What one round of checking gave.
struct Round {
    sources: Sources,
    /// The folder that the paths start at.
    root: PathBuf,
    findings: Vec<Diagnostic>,
    checked: Checked,
}

/// Checks, fixes if wanted, and reports.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<Exit> {
    let today = args.today.map_or_else(machine_day, Ok)?;
    let mut fixes = Fixes::default();
    let mut round = check(global, args, today, &fixes)?;
    for _ in 0..ROUNDS {
        if !args.fix || !fixes.add(&round.sources, &round.root, &round.findings) {
            break;
        }
        round = check(global, args, today, &fixes)?;
    }
    if args.fix && !args.dry_run {
        fixes.write(args.paths.is_empty().then_some(&round.root))?;
        output::note(&fixes.summary())?;
    }
    let rules: Vec<&Rule> = all().collect();
    let Round { sources, findings, checked, .. } = &round;
    let report = Report { sources, findings, rules: &rules, checked };
    if args.dry_run {
        output::findings(report.sources, report.findings)?;
        output::note(&(report.summary() + "\n"))?;
        output::result(&fixes.patch())?;
    } else {
        print(args, &report)?;
    }
    let failed = report.errors() > 0 || (args.deny_warnings && report.warnings() > 0);
    Ok(if failed { Exit::Failed } else { Exit::Done })
}

/// Checks the project of a folder and reports for people, as `infra check` does there.
pub(super) fn project(folder: &Path) -> anyhow::Result<Exit> {
    run(&Global { project: Some(folder.to_owned()), ..Global::default() }, &Args::default())
}

/// Checks once, with the files as fixes have left them.
fn check(global: &Global, args: &Args, today: Date, fixes: &Fixes) -> anyhow::Result<Round> {
    if args.paths.is_empty() {
        check_project(global, args, today, fixes)
    } else {
        check_documents(global, args, today, fixes)
    }
}

/// Checks every environment of the project.
fn check_project(global: &Global, args: &Args, today: Date, fixes: &Fixes) -> anyhow::Result<Round> {
    // Not clap's own: documents, which have no environments, are checked whatever the variable says.
    let wanted = if args.env.is_empty() { std::env::var("INFRA_ENV").unwrap_or_default() } else { args.env.join(",") };
    let wanted: Vec<String> = wanted.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect();
    let mut diags = Diagnostics::default();
    let mut project = Project::open_edited(global.project.as_deref(), fixes.texts())?;
    let definitions = project.definitions(&wanted, &mut diags)?.unwrap_or_default();
    let checked = Checked {
        environments: definitions.iter().map(|definition| definition.environment.name.to_string()).collect(),
        stacks: definitions.iter().map(|definition| definition.stacks.len()).sum(),
    };
    let found = side_by_side(definitions, |definition: Definition| crate::check(definition, Some(today)));
    let findings = settle(project.levels(), diags, found, Some(today));
    let Project { root, sources, .. } = project;
    Ok(Round { sources, root, findings, checked })
}

/// Checks documents that others wrote as one deployment, with the levels of the project around them if there is one.
fn check_documents(global: &Global, args: &Args, today: Date, fixes: &Fixes) -> anyhow::Result<Round> {
    let levels = match (Project::open(global.project.as_deref()), &global.project) {
        (Ok(mut project), _) => project.read_levels(&mut Diagnostics::default()),
        (Err(_), None) => Levels::new(),
        (Err(error), Some(_)) => return Err(error),
    };
    let Documents { sources, inputs } = Documents::open(&args.paths, args.region, &fixes.texts())?;
    let (found, stacks) = crate::check_documents(&inputs, &sources, Some(today));
    let findings = settle(&levels, Diagnostics::default(), vec![found], Some(today));
    let checked = Checked { environments: Vec::new(), stacks };
    Ok(Round { sources, root: PathBuf::new(), findings, checked })
}

fn print(args: &Args, report: &Report<'_>) -> anyhow::Result<()> {
    let text = match (args.format, &args.output) {
        (Format::Human, None) => {
            output::result_findings(report.sources, report.findings)?;
            report.summary() + "\n"
        }
        (Format::Human, Some(_)) => output::human::report(report),
        (Format::Json, _) => output::json::render(report),
        (Format::Sarif, _) => output::sarif::render(report),
        (Format::Github, _) => output::github::render(report),
        (Format::Junit, _) => output::junit::render(report),
        (Format::Markdown, _) => output::markdown::render(report),
    };
    match &args.output {
        None => output::result(&text),
        Some(file) => {
            std::fs::write(file, text).with_context(|| format!("cannot write {}", file.display()))?;
            output::note(&(report.summary() + "\n"))
        }
    }
}

/// Returns the day of the machine's clock in UTC.
pub(super) fn machine_day() -> anyhow::Result<Date> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).context("the clock stands before 1970; give `--today`")?;
    Ok(Date::from_days(i64::try_from(since.as_secs() / 86_400)?))
}
