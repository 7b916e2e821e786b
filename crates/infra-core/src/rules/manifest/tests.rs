//! What an API server refuses is found, each at its place; what it takes is silent.

use crate::rules::testing::{Example, describe};

/// A Deployment that is accepted; `%s` is put into the pod, `%c` into its container.
fn deployment(spec: &str, pod: &str, container: &str) -> String {
    format!(
        "apiVersion: apps/v1
kind: Deployment
metadata: {{ name: web, namespace: shop }}
spec:
  {spec}
  selector: {{ matchLabels: {{ app: web }} }}
  template:
    metadata: {{ labels: {{ app: web }} }}
    spec:
      {pod}
      containers:
        - name: web
          image: registry.example.com/web:1.4.2
          ports: [{{ name: http, containerPort: 8080 }}]
          {container}
"
    )
}

/// The findings of this room: id, line and column, title.
fn found(text: &str) -> Vec<String> {
    let example = Example::read(&format!("#: m.yaml\n{text}"));
    let findings = example.findings();
    let of_manifest = findings.iter().filter(|finding| finding.id.starts_with("manifest/"));
    of_manifest.map(|finding| describe(&example, finding).replacen(" m.yaml:", " ", 1)).collect()
}

fn ids(text: &str) -> Vec<String> {
    found(text).iter().map(|it| it.split(' ').next().unwrap().to_owned()).collect()
}

#[test]
fn a_deployment_that_is_accepted_is_silent() {
    assert_eq!(found(&deployment("replicas: 2", "", "")), [""; 0]);
}

#[test]
fn fields_of_the_workload() {
    for (line, id) in [
        ("replica: 3", "unknown-field"),
        ("replicas: three", "wrong-type"),
        ("replicas: \"3\"", "wrong-type"),
        ("replicas: -1", "range"),
        ("strategy: { type: Rolling }", "enum"),
        ("strategy: { type: Recreate, rollingUpdate: { maxSurge: 1 } }", "not-together"),
        ("strategy: { rollingUpdate: { maxSurge: 0, maxUnavailable: 0% } }", "value"),
        ("strategy: { rollingUpdate: { maxUnavailable: 150% } }", "value"),
        ("minReadySeconds: 900", "value"),
    ] {
        assert_eq!(ids(&deployment(line, "", "")), [format!("manifest/{id}")], "{line}");
    }
}

#[test]
fn fields_of_the_pod() {
    for (line, id) in [
        ("restartPolicy: Never", "value"),
        ("dnsPolicy: None", "missing-field"),
        ("hostNetwork: \"true\"", "wrong-type"),
        ("serviceAccountName: My_Account", "name"),
        ("nodeSelector: { a: b c }", "label"),
        ("tolerations: [{ operator: Exists, value: a }]", "not-together"),
        ("volumes: [{ name: a, emptyDir: {} }, { name: a, emptyDir: {} }]", "twice"),
        ("volumes: [{ name: a, emptyDir: {}, configMap: { name: b } }]", "not-together"),
        ("volumes: [{ name: a, emptyDir: { sizeLimit: 1GB } }]", "quantity"),
        ("volumes: [{ name: a, secret: { name: b } }]", "missing-field"),
        ("initContainers: [{ name: web, image: \"a:1\" }]", "twice"),
        ("hostAliases: [{ ip: 1.2.3, hostnames: [a] }]", "address"),
        (
            "topologySpreadConstraints: [{ maxSkew: 1, topologyKey: a, whenUnsatisfiable: Maybe, labelSelector: { matchLabels: { app: web } } }]",
            "enum",
        ),
    ] {
        let found = ids(&deployment("replicas: 2", line, ""));
        assert_eq!(found.first(), Some(&format!("manifest/{id}")), "{line}: {found:?}");
    }
}

