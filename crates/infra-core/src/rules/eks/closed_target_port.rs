//! `eks/closed-target-port`: security groups let the load balancer reach the pods.

use crate::rules::prelude::*;
use crate::view::Ingress;

pub(super) const RULE: Rule = Rule {
    id: "eks/closed-target-port",
    code: "EKS-020",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "load balancer cannot reach the pods behind it",
    why: "a binding without `networking` opens nothing: the security group of the nodes must admit that of the \
          load balancer on the port of the pods",
    error: None,
    sources: &[
        "https://kubernetes-sigs.github.io/aws-load-balancer-controller/latest/guide/targetgroupbinding/targetgroupbinding/",
    ],
    evidence: Evidence::Documented,
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
  BalancerGroup:
    Type: AWS::EC2::SecurityGroup
    Properties: { GroupDescription: balancer, VpcId: vpc-0123456789abcdef0 }
  Balancer:
    Type: AWS::ElasticLoadBalancingV2::LoadBalancer
    Properties: { Type: network, Scheme: internal, Subnets: [subnet-0123456789abcdef0, subnet-0123456789abcdef1], SecurityGroups: [!Ref BalancerGroup], LoadBalancerAttributes: [{ Key: load_balancing.cross_zone.enabled, Value: "true" }] }
  Targets:
    Type: AWS::ElasticLoadBalancingV2::TargetGroup
    Properties: { Protocol: TCP, Port: 8080, VpcId: vpc-0123456789abcdef0, TargetType: ip, TargetGroupAttributes: [{ Key: deregistration_delay.timeout_seconds, Value: "20" }] }
  Listener:
    Type: AWS::ElasticLoadBalancingV2::Listener
    Properties:
      LoadBalancerArn: !Ref Balancer
      Protocol: TCP
      Port: 80
      DefaultActions: [{ Type: forward, TargetGroupArn: !Ref Targets }]
  FromBalancer:
    Type: AWS::EC2::SecurityGroupIngress
    Properties:
      GroupId: !GetAtt Main.ClusterSecurityGroupId
      IpProtocol: tcp
      FromPort: 80
      ToPort: 80
      SourceSecurityGroupId: !Ref BalancerGroup
Outputs:
  Targets: { Value: !Ref Targets }
#: orders.yaml
apiVersion: elbv2.k8s.aws/v1beta1
kind: TargetGroupBinding
metadata: { name: orders, namespace: shop }
spec:
  targetGroupARN: ${output:cluster@eu-west-1:Targets}
#                 ^
  targetType: ip
  serviceRef: { name: orders, port: 80 }
---
apiVersion: v1
kind: Service
metadata: { name: orders, namespace: shop }
spec: { selector: { app: orders }, ports: [{ port: 80, targetPort: 8080 }] }
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: orders, namespace: shop }
spec:
  selector: { matchLabels: { app: orders } }
  template:
    metadata: { labels: { app: orders } }
    spec: { terminationGracePeriodSeconds: 150, containers: [{ name: orders, image: "registry.example.com/orders:1.4.2", ports: [{ containerPort: 8080 }] }] }
"#,
    good: &[(
        r#"      FromPort: 80
      ToPort: 80
"#,
        r#"      FromPort: 8080
      ToPort: 8080
"#,
    )],
    check: Check::Objects(&["TargetGroupBinding"], check),
};

fn check(cx: &mut Cx<'_>, binding: Object<'_>) {
    if binding.get("spec.networking").is_some() || binding.view().only_cluster().is_none() {
        return;
    }
    let Some(targets) = binding.target_group().filter(|it| it.get("TargetType").is_some_and(|kind| kind.is("ip")))
    else {
        return;
    };
    let Some(service) = binding.bound_service() else { return };
    let port = binding.bound_port(&service).and_then(|port| service.selected().next()?.target_port(&port));
    let (Some(port), Some(balancer)) = (port, balancer_of(&targets)) else { return };
    let Some(groups) = balancer.security_groups("SecurityGroups") else { return };
    let rules: Vec<Resource<'_>> =
        groups.iter().flat_map(Resource::referrers).filter(|it| it.kind() != balancer.kind()).collect();
    // Groups may hold rules in themselves, and what is open to address blocks may be open to the load balancer.
    let unclear = binding.view().of("AWS::EC2::SecurityGroupIngress").any(|it| !it.has("SourceSecurityGroupId"))
        || rules.iter().any(|it| it.kind() == "AWS::EC2::SecurityGroup" && !groups.contains(it));
    let admitting: Vec<&Resource<'_>> = rules
        .iter()
        .filter(|it| it.kind() == "AWS::EC2::SecurityGroupIngress" && !names(it, "GroupId", &groups))
        .collect();
    if unclear || admitting.iter().any(|rule| (Ingress { rule: rule.properties() }).admits(port)) {
        return;
    }
    let Some(place) = binding.get("spec.targetGroupARN") else { return };
    let mut finding = place
        .finding(format!("the load balancer cannot reach port {port} of the pods"), "its targets stay unhealthy")
        .also(balancer.at(), "no rule admits its security group there");
    if let Some(rule) = admitting.first() {
        finding = finding.also(rule.at(), "admits it to other ports only");
    }
    cx.report(finding.help(format!("admit the load balancer's security group to port {port} of the nodes")));
}

fn names(rule: &Resource<'_>, path: &str, groups: &[Resource<'_>]) -> bool {
    rule.get(path).and_then(|id| id.resource()).is_some_and(|group| groups.contains(&group))
}

/// The load balancer whose listener forwards to a target group.
fn balancer_of<'v>(targets: &Resource<'v>) -> Option<Resource<'v>> {
    let listener = targets.referrers_of("AWS::ElasticLoadBalancingV2::Listener").next()?;
    listener.get("LoadBalancerArn")?.resource_of("AWS::ElasticLoadBalancingV2::LoadBalancer")
}
