//! Two teams: two projects with three environments, and a hand, change stacks, records and objects of one account, zone
//! and cluster in any order, and runs are killed. What one did not make is never changed or deleted unasked, what one made
//! is never forgotten, and every exit code fits.

use std::collections::BTreeMap;
use std::process::{Command, Stdio};
use std::time::Duration;

use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use serde_json::{Value, json};

use super::cluster::Cluster;
use super::emulator::element;
use super::objects::PLATFORM;
use super::site::{EDGE, REGION, Site};
use crate::project::{Project, Run, infra};

/// What somebody does.
#[derive(Clone, Debug)]
enum Deed {
    /// Applies a variant of the definition.
    Apply(usize, u8),
    /// Applies a variant, and is killed after some milliseconds.
    Killed(usize, u8, u64),
    /// Looks.
    Diff(usize),
    /// Takes everything away.
    Destroy(usize),
    /// Wants what another environment has in the cluster.
    Collide(usize),
    /// A hand makes something that is nobody's.
    Hand(Hand),
    /// A hand writes to a workload.
    Annotate(usize),
    /// A hand puts something into a namespace of ours.
    Intrude(usize),
}

#[derive(Clone, Copy, Debug)]
enum Hand {
    Stack,
    Record,
    Object,
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let team = 0..3_usize;
    let deed = prop_oneof![
        4 => (team.clone(), 0..3_u8).prop_map(|(team, variant)| Deed::Apply(team, variant)),
        3 => (team.clone(), 0..3_u8, 50..900_u64).prop_map(|(team, variant, after)| Deed::Killed(team, variant, after)),
        1 => team.clone().prop_map(Deed::Diff),
        2 => team.clone().prop_map(Deed::Destroy),
        1 => team.clone().prop_map(Deed::Collide),
        1 => prop_oneof![Just(Hand::Stack), Just(Hand::Record), Just(Hand::Object)].prop_map(Deed::Hand),
        1 => team.clone().prop_map(Deed::Annotate),
        1 => team.prop_map(Deed::Intrude),
    ];
    proptest::collection::vec(deed, 8)
}

/// One environment with its working copy.
struct Team {
    folder: Project,
    project: &'static str,
    environment: &'static str,
    /// Its namespace in the cluster.
    namespace: &'static str,
    /// What was applied last, to its end.
    deployed: Option<u8>,
    /// Whether its last run was killed.
    torn: bool,
    /// Whether somebody else has something in its namespace.
    intruded: bool,
}

/// Everything that is there, by name.
type There = BTreeMap<String, Value>;

struct Place {
    site: Site,
    cluster: Cluster,
    zone: String,
    teams: Vec<Team>,
    hands: usize,
}

const TEAMS: [(&str, &str, &str); 3] =
    [("shop", "dev", "shop-a"), ("shop", "test", "shop-b"), ("store", "dev", "store")];
/// Agrees to everything that a definition may ask for.
const AGREED: [&str; 7] = [
    "data-loss",
    "dns-deletion",
    "dns-threshold",
    "exposure",
    "object-deletion",
    "stack-deletion",
    "stateful-replacement",
];

impl Place {
    fn new() -> Self {
        let site = Site::with(&[], &[]);
        let body = "<CreateHostedZoneRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\"><Name>example.com</Name>\
                    <CallerReference>hand</CallerReference></CreateHostedZoneRequest>";
        let answer = site.aws.ask(("route53", EDGE), ("POST", "/2013-04-01/hostedzone"), "", body.as_bytes());
        let answer = answer.expect("an answer").body;
        let zone = element(&answer, "Id").expect("an id").trim_start_matches("/hostedzone/").to_owned();
        let cluster = Cluster::start();
        let namespace = json!({ "apiVersion": "v1", "kind": "Namespace", "metadata": { "name": "hands" } });
        cluster.put("/api/v1/namespaces/hands", namespace);
        let team = |(project, environment, namespace)| {
            let folder = Project::new(&[("stacks/platform.yaml", PLATFORM)]);
            folder.write("kubeconfig", cluster.kubeconfig());
            let url = site.aws.endpoint();
            let one = |name: &str| {
                format!(
                    "  {name}: {{ account: '000000000000', region: {REGION}, domain: {name}.{project}.example.com, endpoint-url: '{url}', \
                     clusters: {{ main: {{ context: test }} }} }}\n"
                )
            };
            let all = if project == "shop" { one("dev") + &one("test") } else { one("dev") };
            folder.write("infra.yaml", format!("project: {project}\nid: {project}7f2m9qx4\nenvironments:\n{all}"));
            Team { folder, project, environment, namespace, deployed: None, torn: false, intruded: false }
        };
        let teams = TEAMS.map(team).into_iter().collect();
        Self { site, cluster, zone, teams, hands: 0 }
    }

