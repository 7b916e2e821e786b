//! Records are changed, deleted and taken back; those of others stay.

use super::site::{Site, ZONE};

/// The records of the zone but those that every zone has.
fn ours(site: &Site, zone: &str) -> Vec<String> {
    let own =
        |record: &String| !record.starts_with("dev.example.com. NS ") && !record.starts_with("dev.example.com. SOA ");
    site.records(zone).into_iter().filter(own).collect()
}

/// One record changed, one deleted, one more.
const CHANGED: &str = "\
hosted-zones:
  main: { domain: '${env.domain}' }
records:
  one: { zone: main, name: 'one.${env.domain}', values: { a: [192.0.2.7, 192.0.2.8] } }
  three: { zone: main, name: 'three.${env.domain}', values: { txt: [three] } }
";

#[test]
fn what_a_run_did_to_records_is_taken_back_exactly() {
    let site = Site::shop(&[("dns", ZONE)]);
    site.run(0, &["apply", "--yes"]);
    let zone = site.zone();
    let before = site.records(&zone);
    site.stack("dns", CHANGED);
    site.run(0, &["apply", "--yes"]);
    let changed = ["one.dev.example.com. A 192.0.2.7,192.0.2.8", "three.dev.example.com. TXT \"three\""];
    assert_eq!(ours(&site, &zone), changed);

    let runs = site.runs();
    let listed = site.run(0, &["dns", "runs"]);
    assert!(runs.iter().all(|run| listed.stdout.contains(run.as_str())), "{}", listed.stdout);
    site.aws.forget_calls();
    let refused = site.run(3, &["dns", "undo", &runs[1]]);
    assert!(refused.stderr.contains("add --yes"), "{}", refused.stderr);
    assert_eq!(site.writes(), [""; 0]);
    site.run(0, &["dns", "undo", &runs[1], "--yes"]);
    assert_eq!(site.records(&zone), before);
    let of_records = site.writes().into_iter().filter(|call| call.starts_with("route53:")).collect::<Vec<_>>();
    assert_eq!(of_records, ["route53:ChangeResourceRecordSets"]);
    // There is nothing left to take back, and the undo itself is a run that can be taken back.
    site.run(0, &["dns", "undo", &runs[1], "--yes"]);
    let undo = site.runs().pop().expect("a run");
    site.run(0, &["dns", "undo", &undo, "--yes"]);
    assert_eq!(ours(&site, &zone), changed);
    let run = site.run(64, &["dns", "undo", "20200101t000000z-000000", "--yes"]);
    assert!(run.stderr.contains("there is no run 20200101t000000z-000000"), "{}", run.stderr);
}

#[test]
fn what_is_taken_back_is_remembered() {
    let site = Site::shop(&[("dns", ZONE)]);
    site.run(0, &["apply", "--yes"]);
    let zone = site.zone();
    site.change_record(&zone, "CREATE", ("four.dev.example.com.", "A", "198.51.100.4"));
    let adopts =
        format!("{CHANGED}  four: {{ zone: main, name: 'four.${{env.domain}}', values: {{ a: [192.0.2.4] }} }}\n");
    site.stack("dns", &adopts);
    site.run(0, &["apply", "--yes", "--approve", "dns-adoption", "dns-threshold"]);
    let undo = site.run(0, &["dns", "undo", &site.runs()[1], "--yes", "--approve", "dns-threshold"]);
    assert!(undo.stdout.contains("given back to whoever made it"), "{}", undo.stdout);
    // With the definition as it was, nothing differs and nothing is asked: what the run deleted is ours again.
    site.stack("dns", ZONE);
    site.run(0, &["diff"]);
    // What the run made is not ours any more, nor what it had taken over.
    site.change_record(&zone, "CREATE", ("three.dev.example.com.", "TXT", "\"theirs\""));
    site.run(0, &["diff"]);
    site.stack("dns", &adopts);
    let asked = site.run(3, &["apply", "--yes"]);
    let asks = "dns-adoption: four.dev.example.com. A: is not ours yet, and 1 more";
    assert!(asked.stdout.contains(asks) && asked.stdout.contains("~ three.dev.example.com. TXT"), "{}", asked.stdout);
}

