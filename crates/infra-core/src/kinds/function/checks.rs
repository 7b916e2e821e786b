//! What must hold of a function beyond its types. What event sources take is a rule, for templates of others too.

use super::{Code, Function, Tier};
use crate::diag::{Diagnostic, Diagnostics};
use crate::facts::limits::lambda;
use crate::kinds::network::wants;
use crate::kinds::{Kind, Network, check};
use crate::resolve::Bound;
use crate::route;
use crate::source::Route;

/// The page that gives the limits of a function.
const SOURCE: &str = "https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html";

/// The page that names the variables that Lambda sets.
const RESERVED: &str = "https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html";

/// Reports every mistake of one function.
pub(super) fn check(entry: Bound<'_, Function>, diags: &mut Diagnostics) {
    code(entry, diags);
    check::bounds(entry, diags, &route!["memory-mb"], entry.memory_mb, (lambda::MEMORY_MB, SOURCE));
    check::bounds(entry, diags, &route!["timeout"], entry.timeout.get(), (lambda::TIMEOUT, SOURCE));
    check::bounds(entry, diags, &route!["scratch-mb"], entry.scratch_mb, (lambda::SCRATCH_MB, SOURCE));
    check::log_retention(entry, diags, &route!["log-retention-days"], entry.log_retention_days);
    variables(entry, diags);
    network(entry, diags);
    events(entry, diags);
}

fn code(entry: Bound<'_, Function>, diags: &mut Diagnostics) {
    let function = entry.spec();
    let written = [
        ("runtime", function.runtime.is_some()),
        ("handler", function.handler.is_some()),
        ("layers", !function.layers.is_empty()),
    ];
    match &function.code {
        Code::Image(_) | Code::Repository(_) => {
            for (key, _) in written.into_iter().filter(|(_, written)| *written) {
                diags.push(
                    Diagnostic::error("functions/image", format!("an image brings its own `{key}`"))
                        .at(entry.at(&route![key]), "Lambda refuses it")
                        .also(entry.at(&route!["code"]), "an image")
                        .help("remove the line"),
                );
            }
        }
        Code::Zip(_) | Code::Inline(_) => {
            for (key, _) in written.into_iter().filter(|(key, written)| *key != "layers" && !written) {
                let example = if key == "runtime" { "python3.13" } else { "index.handler" };
                diags.push(
                    Diagnostic::error("functions/no-runtime", format!("code that is no image needs a `{key}`"))
                        .at(entry.at(&route!["code"]), "code for a runtime of Lambda")
                        .help(format!("add `{key}: {example}`")),
                );
            }
        }
    }
    if let Code::Repository(image) = &function.code {
        let at = route!["code", "repository", "repository"];
        check::same_region(entry, diags, &at, entry.follow(&image.repository));
    }
    let known = |runtime: &String| ["python", "nodejs"].iter().any(|name| runtime.starts_with(name));
    if matches!(function.code, Code::Inline(_)) && function.runtime.as_ref().is_some_and(|runtime| !known(runtime)) {
        diags.push(
            Diagnostic::error("functions/inline", "only code of Python and Node.js can stand here")
                .at(entry.at(&route!["runtime"]), "another language")
                .also(entry.at(&route!["code", "inline"]), "the code")
                .help("put a zip file into a bucket: `code: { zip: { bucket: …, key: … } }`"),
        );
    }
    if function.layers.len() > lambda::LAYERS {
        let title = format!("a function has at most {} layers", lambda::LAYERS);
        let at = entry.at(&route!["layers"]);
        diags.push(Diagnostic::error("functions/layers", title).at(at, format!("{} layers", function.layers.len())));
    }
}

fn variables(entry: Bound<'_, Function>, diags: &mut Diagnostics) {
    for (name, value) in &entry.spec().env {
        let at = || entry.at(&route!["env", name.as_str()]);
        diags.extend(check::secret_literal(name, value, at()));
        let starts = name.starts_with(|c: char| c.is_ascii_alphabetic()) && name.len() > 1;
        if !starts || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            diags.push(
                Diagnostic::error("functions/variable", format!("`{name}` cannot be a variable of a function"))
                    .at(at(), "two or more letters, digits and underscores, a letter first")
                    .note(format!("see {RESERVED}")),
            );
        } else if lambda::RESERVED_VARIABLES.contains(&name.as_str()) {
            diags.push(
                Diagnostic::error("functions/variable", format!("`{name}` is set by Lambda itself"))
                    .at(at(), "Lambda refuses it")
                    .note(format!("see {RESERVED}"))
                    .help("remove the line, or choose another name"),
            );
        }
    }
}

