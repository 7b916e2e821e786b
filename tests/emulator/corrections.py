"""Where MiniStack answers other than AWS does, in ways that would let a test pass for a wrong reason."""

import asyncio
import functools
import hashlib
import json
import re
import secrets
import sys
from pathlib import Path
from types import SimpleNamespace

from ministack.core import iam_actions
from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region, request_scope
from ministack.services import acm, cloudformation, ec2, eks, route53, s3, secretsmanager
from ministack.services.cloudformation import changesets, drift, engine, handlers, provisioners, stacks
from ministack.services.cloudformation.helpers import _error, _p

PENDING, ISSUED = "PENDING_VALIDATION", "ISSUED"
# How often a stack looks whether the certificate it waits for is issued.
LOOK = 0.05

NAME_SERVERS = [name.rstrip(".") for name in route53._DEFAULT_NS]

VIRTUAL_HOST = re.compile(r"https://([^/]+)\.s3[.-]([a-z0-9-]+)\.amazonaws\.com/(.+)")

# What to clear when everything is forgotten.
forget = []

# The states in which a stack can be changed.
STABLE = {
    "CREATE_COMPLETE",
    "UPDATE_COMPLETE",
    "UPDATE_ROLLBACK_COMPLETE",
    "IMPORT_COMPLETE",
    "IMPORT_ROLLBACK_COMPLETE",
    # Only after a failure without rollback.
    "CREATE_FAILED",
    "UPDATE_FAILED",
}


def apply(settings):
    """Puts the corrections into MiniStack; `settings` may change while it runs."""
    replacing_properties()
    outputs_of_other_regions()
    vpc_attributes()
    databases()
    names_of_secrets()
    clusters()
    alarms()
    hosted_zones()
    certificates(settings)
    buckets()
    template_addresses()
    stack_states()
    request_tokens(settings)
    time_of_operations(settings)
    one_operation_at_a_time()
    batches()
    namespaces_of_metrics()


def wrap(resource_type, **wrappers):
    """Puts a function around handlers of a type; it gets the handler first."""
    handler = provisioners._RESOURCE_HANDLERS[resource_type]
    for name, around in wrappers.items():
        inner = handler[name]
        handler[name] = lambda *arguments, around=around, inner=inner: around(inner, *arguments)


def replacing_properties():
    """Which changes replace: 49 of the platform's types are not in MiniStack's table, which then says `Conditionally`
    and updates in place what AWS replaces."""
    facts = json.loads((Path(__file__).parent / "replacing.json").read_text())["types"]
    always, sometimes = provisioners._REPLACING_PROPERTIES, provisioners._CONDITIONALLY_REPLACING_PROPERTIES
    for name, of_type in facts.items():
        known = set(always.get(name, ())) | set(of_type["always"])
        always[name] = tuple(sorted(known))
        sometimes[name] = tuple(sorted((set(sometimes.get(name, ())) | set(of_type["sometimes"])) - known))


def outputs_of_other_regions():
    """`Fn::GetStackOutput` does not look at its region."""
    inner = engine._resolve_refs

    def resolve(value, *context):
        if isinstance(value, dict) and list(value) == ["Fn::GetStackOutput"]:
            with request_scope(get_account_id(), value["Fn::GetStackOutput"].get("Region") or get_region()):
                return inner(value, *context)
        return inner(value, *context)

    for name, module in list(sys.modules.items()):
        if name.startswith("ministack.services.cloudformation") and getattr(module, "_resolve_refs", None) is inner:
            module._resolve_refs = resolve


def vpc_attributes():
    """`Fn::GetAtt Vpc.CidrBlock` is missing."""

    def complete(inner, *arguments):
        physical, attributes = inner(*arguments)
        return physical, {**attributes, "CidrBlock": ec2._vpcs[physical]["CidrBlock"], "CidrBlockAssociations": []}

    wrap("AWS::EC2::VPC", create=complete, update=complete)


def databases():
    """The secret of a password that RDS manages is missing, as an attribute and in Secrets Manager."""

    def complete(inner, *arguments):
        physical, attributes = inner(*arguments)
        properties = arguments[2] if isinstance(arguments[2], dict) else arguments[1]
        if str(properties.get("ManageMasterUserPassword", False)).lower() == "true":
            name = secret_of(physical)
            if name not in secretsmanager._secrets:
                user = {"username": properties.get("MasterUsername", "postgres"), "password": secrets.token_urlsafe(24)}
                secretsmanager._store_new_secret(name, secret_string=json.dumps(user))
                place = f"arn:aws:secretsmanager:{get_region()}:{get_account_id()}:secret"
                secretsmanager._secrets[name]["ARN"] = f"{place}:{name}-{digest_of(physical)[32:38]}"
            attributes = {**attributes, "MasterUserSecret.SecretArn": secretsmanager._secrets[name]["ARN"]}
        return physical, attributes

    def delete(inner, physical, properties):
        inner(physical, properties)
        secretsmanager._secrets.pop(secret_of(physical), None)

    wrap("AWS::RDS::DBInstance", create=complete, update=complete, delete=delete)


