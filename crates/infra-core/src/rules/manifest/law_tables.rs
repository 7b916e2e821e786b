//! The laws of [`super::laws`], by what they are about.

use super::forms::Form;
use super::laws::{Law, Must};

const ALL: usize = usize::MAX;

/// About the spec of pods, wherever they are made.
pub(super) const PODS: &[Law] = &[
    ("affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[].topologyKey", Must::Be(Form::LabelKey)),
    ("affinity.podAffinity.requiredDuringSchedulingIgnoredDuringExecution[].namespaces[]", Must::Be(Form::Label)),
    (
        "affinity.podAffinity.preferredDuringSchedulingIgnoredDuringExecution[].podAffinityTerm.topologyKey",
        Must::Be(Form::LabelKey),
    ),
    ("affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[].topologyKey", Must::Be(Form::LabelKey)),
    ("affinity.podAntiAffinity.requiredDuringSchedulingIgnoredDuringExecution[].namespaces[]", Must::Be(Form::Label)),
    (
        "affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution[].podAffinityTerm.topologyKey",
        Must::Be(Form::LabelKey),
    ),
    (
        "affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution.nodeSelectorTerms[].matchFields[].key",
        Must::BeOneOf(&["metadata.name"]),
    ),
    ("topologySpreadConstraints[].topologyKey", Must::Be(Form::LabelKey)),
    ("tolerations[].key", Must::Be(Form::LabelKeyOrEmpty)),
    ("tolerations[].value", Must::Be(Form::LabelValue)),
    ("nodeName", Must::Be(Form::NameOrEmpty)),
    ("dnsConfig.nameservers", Must::Count(0, 3)),
    ("dnsConfig.nameservers[]", Must::Be(Form::Address)),
    ("dnsConfig.searches", Must::Count(0, 32)),
    ("dnsConfig.searches[]", Must::Be(Form::SearchDomain)),
    ("dnsConfig.options[]", Must::Hold("name")),
    ("hostAliases[].hostnames[]", Must::Be(Form::Name)),
    ("securityContext.sysctls", Must::Differ("name")),
    ("schedulingGates[].name", Must::Be(Form::LabelKey)),
    ("readinessGates[].conditionType", Must::Be(Form::LabelKey)),
    ("resourceClaims", Must::Differ("name")),
    ("", Must::NotBothTrue("hostPID", "shareProcessNamespace")),
    ("", Must::Lack("ephemeralContainers")),
    ("", Must::NotIf("os.name", "windows", "hostPID")),
    ("", Must::NotIf("os.name", "windows", "hostIPC")),
    ("", Must::NotIf("os.name", "windows", "shareProcessNamespace")),
    ("", Must::NotIf("os.name", "windows", "securityContext.runAsUser")),
    ("", Must::NotIf("os.name", "windows", "securityContext.runAsGroup")),
    ("", Must::NotIf("os.name", "windows", "securityContext.fsGroup")),
    ("", Must::NotIf("os.name", "windows", "securityContext.seccompProfile")),
    ("", Must::NotIf("os.name", "windows", "securityContext.sysctls")),
    ("volumes[].persistentVolumeClaim.claimName", Must::Be(Form::Name)),
    ("volumes[].csi.driver", Must::Be(Form::Driver)),
    ("volumes[].emptyDir.sizeLimit", Must::NotNegative),
    ("volumes[].ephemeral", Must::Hold("volumeClaimTemplate")),
    ("volumes[].downwardAPI.items[]", Must::HoldOneOf(&["fieldRef", "resourceFieldRef"])),
    ("volumes[].downwardAPI.items[].fieldRef.fieldPath", Must::Be(Form::FieldOfVolume)),
    ("volumes[].downwardAPI.items[].resourceFieldRef", Must::Hold("containerName")),
    ("volumes[].downwardAPI.items[].resourceFieldRef.resource", Must::Be(Form::ResourceField)),
    ("volumes[].projected.sources[].downwardAPI.items[]", Must::HoldOneOf(&["fieldRef", "resourceFieldRef"])),
    ("volumes[].projected.sources[].downwardAPI.items[].fieldRef.fieldPath", Must::Be(Form::FieldOfVolume)),
    ("volumes[].projected.sources[].downwardAPI.items[].resourceFieldRef", Must::Hold("containerName")),
    ("volumes[].projected.sources[].secret.name", Must::Be(Form::Name)),
    ("volumes[].projected.sources[].configMap.name", Must::Be(Form::Name)),
    ("volumes[].projected.sources[].secret.items[].path", Must::Be(Form::RelativePath)),
    ("volumes[].projected.sources[].configMap.items[].path", Must::Be(Form::RelativePath)),
    (
        "volumes[].projected.sources[]",
        Must::HoldAny(&[
            "configMap",
            "secret",
            "serviceAccountToken",
            "downwardAPI",
            "clusterTrustBundle",
            "podCertificate",
        ]),
    ),
];

