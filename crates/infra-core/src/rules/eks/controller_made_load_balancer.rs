//! `eks/controller-made-load-balancer`: load balancers belong to a stack.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "eks/controller-made-load-balancer",
    code: "EKS-024",
    severity: Severity::Advice,
    phase: Phase::Deploy,
    title: "load balancer outlives the stack of its network",
    why: "a load balancer that a controller makes is no resource of a stack; while it stands, its subnets and \
          security groups cannot be deleted",
    error: None,
    sources: &[
        "https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/targetgroupbinding/targetgroupbinding/",
    ],
    evidence: Evidence::Memory,
    bad: r#"
#: cluster.yaml
Resources:
  Vpc:
    Type: AWS::EC2::VPC
    Properties: { CidrBlock: 10.0.0.0/16 }
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
apiVersion: v1
kind: Service
metadata: { name: orders, namespace: shop }
spec:
  type: LoadBalancer
#       ^
  selector: { app: orders }
  ports: [{ port: 80, targetPort: 8080 }]
"#,
    good: &[(
        r#"LoadBalancer
#       ^"#,
        "ClusterIP",
    )],
    check: Check::Objects(&["Service"], check),
};

fn check(cx: &mut Cx<'_>, service: Object<'_>) {
    let Some(kind) = service.get("spec.type").filter(|kind| kind.is("LoadBalancer")) else { return };
    let view = service.view();
    let (Some(cluster), Some(network)) = (view.only_cluster(), view.of("AWS::EC2::VPC").next()) else { return };
    cx.report(
        kind.finding(
            format!("a controller makes the load balancer of `{}`", service.name()),
            "made outside CloudFormation",
        )
        .also(network.at(), "cannot be deleted while it stands")
        .also(cluster.at(), "when this goes, nobody removes it")
        .help("make the load balancer in a template and bind it with a TargetGroupBinding"),
    );
}