    /// Writes a variant of a team's definition, in a namespace.
    fn write(&self, team: usize, variant: u8, namespace: &str) {
        let Team { folder, .. } = &self.teams[team];
        let zone = &self.zone;
        let worker = |name: &str| {
            format!(
                "  {name}: {{ cluster: platform.main, namespace: {namespace}, image: 'registry.example.com/{name}:{variant}', consumes: \
                 [{name}], processing-time: 60, scaling: cpu, replicas: {{ min: 1, max: 2 }} }}\n"
            )
        };
        let more = variant == 2;
        let (queue, worker) = if more {
            (", mail: { visibility-timeout: 90 }", worker("jobs") + &worker("mail"))
        } else {
            ("", worker("jobs"))
        };
        let record = |name: &str| {
            format!(
                "  {name}: {{ zone: main, name: '{name}.${{env.domain}}', values: {{ a: [192.0.2.{}] }} }}\n",
                variant + 1
            )
        };
        let records = if more { record("a") + &record("b") } else { record("a") };
        let text = format!(
            "hosted-zones: {{ main: {{ domain: example.com, existing: {zone} }} }}\nqueues: {{ jobs: {{ visibility-timeout: 90 }}{queue} }}\n\
             records:\n{records}workers:\n{worker}"
        );
        folder.write("stacks/app.yaml", text);
    }

    fn command(&self, team: usize, arguments: &[&str]) -> Command {
        let Team { folder, environment, .. } = &self.teams[team];
        let mut command = infra();
        command.current_dir(folder.path()).args(arguments).args(["--env", environment]);
        command.env("KUBECONFIG", folder.path().join("kubeconfig"));
        command
    }

    fn run(&self, team: usize, arguments: &[&str]) -> Run {
        Run::of(&mut self.command(team, arguments))
    }

    fn ends(&self, team: usize, arguments: &[&str], code: i32) {
        let run = self.run(team, arguments);
        assert_eq!(run.code, code, "{arguments:?} of {:?}: {}{}", TEAMS[team], run.stdout, run.stderr);
    }

    /// Everything that is there, without what time and controllers change.
    fn there(&self) -> There {
        let mut all = There::new();
        for (name, status) in self.site.stacks(REGION) {
            let operations = self.site.operations(&name);
            all.insert(format!("stack {name}"), json!([status, operations]));
        }
        all.extend(self.site.records(&self.zone).into_iter().map(|record| (format!("record {record}"), Value::Null)));
        for path in self.cluster.paths() {
            let Some(mut object) = self.cluster.get(&path) else { continue };
            object.as_object_mut().expect("an object").remove("status");
            for key in ["managedFields", "resourceVersion"] {
                object["metadata"].as_object_mut().expect("metadata").remove(key);
            }
            all.insert(format!("object {path}"), object);
        }
        all
    }

    /// Whether something is of a team.
    fn is_of(&self, team: usize, name: &str) -> bool {
        let Team { project, environment, namespace, .. } = &self.teams[team];
        let (kind, name) = name.split_once(' ').expect("a kind and a name");
        match kind {
            "stack" => name.starts_with(&format!("{project}-{environment}-")),
            "record" => name.contains(&format!(".{environment}.{project}.example.com.")),
            _ => {
                let parts: Vec<&str> = name.split('/').collect();
                let within = parts.windows(2).any(|pair| pair == ["namespaces", *namespace]);
                within || name.ends_with(&format!("/configmaps/infra-{project}-{environment}"))
            }
        }
    }

    fn parted(&self, team: usize) -> (There, There) {
        self.there().into_iter().partition(|(name, _)| self.is_of(team, name))
    }