def names_of_secrets():
    """`Ref` of a secret is its ARN; here it is the name."""

    def name_of(arn):
        return next((name for name, secret in secretsmanager._secrets.items() if secret["ARN"] == arn), arn)

    def create(inner, *arguments):
        _, attributes = inner(*arguments)
        return attributes["Arn"], attributes

    def update(inner, physical, *arguments):
        _, attributes = inner(name_of(physical), *arguments)
        return attributes["Arn"], attributes

    def delete(inner, physical, properties):
        inner(name_of(physical), properties)

    wrap("AWS::SecretsManager::Secret", create=create, update=update, delete=delete)
    read, properties = drift._DRIFT_READERS["AWS::SecretsManager::Secret"]
    reader = lambda physical, wanted: read(name_of(physical), wanted)  # noqa: E731
    drift._DRIFT_READERS["AWS::SecretsManager::Secret"] = (reader, properties)


def digest_of(physical):
    return hashlib.sha256(physical.encode()).hexdigest()


def secret_of(physical):
    digest = digest_of(physical)
    return f"rds!db-{digest[:8]}-{digest[8:12]}-{digest[12:16]}-{digest[16:20]}-{digest[20:32]}"


def clusters():
    """The security group that a cluster names is not there."""

    def complete(inner, *arguments):
        physical, attributes = inner(*arguments)
        network, group = eks._clusters[physical]["resourcesVpcConfig"], attributes["ClusterSecurityGroupId"]
        subnet = next((ec2._subnets[name] for name in network.get("subnetIds", []) if name in ec2._subnets), {})
        if group not in ec2._security_groups:
            everything = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
            ec2._security_groups[group] = {
                "GroupId": group,
                "GroupName": f"eks-cluster-sg-{physical}",
                "Description": "EKS created security group applied to ENI that is attached to EKS Control Plane",
                "VpcId": subnet.get("VpcId", ""),
                "OwnerId": get_account_id(),
                "IpPermissions": [],
                "IpPermissionsEgress": [{**everything, "Ipv6Ranges": [], "PrefixListIds": [], "UserIdGroupPairs": []}],
            }
        return physical, attributes

    def delete(inner, physical, properties):
        cluster = eks._clusters.get(physical, {})
        inner(physical, properties)
        ec2._security_groups.pop(cluster.get("resourcesVpcConfig", {}).get("clusterSecurityGroupId"), None)

    wrap("AWS::EKS::Cluster", create=complete, update=complete, delete=delete)


def alarms():
    """An alarm over several metrics is refused. It is kept, and judged by the first of them."""

    def record(name, properties, inner=provisioners._cw_metric_alarm_record):
        metrics = properties.get("Metrics")
        if not metrics:
            return inner(name, properties)
        measured = next(entry["MetricStat"] for entry in metrics if "MetricStat" in entry)
        plain = {key: value for key, value in properties.items() if key != "Metrics"}
        plain.update(MetricName=measured["Metric"]["MetricName"], Namespace=measured["Metric"]["Namespace"])
        plain.update(Dimensions=measured["Metric"].get("Dimensions", []), Period=measured["Period"])
        return {**inner(name, plain), "Metrics": metrics}

    provisioners._cw_metric_alarm_record = record


def hosted_zones():
    """A private zone becomes public, the name servers of a zone are not those of its NS record, its tags are lost, and
    a zone with records is deleted."""

    def complete(physical, attributes, properties):
        zone = route53._zones[physical]
        networks = properties.get("VPCs") or []
        zone["private"] = bool(networks)
        zone["vpcs"] = [{"VPCRegion": vpc["VPCRegion"], "VPCId": vpc["VPCId"]} for vpc in networks]
        return physical, {**attributes, "NameServers": NAME_SERVERS}

    def create(inner, logical, properties, stack):
        return complete(*inner(logical, properties, stack), properties)

    def update(inner, physical, old, new, *rest):
        return complete(*inner(physical, old, new, *rest), new)

    def delete(inner, physical, properties):
        zone = route53._zones.get(physical, {})
        own = {(zone.get("name"), "NS"), (zone.get("name"), "SOA")}
        if any((record["Name"], record["Type"]) not in own for record in route53._records.get(physical, [])):
            raise ValueError(
                "The specified hosted zone contains non-required resource record sets and so cannot be deleted."
                " (Status Code: 400, Error Code: HostedZoneNotEmpty)"
            )
        return inner(physical, properties)

    wrap("AWS::Route53::HostedZone", create=create, update=update, delete=delete)