fn network(entry: Bound<'_, Function>, diags: &mut Diagnostics) {
    let function = entry.spec();
    let database = function.database.as_ref().map(|used| {
        let database = entry.follow(&used.database);
        diags.extend(database.unknown_user(&used.user).map(|it| it.at(entry.at(&route!["database", "user"]), "not one of its `users`")));
        (route!["database"], database.follow(&database.spec().network))
    });
    let caches = function.caches.iter().enumerate().map(|(index, cache)| {
        let cache = entry.follow(cache);
        (route!["caches", index], cache.follow(&cache.spec().network))
    });
    let used: Vec<(Route, Bound<'_, Network>)> = database.into_iter().chain(caches).collect();
    let Some(own) = function.network.as_ref().map(|network| entry.follow(network)) else {
        for (route, network) in used {
            diags.push(
                Diagnostic::error("functions/no-network", "the function runs in no network")
                    .at(entry.at(&route), format!("stands in network `{}`", network.name))
                    .help(format!("add `network: {}`", network.name)),
            );
        }
        return;
    };
    check::same_region(entry, diags, &route!["network"], own);
    wants(entry, diags, &route!["network"], own, (function.tier, 1));
    if function.tier == Tier::Public {
        diags.push(
            Diagnostic::error("functions/public-subnets", "a function in public subnets reaches no internet")
                .at(entry.at(&route!["tier"]), "gets no public address")
                .note("nor the APIs of AWS, other than through endpoints of the network")
                .help("remove the line: private subnets reach the internet through NAT"),
        );
    }
    for (route, network) in used.into_iter().filter(|(_, network)| network.id != own.id) {
        diags.push(
            Diagnostic::error("functions/other-network", "this is in another network than the function")
                .at(entry.at(&route), format!("in network `{}`", network.name))
                .also(entry.at(&route!["network"]), format!("the function is in network `{}`", own.name)),
        );
    }
}

fn events(entry: Bound<'_, Function>, diags: &mut Diagnostics) {
    let function = entry.spec();
    for (index, own) in function.consumes.iter().enumerate() {
        check::same_region(entry, diags, &route!["consumes", index, "queue"], entry.follow(&own.queue));
    }
    for (index, own) in function.streams.iter().enumerate() {
        let table = entry.follow(&own.table);
        check::same_region(entry, diags, &route!["streams", index, "table"], table);
        if !table.has_stream() {
            let help = if table.existing.is_some() {
                "add the ARN of its stream to the table: `existing: { stream: arn:… }`"
            } else {
                "add `stream: new-and-old-images` to the table"
            };
            diags.push(
                Diagnostic::error("functions/no-stream", format!("table `{}` has no stream", table.name))
                    .at(entry.at(&route!["streams", index, "table"]), "its changes are not told to anybody")
                    .also(table.at(&route![]), "the table")
                    .help(help),
            );
        }
    }
    for (index, own) in function.objects.iter().enumerate() {
        check::same_region(entry, diags, &route!["objects", index, "bucket"], entry.follow(&own.bucket));
        if !own.prefix.is_empty() && !own.suffix.is_empty() {
            diags.push(
                Diagnostic::error("functions/object-filter", "objects are chosen by the start or the end of their keys")
                    .at(entry.at(&route!["objects", index, "suffix"]), "beside `prefix`")
                    .help("remove one of the two, and look at the other in the function"),
            );
        }
        if own.of.is_empty() {
            let at = entry.at(&route!["objects", index, "of"]);
            diags.push(
                Diagnostic::error("functions/object-events", format!("the {} is told of nothing", Function::NOUN))
                    .at(at, "empty")
                    .help("write `of: [created]`, or remove the line"),
            );
        }
    }
}
