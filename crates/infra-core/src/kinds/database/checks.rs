//! What must hold of a database beyond its types.

use super::{Database, Engine, Proxy, Serverless, users};
use crate::diag::{Diagnostic, Diagnostics};
use crate::facts::rds::{self, limits};
use crate::kinds::check;
use crate::kinds::network::{Tier, wants};
use crate::resolve::Bound;
use crate::route;
use crate::source::Route;

/// The page that gives the ranges of an instance.
const SOURCE: &str = "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html";

/// The page that gives the ranges of a proxy's pool.
const POOL_SOURCE: &str = "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ConnectionPoolConfiguration.html";

/// Longest answer of a service, which time-outs of the database must stay below. Unit: seconds.
const SERVICE_TIMEOUT: u32 = 5;

/// Reports every mistake of one database.
pub(super) fn check(entry: Bound<'_, Database>, diags: &mut Diagnostics) {
    version(entry, diags);
    engine(entry, diags);
    names(entry, diags);
    users::check(entry, diags);
    numbers(entry, diags);
    storage(entry, diags);
    if let Some(serverless) = &entry.spec().serverless {
        capacity(entry, serverless, diags);
    }
    windows(entry, diags);
    parameters(entry, diags);
    connections(entry, diags);
    network(entry, diags);
    if let Some(own) = &entry.spec().proxy {
        proxy(entry, own, diags);
    }
}

fn version(entry: Bound<'_, Database>, diags: &mut Diagnostics) {
    let at = entry.at(&route!["version"]);
    let known = || rds::postgres_majors().map(|major| major.to_string()).collect::<Vec<_>>().join(", ");
    match entry.major().filter(|major| rds::postgres_majors().any(|known| known == *major)) {
        None => diags.push(
            Diagnostic::error("databases/unknown-version", format!("there is no PostgreSQL `{}`", entry.version))
                .at(at, "not a version of RDS or Aurora")
                .note(format!("the major versions are {}", known()))
                .help(format!("write `version: '{}'`", rds::POSTGRES_DEFAULT)),
        ),
        Some(major) => {
            let Some(end) = rds::postgres_support_ends(major) else { return };
            diags.push(
                Diagnostic::warning("databases/version-ends", format!("standard support of PostgreSQL {major} ends on {end}"))
                    .at(at, "charged as extended support after that day")
                    .note("https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/extended-support-charges.html")
                    .help(format!("plan the upgrade to {}", rds::POSTGRES_DEFAULT)),
            );
        }
    }
}

/// Reports fields of the other engine, and classes that the engine does not have.
fn engine(entry: Bound<'_, Database>, diags: &mut Diagnostics) {
    let (other, fields) = match entry.engine {
        Engine::Rds => ("aurora", [("instances", entry.instances.is_some()), ("serverless", entry.serverless.is_some())]),
        Engine::Aurora => ("rds", [("multi-az", entry.multi_az.is_some()), ("storage", entry.storage.is_some())]),
    };
    for (field, _) in fields.into_iter().filter(|(_, set)| *set) {
        diags.push(
            Diagnostic::error("databases/other-engine", format!("`{field}` is for `engine: {other}`"))
                .at(entry.at(&route![field]), "has no meaning here")
                .also(entry.at(&route!["engine"]), "the engine")
                .help(format!("remove the line, or write `{field}: null` in the overlay that changes the engine")),
        );
    }
    let class = entry.class();
    let at = || entry.at(&route!["instance-class"]);
    if !class.starts_with("db.") {
        let title = format!("`{class}` is no instance class of a database");
        diags.push(Diagnostic::error("databases/instance-class", title).at(at(), "does not start with `db.`"));
    }
    if entry.engine == Engine::Aurora && class.rsplit('.').next().is_some_and(|size| matches!(size, "micro" | "small")) {
        diags.push(
            Diagnostic::error("databases/instance-class", format!("Aurora PostgreSQL has no `{class}`"))
                .at(at(), "too small")
                .note("https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.DBInstanceClass.SupportAurora.html")
                .help("use `db.t4g.medium` or a larger class, or `serverless`"),
        );
    }
}