def certificates(settings):
    """A certificate is issued at once, and its validation record has a name that ACM never gives. CloudFormation writes
    the record when the certificate names a zone. With `certificates: validated`, a certificate is issued when its
    records are in a public zone, and the stack waits for that."""

    def options(domain, method):
        base = domain.removeprefix("*.")
        digest = hashlib.sha256(base.encode()).hexdigest()
        record = {
            "Name": f"_{digest[:32]}.{base}.",
            "Type": "CNAME",
            "Value": f"_{digest[32:]}.{digest[20:30]}.acm-validations.aws.",
        }
        option = {"DomainName": domain, "ValidationDomain": domain, "ValidationMethod": method}
        option["ValidationStatus"] = "SUCCESS"
        return {**option, "ResourceRecord": record} if method == "DNS" else option

    def pending(certificate):
        if settings.certificates == "validated" and certificate.get("ValidationMethod") == "DNS":
            certificate["Status"] = PENDING
            for option in certificate["DomainValidationOptions"]:
                option["ValidationStatus"] = PENDING

    def write_records(certificate, properties):
        zones = {}
        for option in properties.get("DomainValidationOptions") or []:
            if option.get("HostedZoneId"):
                zones[option["DomainName"]] = provisioners._r53_normalize_hosted_zone_id(option["HostedZoneId"])
        for option in certificate["DomainValidationOptions"]:
            zone, record = zones.get(option["DomainName"]), option.get("ResourceRecord")
            if not zone or not record:
                continue
            if zone not in route53._records:
                if settings.certificates == "validated":
                    raise ValueError(f"No hosted zone found with ID: {zone} (Error Code: NoSuchHostedZone)")
                continue
            name = (record["Name"], "CNAME")
            held = [item for item in route53._records[zone] if (item["Name"], item["Type"]) != name]
            held.append({"Name": record["Name"], "Type": "CNAME", "TTL": "300", "ResourceRecords": [record["Value"]]})
            route53._records[zone] = held

    def create(inner, logical, properties, stack):
        physical, attributes = inner(logical, properties, stack)
        certificate = acm._certificates[physical]
        pending(certificate)
        try:
            write_records(certificate, properties)
        except ValueError:
            acm._certificates.pop(physical, None)
            raise
        look(certificate)
        return physical, attributes

    def request(data, inner=acm._request_certificate):
        answer = inner(data)
        if answer[0] == 200:
            certificate = acm._certificates[json.loads(answer[2])["CertificateArn"]]
            certificate["KeyAlgorithm"] = data.get("KeyAlgorithm", "RSA_2048")
            pending(certificate)
        return answer

    def shape(certificate, inner=acm._cert_shape):
        look(certificate)
        answer = inner(certificate)
        answer["KeyAlgorithm"] = certificate.get("KeyAlgorithm", "RSA_2048").replace("-", "_")
        answer["RenewalEligibility"] = "ELIGIBLE" if answer["InUseBy"] else "INELIGIBLE"
        if answer["Status"] == PENDING:
            for name in ("IssuedAt", "NotBefore", "NotAfter"):
                answer.pop(name, None)
        return answer

    def list_all(data, inner=acm._list_certificates):
        for certificate in acm._certificates.values():
            look(certificate)
        return inner(data)

    acm._validation_options = options
    acm._request_certificate = request
    acm._cert_shape = shape
    acm._list_certificates = list_all
    wrap("AWS::CertificateManager::Certificate", create=create)
    # The update creates the replacement itself, by MiniStack's own create.
    inner = provisioners._acm_certificate_create
    provisioners._acm_certificate_create = lambda *arguments: create(inner, *arguments)


def look(certificate):
    """Issues a certificate whose records are all there."""
    if certificate["Status"] != PENDING:
        return
    for option in certificate["DomainValidationOptions"]:
        if validated(option.get("ResourceRecord")):
            option["ValidationStatus"] = "SUCCESS"
    if all(option["ValidationStatus"] == "SUCCESS" for option in certificate["DomainValidationOptions"]):
        certificate["Status"] = ISSUED
        certificate["IssuedAt"] = provisioners.now_iso()


