//! `cloudformation/foreign-partition`: ARNs and hosts of another partition name nothing here.

use crate::artifacts::Expr;
use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudformation/foreign-partition",
    code: "CFN-013",
    severity: Severity::Warning,
    phase: Phase::Deploy,
    title: "ARN of another partition",
    why: "regions in China, GovCloud and the European Sovereign Cloud are partitions of their own: their ARNs start \
          with `arn:aws-cn`, `arn:aws-us-gov` and `arn:aws-eusc`, and nothing in one partition sees another",
    error: None,
    sources: &["https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html"],
    evidence: Evidence::Documented,
    bad: r#"
#: queue.yaml region=cn-north-1
Resources:
  Orders:
    Type: AWS::SQS::Queue
    Properties:
      KmsMasterKeyId: arn:aws:kms:cn-north-1:111122223333:key/6d3c1e0b-4c1e-4a0b-8d3f-1f2e3d4c5b6a
#                     ^
"#,
    good: &[("arn:aws:kms", "arn:aws-cn:kms")],
    check: Check::View(check),
};

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for stack in view.stacks() {
        let Some(region) = stack.region() else { continue };
        let partition = region.partition().as_str();
        for resource in stack.resources() {
            look(cx, resource.properties(), partition);
        }
    }
}

fn look(cx: &mut Cx<'_>, value: Prop<'_>, home: &str) {
    match value.expr() {
        Expr::Object(_) => value.entries().for_each(|(_, below)| look(cx, below, home)),
        Expr::List(_) => value.items().for_each(|item| look(cx, item, home)),
        Expr::Text(_) | Expr::Concat(_) => {
            let pattern = value.pattern();
            let Some(partition) = pattern.strip_prefix("arn:").and_then(|rest| rest.split(':').next()) else { return };
            if partition != home && (partition == "aws" || partition.starts_with("aws-")) {
                cx.report(
                    value
                        .finding(format!("ARN of partition `{partition}` in a stack of `{home}`"), "another partition")
                        .help("write `${AWS::Partition}` in an `Fn::Sub` instead of the partition"),
                );
            }
        }
        _ => {}
    }
}
