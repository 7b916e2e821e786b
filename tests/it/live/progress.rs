//! What is shown while a run goes on: lines for people on standard error, objects for programs on standard output.

use serde_json::Value;

use super::site::{BROKEN, QUEUE, READER, Site, ZONE};

#[test]
fn lines_go_to_standard_error_and_the_plan_to_standard_output() {
    let site = Site::shop(&[("main", QUEUE), ("reader", READER)]);
    let planned = site.run(2, &["diff"]).stdout;
    let run = site.run(0, &["apply", "--yes", "--progress", "plain"]);
    let no_hash =
        |text: &str| text.lines().filter(|line| !line.starts_with("plan ")).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(no_hash(&run.stdout), no_hash(&planned), "standard output is the plan, as diff shows it");
    let lines: Vec<&str> = run.stderr.lines().filter(|line| line.starts_with('[')).collect();
    assert!(lines[0].ends_with(", 2 steps"), "{lines:?}");
    for line in [
        "stack shop-dev-main@eu-west-1: begins",
        "stack shop-dev-main@eu-west-1: CREATE_COMPLETE QueueJobs AWS::SQS::Queue (1/2)",
        "stack shop-dev-reader@eu-west-1: done in ",
    ] {
        assert!(lines.iter().any(|found| found.contains(line)), "no {line} in {lines:?}");
    }
    let last = run.stderr.lines().last().expect("a line");
    assert!(last.starts_with(&format!("run {}: 2 done; ", site.runs()[0])), "{last}");
}

#[test]
fn programs_read_one_object_a_line_and_nothing_else() {
    let site = Site::shop(&[("main", QUEUE), ("reader", READER), ("dns", ZONE)]);
    let run = site.run(0, &["apply", "--yes", "--progress", "ndjson"]);
    let events: Vec<Value> = run
        .stdout
        .lines()
        .map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}")))
        .collect();
    let of = |event: &str| events.iter().filter(|it| it["event"] == event).collect::<Vec<_>>();
    assert_eq!((of("begun").len(), of("step").len(), of("ended").len()), (1, 6, 6));
    assert_eq!(events[0]["run"], site.runs()[0]);
    assert!(of("ended").iter().all(|it| it["end"] == "done"), "{events:?}");
    assert!(of("resource").iter().any(|it| it["logicalId"] == "QueueJobs" && it["status"] == "CREATE_COMPLETE"));
    assert!(events.iter().all(|it| it["at"].as_str().is_some_and(|at| at.ends_with('Z'))), "{events:?}");

    site.stack("main", BROKEN);
    let run = site.run(1, &["apply", "--yes", "--progress", "ndjson"]);
    let last: Value = serde_json::from_str(run.stdout.lines().last().expect("a line")).expect("it is JSON");
    let why = last["end"]["failed"]["message"].as_str().unwrap_or_default();
    assert_eq!(last["end"]["failed"]["id"], "run/stack-failed");
    assert_eq!(last["end"]["failed"]["place"], "stacks/main.yaml:5:3");
    assert!(why.contains("RawBad (AWS::Route53::RecordSet): No hosted zone"), "{last}");
    // Who is refused reads why: people on standard error, programs where they read all else.
    for command in ["apply", "destroy"] {
        let run = site.run(3, &[command, "--progress", "ndjson"]);
        let told: Value = serde_json::from_str(&run.stdout).expect("one line of JSON");
        assert_eq!((&told["event"], &told["problem"]["id"]), (&"failed".into(), &"run/blocked".into()), "{told}");
        let why = told["problem"]["message"].as_str().expect("a message").lines().next().expect("a line").to_owned();
        assert!(run.stderr.contains(&why), "{}{told}", run.stderr);
    }
    let run = site.run(64, &["diff", "--format", "json", "--out", "/no/such/folder/plan.json", "--stack", "nothing"]);
    let told: Value = serde_json::from_str(&run.stdout).expect("it is JSON");
    assert!(told["problem"]["message"].as_str().is_some_and(|why| why.contains("nothing")), "{told}");
}

#[test]
fn nothing_that_is_piped_has_escape_codes() {
    let site = Site::shop(&[("main", QUEUE), ("dns", ZONE)]);
    for (code, command) in [
        (2, &["diff"][..]),
        (2, &["diff", "--format", "markdown"]),
        (3, &["apply"]),
        (0, &["apply", "--yes"]),
        (0, &["status"]),
        (0, &["outputs"]),
        (0, &["drift"]),
        (0, &["dns", "runs"]),
        (0, &["recover"]),
        (3, &["destroy"]),
    ] {
        let run = site.run(code, command);
        assert!(
            !run.stdout.contains('\u{1b}') && !run.stderr.contains('\u{1b}'),
            "{command:?}\n{}\n{}",
            run.stdout,
            run.stderr
        );
    }
    let coloured = site.run(3, &["destroy", "--color", "always"]);
    assert!(coloured.stdout.contains('\u{1b}'), "{}", coloured.stdout);
}
