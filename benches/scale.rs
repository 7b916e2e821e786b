//! Time and peak memory of the whole program for N services, and the slope.
//!
//! `cargo bench --bench scale` prints a table; `-- 1 10 100` chooses other sizes. Each row is the median of several runs
//! of the release build, started anew each time, writing its output.
#![expect(clippy::print_stdout, reason = "the table is the result")]
#![expect(clippy::expect_used, clippy::indexing_slicing, reason = "a benchmark that cannot run says so")]
#![expect(clippy::cast_precision_loss, reason = "figures for people")]

mod generator;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

/// Sizes that are measured if none is named.
const SIZES: [usize; 5] = [1, 10, 100, 1_000, 10_000];

fn main() {
    let named: Vec<usize> = std::env::args().filter_map(|argument| argument.parse().ok()).collect();
    let sizes = if named.is_empty() { SIZES.to_vec() } else { named };
    println!("| what | resources | median | fastest | peak memory | median per service |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: |");
    row("`infra --help`", 0, &measure(&["--help"], 31, None));
    let out = tempfile::tempdir().expect("a folder can be made");
    let out = out.path().join("out");
    let out_text = out.to_string_lossy().into_owned();
    let bundled = measure(&["synth", "-C", env!("CARGO_MANIFEST_DIR"), "--out", &out_text], 31, Some(&out));
    row("bundled platform, all environments", 0, &bundled);
    for services in sizes {
        let folder = tempfile::tempdir().expect("a folder can be made");
        generator::write(folder.path(), services).expect("the project can be written");
        let project = folder.path().to_string_lossy().into_owned();
        let runs = if services >= 1_000 { 5 } else { 21 };
        let measured = measure(&["synth", "-C", &project, "--out", &out_text], runs, Some(&out));
        row(&format!("{services} services"), services, &measured);
    }
}

/// What several runs took.
struct Measured {
    median: Duration,
    fastest: Duration,
    /// Largest resident memory of any child so far; sizes ascend, so it is that of the last.
    peak_kib: i64,
    resources: Option<u64>,
}

/// Runs the program several times; `out` is removed before each run, as a fresh clone has none.
fn measure(arguments: &[&str], runs: usize, out: Option<&Path>) -> Measured {
    let mut times = Vec::new();
    let mut resources = None;
    for _ in 0..runs {
        if let Some(out) = out {
            let _ = std::fs::remove_dir_all(out);
        }
        let start = Instant::now();
        let output = Command::new(env!("CARGO_BIN_EXE_infra")).args(arguments).stderr(Stdio::inherit()).output();
        times.push(start.elapsed());
        let output = output.expect("the program starts");
        assert!(output.status.success(), "it ends well");
        resources = count(&String::from_utf8_lossy(&output.stdout));
    }
    times.sort();
    let peak_kib = getrusage(UsageWho::RUSAGE_CHILDREN).expect("the system tells").max_rss();
    Measured { median: times[times.len() / 2], fastest: times[0], peak_kib, resources }
}

/// Sums the resources that the summary of a run names.
fn count(summary: &str) -> Option<u64> {
    let counts = summary.lines().filter_map(|line| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let at = words.iter().position(|word| word.starts_with("resource"))?;
        words.get(at.checked_sub(1)?)?.parse::<u64>().ok()
    });
    let counts: Vec<u64> = counts.collect();
    (!counts.is_empty()).then(|| counts.iter().sum())
}

fn row(what: &str, services: usize, measured: &Measured) {
    let resources = measured.resources.map_or_else(String::new, |count| count.to_string());
    let time = measured.median.as_secs_f64() * 1_000.0;
    let each = if services == 0 { String::new() } else { format!("{:.3} ms", time / services as f64) };
    let fastest = measured.fastest.as_secs_f64() * 1_000.0;
    let peak = measured.peak_kib as f64 / 1_024.0;
    println!("| {what} | {resources} | {time:.1} ms | {fastest:.1} ms | {peak:.1} MiB | {each} |");
}
