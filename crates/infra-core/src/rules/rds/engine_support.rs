//! `rds/engine-support`: databases run a version in standard support.

use crate::facts::rds;
use crate::names::Date;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "rds/engine-support",
    code: "DB-009",
    severity: Severity::Warning,
    phase: Phase::Calendar,
    title: "version of the database leaves standard support",
    why: "after standard support RDS charges for extended support by the hour and processor, and in the end \
          upgrades by force",
    error: None,
    sources: &[
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/extended-support-charges.html",
        "https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html",
    ],
    evidence: Evidence::Memory,
    bad: r#"
#: data.yaml today=2026-11-23
Resources:
  Orders:
    Type: AWS::RDS::DBInstance
    DeletionPolicy: Snapshot
    Properties:
      Engine: postgres
      EngineVersion: "14.20"
#                    ^
      DBInstanceClass: db.t4g.medium
      AllocatedStorage: "100"
      StorageEncrypted: true
      MasterUsername: orders
      ManageMasterUserPassword: true
"#,
    good: &[(r#""14.20""#, r#""17.11""#)],
    check: Check::Resources(&["AWS::RDS::DBCluster", "AWS::RDS::DBInstance"], check),
};

/// How long before the end of standard support it is told. Unit: days.
const NOTICE: i64 = 120;

fn check(cx: &mut Cx<'_>, database: Resource<'_>) {
    let (Some(version), Some(today)) = (database.get("EngineVersion"), database.view().today()) else { return };
    let (Some(engine), Some(text)) = (database.get("Engine").and_then(|engine| engine.text()), version.text()) else {
        return;
    };
    let Some(end) = rds::standard_support(&engine, &text).and_then(|end| end.parse::<Date>().ok()) else { return };
    if end.days_after(today) > NOTICE {
        return;
    }
    let label = if today > end { format!("ended on {end}") } else { format!("ends on {end}") };
    cx.report(
        version
            .finding(format!("standard support of {engine} {text} is over or near its end"), label)
            .help("plan the upgrade to a newer major version"),
    );
}
