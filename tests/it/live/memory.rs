//! What is ours outside CloudFormation is remembered before it is made, however a run ends.

use std::fmt::Write as _;

use serde_json::json;

use super::site::{BROKEN, REGION, Site, ZONE};

const EMPTY: &str = "hosted-zones:\n  main: { domain: '${env.domain}' }\n";
const BOTH: [&str; 2] = ["one.dev.example.com. A 192.0.2.1", "two.dev.example.com. TXT \"two\""];

fn records(site: &Site) -> Vec<String> {
    let own = |record: &String| BOTH.iter().any(|ours| record.starts_with(ours.split(' ').next().unwrap_or_default()));
    site.records(&site.zone()).into_iter().filter(own).collect()
}

fn memory(site: &Site) -> Vec<String> {
    site.stacks(REGION).into_keys().filter(|name| name.starts_with("shop-dev-owned")).collect()
}

#[test]
fn a_run_that_fails_elsewhere_and_is_taken_back_leaves_no_record() {
    let site = Site::shop(&[("dns", EMPTY)]);
    site.run(0, &["apply", "--yes"]);
    site.stack("dns", ZONE);
    site.stack("main", BROKEN);
    site.run(1, &["apply", "--yes"]);
    assert_eq!(records(&site), BOTH, "the records have nothing to do with what failed");

    site.stack("dns", EMPTY);
    site.run(1, &["recover", "--env", "dev"]);
    site.run(0, &["recover", "--env", "dev", "--do", "shop-dev-main", "--delete"]);
    site.remove("main");
    // That they are ours is likely and not known: whoever agrees takes them over, and away.
    let asked = site.run(3, &["apply", "--yes"]);
    assert!(
        asked.stdout.contains("perhaps another's: a run that was going to make it did not end"),
        "{}",
        asked.stdout
    );
    assert!(asked.stderr.contains("dns-adoption"), "{}", asked.stderr);
    site.run(0, &["apply", "--yes", "--approve", "dns-adoption", "dns-deletion"]);
    assert_eq!((records(&site).len(), memory(&site).len()), (0, 0));
    site.run(0, &["diff"]);
}

#[test]
fn a_run_that_fails_elsewhere_and_is_corrected_asks_nothing_more() {
    let site = Site::shop(&[("dns", ZONE)]);
    site.stack("main", BROKEN);
    site.run(1, &["apply", "--yes"]);
    site.remove("main");
    site.run(0, &["recover", "--env", "dev", "--do", "shop-dev-main", "--delete"]);
    site.run(0, &["apply", "--yes"]);
    assert_eq!(records(&site), BOTH);
    site.run(0, &["diff"]);
    site.stack("dns", EMPTY);
    site.run(0, &["apply", "--yes", "--approve", "stack-deletion", "dns-deletion"]);
    assert_eq!((records(&site).len(), memory(&site).len()), (0, 0));
}

#[test]
fn what_was_never_made_is_not_taken_from_whoever_makes_it_later() {
    let site = Site::shop(&[("dns", EMPTY)]);
    site.run(0, &["apply", "--yes"]);
    site.stack("dns", ZONE);
    let refused =
        json!({ "kind": "error", "action": "ChangeResourceRecordSets", "code": "InvalidInput", "status": 400 });
    site.aws.faults(&json!([refused]));
    let run = site.project.run(&["apply", "--yes"]);
    assert_eq!((run.code, records(&site).len()), (1, 0), "{}", run.stderr);
    assert_eq!(memory(&site), ["shop-dev-owned"], "remembered before it was asked for");
    site.aws.faults(&json!([]));
    site.change_record(&site.zone(), "CREATE", ("one.dev.example.com.", "A", "198.51.100.1"));
    let refused = site.run(3, &["apply", "--yes"]);
    assert!(refused.stderr.contains("dns-adoption"), "{}", refused.stderr);
    assert_eq!(records(&site), ["one.dev.example.com. A 198.51.100.1"]);
}

/// Records with names that have nothing in common.
fn many(count: u32) -> String {
    let mut yaml = format!("{EMPTY}records:\n");
    for at in 0..count {
        let name = format!("{:08x}{:08x}", at.wrapping_mul(0x9e37_79b1), at.wrapping_mul(0x85eb_ca6b));
        let _ =
            writeln!(yaml, "  r{at}: {{ zone: main, name: '{name}.${{env.domain}}', values: {{ a: [192.0.2.1] }} }}");
    }
    yaml
}

#[test]
fn more_than_a_template_holds_is_remembered_in_several_and_nothing_of_it_is_lost() {
    let site = Site::shop(&[("dns", &many(3_000))]);
    site.run(0, &["apply", "--yes"]);
    assert!(memory(&site).len() > 1, "{:?}", memory(&site));
    let zone = site.zone();
    let count = |site: &Site| site.records(&zone).iter().filter(|record| record.ends_with(" A 192.0.2.1")).count();
    assert_eq!(count(&site), 3_000);
    site.run(0, &["diff"]);
    site.stack("dns", &many(900));
    let agreed = ["apply", "--yes", "--approve", "dns-deletion", "dns-threshold", "stack-deletion"];
    site.run(0, &agreed);
    assert_eq!((count(&site), memory(&site)), (900, vec!["shop-dev-owned".to_owned()]));
    site.stack("dns", EMPTY);
    site.run(0, &agreed);
    assert_eq!((count(&site), memory(&site).len()), (0, 0));
    site.run(0, &["diff"]);
}

#[test]
fn a_zone_that_is_not_there_or_is_another_blocks_before_anything_is_made() {
    let site = Site::shop(&[("dns", EMPTY), ("main", "queues:\n  jobs: {}\n")]);
    site.run(0, &["apply", "--yes"]);
    let existing = |id: &str, domain: &str| {
        format!(
            "hosted-zones:\n  other:\n    existing: {id}\n    domain: {domain}\nrecords:\n  a: {{ zone: other, name: \
             'a.{domain}', values: {{ a: [192.0.2.1] }} }}\n"
        )
    };
    site.stack("main", "queues:\n  jobs: {}\n  more: {}\n");
    for (id, domain, why) in [
        ("Z0000000000000000000", "dev.example.org", "which account 000000000000 does not have".to_owned()),
        (&*site.zone(), "dev.example.org", "which is the zone of dev.example.com, not of dev.example.org".to_owned()),
    ] {
        site.stack("other", &existing(id, domain));
        site.aws.forget_calls();
        for command in [&["diff"][..], &["apply", "--yes"]] {
            let run = site.run(3, command);
            let said = format!("stacks/other.yaml:2:3 names the hosted zone {id}, {why}");
            let text = run.stdout.split_whitespace().collect::<Vec<_>>().join(" ");
            assert!(text.contains(&said), "{said}\n{}", run.stdout);
        }
        assert_eq!(site.writes(), [""; 0]);
    }
}