/// About each container.
pub(super) const CONTAINERS: &[Law] = &[
    ("livenessProbe.httpGet.httpHeaders[].name", Must::Be(Form::Header)),
    ("readinessProbe.httpGet.httpHeaders[].name", Must::Be(Form::Header)),
    ("startupProbe.httpGet.httpHeaders[].name", Must::Be(Form::Header)),
    ("livenessProbe.exec", Must::Hold("command")),
    ("readinessProbe.exec", Must::Hold("command")),
    ("startupProbe.exec", Must::Hold("command")),
    ("lifecycle.preStop.exec", Must::Hold("command")),
    ("lifecycle.postStart.exec", Must::Hold("command")),
    ("lifecycle.preStop.sleep.seconds", Must::Within(0, i64::MAX)),
    ("lifecycle.postStart.sleep.seconds", Must::Within(0, i64::MAX)),
    ("ports[].hostIP", Must::Be(Form::Address)),
    ("env[].valueFrom.secretKeyRef", Must::Hold("name")),
    ("env[].valueFrom.secretKeyRef.name", Must::Be(Form::NameOrEmpty)),
    ("env[].valueFrom.secretKeyRef.key", Must::Be(Form::ConfigKey)),
    ("env[].valueFrom.configMapKeyRef", Must::Hold("name")),
    ("env[].valueFrom.configMapKeyRef.name", Must::Be(Form::NameOrEmpty)),
    ("env[].valueFrom.configMapKeyRef.key", Must::Be(Form::ConfigKey)),
    ("env[].valueFrom.fieldRef.apiVersion", Must::BeOneOf(&["", "v1"])),
    ("env[].valueFrom.resourceFieldRef.resource", Must::Be(Form::ResourceField)),
    ("env[].valueFrom.resourceFieldRef.divisor", Must::BeOneOf(DIVISORS)),
    ("envFrom[].configMapRef", Must::Hold("name")),
    ("envFrom[].configMapRef.name", Must::Be(Form::NameOrEmpty)),
    ("envFrom[].secretRef", Must::Hold("name")),
    ("envFrom[].secretRef.name", Must::Be(Form::NameOrEmpty)),
    ("envFrom[].prefix", Must::Be(Form::Variable)),
    ("resizePolicy", Must::Differ("resourceName")),
    ("resizePolicy[].resourceName", Must::BeOneOf(&["cpu", "memory"])),
];

/// What a quantity may be divided by.
const DIVISORS: &[&str] =
    &["0", "1", "1E", "1Ei", "1G", "1Gi", "1Ki", "1M", "1Mi", "1P", "1Pi", "1T", "1Ti", "1k", "1m"];

/// About `metadata` of every object.
pub(super) const METADATA: &[Law] = &[("finalizers[]", Must::Be(Form::LabelKey))];

/// About the spec of a Job.
pub(super) const JOBS: &[Law] = &[
    ("", Must::Needs("maxFailedIndexes", "backoffLimitPerIndex")),
    ("", Must::Ordered("maxFailedIndexes", "completions")),
    ("", Must::WithinIf("completionMode", "Indexed", "parallelism", [0, 100_000])),
    ("", Must::NotIf("podReplacementPolicy", "TerminatingOrFailed", "podFailurePolicy")),
    ("", Must::OnlyIf("completionMode", "Indexed", "successPolicy")),
    ("managedBy", Must::Be(Form::WithDomain)),
    ("managedBy", Must::Count(1, 63)),
    ("podFailurePolicy.rules", Must::Count(0, 20)),
    ("podFailurePolicy.rules[]", Must::HoldOneOf(&["onExitCodes", "onPodConditions"])),
    ("podFailurePolicy.rules[].onExitCodes.values", Must::Count(1, 255)),
    ("podFailurePolicy.rules[].onExitCodes.values", Must::Differ("")),
    ("successPolicy.rules", Must::Count(1, 20)),
    ("successPolicy.rules[]", Must::HoldAny(&["succeededCount", "succeededIndexes"])),
];

