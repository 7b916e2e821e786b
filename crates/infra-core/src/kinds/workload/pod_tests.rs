//! What users write into pods.

use insta::assert_snapshot;

use super::tests::{MANAGED, ids, object, objects, on, resource, service, yaml};
use crate::kinds::testing::{compile, findings, report};

/// The pod's `spec` of the service `orders` with more `lines`.
fn pod(lines: &str) -> serde_yaml::Value {
    object(&compile(&service(&format!("port: 8080, {lines}"))), "service-orders", "Deployment")["spec"]["template"]["spec"].clone()
}

/// Findings of the service with more `lines`: its own and those of rules, without advice.
pub(super) fn found(lines: &str) -> String {
    let all = report(&service(&format!("port: 8080, {lines}")));
    all.lines()
        .filter(|line| {
            line.starts_with("workloads/") || line.starts_with("kubernetes/") || line.starts_with("manifest/")
        })
        .collect::<Vec<_>>()
        .join("\n")
}

#[test]
fn command_arguments_and_ports_are_those_of_the_container() {
    let lines = "command: [/bin/orders], args: [serve, --fast], ports: { grpc: 9090 }";
    let container = pod(lines)["containers"][0].clone();
    assert_eq!(yaml(&container["command"]), "- /bin/orders\n");
    assert_eq!(yaml(&container["args"]), "- serve\n- --fast\n");
    assert_snapshot!(yaml(&container["ports"]), @"
    - name: http
      containerPort: 8080
      protocol: TCP
    - name: grpc
      containerPort: 9090
      protocol: TCP
    ");
    let service = object(&compile(&service(&format!("port: 8080, {lines}"))), "service-orders", "Service");
    assert_snapshot!(yaml(&service["spec"]["ports"][1]), @"
    name: grpc
    port: 9090
    targetPort: grpc
    protocol: TCP
    ");
    assert_snapshot!(found("ports: { http: 1, this-name-is-too-long: 2, health: 3, twice: 8080 }"), @"
    workloads/port-name: this cannot be the name of a port <- `1` `http`
    workloads/port-name: this cannot be the name of a port <- `2` `this-name-is-too-long`
    workloads/port-name: this cannot be the name of a port <- `3` `health`
    workloads/same-port: two things of the pod serve port 8080 <- `8080` `port` has it, too
    ");
}

#[test]
fn labels_and_annotations_are_on_pods_and_on_what_makes_them() {
    let assembly =
        compile(&service("port: 8080, labels: { team: shop }, annotations: { prometheus.io/scrape: \"true\" }"));
    let deployment = object(&assembly, "service-orders", "Deployment");
    for metadata in [&deployment["metadata"], &deployment["spec"]["template"]["metadata"]] {
        assert_eq!(
            (&metadata["labels"]["team"], &metadata["annotations"]["prometheus.io/scrape"]),
            (&"shop".into(), &"true".into())
        );
    }
    assert!(deployment["spec"]["selector"]["matchLabels"].get("team").is_none());
    assert_eq!(object(&assembly, "service-orders", "ServiceAccount")["metadata"]["labels"]["team"], "shop");
    assert_snapshot!(found("labels: { app.kubernetes.io/name: other }"), @"workloads/label: the label `app.kubernetes.io/name` is made from the model <- `other` would be replaced");
}

#[test]
fn volumes_of_every_kind_are_mounted() {
    let lines = "
      volumes: {
        cache: { empty: { size: 1Gi, medium: memory } },
        settings: { config: { files: { app.yaml: \"a: 1\" } } },
        tls: { secret: { name: tls } },
        data: { claim: { name: data } },
        files: { csi: { driver: efs.csi.aws.com, attributes: { a: b } } },
        token: { projected: { sources: [{ serviceAccountToken: { path: token, audience: vault } }] } }
      },
      mounts: {
        cache: { path: /var/cache }, settings: { path: /etc/app.yaml, sub-path: app.yaml, read-only: true },
        tls: { path: /tls }, data: { path: /data }, files: { path: /files }, token: { path: /token }
      }";
    let pod = pod(lines);
    assert_snapshot!(yaml(&pod["volumes"]), @"
    - name: tmp
      emptyDir:
        sizeLimit: 64Mi
    - name: cache
      emptyDir:
        medium: Memory
        sizeLimit: 1Gi
    - name: data
      persistentVolumeClaim:
        claimName: data
    - name: files
      csi:
        driver: efs.csi.aws.com
        volumeAttributes:
          a: b
    - name: settings
      configMap:
        name: orders-settings
    - name: tls
      secret:
        secretName: tls
        defaultMode: 288
    - name: token
      projected:
        sources:
        - serviceAccountToken:
            path: token
            audience: vault
    ");
    assert_snapshot!(yaml(&pod["containers"][0]["volumeMounts"]), @"
    - name: tmp
      mountPath: /tmp
    - name: cache
      mountPath: /var/cache
    - name: data
      mountPath: /data
    - name: files
      mountPath: /files
    - name: settings
      mountPath: /etc/app.yaml
      subPath: app.yaml
      readOnly: true
    - name: tls
      mountPath: /tls
    - name: token
      mountPath: /token
    ");
    assert_eq!(found(lines), "");
    let assembly = compile(&service(&format!("port: 8080, {lines}")));
    assert_snapshot!(yaml(&object(&assembly, "service-orders", "ConfigMap")), @"
    apiVersion: v1
    kind: ConfigMap
    metadata:
      name: orders-settings
      namespace: shop
      labels:
        app.kubernetes.io/name: orders
        app.kubernetes.io/component: service
        app.kubernetes.io/part-of: shop
        app.kubernetes.io/version: 1.4.2
        app.kubernetes.io/managed-by: infra
    data:
      app.yaml: 'a: 1'
    ");
}

#[test]
fn pods_are_made_anew_when_their_files_change() {
    let annotation = |text: &str| {
        let lines = format!(
            "port: 8080, volumes: {{ settings: {{ config: {{ files: {{ a: {text} }} }} }} }}, mounts: {{ settings: {{ path: /etc/a }} }}"
        );
        let deployment = object(&compile(&service(&lines)), "service-orders", "Deployment");
        deployment["spec"]["template"]["metadata"]["annotations"]["infra/config"].as_str().unwrap().to_owned()
    };
    assert_ne!(annotation("x"), annotation("y"));
    assert_eq!(annotation("x"), annotation("x"));
}

#[test]
fn a_mount_names_a_volume_and_a_volume_is_mounted() {
    assert_snapshot!(found("volumes: { cache: { empty: {} }, tmp: { empty: {} } }, mounts: { cash: { path: /a } }"), @"
    workloads/unmounted-volume: no container mounts the volume `cache` <- `cache` not in `mounts`
    workloads/volume-name: every pod has a volume `tmp` <- `tmp` is made from the model
    workloads/unmounted-volume: no container mounts the volume `tmp` <- `tmp` not in `mounts`
    workloads/unknown-volume: the pods have no volume `cash` <- `cash` not found
    ");
}

#[test]
fn containers_stand_beside_the_program() {
    let lines = "
      volumes: { work: { empty: {} } }, mounts: { work: { path: /work } },
      init-containers: [{ name: fetch, image: \"r.example.com/fetch:1\", args: [all], env: { WHAT: a }, mounts: { work: { path: /work } } }],
      sidecars: [{ name: proxy, image: \"r.example.com/proxy:1\", command: [/proxy], ports: { admin: 9901 }, resources: { cpu: 100m, memory: 128Mi } }]";
    assert_snapshot!(yaml(&pod(lines)["initContainers"]), @"
    - name: proxy
      image: r.example.com/proxy:1
      restartPolicy: Always
      command:
      - /proxy
      ports:
      - name: admin
        containerPort: 9901
        protocol: TCP
      resources:
        requests:
          cpu: 100m
          memory: 128Mi
        limits:
          memory: 128Mi
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop:
          - ALL
      volumeMounts:
      - name: tmp
        mountPath: /tmp
    - name: fetch
      image: r.example.com/fetch:1
      args:
      - all
      env:
      - name: WHAT
        value: a
      resources:
        requests:
          cpu: 50m
          memory: 64Mi
        limits:
          memory: 64Mi
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop:
          - ALL
      volumeMounts:
      - name: tmp
        mountPath: /tmp
      - name: work
        mountPath: /work
    ");
    assert_eq!(found(lines), "");
    assert_eq!(found("sidecars: [{ name: orders, image: \"r.example.com/a:1\" }]").lines().count(), 1);
    assert_snapshot!(found("sidecars: [{ name: orders, image: \"r.example.com/a:1\", ports: { admin: 8080 } }]"), @"workloads/same-port: two things of the pod serve port 8080 <- `8080` `port` has it, too");
}

#[test]
fn pods_are_placed_as_written() {
    let lines = "
      node-selector: { disk: fast }, priority-class: high, pull-secrets: [registry],
      tolerations: [{ key: gpu, value: \"yes\", effect: no-schedule }, { key: spot, effect: no-execute, seconds: 60 }],
      affinity: { podAntiAffinity: { preferredDuringSchedulingIgnoredDuringExecution: [{ weight: 1, podAffinityTerm: { topologyKey: kubernetes.io/hostname, labelSelector: { matchLabels: { app.kubernetes.io/name: orders } } } }] } },
      host-aliases: { 10.1.2.3: [db.example.com] }";
    let pod = pod(lines);
    assert_snapshot!(yaml(&pod["tolerations"]), @"
    - key: gpu
      operator: Equal
      value: yes
      effect: NoSchedule
    - key: spot
      operator: Exists
      effect: NoExecute
      tolerationSeconds: 60
    ");
    assert_eq!(
        (&pod["nodeSelector"]["disk"], &pod["nodeSelector"]["kubernetes.io/arch"]),
        (&"fast".into(), &"amd64".into())
    );
    assert_eq!((&pod["priorityClassName"], &pod["imagePullSecrets"][0]["name"]), (&"high".into(), &"registry".into()));
    assert_eq!(pod["hostAliases"][0]["hostnames"][0], "db.example.com");
    assert_eq!(pod["affinity"]["podAntiAffinity"]["preferredDuringSchedulingIgnoredDuringExecution"][0]["weight"], 1);
    assert_eq!(found(lines), "");
    assert_snapshot!(found("node-selector: { kubernetes.io/arch: arm64 }"), @"workloads/node-selector: the node selector `kubernetes.io/arch` is made from the model <- `arm64` would be replaced");
    assert_eq!(found("host-aliases: { example.com: [a] }").lines().count(), 1);
}

#[test]
fn a_taint_that_nothing_tolerates_is_said() {
    let tainted = |group: &str, lines: &str| {
        let cluster = MANAGED.replace("general: {}", group);
        let found = report(&on(
            &cluster,
            &format!(
                "services: {{ orders: {{ port: 8080, {lines} cluster: main, image: \"r.example.com/orders:1\" }} }}"
            ),
        ));
        found
            .lines()
            .filter(|line| line.contains("taint") || line.contains("untolerated"))
            .map(|line| line.split(':').next().unwrap().to_owned())
            .collect::<Vec<_>>()
            .join(" ")
    };
    let gpu = "gpu: { taints: [{ key: gpu, effect: no-schedule }] }";
    let soft = "gpu: { taints: [{ key: gpu, effect: prefer-no-schedule }] }";
    assert_eq!(tainted(gpu, ""), "workloads/tainted clusters/untolerated");
    assert_eq!(tainted(&format!("general: {{}}, {gpu}"), ""), "clusters/untolerated");
    assert_eq!(tainted(gpu, "tolerations: [{ key: gpu }],"), "");
    assert_eq!(
        tainted(gpu, "tolerations: [{ key: gpu, effect: no-execute }],"),
        "workloads/tainted clusters/untolerated"
    );
    assert_eq!(tainted(soft, ""), "");
}

#[test]
fn a_rollout_goes_at_the_pace_that_is_written() {
    let lines = "port: 8080, rollout: { max-surge: 1, max-unavailable: 25%, min-ready-seconds: 30 }, lifecycle: { post-start: [/bin/warm], pre-stop: [/bin/drain] }";
    let deployment = object(&compile(&service(lines)), "service-orders", "Deployment");
    assert_snapshot!(yaml(&deployment["spec"]["strategy"]["rollingUpdate"]), @"
    maxUnavailable: 25%
    maxSurge: 1
    ");
    assert_eq!(deployment["spec"]["minReadySeconds"], 30);
    let container = &deployment["spec"]["template"]["spec"]["containers"][0];
    assert_snapshot!(yaml(&container["lifecycle"]), @"
    postStart:
      exec:
        command:
        - /bin/warm
    preStop:
      exec:
        command:
        - /bin/drain
    ");
    assert_eq!(found("rollout: { max-surge: 0, max-unavailable: 0 }").lines().count(), 1);
    assert!(report(&service("port: 8080, rollout: { max-surge: many }")).contains("many"));
}

#[test]
fn processes_stay_within_pod_security() {
    let lines =
        "security: { user: 1000, group: 1000, fs-group: 1000, writable-root: true, capabilities: [NET_BIND_SERVICE] }";
    let pod = pod(lines);
    assert_eq!(
        (&pod["securityContext"]["runAsUser"], &pod["securityContext"]["fsGroup"]),
        (&1000.into(), &1000.into())
    );
    assert_eq!(pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"], false);
    assert_eq!(found(lines), "");
    assert!(found("security: { user: 0 }").contains("pod-security"));
    assert!(found("security: { capabilities: [SYS_ADMIN] }").contains("pod-security"));
}

#[test]
fn a_service_account_of_ones_own_gets_the_role() {
    let lines = "port: 8080, service-account: operator, api-token: true, publishes: [order-events]";
    let assembly = compile(&service(lines));
    let kinds: Vec<_> =
        objects(&assembly, "service-orders").iter().map(|it| it["kind"].as_str().unwrap().to_owned()).collect();
    assert!(!kinds.contains(&"ServiceAccount".to_owned()));
    let deployment = object(&assembly, "service-orders", "Deployment");
    let pod = &deployment["spec"]["template"]["spec"];
    assert_eq!((&pod["serviceAccountName"], &pod["automountServiceAccountToken"]), (&"operator".into(), &true.into()));
    assert_eq!(resource(&assembly, "ServiceOrdersIdentity")["Properties"]["ServiceAccount"], "operator");
}

#[test]
fn permissions_name_actions_and_entries() {
    let lines = "port: 8080, permissions: {
        mail: { actions: [ses:SendEmail], resources: [\"arn:aws:ses:eu-west-1:123456789012:identity/example.com\"], conditions: { StringEquals: { ses:FromAddress: a@example.com } } },
        topics: { actions: [sns:GetTopicAttributes], resources: [{ topic: order-events }, { raw: { resource: stream, attribute: Arn } }] },
        none: { effect: deny, actions: [s3:DeleteObject], resources: [\"*\"] }
      }";
    let raw = "raw: { stream: { type: \"AWS::Kinesis::Stream\", properties: { ShardCount: 1 } } }\n";
    let role = resource(&compile(&(service(lines) + raw)), "ServiceOrdersRole");
    let statements = &role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"];
    assert_snapshot!(serde_yaml::to_string(statements).unwrap(), @"
    - Effect: Allow
      Action: ses:SendEmail
      Resource: arn:aws:ses:eu-west-1:123456789012:identity/example.com
      Condition:
        StringEquals:
          ses:FromAddress: a@example.com
    - Effect: Deny
      Action: s3:DeleteObject
      Resource: '*'
    - Effect: Allow
      Action: sns:GetTopicAttributes
      Resource:
      - Ref: TopicOrderEvents
      - Fn::GetAtt:
        - RawStream
        - Arn
    ");
}

#[test]
fn variables_come_from_other_entries() {
    let lines = "port: 8080, env: {
        LEVEL: info, TOPIC: { topic: order-events }, QUEUE: { queue: payment },
        STREAM: { raw: { resource: stream } }, STREAM_ARN: { raw: { resource: stream, attribute: Arn } },
        POD_IP: { field: status.podIP }, FLAG: { config-map: { name: flags, key: a } }
      }";
    let raw = "raw: { stream: { type: \"AWS::Kinesis::Stream\", properties: { ShardCount: 1 } } }\n";
    let deployment = object(&compile(&(service(lines) + raw)), "service-orders", "Deployment");
    let env = deployment["spec"]["template"]["spec"]["containers"][0]["env"].as_sequence().unwrap().clone();
    let own = ["LEVEL", "TOPIC", "QUEUE", "STREAM", "STREAM_ARN", "POD_IP", "FLAG"];
    let env: Vec<_> = env.into_iter().filter(|it| own.contains(&it["name"].as_str().unwrap())).collect();
    assert_snapshot!(serde_yaml::to_string(&env).unwrap(), @"
    - name: FLAG
      valueFrom:
        configMapKeyRef:
          name: flags
          key: a
    - name: LEVEL
      value: info
    - name: POD_IP
      valueFrom:
        fieldRef:
          fieldPath: status.podIP
    - name: QUEUE
      value: ${output:shop-dev-example@eu-west-1:QueuePaymentRef}
    - name: STREAM
      value: ${output:shop-dev-example@eu-west-1:RawStreamRef}
    - name: STREAM_ARN
      value: ${output:shop-dev-example@eu-west-1:RawStreamArn}
    - name: TOPIC
      value: ${output:shop-dev-example@eu-west-1:TopicOrderEventsRef}
    ");
}

#[test]
fn what_a_variable_may_not_be_is_said() {
    assert_snapshot!(report(&service("port: 8080, env: { A: 1, B: { queue: nothing }, C: { cue: a }, D: [a], E: {}, F: { queue: payment, topic: order-events } }")), @"
    source/wrong-type: expected a string (a number in quotes), or a mapping that says where it comes from, found a number <- `1` a number
    source/unknown-value: unknown value `cue` <- `cue` not one of the values allowed here
    source/wrong-type: expected a string (a number in quotes), or a mapping that says where it comes from, found a list <- `D` a list
    source/wrong-type: expected enum, found a mapping <- `E` a mapping
    source/invalid-value: a value comes from one source: write one key <- `F`
    ");
}

const SECRET: &str = "secret-delivery: external-secrets, env: { STRIPE_KEY: { secret: { secret: stripe, key: api-key } }, STRIPE_URL: \"https://x:$(STRIPE_KEY)@api.example.com\" }";

#[test]
fn a_secret_is_a_variable_and_a_part_of_a_url() {
    let assembly = compile(&service(&format!("port: 8080, {SECRET}")));
    let deployment = object(&assembly, "service-orders", "Deployment");
    let env = deployment["spec"]["template"]["spec"]["containers"][0]["env"].as_sequence().unwrap().clone();
    let env: Vec<_> = env.into_iter().filter(|it| it["name"].as_str().unwrap().starts_with("STRIPE")).collect();
    assert_snapshot!(serde_yaml::to_string(&env).unwrap(), @"
    - name: STRIPE_KEY
      valueFrom:
        secretKeyRef:
          name: orders-secrets
          key: env-stripe-key-api-key
    - name: STRIPE_URL
      value: https://x:$(STRIPE_KEY)@api.example.com
    ");
    assert_snapshot!(yaml(&object(&assembly, "service-orders", "ExternalSecret")["spec"]["data"]), @"
    - secretKey: env-stripe-key-api-key
      remoteRef:
        key: stripe
        property: api-key
      sourceRef:
        storeRef:
          kind: SecretStore
          name: orders
    ");
    assert_eq!(found(SECRET), "");
}

#[test]
fn the_csi_driver_makes_a_kubernetes_secret_for_variables_where_it_may() {
    let csi = SECRET.replace("secret-delivery: external-secrets, ", "");
    assert!(ids(&service(&format!("port: 8080, {csi}"))).contains(&"workloads/secret-variable"));
    let other = MANAGED.replace("    add-ons: { aws-secrets-store-csi-driver-provider: {} }\n", "")
        + "      secrets-store: { by: platform team with syncSecret }\n";
    let text = on(
        &other,
        &format!(
            "services: {{ orders: {{ port: 8080, {csi}, cluster: main, image: \"r.example.com/orders:1.4.2\" }} }}"
        ),
    );
    let assembly = compile(&text);
    assert_snapshot!(yaml(&object(&assembly, "service-orders", "SecretProviderClass")["spec"]), @r#"
    provider: aws
    parameters:
      region: eu-west-1
      usePodIdentity: 'true'
      objects: |
        - objectName: "stripe"
          objectType: secretsmanager
          objectAlias: "env-stripe-key"
          jmesPath:
            - path: '"api-key"'
              objectAlias: "env-stripe-key-api-key"
    secretObjects:
    - secretName: orders-environment
      type: Opaque
      data:
      - objectName: env-stripe-key-api-key
        key: env-stripe-key-api-key
    "#);
    let found = findings(&text);
    assert!(found.iter().all(|it| !it.id.starts_with("kubernetes/") && !it.id.starts_with("workloads/")), "{found:#?}");
}

#[test]
fn variables_stand_after_those_that_they_name() {
    let lines = "env: { A_URL: \"http://$(Z_HOST):443\", Z_HOST: example.com, ESCAPED: \"$$(NOTHING)\" }";
    let names: Vec<String> = pod(lines)["containers"][0]["env"]
        .as_sequence()
        .unwrap()
        .iter()
        .map(|it| it["name"].as_str().unwrap().to_owned())
        .collect();
    let at = |name: &str| names.iter().position(|it| it == name).unwrap();
    assert!(at("Z_HOST") < at("A_URL"), "{names:?}");
    assert_eq!(found(lines), "");
    assert_snapshot!(found("env: { A: \"$(B_HSOT)\", B_HOST: a, C: \"$(C)\" }"), @r#"
    workloads/unset-variable: `$(B_HSOT)` stands for no variable <- `"$(B_HSOT)"` stays as it is written
    workloads/unset-variable: `$(C)` stands for no variable <- `"$(C)"` stays as it is written
    "#);
}
