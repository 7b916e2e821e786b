"""A small environment on which every oracle passes; the self-test breaks it in one place at a time."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import yaml

EDGE = "stacks/edge.eu-west-1.template.json"
DATA = "stacks/data.eu-west-1.template.json"
BATCH = "dns/example.com.change-batch.json"
BUNDLE = "kubernetes/main/orders/api.yaml"
CONFIG = "web/shop/config.json"
QUEUE_URL = "${output:demo-data@eu-west-1:QueueUrl}"

FUNCTION = """function handler(event) {
  var request = event.request;
  var header = request.headers['x-request-id'];
  if (!header || header.multiValue || !/^[A-Za-z0-9._-]{8,128}$/.test(header.value)) {
    request.headers['x-request-id'] = { value: event.context.requestId.replace(/[^A-Za-z0-9._-]/g, '') };
  }
  if (request.uri.indexOf('/.well-known/') !== 0 && !/\\.[^\\/]*$/.test(request.uri)) {
    request.uri = '/index.html';
  }
  return request;
}
"""

Files = dict[str, Any]


def files() -> Files:
    """Returns the parsed files by path; `write` renders them and adds `manifest.json`."""
    return {EDGE: _edge(), DATA: _data(), BATCH: _batch(), BUNDLE: _objects(), CONFIG: {"queue": QUEUE_URL}}


def manifest(texts: dict[str, str]) -> Files:
    """Returns the manifest that describes `texts`."""
    return {
        "version": 1,
        "project": "demo",
        "environment": "prod",
        "account": "111122223333",
        "region": "eu-west-1",
        "partition": "aws",
        "tool": {"name": "infra", "version": "0.1.0"},
        "stacks": [
            _stack("data", DATA, {"QueueUrl": {}, "QueueArn": {}}, []),
            _stack("edge", EDGE, {}, ["demo-data"]),
        ],
        "edges": [
            {
                "from": {"stack": "data", "region": "eu-west-1", "output": "QueueArn"},
                "to": {"stack": "edge", "region": "eu-west-1", "parameter": "QueueArn"},
            }
        ],
        "files": {path: hashlib.sha256(text.encode("utf-8")).hexdigest() for path, text in texts.items()},
    }


def write(root: Path, content: Files, overrides: Files | None = None) -> None:
    """Writes an environment to `root`; `overrides` replaces keys of the manifest."""
    texts = {path: render(path, body) for path, body in content.items()}
    texts["manifest.json"] = json.dumps(manifest(texts) | (overrides or {}), indent=2) + "\n"
    for path, text in texts.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")


def render(path: str, body: Any) -> str:
    if isinstance(body, str):
        return body
    if path.endswith(".yaml"):
        return yaml.safe_dump_all(body, sort_keys=False)
    return json.dumps(body, indent=2) + "\n"


def _stack(stack: str, template: str, outputs: Files, depends_on: list[str]) -> Files:
    name = f"demo-{stack}"
    return {"stack": stack, "name": name, "region": "eu-west-1", "template": template, "outputs": outputs, "dependsOn": depends_on}


def _data() -> Files:
    queue = {"Type": "AWS::SQS::Queue", "UpdateReplacePolicy": "Delete", "DeletionPolicy": "Delete"}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Resources": {"Queue": {**queue, "Properties": {"MessageRetentionPeriod": 345_600, "VisibilityTimeout": 30}}},
        "Outputs": {
            "QueueUrl": {"Value": {"Ref": "Queue"}},
            "QueueArn": {"Value": {"Fn::GetAtt": ["Queue", "Arn"]}},
        },
    }


def _edge() -> Files:
    function = {
        "AutoPublish": True,
        "FunctionCode": FUNCTION,
        "FunctionConfig": {"Comment": "request id", "Runtime": "cloudfront-js-2.0"},
        "Name": "request-id",
    }
    topic = {"Endpoint": {"Ref": "QueueArn"}, "Protocol": "sqs", "TopicArn": {"Ref": "Topic"}}
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Parameters": {"QueueArn": {"Type": "String"}},
        "Resources": {
            "RequestId": {"Type": "AWS::CloudFront::Function", "Properties": function},
            "Topic": {"Type": "AWS::SNS::Topic"},
            "Subscription": {"Type": "AWS::SNS::Subscription", "Properties": topic},
        },
    }


def _batch() -> Files:
    def upsert(record: Files) -> Files:
        return {"Action": "UPSERT", "ResourceRecordSet": record}

    alias = {"DNSName": "${output:demo-data@eu-west-1:QueueUrl}", "EvaluateTargetHealth": False, "HostedZoneId": "Z2FDTNDATAQYW2"}
    return {
        "Comment": "demo prod",
        "Changes": [
            upsert({"Name": "www.example.com.", "Type": "A", "AliasTarget": alias}),
            upsert({"Name": "example.com.", "Type": "TXT", "TTL": 300, "ResourceRecords": [{"Value": '"v=spf1 -all"'}]}),
        ],
    }


def _objects() -> list[Files]:
    def meta(name: str, **more: Any) -> Files:
        return {"name": name, "namespace": "orders", **more}

    labels = {"app.kubernetes.io/name": "api"}
    selector = {"matchLabels": labels}
    container = {
        "name": "api",
        "image": "registry.example.com/api:1",
        "ports": [{"name": "http", "containerPort": 8080}],
        "readinessProbe": {"httpGet": {"path": "/healthz", "port": "http"}},
        "envFrom": [{"configMapRef": {"name": "api"}}],
        "env": [{"name": "DSN", "valueFrom": {"secretKeyRef": {"name": "database", "key": "dsn"}}}],
    }
    pod = {"serviceAccountName": "api", "containers": [container]}
    trigger = {
        "type": "aws-sqs-queue",
        "metadata": {"queueURL": QUEUE_URL, "queueLength": "5", "awsRegion": "eu-west-1"},
        "authenticationRef": {"name": "aws"},
    }
    external = {
        "refreshInterval": "1h",
        "secretStoreRef": {"kind": "SecretStore", "name": "aws"},
        "data": [{"secretKey": "dsn", "remoteRef": {"key": "prod/database"}}],
    }
    return [
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "orders"}},
        {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": meta("api")},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta("api"), "data": {"QUEUE_URL": QUEUE_URL}},
        {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": meta("api", labels=labels),
            "spec": {"selector": selector, "template": {"metadata": {"labels": labels}, "spec": pod}},
        },
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": meta("api"),
            "spec": {"selector": labels, "ports": [{"name": "http", "port": 80, "targetPort": "http"}]},
        },
        {
            "apiVersion": "policy/v1",
            "kind": "PodDisruptionBudget",
            "metadata": meta("api"),
            "spec": {"minAvailable": 1, "selector": selector},
        },
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": meta("api"),
            "spec": {"podSelector": selector, "policyTypes": ["Ingress"], "ingress": [{"ports": [{"port": 8080}]}]},
        },
        {
            "apiVersion": "elbv2.k8s.aws/v1beta1",
            "kind": "TargetGroupBinding",
            "metadata": meta("api"),
            "spec": {"serviceRef": {"name": "api", "port": 80}, "targetGroupARN": QUEUE_URL, "targetType": "ip"},
        },
        {
            "apiVersion": "keda.sh/v1alpha1",
            "kind": "TriggerAuthentication",
            "metadata": meta("aws"),
            "spec": {"podIdentity": {"provider": "aws"}},
        },
        {
            "apiVersion": "keda.sh/v1alpha1",
            "kind": "ScaledObject",
            "metadata": meta("api"),
            "spec": {
                "scaleTargetRef": {"name": "api"},
                "minReplicaCount": 2,
                "maxReplicaCount": 10,
                "triggers": [trigger],
            },
        },
        {
            "apiVersion": "external-secrets.io/v1",
            "kind": "SecretStore",
            "metadata": meta("aws"),
            "spec": {"provider": {"aws": {"service": "SecretsManager", "region": "eu-west-1"}}},
        },
        {"apiVersion": "external-secrets.io/v1", "kind": "ExternalSecret", "metadata": meta("database"), "spec": external},
    ]