fn names(entry: Bound<'_, Database>, diags: &mut Diagnostics) {
    let word = |text: &str, longest: usize| {
        let letters = |c: char| c.is_ascii_alphanumeric() || c == '_';
        text.len() <= longest && text.starts_with(|c: char| c.is_ascii_alphabetic()) && text.chars().all(letters)
    };
    let name = entry.database_name();
    if !word(&name, 63) {
        diags.push(
            Diagnostic::error("databases/database-name", format!("`{name}` cannot be the name of a database"))
                .at(entry.at(&route!["database-name"]), "1 to 63 letters, digits and underscores, a letter first"),
        );
    }
    let user = &entry.spec().master_username;
    if !word(user, 16) || ["rdsadmin", "admin"].contains(&user.as_str()) {
        diags.push(
            Diagnostic::error("databases/master-username", format!("`{user}` cannot be the master user"))
                .at(entry.at(&route!["master-username"]), "refused by RDS")
                .note(format!("1 to 16 letters and digits, a letter first, no reserved word: {SOURCE}")),
        );
    }
}

fn numbers(entry: Bound<'_, Database>, diags: &mut Diagnostics) {
    let mut bounds = |route: Route, value, bounds| check::bounds(entry, diags, &route, value, (bounds, SOURCE));
    bounds(route!["port"], u32::from(entry.port.get()), limits::PORT);
    bounds(route!["backup", "retention-days"], u32::from(entry.backup.retention_days), limits::BACKUP_DAYS);
    if let Some(count) = entry.instances {
        bounds(route!["instances"], u32::from(count), limits::AURORA_INSTANCES);
    }
    if let Some(most) = entry.parameters.max_connections {
        bounds(route!["parameters", "max-connections"], most, limits::MAX_CONNECTIONS);
    }
    let interval = entry.monitoring_interval.get();
    if !limits::MONITORING_INTERVALS.contains(&interval) {
        diags.push(
            Diagnostic::error("databases/monitoring-interval", format!("RDS does not measure every {interval} seconds"))
                .at(entry.at(&route!["monitoring-interval"]), "not one of its intervals")
                .note(format!("it offers {:?}: {SOURCE}", limits::MONITORING_INTERVALS)),
        );
    }
}

fn storage(entry: Bound<'_, Database>, diags: &mut Diagnostics) {
    let Some(storage) = &entry.spec().storage else { return };
    let size = route!["storage", "size-gib"];
    check::bounds(entry, diags, &size, storage.size_gib, (limits::STORAGE_GIB, SOURCE));
    if let Some(most) = storage.max_size_gib {
        let route = route!["storage", "max-size-gib"];
        check::bounds(entry, diags, &route, most, (limits::STORAGE_GIB, SOURCE));
        let least = storage.size_gib.saturating_add(storage.size_gib.div_ceil(10));
        if most < least {
            diags.push(
                Diagnostic::error("databases/no-room-to-grow", "the volume has no room to grow")
                    .at(entry.at(&route), format!("at most {most} GiB"))
                    .also(entry.at(&size), format!("{} GiB at first", storage.size_gib))
                    .note("https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html")
                    .help(format!("set {least} or more, or `max-size-gib: null` for a volume that never grows")),
            );
        }
    }
    for (key, value) in [("iops", storage.iops), ("throughput", storage.throughput)] {
        if value.is_some() && storage.size_gib < limits::STORAGE_TUNABLE_GIB {
            let title = format!("`{key}` can be chosen from {} GiB on", limits::STORAGE_TUNABLE_GIB);
            diags.push(
                Diagnostic::error("databases/storage-too-small", title)
                    .at(entry.at(&route!["storage", key]), "refused for smaller volumes")
                    .also(entry.at(&size), format!("{} GiB", storage.size_gib))
                    .note("https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Storage.html"),
            );
        }
    }
}

