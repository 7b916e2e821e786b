//! A run that is killed anywhere ends, once it is resumed, as if nothing had happened.
//!
//! Kills are `SIGKILL` from outside: after each line of the journal, and at moments that a seed chooses. A resumed run is
//! killed again once or twice before it may end.

use std::fs;
use std::path::Path;
use std::process::Child;
use std::time::{Duration, Instant};

use super::world::{APPLY, NAMES, STACKS, World};

/// When a run is killed.
#[derive(Clone, Copy, Debug)]
enum Moment {
    /// Once the journal has so many lines.
    Lines(usize),
    /// After a time.
    After(Duration),
}

/// Kills a run once the newest journal has so many lines, or after a time; whether it was still running.
fn kill(world: &World, mut child: Child, when: Moment) -> bool {
    let began = Instant::now();
    loop {
        if child.try_wait().expect("the run can be asked").is_some() {
            return false;
        }
        let now = match when {
            Moment::Lines(lines) => world.journals().last().is_some_and(|path| count(path) >= lines),
            Moment::After(time) => began.elapsed() >= time,
        };
        if now {
            child.kill().expect("the run can be killed");
            child.wait().expect("the run ends");
            return true;
        }
        std::thread::sleep(Duration::from_micros(200));
    }
}

fn count(path: &Path) -> usize {
    fs::read_to_string(path).map(|text| text.matches('\n').count()).unwrap_or_default()
}

/// Numbers that a seed gives, the same on every machine.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, end: u64) -> u64 {
        // The constants of Knuth's MMIX.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % end
    }
}

const RESUME: [&str; 6] = ["apply", "--resume", "--confirm", "dev", "--progress", "plain"];

/// Kills a run and its resumptions at some moments, then lets it end; how many were killed.
fn disturbed(world: &World, first: &[&str], moments: &[Moment]) -> usize {
    let mut kills = usize::from(kill(world, world.start(first), moments[0]));
    for moment in &moments[1..] {
        kills += usize::from(kill(world, world.start(&RESUME), *moment));
    }
    world.run(&RESUME);
    // A run that was killed before it wrote down what it would do is begun anew.
    world.run(first);
    kills
}

/// Deploys, killed at some moments.
fn deploys(world: &World, moments: &[Moment]) -> usize {
    world.anew();
    let kills = disturbed(world, &APPLY, moments);
    world.is_whole("CREATE_IN_PROGRESS", &format!("{moments:?}"));
    kills
}

/// How long an undisturbed first deployment takes here, and how many lines its journal has.
fn undisturbed(world: &World) -> (Duration, usize) {
    world.anew();
    let began = Instant::now();
    world.run(&APPLY);
    let time = began.elapsed();
    world.is_whole("CREATE_IN_PROGRESS", "undisturbed");
    (time, count(world.journals().last().expect("a journal")))
}

#[test]
fn a_first_deployment_survives_a_kill_after_every_line_of_its_journal() {
    let world = World::new();
    let (_, lines) = undisturbed(&world);
    let kills: usize = (1..lines).map(|line| deploys(&world, &[Moment::Lines(line)])).sum();
    println!("{kills} kills after {lines} lines");
    assert!(kills >= lines - 3, "{kills} of {lines} kills came in time");
}

#[test]
fn a_first_deployment_survives_kills_at_any_moment() {
    random_kills(1, 45);
}

#[test]
fn a_first_deployment_survives_kills_at_any_other_moment() {
    random_kills(2, 45);
}

fn random_kills(seed: u64, at_least: usize) {
    let world = World::new();
    let (time, _) = undisturbed(&world);
    let time = u64::try_from(time.as_micros()).expect("a short time");
    let mut seeded = Seeded(seed);
    let mut kills = 0;
    let mut runs = 0;
    while kills < at_least {
        let mut moment = || Moment::After(Duration::from_micros(seeded.below(time)));
        let moments = [moment(), moment(), moment()];
        kills += deploys(&world, &moments);
        runs += 1;
        assert!(runs < 3 * at_least, "{kills} kills in {runs} runs");
    }
    println!("{kills} kills in {runs} runs, seed {seed}");
}

/// An update that changes, adds, removes and replaces.
fn update(world: &World) {
    world.project.write(
        "stacks/messaging.yaml",
        STACKS[2].1.replace("jobs: {}, mail: {}", "jobs: { visibility-timeout: 90 }, post: {}"),
    );
    let names = STACKS[6].1.replace("192.0.2.1", "192.0.2.9").replace("b.${env", "c.${env");
    world.project.write("stacks/names.yaml", names);
    let app = STACKS[3].1.replace("Type: String,", "Type: String, Name: renamed,");
    world.project.write("stacks/app.yaml", app);
}

#[test]
fn an_update_survives_kills_at_any_moment() {
    const ARGUMENTS: [&str; 9] = [
        "apply",
        "--yes",
        "--progress",
        "plain",
        "--approve",
        "data-loss",
        "dns-threshold",
        "stateful-replacement",
        "exposure",
    ];
    let world = World::new();
    let mut seeded = Seeded(3);
    let mut kills = 0;
    let mut rounds = 0;
    while kills < 45 {
        for (path, text) in &STACKS[1..] {
            world.project.write(path, text);
        }
        world.anew();
        world.run(&APPLY);
        update(&world);
        let mut moment = || Moment::After(Duration::from_micros(seeded.below(500_000)));
        let moments = [moment(), moment()];
        kills += disturbed(&world, &ARGUMENTS, &moments);
        let diff = world.project.run(&["diff"]);
        assert_eq!(diff.code, 0, "{moments:?}: {}{}", diff.stdout, diff.stderr);
        // What is ours is settled at the end of the first run, remembered and settled by the second.
        for ((name, region), updates) in [(NAMES[1], 1), (NAMES[2], 1), (NAMES[5], 3)] {
            assert_eq!(world.starts(name, region, "UPDATE_IN_PROGRESS"), updates, "{moments:?}: {name}");
        }
        rounds += 1;
        assert!(rounds < 120, "{kills} kills in {rounds} rounds");
    }
    println!("{kills} kills in {rounds} rounds, seed 3");
}