const NO_DEADLINE: &[Law] = &[("spec.template.spec", Must::Lack("activeDeadlineSeconds"))];

const WEBHOOKS: &[Law] = &[
    ("webhooks", Must::Differ("name")),
    ("webhooks[].name", Must::Be(Form::ThreeParts)),
    ("webhooks[].rules[]", Must::Hold("apiGroups")),
    ("webhooks[].rules[]", Must::Hold("apiVersions")),
    ("webhooks[].rules[]", Must::Hold("operations")),
    ("webhooks[].rules[]", Must::Hold("resources")),
    ("webhooks[].rules[].apiGroups", Must::StarAlone),
    ("webhooks[].rules[].apiVersions", Must::StarAlone),
    ("webhooks[].rules[].operations", Must::StarAlone),
    ("webhooks[].clientConfig", Must::HoldOneOf(&["service", "url"])),
    ("webhooks[].clientConfig.url", Must::Be(Form::Https)),
    ("webhooks[].clientConfig.service.path", Must::Be(Form::Path)),
    ("webhooks[].clientConfig.service.port", Must::Within(1, 65_535)),
];

const BINDING: &[Law] = &[("roleRef", Must::Hold("name")), ("subjects[]", Must::Hold("name"))];

/// About custom kinds of HTTP and gRPC routes.
const ROUTE: &[Law] = &[
    ("spec.hostnames", Must::Count(0, 16)),
    ("spec.hostnames[]", Must::Be(Form::Host)),
    ("spec.rules[].backendRefs[]", Must::NeedByDefault("kind", "Service", "port")),
    ("spec.rules[].backendRefs[].port", Must::Within(1, 65_535)),
    ("spec.rules[].backendRefs[].weight", Must::Within(0, 1_000_000)),
    ("spec.rules[].matches[].headers", Must::Differ("name")),
];

const HTTP_ROUTE: &[Law] = &[
    ("spec.rules[].matches[].path", Must::BeUnless("type", "RegularExpression", "value", Form::Path)),
    ("spec.rules[].matches[].queryParams", Must::Differ("name")),
    ("spec.rules[].timeouts.request", Must::Be(Form::GatewayDuration)),
    ("spec.rules[].timeouts.backendRequest", Must::Be(Form::GatewayDuration)),
    ("spec.rules[].timeouts", Must::Ordered("backendRequest", "request")),
    ("spec.rules[].filters[]", Must::NeedIf("type", "RequestHeaderModifier", "requestHeaderModifier")),
    ("spec.rules[].filters[]", Must::OnlyIf("type", "RequestHeaderModifier", "requestHeaderModifier")),
    ("spec.rules[].filters[]", Must::NeedIf("type", "ResponseHeaderModifier", "responseHeaderModifier")),
    ("spec.rules[].filters[]", Must::OnlyIf("type", "ResponseHeaderModifier", "responseHeaderModifier")),
    ("spec.rules[].filters[]", Must::NeedIf("type", "RequestMirror", "requestMirror")),
    ("spec.rules[].filters[]", Must::OnlyIf("type", "RequestMirror", "requestMirror")),
    ("spec.rules[].filters[]", Must::NeedIf("type", "RequestRedirect", "requestRedirect")),
    ("spec.rules[].filters[]", Must::OnlyIf("type", "RequestRedirect", "requestRedirect")),
    ("spec.rules[].filters[]", Must::NeedIf("type", "URLRewrite", "urlRewrite")),
    ("spec.rules[].filters[]", Must::OnlyIf("type", "URLRewrite", "urlRewrite")),
    ("spec.rules[].filters[]", Must::NeedIf("type", "ExtensionRef", "extensionRef")),
    ("spec.rules[].filters[]", Must::OnlyIf("type", "ExtensionRef", "extensionRef")),
    ("spec.rules[].filters", Must::NotBothTypes("RequestRedirect", "URLRewrite")),
    ("spec.rules[].filters[].requestRedirect.statusCode", Must::BeOneOf(&["301", "302", "303", "307", "308"])),
];

