use crate::assembly::Assembly;
use crate::kinds::testing::{compile, findings};
use crate::kinds::{Kind, Service, Worker};

const REST: &str = "
topics: { order-events: {} }
queues: { payment: { visibility-timeout: 90 } }
secrets: { stripe: { existing: { secrets-manager: stripe }, keys: [api-key] } }
networks: { main: { cidr: 10.20.0.0/16 } }
load-balancers:
  internal:
    type: network
    network: main
    listeners: { orders: { port: 80, protocol: tcp, default: { forward: orders } } }
    target-groups: { orders: { port: 8080, health-check: { path: /readyz } } }
";

const CLUSTER: &str = "
clusters:
  main:
    network: main
    access:
      platform:
        principal: arn:aws:iam::123456789012:role/platform
        policies: { AmazonEKSClusterAdminPolicy: cluster }
";

pub(super) const MANAGED: &str = "
    node-groups: { general: {} }
    add-ons: { aws-secrets-store-csi-driver-provider: {} }
    provided-by:
      load-balancer-controller: { by: platform team }
      external-secrets: { by: platform team }
      keda: { by: platform team }
";

/// A service `orders` with more `lines` on a cluster with all that it may need.
pub(super) fn service(lines: &str) -> String {
    on(
        MANAGED,
        &format!("services: {{ orders: {{ {lines}, cluster: main, image: \"registry.example.com/orders:1.4.2\" }} }}"),
    )
}

/// A worker `payment` with more `lines` on a cluster with all that it may need.
pub(super) fn worker(lines: &str) -> String {
    on(
        MANAGED,
        &format!("workers: {{ payment: {{ {lines}, cluster: main, image: \"registry.example.com/payment:1.4.2\" }} }}"),
    )
}

pub(super) fn on(cluster: &str, workloads: &str) -> String {
    format!("{workloads}\n{CLUSTER}{cluster}{REST}")
}

pub(super) fn ids(yaml: &str) -> Vec<&'static str> {
    findings(yaml).into_iter().map(|finding| finding.id).collect()
}

/// The documents of a file.
pub(super) fn objects(assembly: &Assembly, file: &str) -> Vec<serde_yaml::Value> {
    use serde::Deserialize;
    let path = format!("kubernetes/main/shop/{file}.yaml");
    let bytes = &assembly.files[&path];
    let documents = serde_yaml::Deserializer::from_slice(bytes);
    documents.map(|document| serde_yaml::Value::deserialize(document).unwrap()).collect()
}

pub(super) fn object(assembly: &Assembly, file: &str, kind: &str) -> serde_yaml::Value {
    objects(assembly, file).into_iter().find(|object| object["kind"] == kind).unwrap()
}

pub(super) fn yaml(value: &serde_yaml::Value) -> String {
    serde_yaml::to_string(value).unwrap()
}

pub(super) fn resource(assembly: &Assembly, id: &str) -> serde_json::Value {
    let template: serde_json::Value =
        serde_json::from_slice(&assembly.files["stacks/example.eu-west-1.template.json"]).unwrap();
    template["Resources"][id].clone()
}

const EXPOSED: &str = "port: 8080, exposes: { load-balancer: internal, target-group: orders }";

#[test]
fn objects_come_in_the_order_in_which_they_are_applied() {
    let assembly =
        compile(&service(&format!("{EXPOSED}, secrets: {{ stripe: {{ secret: stripe, keys: [api-key] }} }}")));
    let kinds: Vec<String> =
        objects(&assembly, "service-orders").iter().map(|o| o["kind"].as_str().unwrap().to_owned()).collect();
    insta::assert_snapshot!(kinds.join(" "), @"ServiceAccount SecretProviderClass NetworkPolicy Service TargetGroupBinding Deployment PodDisruptionBudget HorizontalPodAutoscaler");
}