#[test]
fn fields_of_the_container() {
    for (line, id) in [
        ("imagePullPolcy: Always", "unknown-field"),
        ("args: --all", "wrong-type"),
        ("env: [{ name: A, value: 1 }]", "wrong-type"),
        ("env: [{ name: A, value: on }]", "wrong-type"),
        ("env: [{ name: A, value: a }, { name: A, value: b }]", "twice"),
        ("env: [{ name: A, valueFrom: { fieldRef: { fieldPath: metadata.foo } } }]", "enum"),
        ("resources: { limits: { memory: 512MB } }", "quantity"),
        ("resources: { requests: { memory: 1Gi }, limits: { memory: 512Mi } }", "value"),
        ("resources: { requests: { ram: 1Gi } }", "name"),
        ("resources: { requests: { nvidia.com/gpu: 1 } }", "missing-field"),
        ("livenessProbe: { httpGet: { port: 80 }, tcpSocket: { port: 80 } }", "not-together"),
        ("livenessProbe: { periodSeconds: 5 }", "missing-field"),
        ("livenessProbe: { tcpSocket: { port: 70000 } }", "range"),
        ("volumeMounts: [{ name: scratch, mountPath: /tmp }]", "value"),
        ("securityContext: { privileged: true, allowPrivilegeEscalation: false }", "not-together"),
    ] {
        assert_eq!(ids(&deployment("replicas: 2", "", line)), [format!("manifest/{id}")], "{line}");
    }
}

#[test]
fn objects_of_other_kinds() {
    let object = |version: &str, kind: &str, rest: &str| {
        format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{ name: a, namespace: shop }}\n{rest}\n")
    };
    for (version, kind, rest, id) in [
        ("v1", "Service", "spec: { ports: [{ port: 70000 }] }", "range"),
        ("v1", "Service", "spec: { ports: [{ port: 1, name: a }, { port: 2 }] }", "missing-field"),
        ("v1", "Service", "spec: { ports: [{ port: 53, name: a }, { port: 53, name: b }] }", "twice"),
        ("v1", "Service", "spec: { type: ExternalName }", "missing-field"),
        ("v1", "ConfigMap", "data: { a/b: c }", "key"),
        ("v1", "Secret", "data: { a: hello! }", "bytes"),
        ("v1", "Secret", "type: kubernetes.io/tls\nstringData: { tls.crt: a }", "missing-field"),
        ("batch/v1", "Deployment", "", "unknown-kind"),
        (
            "policy/v1",
            "PodDisruptionBudget",
            "spec: { minAvailable: 1, maxUnavailable: 1, selector: { matchLabels: { a: b } } }",
            "not-together",
        ),
        (
            "networking.k8s.io/v1",
            "NetworkPolicy",
            "spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: 10.0.0.0/33 } }] }] }",
            "address",
        ),
        (
            "networking.k8s.io/v1",
            "NetworkPolicy",
            "spec: { podSelector: {}, ingress: [{ from: [{ ipBlock: { cidr: 10.0.0.0/16, except: [11.0.0.0/24] } }] }] }",
            "address",
        ),
        (
            "networking.k8s.io/v1",
            "Ingress",
            "spec: { rules: [{ http: { paths: [{ path: /, backend: { service: { name: a, port: { number: 80 } } } }] } }] }",
            "missing-field",
        ),
        (
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            "spec: { scaleTargetRef: { kind: Deployment, name: a }, minReplicas: 5, maxReplicas: 2 }",
            "range",
        ),
        (
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            "spec: { scaleTargetRef: { kind: Deployment, name: a } }",
            "missing-field",
        ),
        (
            "rbac.authorization.k8s.io/v1",
            "RoleBinding",
            "roleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: a }\nsubjects: [{ kind: ServiceAccount, name: a }]",
            "missing-field",
        ),
        ("v1", "PersistentVolumeClaim", "spec: { accessModes: [ReadWriteOnce] }", "missing-field"),
        (
            "keda.sh/v1alpha1",
            "ScaledObject",
            "spec: { scaleTargetRef: { name: a }, minReplicaCount: 9, maxReplicaCount: 2, triggers: [{ type: kafka, metadata: { a: b } }] }",
            "range",
        ),
        (
            "keda.sh/v1alpha1",
            "ScaledObject",
            "spec: { scaleTargetRef: { name: a }, minReplicaCont: 9, triggers: [{ type: kafka, metadata: { a: b } }] }",
            "unknown-field",
        ),
    ] {
        let text = object(version, kind, rest);
        assert_eq!(ids(&text), [format!("manifest/{id}")], "{text}{:?}", found(&text));
    }
}

