//! While a stack waits for a certificate, the run says for what, and helps where it can.

use super::site::{Site, ZONE};

/// A certificate of which CloudFormation is not told the zone, so that nobody writes its record.
const ALONE: &str = "\
raw:
  web:
    type: AWS::CertificateManager::Certificate
    properties: { DomainName: 'web.${env.domain}', ValidationMethod: DNS }
";
/// A certificate whose zone is somebody else's.
const ELSEWHERE: &str = "\
raw:
  web:
    type: AWS::CertificateManager::Certificate
    properties: { DomainName: web.example.org, ValidationMethod: DNS }
";

/// A project with a zone and a certificate, and an AWS that waits for the certificate's record.
fn site(certificate: &str) -> Site {
    Site::with(&["--certificates", "validated"], &[("dns", ZONE), ("web", certificate)])
}

const APPLY: [&str; 4] = ["apply", "--yes", "--progress", "plain"];

#[test]
fn a_record_that_is_missing_in_a_zone_of_ours_is_said_and_written() {
    let site = site(ALONE);
    let run = site.run(0, &APPLY);
    let waits: Vec<&str> = run.stderr.lines().filter(|line| line.contains("waits: the certificate for web.")).collect();
    assert!(waits.iter().any(|line| line.contains("CNAME")), "{}", run.stderr);
    assert!(waits.iter().any(|line| line.contains("it was written to zone")), "{}", run.stderr);
    assert_eq!(site.status("shop-dev-web"), "CREATE_COMPLETE");
    // What proved the domain is no record of the project, and stays.
    site.run(0, &["diff"]);
}

#[test]
fn a_record_of_a_zone_that_is_not_ours_is_said_and_left_to_whose_it_is() {
    let site = site(ELSEWHERE);
    let run = site.begin(&APPLY);
    site.until("the certificate is asked for twice", |site| site.aws.count("acm:ListCertificates") > 1);
    run.signal("KILL");
    let run = run.end();
    assert!(run.stderr.contains("no zone of this environment holds that name"), "{}", run.stderr);
}
