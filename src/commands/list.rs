//! `infra list`: what the project makes, and where each of it is written.

use anyhow::bail;
use clap::ValueEnum;
use serde_json::{Value, json};

use super::{Compiled, compile};
use crate::cli::{Exit, Global};
use crate::files::Project;
use crate::names::glob;
use crate::output;
use crate::state::Desired;

/// List the resources, records and objects of an environment, with the stack that each is in and where it is written.
///
/// Needs no AWS account and opens no connection. `NAME` is a pattern with `*` and `?` for a stack, as the definition or
/// CloudFormation names it, a logical id, a type, the name of a record, or that of an object.
#[derive(Debug, clap::Args)]
pub(crate) struct Args {
    /// What to list; everything if nothing is named.
    #[arg(value_name = "NAME")]
    names: Vec<String>,
    /// Environments; all of them if none is named.
    #[arg(long, short, value_name = "ENV", env = "INFRA_ENV", hide_env_values = true, value_delimiter = ',')]
    env: Vec<String>,
    /// How to print.
    #[arg(long, value_name = "FORMAT", default_value = "human")]
    format: Format,
}

/// How to print.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// A table.
    Human,
    /// A list of objects.
    Json,
}

/// Something that the project makes.
struct Row {
    environment: String,
    /// The stack as `name@region`, `zone example.com` or `cluster main`.
    within: String,
    name: String,
    kind: String,
    /// As `path:line:column`; empty where that is not known.
    place: String,
    /// Other names under which it is found.
    known_as: Vec<String>,
}

/// Compiles and prints.
pub(crate) fn run(global: &Global, args: &Args) -> anyhow::Result<Exit> {
    let mut project = Project::open(global.project.as_deref())?;
    let (compiled, findings) = compile(&mut project, &args.env, &[])?;
    let Some(compiled) = compiled else {
        output::diagnostics(&project.sources, &findings)?;
        return Ok(Exit::Failed);
    };
    let mut rows = Vec::new();
    for Compiled { environment, assembly } in &compiled {
        rows.extend(rows_of(environment.name.as_str(), &Desired::read(&assembly.files)?));
    }
    let unknown = args.names.iter().find(|name| !rows.iter().any(|row| row.fits(name)));
    if let Some(name) = unknown {
        let all = rows.iter().flat_map(Row::names);
        match crate::diag::suggest(name, all) {
            Some(near) => bail!("the project makes nothing called `{name}`; did you mean `{near}`?"),
            None => bail!("the project makes nothing called `{name}`; `infra list` lists everything"),
        }
    }
    rows.retain(|row| args.names.is_empty() || args.names.iter().any(|name| row.fits(name)));
    output::result(&match args.format {
        Format::Human => table(&rows, compiled.len() > 1),
        Format::Json => format!("{:#}\n", rows.iter().map(Row::to_json).collect::<Value>()),
    })?;
    Ok(Exit::Done)
}

impl Row {
    /// Everything that it is called.
    fn names(&self) -> impl Iterator<Item = &str> {
        [self.within.as_str(), &self.name, &self.kind].into_iter().chain(self.known_as.iter().map(String::as_str))
    }

    fn fits(&self, pattern: &str) -> bool {
        self.names().any(|name| glob(pattern, name))
    }

    fn to_json(&self) -> Value {
        let Self { environment, within, name, kind, place, known_as: _ } = self;
        json!({ "environment": environment, "in": within, "name": name, "type": kind, "place": place })
    }
}

fn table(rows: &[Row], environments: bool) -> String {
    let mut headers = vec!["in", "name", "type", "written at"];
    if environments {
        headers.insert(0, "environment");
    }
    let cells = |row: &Row| {
        let mut cells = vec![row.within.clone(), row.name.clone(), row.kind.clone(), row.place.clone()];
        if environments {
            cells.insert(0, row.environment.clone());
        }
        cells
    };
    output::table::table(&headers, &rows.iter().map(cells).collect::<Vec<_>>(), output::width())
}

fn rows_of(environment: &str, desired: &Desired) -> Vec<Row> {
    let row = |within: String, name: String, kind: &str| Row {
        environment: environment.to_owned(),
        within,
        name,
        kind: kind.to_owned(),
        place: String::new(),
        known_as: Vec::new(),
    };
    let mut rows = Vec::new();
    for (key, stack) in desired.stacks.iter().filter(|(_, stack)| !stack.is_memory()) {
        let resources = stack.template.get("Resources").and_then(Value::as_object);
        for (id, resource) in resources.into_iter().flatten() {
            let kind = resource.get("Type").and_then(Value::as_str).unwrap_or_default();
            rows.push(Row {
                place: stack.provenance.get(id).cloned().unwrap_or_default(),
                known_as: vec![stack.stack.clone(), key.name.clone()],
                ..row(key.to_string(), id.clone(), kind)
            });
        }
    }
    for zone in &desired.zones {
        let domain = zone.domain.trim_end_matches('.');
        for record in &zone.records {
            let name = record.key.name.trim_end_matches('.').to_owned();
            rows.push(Row {
                known_as: vec![domain.to_owned(), record.key.name.clone()],
                ..row(format!("zone {domain}"), name, &record.key.record_type)
            });
        }
    }
    for object in &desired.objects {
        let [_, kind, namespace, name] = object.identity();
        let full = if namespace.is_empty() { name.clone() } else { format!("{namespace}/{name}") };
        rows.push(Row {
            known_as: vec![object.cluster.clone(), name],
            ..row(format!("cluster {}", object.cluster), full, &kind)
        });
    }
    rows
}
