//! `eks/foreign-binding-version`: bindings are of the controller that the cluster has.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "eks/foreign-binding-version",
    code: "EKS-016",
    severity: Severity::Warning,
    phase: Phase::Runtime,
    title: "target group binding is of an API that the cluster does not have",
    why: "TargetGroupBinding of eks.amazonaws.com is a resource of Auto Mode; other clusters get theirs, \
          elbv2.k8s.aws, from the AWS Load Balancer Controller",
    error: Some("no matches for kind \"TargetGroupBinding\""),
    sources: &[
        "https://docs.aws.amazon.com/eks/latest/userguide/auto-configure-alb.html",
        "https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/targetgroupbinding/spec",
    ],
    evidence: Evidence::Memory,
    bad: r#"
#: cluster.yaml
Resources:
  Main:
    Type: AWS::EKS::Cluster
    Properties:
      Name: main
      Version: "1.36"
      RoleArn: arn:aws:iam::111122223333:role/cluster
      AccessConfig: { AuthenticationMode: API_AND_CONFIG_MAP }
      UpgradePolicy: { SupportType: STANDARD }
      ResourcesVpcConfig: { SubnetIds: [subnet-0123456789abcdef0, subnet-0123456789abcdef1], EndpointPublicAccess: false, EndpointPrivateAccess: true }
#: orders.yaml
apiVersion: eks.amazonaws.com/v1
#           ^
kind: TargetGroupBinding
metadata: { name: orders, namespace: shop }
spec:
  targetGroupARN: arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/orders/0123456789abcdef
  targetType: ip
  serviceRef: { name: orders, port: 80 }
---
apiVersion: v1
kind: Service
metadata: { name: orders, namespace: shop }
spec: { selector: { app: orders }, ports: [{ port: 80, targetPort: 8080 }] }
"#,
    good: &[("eks.amazonaws.com/v1", "elbv2.k8s.aws/v1beta1")],
    check: Check::Objects(&["TargetGroupBinding"], check),
};

fn check(cx: &mut Cx<'_>, binding: Object<'_>) {
    let Some(version) = binding.get("apiVersion").filter(|version| version.is("eks.amazonaws.com/v1")) else { return };
    let Some(cluster) = binding.view().only_cluster().filter(|it| it.auto_mode() == Some(false)) else { return };
    cx.report(
        version
            .finding("only Auto Mode has this TargetGroupBinding", "a resource of Auto Mode")
            .also(cluster.at(), "not in Auto Mode")
            .help("write `apiVersion: elbv2.k8s.aws/v1beta1` and install the AWS Load Balancer Controller"),
    );
}