    /// Does something as a team, and makes sure that nothing else changed.
    fn alone<T>(&mut self, team: usize, act: impl FnOnce(&mut Self) -> T) -> T {
        let (_, before) = self.parted(team);
        let done = act(self);
        let (_, after) = self.parted(team);
        assert_eq!(before, after, "{:?} touched what is not its own", TEAMS[team]);
        done
    }

    fn apply(&mut self, team: usize, variant: u8) {
        self.recover(team);
        self.write(team, variant, self.teams[team].namespace);
        let (before, _) = self.parted(team);
        self.alone(team, |place| {
            place.ends(team, &[&["apply", "--yes", "--progress", "plain", "--approve"][..], &AGREED].concat(), 0);
        });
        self.teams[team].deployed = Some(variant);
        self.ends(team, &["diff"], 0);
        let (after, _) = self.parted(team);
        let mark = |there: &There| {
            let deployment = there.iter().find(|(name, _)| name.ends_with("/deployments/jobs"))?.1;
            deployment["metadata"]["annotations"].get("hand").cloned()
        };
        assert!(mark(&before).is_none() || mark(&before) == mark(&after), "what a hand wrote is gone");
        let intruder = |there: &There| there.keys().any(|name| name.ends_with("/configmaps/intruder"));
        assert_eq!(intruder(&after), self.teams[team].intruded, "what a hand made is gone");
    }

    /// Ends what was killed.
    fn recover(&mut self, team: usize) {
        if std::mem::take(&mut self.teams[team].torn) {
            let environment = self.teams[team].environment;
            self.alone(team, |place| {
                place.ends(team, &["apply", "--resume", "--confirm", environment, "--progress", "plain"], 0);
            });
        }
    }

    fn killed(&mut self, team: usize, variant: u8, after: u64) {
        self.recover(team);
        self.write(team, variant, self.teams[team].namespace);
        self.alone(team, |place| {
            let mut command =
                place.command(team, &[&["apply", "--yes", "--progress", "plain", "--approve"][..], &AGREED].concat());
            let command = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
            let mut child = command.spawn().expect("infra starts");
            std::thread::sleep(Duration::from_millis(after));
            // It may have ended.
            child.kill().ok();
            child.wait().expect("the run ends");
        });
        self.teams[team].torn = true;
        // What of it is done is not known, and nothing says that it is all.
        self.teams[team].deployed = None;
    }

    fn destroy(&mut self, team: usize) {
        self.recover(team);
        let environment = self.teams[team].environment;
        let agreed: Vec<&str> = AGREED.into_iter().filter(|it| *it != "object-deletion").collect();
        let destroy =
            [&["destroy", "--confirm", environment, "--progress", "plain", "--approve"][..], &agreed].concat();
        if self.teams[team].intruded {
            let before = self.there();
            self.ends(team, &destroy, 3);
            assert_eq!(before, self.there(), "nobody agreed to what others have there");
        }
        self.alone(team, |place| place.ends(team, &[&destroy[..], &["object-deletion"]].concat(), 0));
        let (left, _) = self.parted(team);
        assert!(left.is_empty(), "{:?} forgot {:?}", TEAMS[team], left.keys().collect::<Vec<_>>());
        (self.teams[team].deployed, self.teams[team].intruded) = (None, false);
    }

    /// Wants to be in the namespace of another, which is refused where that one is there.
    fn collide(&mut self, team: usize) {
        let other = (team + 1) % TEAMS.len();
        if self.teams[team].torn || self.teams[other].deployed.is_none() {
            return;
        }
        self.write(team, 0, self.teams[other].namespace);
        let before = self.there();
        self.ends(team, &["diff"], 3);
        self.ends(
            team,
            &[&["apply", "--yes", "--approve", "object-adoption", "object-takeover"][..], &AGREED].concat(),
            3,
        );
        assert_eq!(before, self.there(), "what another has was touched");
        // Whoever wanted it is still as it was.
        if let Some(variant) = self.teams[team].deployed {
            self.write(team, variant, self.teams[team].namespace);
            self.ends(team, &["diff"], 0);
        }
    }