def validated(record):
    """Says whether a validation record is in a public zone."""
    for zone, records in route53._records.items():
        if record is None or route53._zones.get(zone, {}).get("private"):
            continue
        for held in records:
            values = [value.rstrip(".") + "." for value in held.get("ResourceRecords", [])]
            if (held["Name"], held["Type"]) == (record["Name"], "CNAME") and record["Value"] in values:
                return True
    return False


def buckets():
    """A bucket with objects is deleted."""

    def delete(inner, physical, properties):
        bucket = s3._buckets.get(physical)
        if bucket and bucket.get("objects"):
            raise ValueError("The bucket you tried to delete is not empty (Error Code: BucketNotEmpty)")
        return inner(physical, properties)

    wrap("AWS::S3::Bucket", delete=delete)


def template_addresses():
    """The address of a template with its bucket in the host's name is refused."""

    def path_style(inner, parameters):
        address = VIRTUAL_HOST.fullmatch(_p(parameters, "TemplateURL"))
        if address:
            bucket, region, key = address.groups()
            parameters = {**parameters, "TemplateURL": [f"https://s3.{region}.amazonaws.com/{bucket}/{key}"]}
        return inner(parameters)

    for name in ("CreateStack", "UpdateStack", "CreateChangeSet", "ValidateTemplate", "GetTemplateSummary"):
        handlers._ACTION_HANDLERS[name] = functools.partial(path_style, handlers._ACTION_HANDLERS[name])


def stack_states():
    """A stack that is busy, or that only can be deleted, takes change sets; one in ROLLBACK_COMPLETE is created over;
    and a second change set that would create a stack makes another stack of the same name."""

    def refused(stack):
        identity, status = stack["StackId"], stack["StackStatus"]
        return _error("ValidationError", f"Stack:{identity} is in {status} state and can not be updated.")

    def create_stack(inner, parameters):
        name = _p(parameters, "StackName")
        stack = handlers._resolve_stack(name)
        if stack and stack["StackStatus"] != "DELETE_COMPLETE":
            return _error("AlreadyExistsException", f"Stack [{name}] already exists")
        return inner(parameters)

    def create_change_set(inner, parameters):
        name = _p(parameters, "StackName")
        stack = handlers._resolve_stack(name)
        status = stack["StackStatus"] if stack else "DELETE_COMPLETE"
        kind = _p(parameters, "ChangeSetType", "UPDATE")
        if kind == "CREATE" and status not in ("DELETE_COMPLETE", "REVIEW_IN_PROGRESS"):
            change_set = _p(parameters, "ChangeSetName")
            message = f"Stack [{name}] already exists and cannot be created again with the changeSet [{change_set}]."
            return _error("ValidationError", message)
        if kind == "UPDATE" and status not in STABLE | {"DELETE_COMPLETE", "REVIEW_IN_PROGRESS"}:
            return refused(stack)
        answer = inner(parameters)
        made = cloudformation._stacks.get(name)
        if status == "REVIEW_IN_PROGRESS" and made and made["StackId"] != stack["StackId"]:
            return same_stack(stack["StackId"], made, answer)
        return answer

    def same_stack(identity, made, answer):
        other, made["StackId"] = made["StackId"], identity
        for change_set in cloudformation._change_sets.values():
            if change_set.get("StackId") == other:
                change_set["StackId"] = identity
        cloudformation._stack_events.setdefault(identity, []).extend(cloudformation._stack_events.pop(other, []))
        status, headers, body = answer
        return status, headers, body.replace(other.encode(), identity.encode())

    def execute(inner, parameters):
        _, change_set = changesets._find_change_set(_p(parameters, "ChangeSetName"), _p(parameters, "StackName"))
        stack = handlers._resolve_stack(change_set["StackName"]) if change_set else None
        if stack and stack["StackStatus"] not in STABLE | {"REVIEW_IN_PROGRESS"}:
            return refused(stack)
        return inner(parameters)

    for name, around in {
        "CreateStack": create_stack,
        "CreateChangeSet": create_change_set,
        "ExecuteChangeSet": execute,
    }.items():
        inner = handlers._ACTION_HANDLERS[name]
        handlers._ACTION_HANDLERS[name] = lambda parameters, around=around, inner=inner: around(inner, parameters)


def batches():
    """A batch is an action of its own in IAM; AWS authorizes it as the action on one message, and knows no other."""
    single = {
        "sns:PublishBatch": "sns:Publish",
        "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility",
        "sqs:DeleteMessageBatch": "sqs:DeleteMessage",
        "sqs:SendMessageBatch": "sqs:SendMessage",
    }

    def authorized(*request, inner=iam_actions.extract_iam_action):
        action = inner(*request)
        return single.get(action, action)

    # Who imported it before, such as `calls`, still has the name of the request.
    iam_actions.extract_iam_action = authorized


