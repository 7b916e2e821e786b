//! `eks/launch-template-overlap`: node group and launch template do not overlap.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "eks/launch-template-overlap",
    code: "EKS-023",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "node group says what only its launch template may say",
    why: "with a launch template disk and remote access are set there, instance types in one of the two \
          places, and a template with an image of its own excludes image type and version",
    error: None,
    sources: &["https://docs.aws.amazon.com/eks/latest/APIReference/API_CreateNodegroup.html"],
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
  Template:
    Type: AWS::EC2::LaunchTemplate
    Properties: { LaunchTemplateData: { InstanceType: m7i.large } }
  Nodes:
    Type: AWS::EKS::Nodegroup
    Properties:
      ClusterName: !Ref Main
      NodeRole: arn:aws:iam::111122223333:role/nodes
      Subnets: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
      LaunchTemplate: { Id: !Ref Template, Version: !GetAtt Template.LatestVersionNumber }
      DiskSize: 50
#               ^
"#,
    good: &[(
        r#"      DiskSize: 50
"#,
        "",
    )],
    check: Check::Resources(&["AWS::EKS::Nodegroup"], check),
};

fn check(cx: &mut Cx<'_>, group: Resource<'_>) {
    let Some(used) = group.get("LaunchTemplate") else { return };
    let data = used
        .key("Id")
        .or_else(|| used.key("Name"))
        .and_then(|id| id.resource_of("AWS::EC2::LaunchTemplate"))
        .and_then(|template| template.get("LaunchTemplateData"));
    let says = |key| data.and_then(|data| data.key(key));
    let mut report = |path: &str, other: Option<Prop<'_>>| {
        let Some(written) = group.get(path) else { return };
        let other = other.unwrap_or(used);
        cx.report(
            written
                .finding(format!("`{path}` cannot stand beside this launch template"), "written on the node group")
                .also(other.at(), "excluded by this")
                .help(format!("remove `{path}` from the node group and say it in the template")),
        );
    };
    report("DiskSize", None);
    report("RemoteAccess", None);
    if let Some(kind) = says("InstanceType") {
        report("InstanceTypes", Some(kind));
    }
    if let Some(image) = says("ImageId") {
        for path in ["AmiType", "ReleaseVersion", "Version"] {
            // A type of `CUSTOM` says just that.
            if !group.get(path).is_some_and(|written| written.is("CUSTOM")) {
                report(path, Some(image));
            }
        }
    }
}