/// What a certificate of cert-manager can be for.
const USAGES: &[&str] = &[
    "any",
    "cert sign",
    "client auth",
    "code signing",
    "content commitment",
    "crl sign",
    "data encipherment",
    "decipher only",
    "digital signature",
    "email protection",
    "encipher only",
    "ipsec end system",
    "ipsec tunnel",
    "ipsec user",
    "key agreement",
    "key encipherment",
    "microsoft sgc",
    "netscape sgc",
    "ocsp signing",
    "s/mime",
    "server auth",
    "signing",
    "timestamping",
];

const ISSUER: &[Law] = &[("spec", Must::HoldOneOf(&["acme", "ca", "selfSigned", "vault", "venafi"]))];

const STORE: &[Law] = &[("spec.provider", Must::Count(1, 1))];

/// What triggers of KEDA need beyond what their definition asks for.
const TRIGGERS: &[Law] = &[
    ("spec.triggers[].metricType", Must::BeOneOf(&["AverageValue", "Utilization", "Value"])),
    ("spec.triggers[]", Must::NeedIf("type", "aws-sqs-queue", "metadata.queueURL|metadata.queueURLFromEnv")),
    ("spec.triggers[]", Must::NeedIf("type", "aws-sqs-queue", "metadata.awsRegion")),
    ("spec.triggers[]", Must::NeedIf("type", "aws-cloudwatch", "metadata.awsRegion")),
    ("spec.triggers[]", Must::NeedIf("type", "aws-kinesis-stream", "metadata.streamName")),
    ("spec.triggers[]", Must::NeedIf("type", "aws-kinesis-stream", "metadata.awsRegion")),
    ("spec.triggers[]", Must::NeedIf("type", "aws-dynamodb", "metadata.awsRegion")),
    ("spec.triggers[]", Must::NeedIf("type", "aws-dynamodb", "metadata.tableName")),
    ("spec.triggers[]", Must::NeedIf("type", "cron", "metadata.timezone")),
    ("spec.triggers[]", Must::NeedIf("type", "cron", "metadata.start")),
    ("spec.triggers[]", Must::NeedIf("type", "cron", "metadata.end")),
    ("spec.triggers[]", Must::NeedIf("type", "cron", "metadata.desiredReplicas")),
    ("spec.triggers[]", Must::NeedIf("type", "cpu", "metadata.value")),
    ("spec.triggers[]", Must::NeedIf("type", "memory", "metadata.value")),
    ("spec.triggers[]", Must::NeedIf("type", "prometheus", "metadata.serverAddress")),
    ("spec.triggers[]", Must::NeedIf("type", "prometheus", "metadata.query")),
    ("spec.triggers[]", Must::NeedIf("type", "prometheus", "metadata.threshold")),
];

/// What an Ordered pair of requests and limits of storage means.
const CLAIM: &[Law] = &[
    ("spec.storageClassName", Must::Be(Form::NameOrEmpty)),
    ("spec.resources", Must::Ordered("requests.storage", "limits.storage")),
    ("spec.dataSource", Must::NeedUnless("kind", "PersistentVolumeClaim", "apiGroup")),
];