fn capacity(entry: Bound<'_, Database>, serverless: &Serverless, diags: &mut Diagnostics) {
    const MOST: f64 = 256.0;
    let step = |value: f64| (value * 2.0).fract() == 0.0;
    for (key, value, least) in [("min", serverless.min, 0.0), ("max", serverless.max, 1.0)] {
        if !(least..=MOST).contains(&value) || !step(value) {
            let title = format!("`{key}` is {least} to {MOST} ACU in steps of 0.5");
            let at = entry.at(&route!["serverless", key]);
            diags.push(
                Diagnostic::error("databases/capacity", title)
                    .at(at, format!("{value} ACU"))
                    .note("https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.setting-capacity.html"),
            );
        }
    }
    if serverless.min > serverless.max {
        diags.push(
            Diagnostic::error("databases/capacity", "the smallest capacity is above the largest")
                .at(entry.at(&route!["serverless", "min"]), format!("at least {} ACU", serverless.min))
                .also(entry.at(&route!["serverless", "max"]), format!("at most {} ACU", serverless.max)),
        );
    }
    if serverless.min < 0.5 && entry.proxied() {
        diags.push(
            Diagnostic::warning("databases/never-pauses", "behind a proxy the database never pauses")
                .at(entry.at(&route!["serverless", "min"]), "meant to pause")
                .also(entry.at(&route!["proxy"]), "keeps connections open")
                .note("https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2-auto-pause.html")
                .help("set `min: 0.5`, or go without the proxy"),
        );
    }
}

fn windows(entry: Bound<'_, Database>, diags: &mut Diagnostics) {
    let number = |text: &str, below: u32| text.len() == 2 && text.parse().is_ok_and(|number: u32| number < below);
    let time = |text: &str| text.split_once(':').is_some_and(|(hour, minute)| number(hour, 24) && number(minute, 60));
    let moment = |text: &str| {
        let days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];
        text.split_once(':').is_some_and(|(day, rest)| days.contains(&day.to_ascii_lowercase().as_str()) && time(rest))
    };
    let range = |text: &str, part: &dyn Fn(&str) -> bool| text.split_once('-').is_some_and(|(from, to)| part(from) && part(to));
    let mut report = |route: Route, form: &str| {
        let title = format!("`{}` is a range of time in UTC", route.last_key().unwrap_or("window"));
        diags.push(
            Diagnostic::error("databases/window", title)
                .at(entry.at(&route), "cannot be read")
                .help(format!("write it as `'{form}'`")),
        );
    };
    if entry.backup.window.as_ref().is_some_and(|window| !range(window, &time)) {
        report(route!["backup", "window"], "01:00-02:00");
    }
    if entry.maintenance_window.as_ref().is_some_and(|window| !range(window, &moment)) {
        report(route!["maintenance-window"], "sun:03:00-sun:04:00");
    }
}

fn parameters(entry: Bound<'_, Database>, diags: &mut Diagnostics) {
    const OWN: [(&str, &str); 4] = [
        ("rds.force_ssl", "encrypted connections are always demanded"),
        ("statement_timeout", "use `statement-timeout`"),
        ("log_min_duration_statement", "use `log-statements-over-ms`"),
        ("max_connections", "use `max-connections`"),
    ];
    for (name, advice) in OWN.into_iter().filter(|(name, _)| entry.parameters.others.contains_key(*name)) {
        diags.push(
            Diagnostic::error("databases/parameter-twice", format!("`{name}` is set from elsewhere"))
                .at(entry.at(&route!["parameters", "others", name]), "would be overwritten")
                .help(advice),
        );
    }
    let timeout = entry.parameters.statement_timeout.get();
    if timeout == 0 || timeout >= SERVICE_TIMEOUT {
        diags.push(
            Diagnostic::warning("databases/statement-timeout", "statements outlive the requests that started them")
                .at(entry.at(&route!["parameters", "statement-timeout"]), match timeout {
                    0 => "no limit".to_owned(),
                    _ => format!("up to {timeout} s"),
                })
                .note(format!("services answer within {SERVICE_TIMEOUT} seconds; nobody waits for the result then"))
                .help("set 3 seconds; migrations raise it for their session"),
        );
    }
}

