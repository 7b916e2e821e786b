use super::Cluster;
use crate::assembly::Assembly;
use crate::kinds::Kind;
use crate::kinds::testing::{compile, findings};

fn resource(assembly: &Assembly, id: &str) -> serde_json::Value {
    let template = &assembly.files["stacks/example.eu-west-1.template.json"];
    let template: serde_json::Value = serde_json::from_slice(template).unwrap();
    template["Resources"][id].clone()
}

fn text<'a>(assembly: &'a Assembly, path: &str) -> &'a str {
    std::str::from_utf8(&assembly.files[path]).unwrap()
}

fn with(lines: &str) -> String {
    let base = "
clusters:
  main:
    network: main
    access:
      platform:
        principal: arn:aws:iam::123456789012:role/platform
        policies: { AmazonEKSClusterAdminPolicy: cluster }
";
    format!("{base}{lines}\nnetworks:\n  main: {{ cidr: 10.20.0.0/16 }}\n")
}

fn ids(yaml: &str) -> Vec<String> {
    findings(yaml).into_iter().map(|finding| finding.id.to_owned()).collect()
}

const GROUP: &str = "    node-groups: { general: {} }";

#[test]
fn the_endpoint_is_private_the_mode_api_and_support_explicit() {
    let cluster = resource(&compile(Cluster::EXAMPLE), "ClusterMain");
    let properties = &cluster["Properties"];
    assert_eq!(properties["ResourcesVpcConfig"]["EndpointPrivateAccess"], true);
    assert_eq!(properties["ResourcesVpcConfig"]["EndpointPublicAccess"], false);
    assert_eq!(properties["AccessConfig"]["AuthenticationMode"], "API");
    assert_eq!(properties["UpgradePolicy"]["SupportType"], "STANDARD");
    assert_eq!(properties["Version"], "1.36");
    assert_eq!(properties["BootstrapSelfManagedAddons"], false);
    assert_eq!(properties["EncryptionConfig"][0]["Provider"]["KeyArn"]["Fn::GetAtt"][0], "ClusterMainKey");
}