/// About the objects of a kind: group, kind, laws.
pub(super) const OBJECTS: &[(&str, &str, &[Law])] = &[
    ("", "PersistentVolumeClaim", CLAIM),
    (
        "",
        "PersistentVolume",
        &[("spec.capacity", Must::Hold("storage")), ("spec", Must::Needs("local", "nodeAffinity"))],
    ),
    ("", "Endpoints", &[("subsets[].addresses[].ip", Must::Be(Form::Address))]),
    (
        "",
        "Service",
        &[
            ("spec.externalIPs[]", Must::Be(Form::AddressElsewhere)),
            ("spec.externalName", Must::Be(Form::DottedName)),
            ("spec.ipFamilies", Must::Differ("")),
            ("spec.loadBalancerClass", Must::Be(Form::LabelKey)),
            ("spec.ports[].appProtocol", Must::Be(Form::LabelKey)),
            ("spec", Must::OnlyIf("externalTrafficPolicy", "Local", "healthCheckNodePort")),
        ],
    ),
    (
        "",
        "LimitRange",
        &[
            ("spec.limits", Must::Differ("type")),
            ("spec.limits[].type", Must::BeOneOf(&["Container", "PersistentVolumeClaim", "Pod"])),
            ("spec.limits[]", Must::NotIf("type", "Pod", "default")),
            ("spec.limits[]", Must::NotIf("type", "Pod", "defaultRequest")),
            ("spec.limits[]", Must::NeedIf("type", "PersistentVolumeClaim", "min.storage|max.storage")),
        ],
    ),
    ("", "ResourceQuota", &[("spec.hard{}", Must::NotNegative)]),
    ("apps", "Deployment", NO_DEADLINE),
    ("apps", "ReplicaSet", NO_DEADLINE),
    ("apps", "DaemonSet", NO_DEADLINE),
    (
        "apps",
        "StatefulSet",
        &[
            ("spec.template.spec", Must::Lack("activeDeadlineSeconds")),
            ("spec.volumeClaimTemplates[]", Must::Hold("metadata.name")),
            ("spec.volumeClaimTemplates[].metadata.name", Must::Be(Form::Label)),
            ("spec.volumeClaimTemplates", Must::Differ("metadata.name")),
            ("spec.updateStrategy", Must::NotIf("type", "OnDelete", "rollingUpdate")),
            ("spec.updateStrategy.rollingUpdate.maxUnavailable", Must::BeNone(&["0", "0%"])),
        ],
    ),
    (
        "autoscaling",
        "HorizontalPodAutoscaler",
        &[
            ("spec.scaleTargetRef.kind", Must::BeNone(&["CronJob", "DaemonSet", "Job", "Pod"])),
            ("spec.metrics[].resource.target", Must::HoldOneOf(&["averageUtilization", "averageValue"])),
            ("spec.metrics[].containerResource.target", Must::HoldOneOf(&["averageUtilization", "averageValue"])),
            ("spec.metrics[].pods.target", Must::Hold("averageValue")),
            ("spec.metrics[].external.target", Must::HoldOneOf(&["value", "averageValue"])),
            ("spec.metrics[].object.target", Must::HoldAny(&["value", "averageValue"])),
            ("spec.metrics[].resource.target.averageValue", Must::AboveZero),
            ("spec.metrics[].pods.target.averageValue", Must::AboveZero),
            ("spec.metrics[].external.target.averageValue", Must::AboveZero),
            ("spec.metrics[].external.target.value", Must::AboveZero),
            ("spec.metrics[].object.target.value", Must::AboveZero),
            ("spec.behavior.scaleUp.policies", Must::Count(1, ALL)),
            ("spec.behavior.scaleDown.policies", Must::Count(1, ALL)),
        ],
    ),
    ("coordination.k8s.io", "Lease", &[("spec.leaseDurationSeconds", Must::Within(1, i64::MAX))]),
    ("node.k8s.io", "RuntimeClass", &[("handler", Must::Be(Form::Label))]),
    (
        "networking.k8s.io",
        "Ingress",
        &[
            ("spec.ingressClassName", Must::Be(Form::Name)),
            ("spec.tls[].secretName", Must::Be(Form::NameOrEmpty)),
            ("spec.defaultBackend.service.port.name", Must::Be(Form::PortName)),
            ("spec.rules[].http.paths[].backend.service.port.name", Must::Be(Form::PortName)),
        ],
    ),
    (
        "networking.k8s.io",
        "IngressClass",
        &[
            ("spec", Must::Hold("controller")),
            ("spec.controller", Must::Be(Form::WithDomain)),
            ("spec.controller", Must::Count(0, 250)),
        ],
    ),
    ("rbac.authorization.k8s.io", "RoleBinding", BINDING),
    ("rbac.authorization.k8s.io", "ClusterRoleBinding", BINDING),
    ("rbac.authorization.k8s.io", "ClusterRole", &[("aggregationRule", Must::Hold("clusterRoleSelectors"))]),
    (
        "storage.k8s.io",
        "StorageClass",
        &[
            ("provisioner", Must::Be(Form::LabelKey)),
            ("allowedTopologies[].matchLabelExpressions[]", Must::Hold("values")),
        ],
    ),
    ("admissionregistration.k8s.io", "MutatingWebhookConfiguration", WEBHOOKS),
    ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration", WEBHOOKS),
    (
        "apiextensions.k8s.io",
        "CustomResourceDefinition",
        &[
            ("spec.group", Must::Be(Form::Domain)),
            ("spec.names.plural", Must::Be(Form::Label)),
            ("spec.names.singular", Must::Be(Form::NameOrEmpty)),
            ("spec.preserveUnknownFields", Must::BeOneOf(&["false"])),
            ("spec.versions", Must::Count(1, ALL)),
            ("spec.versions", Must::Differ("name")),
            ("spec.versions[].name", Must::Be(Form::ApiVersion)),
            ("spec.versions[].subresources.scale.specReplicasPath", Must::Be(Form::JsonPath)),
            ("spec.versions[].subresources.scale.statusReplicasPath", Must::Be(Form::JsonPath)),
            (
                "spec.versions[].additionalPrinterColumns[].type",
                Must::BeOneOf(&["boolean", "date", "integer", "number", "string"]),
            ),
            ("spec.versions[].additionalPrinterColumns[].jsonPath", Must::Be(Form::JsonPath)),
            ("spec.conversion", Must::NeedIf("strategy", "Webhook", "webhook")),
            ("spec.conversion", Must::NotIf("strategy", "None", "webhook")),
            ("spec.conversion.webhook", Must::Hold("conversionReviewVersions")),
        ],
    ),
    (
        "gateway.networking.k8s.io",
        "Gateway",
        &[
            ("spec.listeners", Must::Count(1, 64)),
            ("spec.listeners", Must::Differ("name")),
            ("spec.listeners[].port", Must::Within(1, 65_535)),
            ("spec.listeners[].hostname", Must::Be(Form::Host)),
            ("spec.listeners[]", Must::NotIf("protocol", "HTTP", "tls")),
            ("spec.listeners[]", Must::NotIf("protocol", "TCP", "tls")),
            ("spec.listeners[]", Must::NotIf("protocol", "UDP", "tls")),
            ("spec.listeners[]", Must::NotIf("protocol", "TCP", "hostname")),
            ("spec.listeners[]", Must::NotIf("protocol", "UDP", "hostname")),
            ("spec.listeners[].tls", Must::NeedIf("mode", "Terminate", "certificateRefs|options")),
        ],
    ),
    ("gateway.networking.k8s.io", "HTTPRoute", ROUTE),
    ("gateway.networking.k8s.io", "HTTPRoute", HTTP_ROUTE),
    ("gateway.networking.k8s.io", "GRPCRoute", ROUTE),
    (
        "cert-manager.io",
        "Certificate",
        &[
            (
                "spec",
                Must::HoldAny(&[
                    "commonName",
                    "dnsNames",
                    "emailAddresses",
                    "ipAddresses",
                    "literalSubject",
                    "otherNames",
                    "uris",
                ]),
            ),
            ("spec", Must::Ordered("renewBefore", "duration")),
            ("spec.usages[]", Must::BeOneOf(USAGES)),
            ("spec.duration", Must::Be(Form::Duration)),
            ("spec.renewBefore", Must::Be(Form::Duration)),
            ("spec.privateKey", Must::WithinIf("algorithm", "RSA", "size", [2048, 8192])),
            ("spec.privateKey", Must::WithinIf("algorithm", "ECDSA", "size", [256, 521])),
        ],
    ),
    ("cert-manager.io", "Issuer", ISSUER),
    ("cert-manager.io", "ClusterIssuer", ISSUER),
    (
        "external-secrets.io",
        "ExternalSecret",
        &[("spec.refreshInterval", Must::Be(Form::Duration)), ("spec.data[].secretKey", Must::Be(Form::ConfigKey))],
    ),
    ("external-secrets.io", "SecretStore", STORE),
    ("external-secrets.io", "ClusterSecretStore", STORE),
    ("keda.sh", "ScaledObject", TRIGGERS),
    ("keda.sh", "ScaledJob", TRIGGERS),
    ("keda.sh", "ScaledJob", &[("spec.jobTargetRef.template.spec", Must::Hold("restartPolicy"))]),
    ("elbv2.k8s.aws", "TargetGroupBinding", &[("spec", Must::HoldAny(&["targetGroupARN", "targetGroupName"]))]),
    (
        "networking.istio.io",
        "VirtualService",
        &[
            ("spec.http[].timeout", Must::Be(Form::Duration)),
            ("spec.http[].retries.perTryTimeout", Must::Be(Form::Duration)),
            ("spec.http[].match[].uri", Must::HoldOneOf(&["exact", "prefix", "regex"])),
            ("spec.http[].match[].headers{}", Must::NotTogether(&["exact", "prefix", "regex"])),
            ("spec.http[].route[].weight", Must::Within(0, i64::MAX)),
        ],
    ),
];