    fn look(&mut self, team: usize) {
        if self.teams[team].torn {
            return;
        }
        let deployed = self.teams[team].deployed;
        let variant = deployed.unwrap_or_default();
        self.write(team, variant, self.teams[team].namespace);
        let before = self.there();
        let code = if deployed.is_some() { 0 } else { 2 };
        self.ends(team, &["diff"], code);
        assert_eq!(before, self.there(), "looking changed something");
    }

    fn hand(&mut self, hand: Hand) {
        self.hands += 1;
        let name = format!("hand-{}", self.hands);
        match hand {
            Hand::Stack => {
                let template = r#"{"Resources": {"Queue": {"Type": "AWS::SQS::Queue"}}}"#;
                self.site.aws.create_stack(REGION, &name, template);
            }
            Hand::Record => {
                self.site.change_record(&self.zone, "CREATE", (&format!("{name}.example.com."), "A", "198.51.100.1"));
            }
            Hand::Object => {
                let object = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": name, "namespace": "hands" } });
                self.cluster.put(&format!("/api/v1/namespaces/hands/configmaps/{name}"), object);
            }
        }
    }

    fn annotate(&mut self, team: usize) {
        let path = format!("/apis/apps/v1/namespaces/{}/deployments/jobs", self.teams[team].namespace);
        if self.cluster.get(&path).is_some() {
            self.cluster.manage(&path, "kubectl-annotate", &json!({ "metadata": { "annotations": { "hand": "x" } } }));
        }
    }

    fn intrude(&mut self, team: usize) {
        let namespace = self.teams[team].namespace;
        let there = self.cluster.get(&format!("/api/v1/namespaces/{namespace}")).is_some();
        if there && !self.teams[team].intruded {
            let object = json!({ "apiVersion": "v1", "kind": "ConfigMap", "metadata": { "name": "intruder", "namespace": namespace } });
            self.cluster.put(&format!("/api/v1/namespaces/{namespace}/configmaps/intruder"), object);
            self.teams[team].intruded = true;
        }
    }

    fn act(&mut self, deed: &Deed) {
        match *deed {
            Deed::Apply(team, variant) => self.apply(team, variant),
            Deed::Killed(team, variant, after) => self.killed(team, variant, after),
            Deed::Diff(team) => self.look(team),
            Deed::Destroy(team) => self.destroy(team),
            Deed::Collide(team) => self.collide(team),
            Deed::Hand(hand) => self.hand(hand),
            Deed::Annotate(team) => self.annotate(team),
            Deed::Intrude(team) => self.intrude(team),
        }
    }

    /// Everybody takes away what is their own; what a hand made is left, and nothing else.
    fn end(mut self) {
        (0..TEAMS.len()).for_each(|team| self.destroy(team));
        let left = self.there();
        let of_hand = |name: &String| {
            let own = name.contains("hand") || name.ends_with("/namespaces/default");
            own || name.starts_with("record example.com. ")
        };
        let strange: Vec<&String> = left.keys().filter(|name| !of_hand(name)).collect();
        assert!(strange.is_empty(), "{strange:?}");
        assert_eq!(left.keys().filter(|name| name.contains("hand-")).count(), self.hands, "{left:#?}");
    }
}

/// Runs so many sequences of deeds that a seed chooses.
fn sequences(seed: u8, cases: u32) {
    let config = Config { cases, max_shrink_iters: 20, failure_persistence: None, ..Config::default() };
    let mut runner = TestRunner::new_with_rng(config, TestRng::from_seed(RngAlgorithm::ChaCha, &[seed; 32]));
    let done = runner.run(&deeds(), |deeds| {
        let mut place = Place::new();
        deeds.iter().for_each(|deed| place.act(deed));
        place.end();
        Ok(())
    });
    done.unwrap_or_else(|error| panic!("{error}"));
}

#[test]
fn two_teams_never_touch_or_forget() {
    sequences(1, 4);
}

#[test]
fn two_other_teams_never_touch_or_forget() {
    sequences(2, 4);
}

/// Takes a quarter of an hour.
#[test]
#[ignore = "long"]
fn many_teams_never_touch_or_forget() {
    (10..20).for_each(|seed| sequences(seed, 8));
}