#[test]
fn taking_everything_away_survives_kills_at_any_moment() {
    const ARGUMENTS: [&str; 9] = [
        "destroy",
        "--confirm",
        "dev",
        "--progress",
        "plain",
        "--approve",
        "data-loss",
        "dns-threshold",
        "dns-deletion",
    ];
    let world = World::new();
    let mut seeded = Seeded(4);
    let mut kills = 0;
    let mut rounds = 0;
    while kills < 45 {
        world.anew();
        world.run(&APPLY);
        let mut moment = || Moment::After(Duration::from_micros(seeded.below(500_000)));
        let moments = [moment(), moment()];
        kills += disturbed(&world, &ARGUMENTS, &moments);
        for (name, region) in NAMES {
            assert_eq!(world.emulator.stack_status(region, name), None, "{moments:?}: {name}");
        }
        rounds += 1;
        assert!(rounds < 120, "{kills} kills in {rounds} rounds");
    }
    println!("{kills} kills in {rounds} rounds, seed 4");
}

/// The same with objects in a cluster, beside those of others.
#[cfg(feature = "k8s")]
mod with_objects {
    use std::collections::BTreeMap;
    use std::process::Stdio;
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::{RESUME, Seeded};
    use crate::live::objects::World;

    /// Agrees to what is asked for.
    const AGREED: [&str; 6] =
        ["data-loss", "dns-threshold", "exposure", "object-deletion", "stack-deletion", "stateful-replacement"];

    /// Runs with kills and ends it; how many came in time.
    fn disturbed(world: &World, first: &[&str], moments: &[Duration]) -> usize {
        let mut kills = 0;
        for (index, moment) in moments.iter().enumerate() {
            let mut command = world.command(if index == 0 { first } else { &RESUME });
            let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let mut child = command.spawn().expect("infra starts");
            std::thread::sleep(*moment);
            kills += usize::from(matches!(child.try_wait(), Ok(None)));
            child.kill().ok();
            child.wait().expect("the run ends");
        }
        world.ends(&RESUME, 0);
        // A run that was killed before it wrote down what it would do is begun anew.
        world.ends(first, 0);
        kills
    }

    /// What is there that is not ours, whole.
    fn others(world: &World) -> BTreeMap<String, Value> {
        let paths = world.cluster.paths().into_iter().filter(|path| path.contains("other"));
        paths.map(|path| (path.clone(), world.cluster.get(&path).expect("it is there"))).collect()
    }

    fn round(world: &World, seeded: &mut Seeded) -> usize {
        const DEPLOYMENT: &str = "/apis/apps/v1/namespaces/shop/deployments/jobs";
        let apply = [&["apply", "--yes", "--progress", "plain", "--approve"][..], &AGREED].concat();
        let destroy = [&["destroy", "--confirm", "dev", "--progress", "plain", "--approve"][..], &AGREED].concat();
        let mut moments = || [seeded.below(1_200_000), seeded.below(800_000)].map(Duration::from_micros);
        let theirs = others(world);
        let mut kills = disturbed(world, &apply, &moments());
        world.ends(&["diff"], 0);
        let ours = world.cluster.paths();
        let annotated = json!({ "metadata": { "annotations": { "somebody": "was here" } } });
        world.cluster.manage(DEPLOYMENT, "kubectl-annotate", &annotated);
        world.debug();
        kills += disturbed(world, &apply, &moments());
        world.ends(&["diff"], 0);
        assert_eq!(world.cluster.paths(), ours, "nothing is left over, and nothing is missing");
        let live = world.cluster.get(DEPLOYMENT).expect("it is there");
        assert_eq!(live["metadata"]["annotations"]["somebody"], "was here");
        kills += disturbed(world, &destroy, &moments());
        let left: Vec<String> = world.cluster.paths().into_iter().collect();
        let expected: Vec<String> = theirs.keys().cloned().chain(["/api/v1/namespaces/default".to_owned()]).collect();
        assert_eq!(left.len(), expected.len(), "nothing of ours is forgotten: {left:?}");
        assert_eq!(others(world), theirs, "nothing of others is touched");
        kills
    }

    fn rounds(seed: u64, at_least: usize) {
        let world = World::new();
        let namespace = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "other" } });
        world.cluster.put("/api/v1/namespaces/other", namespace);
        for (namespace, name) in [("other", "settings"), ("default", "other-settings")] {
            let metadata = json!({ "name": name, "namespace": namespace });
            let object = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": { "A": "1" } });
            world.cluster.put(&format!("/api/v1/namespaces/{namespace}/configmaps/{name}"), object);
        }
        let (mut seeded, mut kills, mut count) = (Seeded(seed), 0, 0);
        while kills < at_least {
            kills += round(&world, &mut seeded);
            count += 1;
            assert!(count < at_least, "{kills} kills in {count} rounds");
        }
        println!("{kills} kills in {count} rounds with objects, seed {seed}");
    }

    #[test]
    fn objects_survive_kills_at_any_moment() {
        rounds(5, 20);
    }

    #[test]
    fn objects_survive_kills_at_any_other_moment() {
        rounds(6, 20);
    }
}
