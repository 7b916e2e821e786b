//! The bundled platform, from nothing to all of it.

use std::fs;

use super::site::{EDGE, REGION, Site};

#[test]
fn the_first_apply_makes_the_whole_platform_and_the_second_finds_nothing_to_do() {
    let site = Site::platform();
    let planned = site.run(2, &["diff", "--env", "local"]);
    assert!(planned.stdout.contains("stack orders-local-api@eu-west-1  is made"), "{}", planned.stdout);
    assert!(site.writes().is_empty() && site.stacks(REGION).is_empty(), "diff only reads");

    let run = site.run(0, &["apply", "--env", "local", "--yes"]);
    assert!(run.stderr.contains(": 15 done; "), "{}", run.stderr);
    let (home, edge) = (site.stacks(REGION), site.stacks(EDGE));
    assert_eq!((home.len(), edge.len()), (10, 3), "{home:?} {edge:?}");
    let made = |name: &str| if name == "orders-local-owned" { "UPDATE_COMPLETE" } else { "CREATE_COMPLETE" };
    assert!(home.iter().chain(&edge).all(|(name, status)| status == made(name)), "{home:?} {edge:?}");

    // A certificate of us-east-1 goes to eu-west-1, and the distribution of eu-west-1 to us-east-1.
    let certificate = &site.outputs(EDGE, "orders-local-edge-us-east-1")["CertificateWebEdgeRef"];
    let parameters = site.parameters(REGION, "orders-local-edge");
    assert!(parameters.values().any(|value| value == certificate), "{certificate} is not among {parameters:?}");
    let distribution = site.physical("orders-local-edge", "SiteShop");
    let parameters = site.parameters(EDGE, "orders-local-monitoring-us-east-1");
    assert!(parameters.values().any(|value| *value == distribution), "{distribution} is not among {parameters:?}");

    let zone = site.outputs(REGION, "orders-local-dns").remove("ZoneMainRef").expect("the zone is an output");
    let records = site.records(&zone);
    let find = |start: &str| {
        let found = records.iter().find(|record| record.starts_with(start));
        found.unwrap_or_else(|| panic!("no {start} in {records:?}")).as_str()
    };
    let api = &site.outputs(REGION, "orders-local-api")["ApiOrdersDomainRegionalDomainName"];
    assert!(find("api.local.shop.example.com. A ").contains(api.as_str()), "{records:?}");
    assert!(find("www.local.shop.example.com. AAAA ").contains("cloudfront.net"), "{records:?}");
    assert_eq!(find("_dmarc.local.shop.example.com. "), r#"_dmarc.local.shop.example.com. TXT "v=DMARC1; p=reject""#);
    assert!(!records.iter().any(|record| record.contains("${")), "{records:?}");

    let runs = site.runs();
    site.aws.forget_calls();
    let again = site.run(0, &["apply", "--env", "local", "--yes"]);
    assert!(again.stdout.starts_with("no changes\n"), "{}", again.stdout);
    let calls = site.aws.calls().len();
    assert!(calls <= 3 * 13, "{calls} calls");
    assert_eq!(site.writes(), [""; 0]);
    assert_eq!(site.runs(), runs, "what changes nothing is no run");
    site.run(0, &["diff", "--env", "local"]);
    site.run(0, &["status", "--env", "local"]);
    site.run(0, &["drift", "--env", "local"]);
}

#[test]
fn outputs_are_given_as_variables_as_json_and_as_the_configuration_of_sites() {
    let site = Site::platform();
    let early = site.run(64, &["outputs", "--env", "local", "--format", "config"]);
    assert!(early.stderr.contains("which is not deployed yet"), "{}", early.stderr);
    site.run(0, &["apply", "--env", "local", "--yes"]);

    let pool = site.physical("orders-local-api", "UserPoolCustomers");
    let variables = site.run(0, &["outputs", "--env", "local"]).stdout;
    assert!(variables.contains(&format!("ORDERS_LOCAL_API_USER_POOL_CUSTOMERS_REF='{pool}'\n")), "{variables}");
    let json = site.run(0, &["outputs", "--env", "local", "--format", "json"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
    assert_eq!(json["orders-local-api@eu-west-1"]["UserPoolCustomersRef"], pool);
    assert_eq!(json.as_object().map(serde_json::Map::len), Some(13));
    let config = site.run(0, &["outputs", "--env", "local", "--format", "config"]).stdout;
    let config: serde_json::Value = serde_json::from_str(&config).expect("it is JSON");
    let issuer = format!("https://cognito-idp.eu-west-1.amazonaws.com/{pool}");
    assert_eq!(config["web/shop/config.json"]["issuer"], issuer);
}

#[test]
fn one_stack_is_applied_with_those_it_takes_values_from_and_nothing_else() {
    let site = Site::platform();
    let run = site.run(64, &["apply", "--env", "local", "--yes", "--stack", "clustr"]);
    assert!(run.stderr.contains("did you mean `cluster`?"), "{}", run.stderr);
    site.run(0, &["apply", "--env", "local", "--yes", "--stack", "cluster"]);
    let stacks: Vec<String> = site.stacks(REGION).into_keys().collect();
    assert_eq!(stacks, ["orders-local-cluster", "orders-local-network"]);
    site.run(0, &["diff", "--env", "local", "--stack", "cluster"]);
    site.run(2, &["diff", "--env", "local"]);
    site.run(0, &["apply", "--env", "local", "--yes"]);
    site.run(0, &["diff", "--env", "local"]);
}

/// Edits of one line, as they are made on any day: the file, the line before, the line after.
///
/// The first two were refused for good: what refers to a thing that is changed in place was called changed, and what
/// refers to that perhaps replaced.
const EDITS: &[(&str, &str, &str)] = &[
    (
        "messaging",
        "  payment: { visibility-timeout: 180 }",
        "  payment: { visibility-timeout: 180, dead-letter: { retention: 1000000 } }",
    ),
    ("network", "    flow-logs: { retention-days: 30 }", "    flow-logs: { retention-days: 60 }"),
    ("messaging", "  inventory: { visibility-timeout: 60 }", "  inventory: { visibility-timeout: 90 }"),
    ("messaging", "    retention: 1036800", "    retention: 864000"),
    ("data", "    ttl: expires-at", "    ttl: gone-at"),
    ("data", "      old: { expire-days: 30, earlier-versions-days: 7 }", "      old: { expire-days: 40 }"),
    ("data", "    database-name: orders", "    database-name: orders\n    tags: { tier: one }"),
    ("api", "    throttle: { rate: 200, burst: 400 }", "    throttle: { rate: 250, burst: 400 }"),
    ("api", "    self-sign-up: true", "    self-sign-up: false"),
    ("network", "        deregistration-delay: 20", "        deregistration-delay: 30"),
    ("edge", "    firewall: { rate-limit: 2000 }", "    firewall: { rate-limit: 3000 }"),
    ("monitoring", "    display-name: Orders alarms", "    display-name: Alarms"),
    ("monitoring", "    limits: { oldest-message: 900 }", "    limits: { oldest-message: 600 }"),
    ("oncall", "    display-name: Orders edge alarms", "    display-name: Alarms"),
    ("dns", "    values: { txt: [v=DMARC1; p=reject] }", "    values: { txt: [v=DMARC1; p=none] }"),
];

#[test]
fn what_diff_shows_of_a_small_edit_is_applied() {
    let site = Site::platform();
    site.run(0, &["apply", "--env", "local", "--yes"]);
    for (stack, before, after) in EDITS {
        let path = format!("stacks/{stack}.yaml");
        let text = fs::read_to_string(site.project.path().join(&path)).expect("the stack is there");
        assert_eq!(text.matches(&format!("{before}\n")).count(), 1, "{path} has no line {before:?}");
        site.project.write(&path, text.replace(&format!("{before}\n"), &format!("{after}\n")));
        let diff = site.project.run(&["diff", "--env", "local"]);
        assert_eq!(diff.code, 2, "{after}\n{}\n{}", diff.stdout, diff.stderr);
        let run = site.project.run(&["apply", "--env", "local", "--yes"]);
        assert_eq!(run.code, 0, "{after}\n{}\n{}\n{}", diff.stdout, run.stdout, run.stderr);
        site.run(0, &["diff", "--env", "local"]);
    }
}