#[test]
fn the_namespace_is_restricted_and_waits_for_targets() {
    let assembly = compile(&service("port: 8080"));
    insta::assert_snapshot!(yaml(&objects(&assembly, "00-namespace")[0]["metadata"]["labels"]), @r#"
    app.kubernetes.io/part-of: shop
    app.kubernetes.io/managed-by: infra
    pod-security.kubernetes.io/enforce: restricted
    pod-security.kubernetes.io/audit: restricted
    pod-security.kubernetes.io/warn: restricted
    elbv2.k8s.aws/pod-readiness-gate-inject: enabled
    "#);
}

#[test]
fn pods_are_spread_hardened_and_drain_before_they_stop() {
    let assembly = compile(&service("port: 8080"));
    let deployment = object(&assembly, "service-orders", "Deployment");
    assert!(deployment["spec"].get("replicas").is_none());
    let pod = &deployment["spec"]["template"]["spec"];
    assert_eq!(pod["terminationGracePeriodSeconds"], 50);
    assert_eq!(pod["enableServiceLinks"], false);
    assert_eq!(pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"], 15);
    insta::assert_snapshot!(yaml(&pod["containers"][0]["securityContext"]), @r#"
    allowPrivilegeEscalation: false
    readOnlyRootFilesystem: true
    capabilities:
      drop:
      - ALL
    "#);
}

#[test]
fn behind_a_network_load_balancer_pods_go_on_for_two_minutes() {
    let stops = |yaml: &str| {
        let pod = object(&compile(yaml), "service-orders", "Deployment")["spec"]["template"]["spec"].clone();
        let seconds = &pod["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"];
        (seconds.as_u64().unwrap(), pod["terminationGracePeriodSeconds"].as_u64().unwrap())
    };
    assert_eq!(stops(&service(EXPOSED)), (120, 155));
    assert_eq!(stops(&service(&format!("{EXPOSED}, shutdown: {{ drain: 40 }}"))), (120, 165));
    assert_eq!(stops(&service(&format!("{EXPOSED}, shutdown: {{ pre-stop: 150 }}"))), (150, 185));
    let application =
        service(EXPOSED).replace("type: network", "type: application").replace("protocol: tcp", "protocol: http");
    assert_eq!(stops(&application), (15, 50));
    assert_eq!(stops(&service("port: 8080")), (15, 50));
}

#[test]
fn a_shorter_wait_behind_a_network_load_balancer_is_told() {
    let short = |balancer: &str| {
        service(&format!("{EXPOSED}, shutdown: {{ pre-stop: 119 }}")).replace("network\n    network", balancer)
    };
    insta::assert_snapshot!(crate::kinds::testing::report(&short("network\n    network")), @"services/drain: the load balancer still opens connections to pods that have stopped <- `119` pods stop listening after 119 s");
    let application = short("application\n    network").replace("protocol: tcp", "protocol: http");
    assert_eq!(ids(&application), [""; 0]);
}

#[test]
fn a_fixed_number_of_pods_has_no_scaler() {
    let assembly = compile(&service("port: 8080, replicas: { min: 3, max: 3 }"));
    assert_eq!(object(&assembly, "service-orders", "Deployment")["spec"]["replicas"], 3);
    assert!(objects(&assembly, "service-orders").iter().all(|o| o["kind"] != "HorizontalPodAutoscaler"));
}

#[test]
fn the_network_policy_lets_in_balancer_and_callers_only() {
    let both = format!(
        "services: {{ orders: {{ {EXPOSED}, cluster: main, image: \"r.example.com/o:1\" }}, \
         web: {{ port: 80, calls: [orders], namespace: web, cluster: main, image: \"r.example.com/w:1\" }} }}"
    );
    let assembly = compile(&on(MANAGED, &both));
    let policy = object(&assembly, "service-orders", "NetworkPolicy");
    insta::assert_snapshot!(yaml(&policy["spec"]["ingress"]), @r#"
    - from:
      - ipBlock:
          cidr: 10.20.0.0/18
      - ipBlock:
          cidr: 10.20.64.0/18
      - ipBlock:
          cidr: 10.20.128.0/18
      ports:
      - protocol: TCP
        port: 8080
    - from:
      - namespaceSelector:
          matchLabels:
            kubernetes.io/metadata.name: web
        podSelector:
          matchLabels:
            app.kubernetes.io/name: web
            app.kubernetes.io/component: service
      ports:
      - protocol: TCP
        port: 8080
    "#);
}

#[test]
fn the_role_allows_what_is_used_and_is_bound_to_the_service_account() {
    let assembly = compile(&service("port: 8080, publishes: [order-events]"));
    insta::assert_snapshot!(format!("{:#}", resource(&assembly, "ServiceOrdersRole")["Properties"]["Policies"]), @r#"
    [
      {
        "PolicyName": "uses",
        "PolicyDocument": {
          "Version": "2012-10-17",
          "Statement": [
            {
              "Effect": "Allow",
              "Action": "sns:Publish",
              "Resource": {
                "Ref": "TopicOrderEvents"
              }
            }
          ]
        }
      }
    ]
    "#);
    insta::assert_snapshot!(format!("{:#}", resource(&assembly, "ServiceOrdersIdentity")["Properties"]), @r#"
    {
      "ClusterName": {
        "Ref": "ClusterMain"
      },
      "Namespace": "shop",
      "ServiceAccount": "orders",
      "RoleArn": {
        "Fn::GetAtt": [
          "ServiceOrdersRole",
          "Arn"
        ]
      }
    }
    "#);
}

#[test]
fn a_workload_that_calls_no_aws_service_has_no_role() {
    let assembly = compile(&service("port: 8080"));
    assert!(resource(&assembly, "ServiceOrdersRole").is_null());
    assert!(resource(&assembly, "ServiceOrdersIdentity").is_null());
}

#[test]
fn irsa_trusts_one_service_account_of_one_cluster() {
    let yaml = on(
        &format!("{MANAGED}    irsa: true"),
        "services: { orders: { port: 80, identity: irsa, publishes: [order-events], cluster: main, image: \"r.example.com/o:1\" } }",
    );
    let assembly = compile(&yaml);
    insta::assert_snapshot!(format!("{:#}", resource(&assembly, "ServiceOrdersRole")["Properties"]["AssumeRolePolicyDocument"]), @r#"
    {
      "Fn::Sub": [
        "{\"Version\":\"2012-10-17\",\"Statement\":[{\"Effect\":\"Allow\",\"Principal\":{\"Federated\":\"${Provider}\"},\"Action\":\"sts:AssumeRoleWithWebIdentity\",\"Condition\":{\"StringEquals\":{\"${Issuer}:aud\":\"sts.amazonaws.com\",\"${Issuer}:sub\":\"system:serviceaccount:shop:orders\"}}}]}",
        {
          "Provider": {
            "Fn::GetAtt": [
              "ClusterMainOidc",
              "Arn"
            ]
          },
          "Issuer": {
            "Fn::Select": [
              1,
              {
                "Fn::Split": [
                  "//",
                  {
                    "Fn::GetAtt": [
                      "ClusterMain",
                      "OpenIdConnectIssuerUrl"
                    ]
                  }
                ]
              }
            ]
          }
        }
      ]
    }
    "#);
    let account = object(&assembly, "service-orders", "ServiceAccount");
    assert!(
        account["metadata"]["annotations"]["eks.amazonaws.com/role-arn"]
            .as_str()
            .unwrap()
            .contains("ServiceOrdersRoleArn")
    );
}

#[test]
fn both_ways_of_secrets_give_the_same_files() {
    let secrets = "port: 8080, secrets: { stripe: { secret: stripe, keys: [api-key] } }";
    let csi = compile(&service(secrets));
    let copied = compile(&service(&format!("{secrets}, secret-delivery: external-secrets")));
    insta::assert_snapshot!(yaml(&object(&csi, "service-orders", "SecretProviderClass")["spec"]), @r#"
    provider: aws
    parameters:
      region: eu-west-1
      usePodIdentity: 'true'
      objects: |
        - objectName: "stripe"
          objectType: secretsmanager
          objectAlias: "stripe"
          jmesPath:
            - path: '"api-key"'
              objectAlias: "stripe-api-key"
    "#);
    insta::assert_snapshot!(yaml(&object(&copied, "service-orders", "ExternalSecret")["spec"]), @r#"
    refreshInterval: 1h
    target:
      name: orders-secrets
      creationPolicy: Owner
    data:
    - secretKey: stripe-api-key
      remoteRef:
        key: stripe
        property: api-key
      sourceRef:
        storeRef:
          kind: SecretStore
          name: orders
    "#);
    let variables = |assembly| {
        object(assembly, "service-orders", "Deployment")["spec"]["template"]["spec"]["containers"][0]["env"].clone()
    };
    assert_eq!(variables(&csi), variables(&copied));
    // The operator reads, not the pods.
    assert!(resource(&copied, "ServiceOrdersRole").is_null());
    assert!(!resource(&copied, "ServiceOrdersExternalSecretsGrant").is_null());
}

#[test]
fn a_balancer_is_bound_by_the_api_of_who_runs_the_controller() {
    let managed = compile(&service(EXPOSED));
    assert_eq!(object(&managed, "service-orders", "TargetGroupBinding")["apiVersion"], "elbv2.k8s.aws/v1beta1");
    let workload = format!("services: {{ orders: {{ {EXPOSED}, cluster: main, image: \"r.example.com/o:1\" }} }}");
    let auto = compile(&on("    mode: auto", &workload));
    assert_eq!(object(&auto, "service-orders", "TargetGroupBinding")["apiVersion"], "eks.amazonaws.com/v1");
    insta::assert_snapshot!(format!("{:#}", resource(&auto, "ServiceOrdersLoadBalancerControllerGrant")["Properties"]), @r#"
    {
      "PolicyName": "load-balancer-controller-example-service-orders",
      "RoleName": {
        "Ref": "ClusterMainRole"
      },
      "PolicyDocument": {
        "Version": "2012-10-17",
        "Statement": [
          {
            "Effect": "Allow",
            "Action": [
              "elasticloadbalancing:RegisterTargets",
              "elasticloadbalancing:DeregisterTargets"
            ],
            "Resource": {
              "Ref": "LoadBalancerInternalOrdersTargets"
            }
          }
        ]
      }
    }
    "#);
}

#[test]
fn the_cluster_lets_the_balancer_in_on_the_port_of_the_pods() {
    let assembly = compile(&service(EXPOSED));
    insta::assert_snapshot!(format!("{:#}", resource(&assembly, "ExampleInLoadBalancerInternalToExampleClusterMain8080")["Properties"]), @r#"
    {
      "GroupId": {
        "Fn::GetAtt": [
          "ClusterMain",
          "ClusterSecurityGroupId"
        ]
      },
      "IpProtocol": "tcp",
      "FromPort": 8080,
      "ToPort": 8080,
      "SourceSecurityGroupId": {
        "Fn::GetAtt": [
          "LoadBalancerInternalGroup",
          "GroupId"
        ]
      },
      "Description": "From LoadBalancerInternal of stack example"
    }
    "#);
}

#[test]
fn workers_scale_by_their_queues_and_keda_may_look_at_them() {
    let assembly = compile(Worker::EXAMPLE);
    insta::assert_snapshot!(yaml(&object(&assembly, "worker-payment", "ScaledObject")["spec"]["triggers"]), @r#"
    - type: aws-sqs-queue
      authenticationRef:
        name: payment
      metadata:
        queueURL: ${output:shop-dev-example@eu-west-1:QueuePaymentRef}
        queueLength: '10'
        awsRegion: eu-west-1
        scaleOnInFlight: 'true'
    "#);
    assert!(!resource(&assembly, "WorkerPaymentKedaGrant").is_null());
    let deployment = object(&assembly, "worker-payment", "Deployment");
    assert_eq!(deployment["spec"]["template"]["spec"]["terminationGracePeriodSeconds"], 80);
}

#[test]
fn what_the_cluster_does_not_provide_is_an_error_that_lists_the_ways() {
    let workload = format!("services: {{ orders: {{ {EXPOSED}, cluster: main, image: \"r.example.com/o:1\" }} }}");
    let found = findings(&on("    node-groups: { general: {} }", &workload));
    let found = found.iter().find(|finding| finding.id == "workloads/missing-need").unwrap();
    insta::assert_snapshot!(format!("{}\n{}", found.title, found.help.join("\n")), @r#"
    cluster `main` has no load balancer controller
    let Auto Mode bring it: `mode: auto`
    or say who installs it: `provided-by: { load-balancer-controller: { by: … } }`
    "#);
}

#[test]
fn secrets_and_foreign_resources_are_no_literals() {
    let env = |value: &str| ids(&service(&format!("port: 8080, env: {{ {value} }}")));
    for value in [
        "DB_PASSWORD: hunter2",
        "STRIPE_API_KEY: abc",
        "URL: \"https://me:pw@example.com\"",
        "KEY: AKIAIOSFODNN7EXAMPLE",
    ] {
        assert_eq!(env(value), ["workloads/secret-literal"], "{value}");
    }
    for value in ["TOKEN_TTL: \"60\"", "TOKEN_URL: https://a.example.com", "SECRET_FILE: /mnt/x", "LOG_LEVEL: info"] {
        assert!(env(value).is_empty(), "{value}");
    }
    assert_eq!(env("TOPIC: \"arn:aws:sns:eu-west-1:999999999999:orders\""), ["workloads/foreign-arn"]);
    assert_eq!(env("AWS_REGION: eu-west-1"), ["workloads/made-variable"]);
    assert_eq!(env("a-b: c"), ["workloads/variable-name"]);
}

#[test]
fn variables_can_be_renamed_if_they_are_made() {
    let renamed = "port: 8080, publishes: [order-events], variables: { ORDER_EVENTS_TOPIC_ARN: ORDERS_TOPIC_ARN }";
    let assembly = compile(&service(renamed));
    assert!(yaml(&object(&assembly, "service-orders", "Deployment")).contains("ORDERS_TOPIC_ARN"));
    assert_eq!(ids(&service("port: 8080, variables: { ORDERS_TOPIC: X }")), ["workloads/unknown-variable"]);
}

#[test]
fn a_worker_that_rejects_messages_may_send_to_their_dead_letters_and_knows_where() {
    let assembly = compile(&worker("consumes: [payment], rejects: true"));
    let env =
        yaml(&object(&assembly, "worker-payment", "Deployment")["spec"]["template"]["spec"]["containers"][0]["env"]);
    assert!(env.contains("name: PAYMENT_DEAD_LETTER_QUEUE_URL"), "{env}");
    let policy = resource(&assembly, "WorkerPaymentRole")["Properties"]["Policies"].to_string();
    let sends = r#""Action":"sqs:SendMessage","Resource":{"Fn::GetAtt":["QueuePaymentDeadLetter","Arn"]}"#;
    assert!(policy.contains(sends), "{policy}");
    let none =
        on(MANAGED, "workers: { w: { consumes: [bare], rejects: true, cluster: main, image: \"r.example.com/a:1\" } }");
    let none = none.replace("queues: {", "queues: { bare: { dead-letter: { enabled: false } },");
    assert!(ids(&none).contains(&"workers/no-dead-letters"), "{:?}", ids(&none));
}

#[test]
fn only_the_actions_that_are_named_are_allowed() {
    let uses = |line: &str| {
        let workload =
            format!("services: {{ orders: {{ port: 80, {line}, cluster: main, image: \"r.example.com/o:1\" }} }}");
        on(
            MANAGED,
            &format!("{workload}\ntables: {{ seen: {{ partition-key: {{ name: id }} }} }}\nbuckets: {{ files: {{}} }}"),
        )
    };
    let table = "tables: { seen: { table: seen, access: read-write, actions: [GetItem, PutItem] } }";
    let bucket = "buckets: { files: { bucket: files, access: write, actions: [PutObject] } }";
    let assembly = compile(&uses(&format!("{table}, {bucket}")));
    let policy = &resource(&assembly, "ServiceOrdersRole")["Properties"]["Policies"][0]["PolicyDocument"]["Statement"];
    let statements = policy.as_array().expect("statements");
    let actions: Vec<_> = statements.iter().map(|statement| statement["Action"].as_str().expect("one")).collect();
    assert_eq!(actions, ["dynamodb:GetItem", "dynamodb:PutItem", "s3:PutObject"], "{policy}");
    let found = findings(&uses("tables: { seen: { table: seen, actions: [PutItem] } }"));
    assert_eq!(found[0].title, "`PutItem` is none of the actions that `access` stands for");
    let help = "did you mean `GetItem`?";
    assert_eq!(findings(&uses("tables: { seen: { table: seen, actions: [getItem] } }"))[0].help, [help]);
}

#[test]
fn a_service_that_checks_tokens_knows_issuer_and_clients() {
    let pools = "user-pools: { people: { clients: { app: {}, web: {} } } }";
    let with = |authorizer: &str| {
        let lines = format!("port: 8080, authorizer: {{ {authorizer} }}");
        format!("{}\n{pools}", service(&lines))
    };
    let assembly = compile(&with("user-pool: { user-pool: people }"));
    let env =
        yaml(&object(&assembly, "service-orders", "Deployment")["spec"]["template"]["spec"]["containers"][0]["env"]);
    let client = |name: &str| format!("${{output:shop-dev-example@eu-west-1:UserPoolPeople{name}ClientRef}}");
    assert!(env.contains(&format!("name: OIDC_AUDIENCE\n  value: {},{}", client("App"), client("Web"))), "{env}");
    assert!(env.contains("value: https://cognito-idp.eu-west-1.amazonaws.com/${output:"), "{env}");
    assert_eq!(ids(&with("oidc: { issuer: 'http://x', audiences: [a] }")), ["http-apis/issuer"]);
    assert_eq!(findings(&with("user-pool: { user-pool: people, clients: [wep] }")).len(), 1);
}

#[test]
fn pods_live_as_long_as_their_work_takes() {
    assert_eq!(ids(&service("port: 8080, shutdown: { grace: 20 }")), ["workloads/grace"]);
    assert_eq!(ids(&worker("consumes: [payment], processing-time: 80, shutdown: { grace: 60 }")), ["workloads/grace"]);
    assert_eq!(ids(&worker("consumes: [payment], processing-time: 40, batch: 10")), ["workers/visibility"]);
    assert_eq!(ids(&worker("consumes: []")), ["workers/no-queue"]);
}

#[test]
fn service_and_target_group_must_agree() {
    let expose = "exposes: { load-balancer: internal, target-group: orders }";
    assert_eq!(ids(&service(&format!("port: 8080, {expose}, health: {{ readiness: /up }}"))), ["services/health-path"]);
    assert_eq!(ids(&service(&format!("port: 8080, {expose}, health: {{ port: 8081 }}"))), ["services/health-port"]);
    assert_eq!(ids(&service(&format!("port: 8080, {expose}, shutdown: {{ drain: 5 }}"))), ["services/drain"]);
    let unknown = "port: 8080, exposes: { load-balancer: internal, target-group: other }";
    assert_eq!(ids(&service(unknown)), ["services/target-group"]);
}

#[test]
fn names_architectures_and_quantities_are_checked() {
    let two = "services: { a: { port: 80, cluster: main, image: \"r.example.com/a:1\" } }\n\
               workers: { a: { consumes: [payment], cluster: main, image: \"r.example.com/a:1\" } }";
    assert_eq!(ids(&on(MANAGED, two)), ["workloads/same-name"]);
    assert_eq!(ids(&service("port: 8080, arch: arm64")), ["workloads/arch"]);
    assert_eq!(ids(&service("port: 8080, resources: { memory: 512M }")), ["workloads/quantity"]);
    assert_eq!(ids(&service("port: 8080, resources: { cpu: 500m, cpu-limit: 250m }")), ["workloads/cpu-limit"]);
    assert_eq!(ids(&service("port: 8080, resources: { cpu: 500m, cpu-limit: \"0.5\" }")), [""; 0]);
    assert_eq!(ids(&service("port: 8080, namespace: kube-system")), ["workloads/namespace"]);
    assert_eq!(ids(&service("port: 8080, replicas: { min: 0, max: 2 }")), ["workloads/replicas"]);
    assert_eq!(ids(&service("port: 8080, identity: irsa")), ["workloads/irsa"]);
    assert_eq!(ids(&service("port: 8080, health: { liveness: /readyz }")), ["workloads/liveness"]);
    assert_eq!(
        ids(&service("port: 8080, secrets: { s: { secret: stripe, keys: [nope] } }")),
        ["workloads/unknown-key"]
    );
}

#[test]
fn pools_of_all_pods_together_must_fit_the_database() {
    let user = |name: &str, pool| {
        format!(
            "{name}: {{ port: 80, replicas: {{ min: 2, max: 16 }}, database: {{ database: orders, pool: {pool} }}, \
         cluster: main, image: \"r.example.com/o:1\" }}"
        )
    };
    let two = |a, b| {
        on(
            MANAGED,
            &format!(
                "services: {{ {}, {} }}\ndatabases: {{ orders: {{ network: main }} }}",
                user("a", a),
                user("b", b)
            ),
        )
    };
    let too_many = |yaml: &str| ids(yaml).into_iter().filter(|id| *id == "workloads/connections").count();
    assert_eq!(too_many(&two(20, 20)), 1);
    assert_eq!(too_many(&two(4, 4)), 0);
}

#[test]
fn pods_reach_their_database_and_its_group_lets_the_cluster_in() {
    let lines = "services: { orders: { port: 80, database: { database: orders }, cluster: main, image: \"r.example.com/o:1\" } }";
    let assembly = compile(&on(MANAGED, &format!("{lines}\ndatabases: {{ orders: {{ network: main }} }}")));
    let rule = resource(&assembly, "ExampleInClusterMainToExampleDatabaseOrders5432");
    assert_eq!(rule["Type"], "AWS::EC2::SecurityGroupIngress");
    let pod = &object(&assembly, "service-orders", "Deployment")["spec"]["template"]["spec"];
    let env = yaml(&pod["containers"][0]["env"]);
    assert!(env.contains("name: DB_PORT\n  value: '5432'") || env.contains("DatabaseOrdersEndpointPort"), "{env}");
}

#[test]
fn examples_compile() {
    compile(Service::EXAMPLE);
    compile(Worker::EXAMPLE);
}

#[test]
fn a_program_logs_in_as_its_own_user_and_mounts_nothing_else() {
    let with = |user: &str| {
        let lines = format!(
            "services: {{ orders: {{ port: 80, database: {{ database: orders{user} }}, cluster: main, image: \"r.example.com/o:1\" }} }}"
        );
        let users = "users: { order-service: {}, reports: { login: iam } }";
        on(MANAGED, &format!("{lines}\ndatabases: {{ orders: {{ network: main, {users} }} }}"))
    };
    let mounted = |user: &str| {
        let assembly = compile(&with(user));
        let classes = objects(&assembly, "service-orders").into_iter().filter(|o| o["kind"] == "SecretProviderClass");
        let text: String = classes.map(|o| o["spec"]["parameters"]["objects"].as_str().unwrap().to_owned()).collect();
        let deployment = object(&assembly, "service-orders", "Deployment");
        let env = deployment["spec"]["template"]["spec"]["containers"][0]["env"].as_sequence().unwrap().clone();
        let names = env
            .iter()
            .filter_map(|it| it["name"].as_str())
            .filter(|name| name.starts_with("DB_USER") || name.starts_with("DB_PASS"));
        (text.contains("OrderServiceUser"), names.map(str::to_owned).collect::<Vec<_>>().join(" "))
    };
    assert_eq!(mounted(", user: order-service"), (true, "DB_PASSWORD_FILE DB_USERNAME_FILE".to_owned()));
    assert_eq!(mounted(", user: reports"), (false, "DB_USERNAME".to_owned()));
    insta::assert_snapshot!(crate::kinds::testing::report(&with(", user: order-servce")), @"
    workloads/unknown-user: database `orders` has no user `order-servce` <- `order-servce` not one of its `users`
    databases/users-by-hand: nobody here makes these users <- `users` somebody has to make them with SQL
    ");
    insta::assert_snapshot!(crate::kinds::testing::report(&with("")), @"
    workloads/master-user: pods log in to database `orders` as its master user <- `database` may change tables, and read what belongs to others
    databases/users-by-hand: nobody here makes these users <- `users` somebody has to make them with SQL
    ");
}
