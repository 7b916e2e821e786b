//! Two definitions compared, without AWS: those of the bundled platform.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use infra_core::diff::{Action, Changes, changes};
use infra_core::state::{Deployed, Desired};

/// The golden output of an environment of the bundled platform.
fn golden(environment: &str) -> Desired {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../snapshots/orders").join(environment);
    let mut files = BTreeMap::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
                files.insert(name, fs::read(&path).unwrap());
            }
        }
    }
    Desired::read(&files).unwrap()
}

#[test]
fn an_environment_compared_with_itself_does_not_change() {
    for environment in ["local", "dev", "staging", "prod"] {
        let desired = golden(environment);
        let changes = changes(&desired, &Deployed::assumed(&desired, &desired), &BTreeSet::new(), None);
        assert_eq!(changes, Changes::default(), "{environment}");
    }
}

#[test]
fn what_differs_between_two_definitions_is_found_on_every_plane() {
    let before = golden("dev");
    let mut after = before.clone();
    let stack = after.stacks.values_mut().find(|stack| stack.stack == "messaging").unwrap();
    stack.template["Resources"]["QueuePayment"]["Properties"]["VisibilityTimeout"] = 1.into();
    after.zones[0].records.remove(0);
    after.objects[0].object["metadata"]["labels"]["new"] = "yes".into();
    let changes = changes(&after, &Deployed::assumed(&before, &after), &BTreeSet::new(), None);
    let properties = &changes.stacks[0].resources[0].properties;
    assert_eq!((changes.stacks.len(), properties.len()), (1, 1));
    assert_eq!(properties[0].path, "Properties.VisibilityTimeout");
    assert_eq!(changes.zones[0].records.iter().map(|it| it.action).collect::<Vec<_>>(), [Action::Delete]);
    assert_eq!(changes.objects.len(), 1);
}