#[test]
fn nothing_is_taken_back_if_somebody_changed_a_record_since() {
    let site = Site::shop(&[("dns", ZONE)]);
    site.run(0, &["apply", "--yes"]);
    let zone = site.zone();
    site.stack("dns", CHANGED);
    site.run(0, &["apply", "--yes"]);
    site.change_record(&zone, "UPSERT", ("one.dev.example.com.", "A", "198.51.100.1"));
    let before = site.records(&zone);
    site.aws.forget_calls();
    let run = site.run(3, &["dns", "undo", &site.runs()[1], "--yes"]);
    assert!(run.stderr.contains("not any more as the run left them: one.dev.example.com. A"), "{}", run.stderr);
    assert_eq!((site.writes(), site.records(&zone)), (Vec::new(), before));
}

#[test]
fn records_of_others_are_neither_changed_nor_deleted() {
    let site = Site::shop(&[("dns", ZONE)]);
    site.run(0, &["apply", "--yes"]);
    let zone = site.zone();
    for record in [
        ("other.dev.example.com.", "A", "198.51.100.1"),
        ("pods.dev.example.com.", "A", "198.51.100.2"),
        ("pods.dev.example.com.", "TXT", "\"heritage=external-dns,external-dns/owner=cluster\""),
        ("dev.example.com.", "TXT", "\"verification=1\""),
    ] {
        site.change_record(&zone, "CREATE", record);
    }
    let foreign = |site: &Site| -> Vec<String> {
        let ours = ["one.", "two.", "three."];
        site.records(&zone).into_iter().filter(|record| !ours.iter().any(|name| record.starts_with(name))).collect()
    };
    let before = foreign(&site);
    site.run(0, &["diff"]);
    site.stack("dns", CHANGED);
    site.run(0, &["apply", "--yes"]);
    assert_eq!(foreign(&site), before);
    // A name of external-dns is not taken over, not even with approval, and what was asked for is not done then.
    site.stack("dns", &CHANGED.replace("three", "pods").replace("txt: [pods]", "a: [192.0.2.3]"));
    site.aws.forget_calls();
    let diff = site.run(3, &["diff"]);
    assert!(diff.stdout.contains("external-dns"), "{}", diff.stdout);
    site.run(3, &["apply", "--yes", "--approve", "dns-adoption"]);
    assert_eq!((site.writes(), foreign(&site)), (Vec::new(), before));
    // Nor is one that is as it is wanted, without being asked for: it would be changed and deleted with its entry.
    let same = CHANGED.replace("three", "other").replace("txt: [other]", "a: [198.51.100.1]");
    site.stack("dns", &same);
    site.run(2, &["diff"]);
    let run = site.run(3, &["apply", "--yes"]);
    assert!(run.stderr.contains("--approve dns-adoption"), "{}", run.stderr);
    assert_eq!(site.writes(), Vec::<String>::new());
    // A record that nobody claims is taken over by whoever agrees to it.
    site.stack("dns", &CHANGED.replace("three", "other").replace("txt: [other]", "a: [192.0.2.3]"));
    let run = site.run(3, &["apply", "--yes"]);
    assert!(run.stderr.contains("--approve dns-adoption"), "{}", run.stderr);
    site.run(0, &["apply", "--yes", "--approve", "dns-adoption"]);
    assert!(site.records(&zone).contains(&"other.dev.example.com. A 192.0.2.3".to_owned()));
    site.stack("dns", "hosted-zones:\n  main: { domain: '${env.domain}' }\n");
    // With the last of our records goes the stack that remembers them.
    site.run(0, &["apply", "--yes", "--approve", "stack-deletion"]);
    let left: Vec<String> = ours(&site, &zone);
    assert_eq!(
        left,
        [
            "dev.example.com. TXT \"verification=1\"",
            "pods.dev.example.com. A 198.51.100.2",
            "pods.dev.example.com. TXT \"heritage=external-dns,external-dns/owner=cluster\"",
        ]
    );
    site.run(0, &["diff"]);
}
