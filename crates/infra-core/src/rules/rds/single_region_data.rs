//! `rds/single-region-data`: regions that answer have the data.

use std::collections::BTreeMap;

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "rds/single-region-data",
    code: "DB-013",
    severity: Severity::Warning,
    phase: Phase::Design,
    title: "several regions answer, but the data is in one",
    why: "latency routing sends the same user to different regions over time; where one of them lacks the \
          data, orders are lost or taken twice",
    error: None,
    sources: &["https://docs.aws.amazon.com/Route53/latest/DeveloperGuide/routing-policy.html"],
    evidence: Evidence::Memory,
    bad: r#"
#: data.yaml
Resources:
  Orders:
    Type: AWS::RDS::DBInstance
    DeletionPolicy: Snapshot
    Properties:
      Engine: postgres
      EngineVersion: "17.11"
      DBInstanceClass: db.t4g.medium
      AllocatedStorage: "100"
      StorageEncrypted: true
      MasterUsername: orders
      ManageMasterUserPassword: true
#: dns.yaml
Resources:
  Europe:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: Z0123456789EXAMPLE0
      Name: api.example.com
      Type: A
      SetIdentifier: eu
      Region: eu-west-1
      TTL: "60"
      ResourceRecords: [198.51.100.10]
  America:
    Type: AWS::Route53::RecordSet
    Properties:
      HostedZoneId: Z0123456789EXAMPLE0
      Name: api.example.com
      Type: A
      SetIdentifier: us
      Region: us-east-1
#             ^
      TTL: "60"
      ResourceRecords: [198.51.100.20]
"#,
    good: &[(
        r#"#: data.yaml
"#,
        r#"#: elsewhere.yaml region=us-east-1
Resources:
  Replica:
    Type: AWS::RDS::DBInstance
    DeletionPolicy: Delete
    Properties: { SourceDBInstanceIdentifier: "arn:aws:rds:eu-west-1:111122223333:db:orders", DBInstanceClass: db.t4g.medium }
#: data.yaml
"#,
    )],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    let data = DATA.iter().flat_map(|kind| view.of(kind));
    let homes: Option<BTreeMap<_, _>> = data.map(|store| Some((store.region()?, store))).collect();
    let Some(homes) = homes.filter(|homes| homes.len() == 1) else { return };
    if REPLICATED.iter().any(|kind| view.of(kind).next().is_some()) {
        return;
    }
    let Some((home, store)) = homes.first_key_value() else { return };
    let mut names: BTreeMap<String, Vec<(String, Prop<'_>)>> = BTreeMap::new();
    for record in view.records().filter(|record| !record.deleted()) {
        let Some(("Region", region)) = record.routing() else { continue };
        if let (Some(name), Some(text)) = (record.name(), region.text()) {
            names.entry(name).or_default().push((text.into_owned(), region));
        }
    }
    for (name, regions) in names {
        let at_home = regions.iter().any(|(region, _)| region == home.as_str());
        let Some((away, place)) = regions.iter().find(|(region, _)| region != home.as_str()).filter(|_| at_home) else {
            continue;
        };
        cx.report(
            place
                .finding(format!("`{name}` is answered in {away}, its data is in {}", home.as_str()), "no data here")
                .also(store.at(), "the data")
                .help("replicate the data with a global table or database, or use failover routing"),
        );
    }
}

/// What holds the data of an application.
const DATA: &[&str] = &["AWS::DynamoDB::Table", "AWS::RDS::DBCluster", "AWS::RDS::DBInstance"];

/// What holds it in several regions.
const REPLICATED: &[&str] = &["AWS::DynamoDB::GlobalTable", "AWS::RDS::GlobalCluster"];