#[test]
fn jobs_end_and_have_a_schedule_of_cron() {
    let job = |schedule: &str, policy: &str| {
        format!(
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{ name: a, namespace: shop }}\nspec:\n  schedule: {schedule}\n  \
             jobTemplate: {{ spec: {{ template: {{ spec: {{ {policy} containers: [{{ name: a, image: \"a:1\" }}] }} }} }} }}\n"
        )
    };
    assert_eq!(found(&job("\"*/5 * * * *\"", "restartPolicy: Never,")), [""; 0]);
    assert_eq!(ids(&job("every 5 minutes", "restartPolicy: Never,")), ["manifest/schedule"]);
    assert_eq!(ids(&job("\"@daily\"", "")), ["manifest/missing-field"]);
    assert_eq!(ids(&job("\"@daily\"", "restartPolicy: Always,")), ["manifest/value"]);
}

#[test]
fn zones_and_times_can_be_read() {
    let job = |zone: &str| {
        format!(
            "apiVersion: batch/v1\nkind: CronJob\nmetadata: {{ name: a, namespace: shop }}\nspec:\n  schedule: \"@daily\"\n  \
             timeZone: {zone}\n  jobTemplate: {{ spec: {{ template: {{ spec: {{ restartPolicy: Never, containers: [{{ name: a, \
             image: \"a:1\" }}] }} }} }} }}\n"
        )
    };
    for good in ["Europe/Vienna", "Etc/UTC", "UTC", "${ZONE}"] {
        assert_eq!(found(&job(good)), [""; 0], "{good}");
    }
    for bad in ["Europe/Viena", "Vienna/Europe", "Local", "UTC+2 "] {
        assert_eq!(ids(&job(bad)), ["manifest/value"], "{bad}");
    }
    let lease = |time: &str| {
        format!(
            "apiVersion: coordination.k8s.io/v1\nkind: Lease\nmetadata: {{ name: a, namespace: shop }}\nspec: {{ renewTime: {time} }}\n"
        )
    };
    assert_eq!(found(&lease("\"2026-11-30T12:00:00.000000Z\"")), [""; 0]);
    assert_eq!(ids(&lease("yesterday")), ["manifest/value"]);
}

#[test]
fn the_place_and_the_words_are_those_of_the_author() {
    let text = deployment("replica: 3", "", "");
    assert_eq!(
        found(&text),
        ["manifest/unknown-field 5:3 `spec.replica` of Deployment `web` is no field that the kind has"]
    );
    let text = deployment("replicas: 2", "", "env: [{ name: LEVEL, value: 1 }]");
    assert_eq!(
        found(&text),
        [
            "manifest/wrong-type 15:39 `spec.template.spec.containers[0].env[0].value` of Deployment `web` is a number, `1`, not text"
        ]
    );
}

#[test]
fn labels_selectors_and_names() {
    let of = |old: &str, new: &str| ids(&deployment("replicas: 2", "", "").replacen(old, new, 1));
    assert_eq!(of("name: web,", "name: Web_App,"), ["manifest/name"]);
    assert_eq!(of("name: web, namespace", "labels: { team: a b }, name: web, namespace"), ["manifest/label"]);
    assert_eq!(of("matchLabels: { app: web }", "matchLabels: { app: api }"), ["manifest/selector"]);
    assert_eq!(of("matchLabels: { app: web }", ""), ["manifest/selector"]);
    assert_eq!(of("name: http", "name: a-very-long-port-name"), ["manifest/name"]);
    assert_eq!(of("apiVersion: apps/v1", "apiVersion: apps/v3"), ["manifest/unknown-kind"]);
}

#[test]
fn holes_of_templates_are_not_judged() {
    let text = deployment("replicas: ${REPLICAS}", "", "env: [{ name: A, value: \"{{ .Values.a }}\" }]");
    assert_eq!(found(&text.replace("name: web,", "name: \"{{ .Release.Name }}\",")), [""; 0]);
    assert_eq!(found(&text.replace("app: web", "app: ${APP}")), [""; 0]);
}

#[test]
fn a_definition_beside_its_objects_says_what_they_must_be() {
    let text = |spec: &str| {
        format!(
            "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {{ name: widgets.shop.example.com }}
spec:
  group: shop.example.com
  scope: Namespaced
  names: {{ plural: widgets, kind: Widget }}
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              required: [size]
              properties:
                size: {{ type: integer, maximum: 10 }}
                color: {{ type: string, enum: [blue, red] }}
                more: {{ type: object, x-kubernetes-preserve-unknown-fields: true }}
---
apiVersion: shop.example.com/v1
kind: Widget
metadata: {{ name: blue, namespace: shop }}
spec: {spec}
"
        )
    };
    assert_eq!(found(&text("{ size: 3, color: blue, more: { a: { b: 1 } } }")), [""; 0]);
    for (spec, id) in [
        ("{ size: 30 }", "range"),
        ("{ size: big }", "wrong-type"),
        ("{ size: 3, color: green }", "enum"),
        ("{ size: 3, colour: blue }", "unknown-field"),
        ("{ color: blue }", "missing-field"),
    ] {
        assert_eq!(ids(&text(spec)), [format!("manifest/{id}")], "{spec}");
    }
}

#[test]
fn a_list_is_its_items() {
    let text = "apiVersion: v1\nkind: List\nitems:\n  - { apiVersion: v1, kind: ConfigMap, metadata: { name: a }, data: { a: 1 } }\n";
    assert_eq!(ids(text), ["manifest/wrong-type"]);
}

/// The definition of the recorded custom resources.
const WIDGETS: &str = "apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: { name: widgets.shop.example.com }
spec:
  group: shop.example.com
  scope: Namespaced
  names: { plural: widgets, kind: Widget }
  versions:
    - name: v1
      served: true
      storage: true
      schema:
        openAPIV3Schema:
          type: object
          properties:
            spec:
              type: object
              required: [size]
              properties:
                size:
                  type: integer
                  minimum: 1
                  maximum: 10
                  x-kubernetes-validations: [{ rule: self >= oldSelf, message: size cannot shrink }]
                color: { type: string, enum: [blue, red] }
---
";

#[test]
fn what_an_api_server_refused_is_found_where_it_said() {
    let recorded = include_str!("recorded.yaml");
    for document in recorded.split("---\n").skip(1) {
        let line = |start: &str| document.lines().find_map(|line| line.strip_prefix(start)).unwrap();
        let definition = if document.contains("kind: Widget") { WIDGETS } else { "" };
        let found = found(&format!("{definition}{document}"));
        for path in line("# at: ").split(' ') {
            let is_there = |it: &String| it.contains(&format!("`{path}`")) || it.contains(&format!("no {path} in"));
            let is_owner =
                |it: &String| path.rsplit_once('.').is_some_and(|(above, _)| it.contains(&format!("`{above}`")));
            assert!(found.iter().any(|it| is_there(it) || is_owner(it)), "{path}: {found:#?}\n{document}");
        }
    }
}

#[test]
fn what_is_asked_of_single_fields() {
    let object = |version: &str, kind: &str, rest: &str| {
        format!("apiVersion: {version}\nkind: {kind}\nmetadata: {{ name: a, namespace: shop }}\n{rest}\n")
    };
    let job = "template: { spec: { restartPolicy: Never, containers: [{ name: a, image: \"a:1\" }] } }";
    let route = |rule: &str| format!("spec: {{ parentRefs: [{{ name: g }}], rules: [{{ {rule} }}] }}");
    for (version, kind, rest, path) in [
        ("batch/v1", "Job", format!("spec: {{ maxFailedIndexes: 2, {job} }}"), "spec.backoffLimitPerIndex"),
        ("batch/v1", "Job", format!("spec: {{ managedBy: me, {job} }}"), "spec.managedBy"),
        (
            "batch/v1",
            "Job",
            format!("spec: {{ podFailurePolicy: {{ rules: [{{ action: FailJob }}] }}, {job} }}"),
            "spec.podFailurePolicy.rules[0].onExitCodes",
        ),
        ("v1", "Service", "spec: { ports: [{ port: 80, appProtocol: a b }] }".to_owned(), "spec.ports[0].appProtocol"),
        (
            "v1",
            "Service",
            "spec: { type: NodePort, ports: [{ port: 80, nodePort: 8080 }] }".to_owned(),
            "spec.ports[0].nodePort",
        ),
        ("v1", "ResourceQuota", "spec: { hard: { cpus: 1 } }".to_owned(), "spec.hard.cpus"),
        (
            "v1",
            "LimitRange",
            "spec: { limits: [{ type: Pod, default: { cpu: 1 } }] }".to_owned(),
            "spec.limits[0].default",
        ),
        (
            "rbac.authorization.k8s.io/v1",
            "ClusterRole",
            "aggregationRule: { clusterRoleSelectors: [] }\nrules: []".to_owned(),
            "aggregationRule.clusterRoleSelectors",
        ),
        (
            "gateway.networking.k8s.io/v1",
            "HTTPRoute",
            route("backendRefs: [{ name: a }]"),
            "spec.rules[0].backendRefs[0].port",
        ),
        (
            "gateway.networking.k8s.io/v1",
            "HTTPRoute",
            route("matches: [{ path: { value: api } }], backendRefs: [{ name: a, port: 80 }]"),
            "spec.rules[0].matches[0].path.value",
        ),
        (
            "autoscaling/v2",
            "HorizontalPodAutoscaler",
            "spec: { scaleTargetRef: { apiVersion: apps/v1, kind: DaemonSet, name: a }, maxReplicas: 2 }".to_owned(),
            "spec.scaleTargetRef.kind",
        ),
        (
            "cert-manager.io/v1",
            "Issuer",
            "spec: { selfSigned: {}, ca: { secretName: a } }".to_owned(),
            "spec.selfSigned",
        ),
        ("security.istio.io/v1", "PeerAuthentication", "spec: { mtls: { mode: strict } }".to_owned(), "spec.mtls.mode"),
    ] {
        let text = object(version, kind, &rest);
        let found = found(&text);
        assert!(found.iter().any(|it| it.contains(&format!("`{path}`"))), "{path}: {found:?}");
        assert_eq!(found.len(), 1, "{path}: {found:?}");
    }
}

#[test]
fn bounds_patterns_alternatives_and_rules_of_a_definition() {
    let text = |schema: &str, spec: &str| {
        let (head, _) = WIDGETS.split_once("            spec:\n").unwrap();
        format!(
            "{head}            spec: {schema}\n---\napiVersion: shop.example.com/v1\nkind: Widget\nmetadata: {{ name: a, \
             namespace: shop }}\nspec: {spec}\n"
        )
    };
    let fields = |rest: &str| {
        format!(
            "{{ type: object, properties: {{ a: {{ type: string }}, b: {{ type: string }}, n: {{ type: integer }}, \
             l: {{ type: array, items: {{ type: string }} }}, d: {{ type: string, default: x }} }}, {rest} }}"
        )
    };
    let rule = |rule: &str| fields(&format!("x-kubernetes-validations: [{{ rule: \"{rule}\" }}]"));
    let one = |field: &str| format!("{{ type: object, properties: {{ a: {field} }} }}");
    for (schema, good, bad) in [
        (one("{ type: string, pattern: '^[a-z]+$' }"), "{ a: x }", "{ a: X1 }"),
        (one("{ type: string, minLength: 2 }"), "{ a: xy }", "{ a: x }"),
        (one("{ type: number, maximum: 1 }"), "{ a: 0.5 }", "{ a: 1.5 }"),
        (one("{ type: integer, multipleOf: 5 }"), "{ a: 10 }", "{ a: 7 }"),
        (one("{ type: string, format: ipv4 }"), "{ a: 10.0.0.1 }", "{ a: 10.0.0 }"),
        (one("{ type: array, maxItems: 1, items: { type: string } }"), "{ a: [x] }", "{ a: [x, y] }"),
        (fields("oneOf: [{ required: [a] }, { required: [b] }]"), "{ a: x }", "{ a: x, b: y }"),
        (fields("anyOf: [{ required: [a] }, { required: [b] }]"), "{ b: x }", "{ n: 1 }"),
        (fields("not: { required: [a, b] }"), "{ b: x }", "{ a: x, b: y }"),
        (rule("has(self.a) != has(self.b)"), "{ a: x }", "{ a: x, b: y }"),
        (rule("!has(self.n) || self.n < 3 && self.n + 1 > 1"), "{ n: 2 }", "{ n: 3 }"),
        (rule("self.a.startsWith('arn:') && size(self.a) > 4"), "{ a: 'arn:x' }", "{ a: arn }"),
        (rule("self.l.all(x, x in ['u', 'v'])"), "{ l: [u] }", "{ l: [u, w] }"),
        (rule("self.l.exists_one(x, x == 'u') ? self.n == 1 : true"), "{ l: [u], n: 1 }", "{ l: [u], n: 2 }"),
        (rule("self.a.matches('^[0-9]+$')"), "{ a: '12' }", "{ a: x }"),
        (rule("-self.n <= -2 || !(self.n % 2 == 1)"), "{ n: 4 }", "{ n: 1 }"),
    ] {
        assert_eq!(found(&text(&schema, good)), [""; 0], "{schema}");
        assert_eq!(found(&text(&schema, bad)).len(), 1, "{schema}: {:?}", found(&text(&schema, bad)));
    }
    // Nothing is said of what cannot be told: a default, the object before, what is not written, other functions.
    for told in ["has(self.d)", "self.d == 'y'", "self == oldSelf", "self.a == 'y'", "self.n.foo() == 1", "self.a =="] {
        assert_eq!(found(&text(&rule(told), "{ n: 1 }")), [""; 0], "{told}");
    }
}

#[test]
fn a_definition_has_a_structural_schema() {
    for (of, with) in [
        ("type: integer\n", "description: a\n"),
        ("type: integer\n", "type: int\n"),
        ("{ type: string, enum: [blue, red] }", "{ type: array }"),
        ("{ type: string, enum: [blue, red] }", "{ type: integer, default: x }"),
        ("{ type: string, enum: [blue, red] }", "{ type: string, pattern: '(' }"),
        ("name: v1\n", "name: V1\n"),
        ("storage: true\n", "storage: false\n"),
        ("widgets.shop.example.com }", "widget.shop.example.com }"),
    ] {
        let text = WIDGETS.trim_end_matches("---\n").replacen(of, with, 1);
        assert_eq!(found(&text).len(), 1, "{with}: {:?}", found(&text));
    }
    let other =
        format!("{WIDGETS}apiVersion: shop.example.com/v2\nkind: Widget\nmetadata: {{ name: a }}\nspec: {{}}\n");
    assert_eq!(ids(&other), ["manifest/unknown-kind"]);
}

#[test]
fn what_controllers_read_has_the_values_that_they_take() {
    let object = |kind: &str, metadata: &str, rest: &str| {
        format!("apiVersion: v1\nkind: {kind}\nmetadata: {{ name: a, {metadata} }}\n{rest}\n")
    };
    let ports = "spec: { type: LoadBalancer, ports: [{ port: 80 }] }";
    let target = |value: &str| {
        format!("annotations: {{ service.beta.kubernetes.io/aws-load-balancer-nlb-target-type: {value} }}")
    };
    assert_eq!(ids(&object("Service", &target("ip"), ports)), [""; 0]);
    assert_eq!(ids(&object("Service", &target("pod"), ports)), ["manifest/enum"]);
    let level = |value: &str| format!("labels: {{ pod-security.kubernetes.io/enforce: {value} }}");
    assert_eq!(ids(&object("Namespace", &level("restricted"), "")), [""; 0]);
    assert_eq!(ids(&object("Namespace", &level("Restricted"), "")), ["manifest/enum"]);
}
