use insta::assert_snapshot;

use super::Cache;
use crate::kinds::Kind;
use crate::kinds::testing::{compile, ids, json, properties, report, template};

const CLUSTER: &str = "
clusters:
  main:
    network: main
    mode: auto
    existing: { name: platform-dev, security-group: sg-0a1b2c3d4e5f60718 }
    provided-by:
      metrics-server: { by: the platform team }
      secrets-store: { by: the platform team }
services: { api: { cluster: main, port: 8080, image: 'shop/api:1.0.0', caches: [sessions] } }
";

#[test]
fn a_serverless_cache_has_bounds_a_user_and_lets_nobody_in_by_itself() {
    assert_snapshot!(properties(Cache::EXAMPLE, "CacheSessions"), @r#"
    ServerlessCacheName: shop-dev-sessions
    Description: Cache shop-dev-sessions
    Engine: valkey
    MajorEngineVersion: '8'
    CacheUsageLimits:
      DataStorage:
        Maximum: 5
        Unit: GB
      ECPUPerSecond:
        Maximum: 5000
    SubnetIds:
    - Ref: NetworkMainIsolatedSubnet1
    - Ref: NetworkMainIsolatedSubnet2
    - Ref: NetworkMainIsolatedSubnet3
    SecurityGroupIds:
    - Fn::GetAtt:
      - CacheSessionsGroup
      - GroupId
    UserGroupId:
      Ref: CacheSessionsUsers
    "#);
    assert_snapshot!(properties(Cache::EXAMPLE, "CacheSessionsUser"), @r#"
    UserId: shop-dev-sessions
    UserName: default
    Engine: valkey
    AccessString: on ~* &* +@all
    AuthenticationMode:
      Type: password
      Passwords:
      - Fn::Sub: '{{resolve:secretsmanager:${CacheSessionsPassword}:SecretString:password}}'
    "#);
    let group = properties(Cache::EXAMPLE, "CacheSessionsGroup");
    assert!(!group.contains("SecurityGroupIngress"), "{group}");
}

#[test]
fn nodes_fail_over_and_take_encrypted_connections_only() {
    assert_snapshot!(properties(Cache::EXAMPLE, "CacheQuotesNodes"), @r#"
    ReplicationGroupDescription: Cache shop-dev-quotes
    Engine: valkey
    EngineVersion: '8.0'
    CacheNodeType: cache.r7g.large
    NumCacheClusters: 3
    AutomaticFailoverEnabled: true
    MultiAZEnabled: true
    Port: 6379
    CacheSubnetGroupName:
      Ref: CacheQuotesSubnets
    SecurityGroupIds:
    - Fn::GetAtt:
      - CacheQuotesGroup
      - GroupId
    UserGroupIds:
    - Ref: CacheQuotesUsers
    TransitEncryptionEnabled: true
    TransitEncryptionMode: required
    AtRestEncryptionEnabled: true
    AutoMinorVersionUpgrade: true
    "#);
    let shards = Cache::EXAMPLE.replace("replicas: 2", "replicas: 2, shards: 3");
    let text = properties(&shards, "CacheQuotesNodes");
    assert!(text.contains("NumNodeGroups: 3\nReplicasPerNodeGroup: 2\n") && !text.contains("NumCacheClusters"), "{text}");
}

#[test]
fn a_key_of_its_own_encrypts_data_and_password() {
    let yaml = Cache::EXAMPLE.replace("    serverless:", "    encryption: kms\n    serverless:");
    let template = template(&yaml);
    for id in ["CacheSessions", "CacheSessionsPassword"] {
        assert_eq!(template["Resources"][id]["Properties"]["KmsKeyId"]["Fn::GetAtt"][0], "CacheSessionsKey");
    }
}

#[test]
fn pods_that_name_a_cache_get_to_it_and_log_in() {
    let yaml = format!("{}{CLUSTER}", Cache::EXAMPLE);
    let assembly = compile(&yaml);
    let objects = String::from_utf8(assembly.files["kubernetes/main/shop/service-api.yaml"].clone()).unwrap();
    let variables: Vec<&str> = objects.lines().filter(|line| line.contains("SESSIONS_CACHE_")).map(str::trim).collect();
    assert_eq!(
        variables,
        [
            "- name: SESSIONS_CACHE_HOST",
            "- name: SESSIONS_CACHE_PASSWORD_FILE",
            "- name: SESSIONS_CACHE_PORT",
            "- name: SESSIONS_CACHE_SHARDED"
        ]
    );
    for port in [6379, 6380] {
        assert!(objects.contains(&format!("port: {port}\n")), "{objects}");
    }
    let template = json(&assembly, "stacks/example.eu-west-1.template.json");
    let rules: Vec<&str> = ids(&template).into_iter().filter(|id| id.starts_with("Example")).collect();
    assert_eq!(
        rules,
        [
            "ExampleInClusterMainToExampleCacheSessions6379",
            "ExampleOutClusterMainToExampleCacheSessions6379",
            "ExampleInClusterMainToExampleCacheSessions6380",
            "ExampleOutClusterMainToExampleCacheSessions6380"
        ]
    );
    assert!(template["Resources"]["ServiceApiRole"].to_string().contains("CacheSessionsPassword"));
}

#[test]
fn a_cache_that_exists_is_reached_alike() {
    let yaml = format!(
        "
networks: {{ main: {{ cidr: 10.1.0.0/16, existing: {{ vpc: vpc-0a1b2c3d4e5f60718 }} }} }}
caches:
  sessions:
    network: main
    existing: {{ host: sessions.abc.euw1.cache.amazonaws.com, security-group: sg-0b1b2c3d4e5f60718 }}
{CLUSTER}"
    );
    let assembly = compile(&yaml);
    let template = json(&assembly, "stacks/example.eu-west-1.template.json");
    assert_eq!(
        ids(&template),
        ["ExampleInClusterMainToExampleCacheSessions6379", "ExampleOutClusterMainToExampleCacheSessions6379"]
    );
    let objects = String::from_utf8(assembly.files["kubernetes/main/shop/service-api.yaml"].clone()).unwrap();
    assert!(!objects.contains("PASSWORD"), "{objects}");
    let bare = yaml.replace(", security-group: sg-0a1b2c3d4e5f60718", "");
    assert!(report(&bare).contains("clusters/unknown-of-existing"));
    let secret = yaml.replace("security-group: sg-0b1b2c3d4e5f60718", "security-group: sg-0b1b2c3d4e5f60718, secret: a")
        + "secrets: { a: { generate: {} } }\n";
    assert!(report(&secret).contains("caches/secret"));
}

#[test]
fn caches_that_cannot_be_are_refused() {
    let cache = |fields: &str| {
        report(&format!("networks: {{ main: {{ cidr: 10.20.0.0/16 }} }}\ncaches: {{ a: {{ network: main, {fields} }} }}\n"))
    };
    let found = [
        "tier: public",
        "serverless: { max-data-gb: 0, max-ecpu-per-second: 10 }",
        "serverless: {}, nodes: {}",
        "nodes: { type: t4g.small, replicas: 6, shards: 0 }",
        "version: '8.0'",
        "nodes: {}, version: '8'",
        "engine: redis, version: '8'",
        "snapshot-days: 36",
    ];
    assert_snapshot!(found.map(cache).concat(), @r#"
    caches/public: a cache does not stand in public subnets <- `public` reachable from the internet
    kinds/out-of-range: `max-data-gb` must be from 1 to 5000 <- `0` 0 is outside
    kinds/out-of-range: `max-ecpu-per-second` must be from 1000 to 15000000 <- `10` 10 is outside
    caches/two-forms: a cache is serverless or stands on nodes <- `nodes` nodes of a fixed size
    caches/node-type: `t4g.small` is no type of node of a cache <- `t4g.small` they start with `cache.`
    kinds/out-of-range: `replicas` must be from 0 to 5 <- `6` 6 is outside
    kinds/out-of-range: `shards` must be from 1 to 500 <- `0` 0 is outside
    caches/version: `8.0` is no version of a cache of this form <- `'8.0'` written as `'8'`
    caches/version: `8` is no version of a cache of this form <- `'8'` written as `'8.0'`
    caches/version: Redis OSS ends with version 7: there is no 8 of it <- `'8'` not a version of Redis OSS
    kinds/out-of-range: `snapshot-days` must be from 0 to 35 <- `36` 36 is outside
    "#);
    let long = "networks: { main: { cidr: 10.20.0.0/16 } }\ncaches: { a-name-that-is-rather-long-for-a-cache: { network: main } }\n";
    assert!(report(long).contains("caches/name-length"));
}