#[test]
fn nodes_wait_for_network_add_ons_and_dns_waits_for_nodes() {
    let assembly = compile(Cluster::EXAMPLE);
    let group = resource(&assembly, "ClusterMainNodesGeneral");
    insta::assert_snapshot!(format!("{:#}", group["DependsOn"]), @r#"
    [
      "ClusterMainAddOnEksPodIdentityAgent",
      "ClusterMainAddOnKubeProxy",
      "ClusterMainAddOnVpcCni"
    ]
    "#);
    insta::assert_snapshot!(format!("{:#}", resource(&assembly, "ClusterMainAddOnCoredns")["DependsOn"]), @r#""ClusterMainNodesGeneral""#);
}

#[test]
fn the_pod_network_enforces_policies_with_a_role_of_its_own() {
    let assembly = compile(Cluster::EXAMPLE);
    insta::assert_snapshot!(format!("{:#}", resource(&assembly, "ClusterMainAddOnVpcCni")["Properties"]), @r#"
    {
      "ClusterName": {
        "Ref": "ClusterMain"
      },
      "AddonName": "vpc-cni",
      "ResolveConflicts": "OVERWRITE",
      "ConfigurationValues": "{\"enableNetworkPolicy\":\"true\"}",
      "PodIdentityAssociations": [
        {
          "ServiceAccount": "aws-node",
          "RoleArn": {
            "Fn::GetAtt": [
              "ClusterMainAddOnVpcCniAwsNodeRole",
              "Arn"
            ]
          }
        }
      ]
    }
    "#);
    let node = resource(&assembly, "ClusterMainNodeRole").to_string();
    assert!(!node.contains("AmazonEKS_CNI_Policy"), "{node}");
}

#[test]
fn files_of_secrets_follow_a_rotation_unless_told_otherwise() {
    let values = |configuration: &str| {
        let add_on = format!("    add-ons: {{ aws-secrets-store-csi-driver-provider: {{ {configuration} }} }}");
        let assembly = compile(&with(&format!("{GROUP}\n{add_on}")));
        let add_on = resource(&assembly, "ClusterMainAddOnAwsSecretsStoreCsiDriverProvider");
        add_on["Properties"]["ConfigurationValues"].as_str().unwrap_or_default().to_owned()
    };
    insta::assert_snapshot!(values(""), @r#"{"secrets-store-csi-driver":{"enableSecretRotation":true}}"#);
    insta::assert_snapshot!(
        values("configuration: { secrets-store-csi-driver: { rotationPollInterval: 1h, enableSecretRotation: false } }"),
        @r#"{"secrets-store-csi-driver":{"rotationPollInterval":"1h","enableSecretRotation":false}}"#
    );
}

#[test]
fn auto_mode_brings_nodes_and_network_policies_need_a_config_map() {
    let assembly = compile(&with("    mode: auto\n    node-groups: { general: {} }"));
    let cluster = resource(&assembly, "ClusterMain");
    insta::assert_snapshot!(format!("{:#}", cluster["Properties"]["ComputeConfig"]), @r#"
    {
      "Enabled": true,
      "NodePools": [
        "general-purpose",
        "system"
      ],
      "NodeRoleArn": {
        "Fn::GetAtt": [
          "ClusterMainNodeRole",
          "Arn"
        ]
      }
    }
    "#);
    for id in ["ClusterMainNodesGeneral", "ClusterMainAddOnVpcCni", "ClusterMainAddOnCoredns"] {
        assert!(resource(&assembly, id).is_null(), "{id}");
    }
    assert!(!resource(&assembly, "ClusterMainAddOnMetricsServer").is_null());
    let policies = text(&assembly, "kubernetes/main/kube-system/00-network-policies.yaml");
    assert!(policies.contains("enable-network-policy-controller: 'true'"), "{policies}");
}

#[test]
fn controllers_of_others_get_a_role_unless_they_have_one() {
    let provided = "    provided-by: { keda: { by: platform, role: { existing: keda } }, external-secrets: { by: platform } }";
    let assembly = compile(&with(&format!("{GROUP}\n{provided}")));
    assert!(resource(&assembly, "ClusterMainKedaRole").is_null());
    let identity = resource(&assembly, "ClusterMainEsoIdentity");
    assert_eq!(identity["Properties"]["ServiceAccount"], "external-secrets");
}

#[test]
fn old_versions_are_refused() {
    assert_eq!(ids(&with(&format!("{GROUP}\n    version: \"1.30\""))), ["clusters/version"]);
    assert_eq!(ids(&with(&format!("{GROUP}\n    version: \"1.99\""))), ["clusters/version"]);
}

#[test]
fn a_cluster_that_nobody_can_use_is_refused() {
    assert_eq!(ids("clusters: { main: { network: main, mode: auto } }\nnetworks: { main: { cidr: 10.20.0.0/16 } }"), ["clusters/no-access"]);
}

#[test]
fn an_open_endpoint_and_missing_nodes_are_refused() {
    assert_eq!(
        ids(&with("    public-endpoint: [0.0.0.0/0]")),
        ["clusters/no-nodes", "clusters/open-endpoint"]
    );
}

#[test]
fn instance_types_must_have_the_architecture_of_the_group() {
    let group = |arch, kind| with(&format!("    node-groups: {{ general: {{ arch: {arch}, instance-types: [{kind}] }} }}"));
    for (arch, kind) in [("amd64", "m7g.large"), ("arm64", "m7i.large"), ("amd64", "t4g.small"), ("arm64", "g5.xlarge")] {
        assert_eq!(ids(&group(arch, kind)), ["clusters/instance-arch"], "{kind}");
    }
    for (arch, kind) in [("arm64", "c7gn.large"), ("amd64", "m7a.large"), ("amd64", "g5.xlarge"), ("arm64", "g5g.xlarge")] {
        assert!(ids(&group(arch, kind)).is_empty(), "{kind}");
    }
}