/// Reports a budget of connections that does not add up.
fn connections(entry: Bound<'_, Database>, diags: &mut Diagnostics) {
    let reserved = u64::from(entry.reserved_connections);
    if let (Some(own), Some(memory)) = (entry.parameters.max_connections, entry.default_connections())
        && u64::from(own) > memory
    {
        diags.push(
            Diagnostic::warning("databases/more-connections-than-memory", "memory is not good for that many connections")
                .at(entry.at(&route!["parameters", "max-connections"]), format!("{own} connections"))
                .also(entry.at(&route!["instance-class"]), format!("good for {memory}"))
                .note("each connection takes about 10 MB: https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html#RDS_Limits.MaxConnections")
                .help("use a larger class, or a proxy"),
        );
    }
    let Some(most) = entry.max_connections() else { return };
    let pool = entry.proxy.as_ref().map_or(0, |proxy| most * u64::from(proxy.max_connections_percent) / 100);
    if pool + reserved > most || reserved >= most {
        let error = Diagnostic::error("databases/connection-budget", format!("{most} connections are not enough"))
            .at(entry.at(&route!["reserved-connections"]), format!("{reserved} are kept back"));
        diags.push(match &entry.proxy {
            Some(proxy) => error
                .also(
                    entry.at(&route!["proxy", "max-connections-percent"]),
                    format!("the proxy opens {pool}, which is {} per cent", proxy.max_connections_percent),
                )
                .help("lower `max-connections-percent`"),
            None => error.help("keep back fewer, or use a larger class"),
        });
    }
}

fn network(entry: Bound<'_, Database>, diags: &mut Diagnostics) {
    let own = entry.follow(&entry.spec().network);
    check::same_region(entry, diags, &route!["network"], own);
    wants(entry, diags, &route!["network"], own, (Tier::Isolated, 2));
}

fn proxy(entry: Bound<'_, Database>, proxy: &Proxy, diags: &mut Diagnostics) {
    let at = |key: &'static str| route!["proxy", key];
    let mut bounds = |key, value, bounds| check::bounds(entry, diags, &at(key), value, (bounds, POOL_SOURCE));
    bounds("max-connections-percent", u32::from(proxy.max_connections_percent), limits::PROXY_PERCENT);
    bounds("borrow-timeout", proxy.borrow_timeout.get(), limits::BORROW_TIMEOUT);
    bounds("idle-client-timeout", proxy.idle_client_timeout.get(), limits::IDLE_CLIENT_TIMEOUT);
    if proxy.max_idle_percent > proxy.max_connections_percent {
        diags.push(
            Diagnostic::error("databases/proxy-idle", "more connections would be idle than there are")
                .at(entry.at(&at("max-idle-percent")), format!("{} per cent", proxy.max_idle_percent))
                .also(entry.at(&at("max-connections-percent")), format!("{} per cent", proxy.max_connections_percent)),
        );
    }
    if proxy.borrow_timeout.get() >= SERVICE_TIMEOUT {
        diags.push(
            Diagnostic::warning("databases/borrow-timeout", "clients give up before the proxy does")
                .at(entry.at(&at("borrow-timeout")), format!("waits {} s", proxy.borrow_timeout))
                .note(format!("services answer within {SERVICE_TIMEOUT} seconds; a short wait fails fast"))
                .help("set 3 seconds"),
        );
    }
    let name = entry.full_name();
    if name.len() > limits::PROXY_NAME_LEN {
        let title = format!("the name of a proxy has at most {} characters", limits::PROXY_NAME_LEN);
        diags.push(
            Diagnostic::error("databases/proxy-name", title)
                .at(entry.at(&route!["proxy"]), format!("would be `{name}`"))
                .help("shorten the name of the entry"),
        );
    }
}
