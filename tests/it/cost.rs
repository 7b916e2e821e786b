//! What the tool is built from: a newcomer's first command is a build.

use std::collections::BTreeSet;
use std::process::Command;

/// Names of the packages that the tool is built from, without those of its tests.
fn packages() -> BTreeSet<String> {
    let tree = ["tree", "--offline", "--locked", "-p", "infra", "-e", "normal,build", "--prefix", "none"];
    let output =
        Command::new(env!("CARGO")).args(tree).current_dir(env!("CARGO_MANIFEST_DIR")).output().expect("cargo starts");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).expect("names are text");
    text.lines().filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

/// Each client of a service takes a minute of a processor: other services are asked with requests that we sign.
#[test]
fn the_sdk_has_clients_for_three_services_and_for_what_finds_credentials() {
    let packages = packages();
    let clients: Vec<&str> = packages.iter().filter_map(|name| name.strip_prefix("aws-sdk-")).collect();
    assert_eq!(clients, ["acm", "cloudformation", "route53", "sso", "ssooidc", "sts"]);
}

#[test]
fn one_library_does_the_cryptography() {
    let packages = packages();
    assert!(packages.contains("ring"));
    for other in ["aws-lc-rs", "aws-lc-sys", "openssl-sys", "native-tls"] {
        assert!(!packages.contains(other), "{other}");
    }
}
