//! `eks/open-endpoint`: the API server is not for everyone.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "eks/open-endpoint",
    code: "EKS-019",
    severity: Severity::Warning,
    phase: Phase::Security,
    title: "API server answers the whole internet",
    why: "the public endpoint is on and open to every address unless the cluster says otherwise; then a leaked \
          credential is enough",
    error: None,
    sources: &["https://docs.aws.amazon.com/eks/latest/APIReference/API_VpcConfigRequest.html"],
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
      ResourcesVpcConfig: 
        SubnetIds: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
        PublicAccessCidrs: [0.0.0.0/0]
#       ^
        EndpointPublicAccess: true
        EndpointPrivateAccess: true
"#,
    good: &[("0.0.0.0/0", "198.51.100.0/24")],
    check: Check::Resources(&["AWS::EKS::Cluster"], check),
};

fn check(cx: &mut Cx<'_>, cluster: Resource<'_>) {
    let Some(config) = cluster.get("ResourcesVpcConfig").filter(Prop::is_object) else { return };
    if cluster.bool_or("ResourcesVpcConfig.EndpointPublicAccess", true) != Some(true) {
        return;
    }
    let blocks = config.key("PublicAccessCidrs");
    if blocks.is_some_and(|blocks| !blocks.items().any(|block| block.is("0.0.0.0/0"))) {
        return;
    }
    cx.report(
        blocks
            .unwrap_or(config)
            .finding(
                format!("the API server of `{}` is open to the internet", cluster.id()),
                "every address is admitted",
            )
            .help("set `EndpointPublicAccess: false`, or name the addresses in `PublicAccessCidrs`"),
    );
}