def namespaces_of_metrics():
    """Policies restrict metrics by `cloudwatch:namespace`, which MiniStack leaves out: such a policy allows nothing."""

    def context(service, action, body, parameters, inner=iam_actions.request_tag_context):
        known = inner(service, action, body, parameters)
        if action == "cloudwatch:PutMetricData":
            known = {**known, "cloudwatch:namespace": iam_actions._param(body, parameters, "Namespace")}
        return known

    iam_actions.request_tag_context = context


def request_tokens(settings):
    """A request that is sent again with its token is a second request. AWS knows it again: "Specify this token if you
    plan to retry requests". With `tokens: ignored`, nothing is known again."""
    given = AccountRegionScopedDict()

    def once(name, token, inner, parameters):
        key = f"{name} {_p(parameters, token)}"
        if not _p(parameters, token) or settings.tokens == "ignored":
            return inner(parameters)
        before, answer = given.get(key, (parameters, None))
        if before != parameters:
            message = f"A client request token already exists: {_p(parameters, token)}"
            return _error("TokenAlreadyExistsException", message)
        if answer is None:
            answer = inner(parameters)
            if answer[0] == 200:
                given[key] = dict(parameters), answer
        return answer

    for name in ("CreateStack", "UpdateStack", "DeleteStack", "CreateChangeSet", "ExecuteChangeSet"):
        token = "ClientToken" if name == "CreateChangeSet" else "ClientRequestToken"
        handlers._ACTION_HANDLERS[name] = functools.partial(once, name, token, handlers._ACTION_HANDLERS[name])
    forget.append(given.clear)


def one_operation_at_a_time():
    """A stack that is deleted while it is created ends as the slower of the two says."""
    locks = {}

    def alone(inner, deletes):
        async def operation(*arguments, **options):
            stack_id = arguments[1]
            async with locks.setdefault(stack_id, asyncio.Lock()):
                return await inner(*arguments, **options)

        async def deletion(*arguments, **options):
            if stack := cloudformation._stacks.get(arguments[0]):
                stack["StackStatus"] = "DELETE_IN_PROGRESS"
            return await operation(*arguments, **options)

        return deletion if deletes else operation

    for name in ("_deploy_stack_async", "_delete_stack_async"):
        inner = getattr(stacks, name)
        outer = alone(inner, name == "_delete_stack_async")
        for module in (stacks, handlers, changesets):
            if getattr(module, name, None) is inner:
                setattr(module, name, outer)
    forget.append(locks.clear)


def time_of_operations(settings):
    """Operations are over before anybody can see them in progress. `resource-time` is spent before each resource,
    `stack-time` once before a stack's operation ends; a certificate that is not issued is waited for."""
    needs_thread, on_thread = stacks._runs_on_worker_thread, stacks.run_reentrant
    # Which argument is the stack's name.
    waited = {stacks._provision_keeping_seed: 3, stacks._update_keeping_seed: 4}

    async def run(function, *arguments):
        resource_type = arguments[0]
        if settings.resource_time:
            await asyncio.sleep(settings.resource_time / 1000)
        if function in waited:
            stack = cloudformation._stacks.get(arguments[waited[function]]) or {}
            if stack.get("StackStatus", "").startswith("DELETE"):
                raise ValueError("Resource creation cancelled")
        if needs_thread(resource_type):
            return await on_thread(function, *arguments)
        result = function(*arguments)
        if resource_type == "AWS::CertificateManager::Certificate" and function in waited:
            (physical, _attributes), _seed = result
            await issued(physical, arguments[waited[function]])
        return result

    async def sleep(seconds):
        # MiniStack's stacks sleep for no time just before an operation ends.
        await asyncio.sleep(seconds or settings.stack_time / 1000)

    stacks._runs_on_worker_thread = lambda _type: True
    stacks.run_reentrant = run
    clock = SimpleNamespace(**{name: getattr(asyncio, name) for name in asyncio.__all__})
    clock.sleep = sleep
    stacks.asyncio = clock


async def issued(arn, stack_name):
    """Waits until a certificate is issued, or its stack wants something else."""
    while True:
        certificate, stack = acm._certificates.get(arn), cloudformation._stacks.get(stack_name) or {}
        if certificate is None:
            raise ValueError(f"Certificate {arn} is gone")
        look(certificate)
        if certificate["Status"] != PENDING:
            return
        if stack.get("_cancel_requested") or stack.get("StackStatus", "").startswith("DELETE"):
            acm._certificates.pop(arn, None)
            raise ValueError("Resource creation cancelled")
        await asyncio.sleep(LOOK)
