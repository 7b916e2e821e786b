"""CloudFormation types that MiniStack refuses, on top of MiniStack's own service code.

A handler is called as MiniStack calls its own: `create(logical id, properties, stack name)` and
`update(physical id, old, new, stack name)` return the physical id and the attributes of `Fn::GetAtt`; what they raise
fails the resource with that text.
"""

import json
import re

from ministack.core.responses import AccountRegionScopedDict, get_account_id, get_region, new_uuid
from ministack.services import ec2, eks, iam, rds, route53, waf
from ministack.services.cloudformation import provisioners

# No service of MiniStack knows these; they are recorded, and nothing else can be asked about them.
vpc_links = AccountRegionScopedDict()


def register():
    """Adds the types to MiniStack's tables."""
    for name, (create, update, delete, tags) in TYPES.items():
        if name in provisioners._RESOURCE_HANDLERS:
            raise SystemExit(f"emulator: MiniStack has a handler of {name} now; remove ours")
        handler = {"create": create, "delete": delete}
        if update:
            handler["update"] = update
        provisioners._RESOURCE_HANDLERS[name] = handler
        if tags:
            provisioners._STACK_TAG_PROPERTY[name] = tags


def reset():
    """Forgets what only this module knows."""
    vpc_links.clear()


# Calling the services


def _answer(response):
    """Returns the body of a service's answer, and raises what it refused."""
    status, _headers, body = response
    text = body.decode() if isinstance(body, bytes) else str(body)
    if status >= 400:
        code = _element(text, "Code") or _json(text).get("__type", "")
        message = _element(text, "Message") or _json(text).get("message") or text
        raise ValueError(f"{message} (Status Code: {status}, Error Code: {code})")
    return text


def _gone(response):
    """Lets a delete find nothing, as CloudFormation does."""
    if response[0] != 404 and b"NotFound" not in response[2] and b"NoSuch" not in response[2]:
        _answer(response)


def _element(text, name):
    found = re.search(rf"<{name}>([^<]*)</{name}>", text)
    return found[1] if found else ""


def _json(text):
    try:
        return json.loads(text)
    except ValueError:
        return {}


def _query(**parameters):
    """Parameters as the query protocol has them: every value in a list, members numbered."""
    query = {}
    for key, value in parameters.items():
        if isinstance(value, (list, tuple)):
            query.update({f"{key}.member.{number}": [str(item)] for number, item in enumerate(value, 1)})
        elif value is not None:
            query[key] = [str(value).lower() if isinstance(value, bool) else str(value)]
    return query


def _lower(value):
    """The same value with the keys in camel case, as the REST services have them."""
    if isinstance(value, dict):
        return {key[:1].lower() + key[1:]: _lower(item) for key, item in value.items()}
    return [_lower(item) for item in value] if isinstance(value, list) else value


def _tags(properties):
    return {tag["Key"]: tag["Value"] for tag in properties.get("Tags") or []}


# EC2


def _address_of(address):
    return next((item for item in ec2._addresses.values() if item["PublicIp"] == address), None)


def _eip_create(_logical, properties, _stack):
    body = _answer(ec2._allocate_address(_query(Domain=properties.get("Domain", "vpc"))))
    address, allocation = _element(body, "publicIp"), _element(body, "allocationId")
    provisioners._ec2_apply_tags(allocation, properties)
    return address, {"AllocationId": allocation, "PublicIp": address}


def _eip_update(physical, old, new, _stack):
    address = _address_of(physical)
    if address is None:
        return _eip_create(None, new, None)
    provisioners._ec2_apply_tags(address["AllocationId"], new, old)
    return physical, {"AllocationId": address["AllocationId"], "PublicIp": physical}


def _eip_delete(physical, _properties):
    address = _address_of(physical)
    if address is None:
        return
    used = [nat["AllocationId"] for nat in ec2._nat_gateways.values() if nat["State"] != "deleted"]
    if address["AllocationId"] in used:
        raise ValueError(f"The address {physical} is in use (Error Code: InvalidIPAddress.InUse)")
    _gone(ec2._release_address(_query(AllocationId=address["AllocationId"])))


def _nat_create(_logical, properties, _stack):
    if properties.get("SubnetId") not in ec2._subnets:
        raise ValueError(f"The subnet '{properties.get('SubnetId')}' does not exist (Error Code: InvalidSubnet)")
    body = _answer(
        ec2._create_nat_gateway(
            _query(
                SubnetId=properties["SubnetId"],
                AllocationId=properties.get("AllocationId"),
                ConnectivityType=properties.get("ConnectivityType"),
            )
        )
    )
    physical = _element(body, "natGatewayId")
    provisioners._ec2_apply_tags(physical, properties)
    return physical, {"NatGatewayId": physical}


def _nat_update(physical, old, new, _stack):
    provisioners._ec2_apply_tags(physical, new, old)
    return physical, {"NatGatewayId": physical}


def _nat_delete(physical, _properties):
    _gone(ec2._delete_nat_gateway(_query(NatGatewayId=physical)))


def _rule(direction):
    """The handlers of a rule of its own: `IpPermissions` or `IpPermissionsEgress` of its group."""

    def group_of(properties):
        group = ec2._security_groups.get(properties.get("GroupId", ""))
        if group is None:
            message = f"The security group '{properties.get('GroupId')}' does not exist"
            raise ValueError(f"{message} (Error Code: InvalidGroup.NotFound)")
        return group.setdefault(direction, [])

    def create(_logical, properties, _stack):
        (permission,) = provisioners._ec2_sg_permissions([properties])
        rules = group_of(properties)
        if any(ec2._rules_match(permission, rule) for rule in rules):
            raise ValueError("the specified rule already exists (Error Code: InvalidPermission.Duplicate)")
        physical = "sgr-" + new_uuid().replace("-", "")[:17]
        permission["SecurityGroupRuleId"] = physical
        rules.append(permission)
        return physical, {"Id": physical}

    def update(physical, _old, new, _stack):
        rules = group_of(new)
        (permission,) = provisioners._ec2_sg_permissions([new])
        permission["SecurityGroupRuleId"] = physical
        rules[:] = [rule for rule in rules if rule.get("SecurityGroupRuleId") != physical] + [permission]
        return physical, {"Id": physical}

    def delete(physical, properties):
        group = ec2._security_groups.get(properties.get("GroupId", ""))
        if group:
            rules = group.get(direction, [])
            rules[:] = [rule for rule in rules if rule.get("SecurityGroupRuleId") != physical]

    return create, update, delete, None


def _flow_log_create(_logical, properties, _stack):
    query = _query(
        ResourceType=properties.get("ResourceType"),
        TrafficType=properties.get("TrafficType"),
        LogDestinationType=properties.get("LogDestinationType"),
        LogDestination=properties.get("LogDestination"),
        LogGroupName=properties.get("LogGroupName"),
    )
    query["ResourceId.1"] = [properties["ResourceId"]]
    body = _answer(ec2._create_flow_logs(query))
    physical = re.search(r"<item>(fl-[^<]*)</item>", body)[1]
    provisioners._ec2_apply_tags(physical, properties)
    return physical, {"Id": physical}


def _flow_log_update(physical, old, new, _stack):
    provisioners._ec2_apply_tags(physical, new, old)
    return physical, {"Id": physical}


def _flow_log_delete(physical, _properties):
    ec2._flow_logs.pop(physical, None)
    ec2._tags.pop(physical, None)


# EKS


def _addon_body(properties):
    body = _lower({key: value for key, value in properties.items() if key not in ("ClusterName", "Tags")})
    return {**body, "tags": _tags(properties)}


def _addon_create(_logical, properties, _stack):
    cluster, name = properties["ClusterName"], properties["AddonName"]
    addon = _json(_answer(eks._create_addon(cluster, _addon_body(properties))))["addon"]
    return f"{cluster}|{name}", {"Arn": addon["addonArn"]}


def _addon_update(physical, _old, new, _stack):
    cluster, name = new["ClusterName"], new["AddonName"]
    _answer(eks._update_addon(cluster, name, _addon_body(new)))
    return physical, {"Arn": eks._addons[f"{cluster}/{name}"]["addonArn"]}


def _addon_delete(_physical, properties):
    _gone(eks._delete_addon(properties["ClusterName"], properties["AddonName"]))


def _identity_attributes(association):
    names = ("AssociationArn", "AssociationId", "ExternalId")
    return {name: association.get(name[:1].lower() + name[1:], "") for name in names}


def _identity_create(_logical, properties, _stack):
    body = _lower({k: v for k, v in properties.items() if k not in ("ClusterName", "Tags")})
    body["tags"] = _tags(properties)
    answer = _answer(eks._create_pod_identity_association(properties["ClusterName"], body))
    association = _json(answer)["association"]
    return association["associationArn"], _identity_attributes(association)


def _identity_id(physical):
    return physical.rsplit("/", 1)[-1]


def _identity_update(physical, _old, new, _stack):
    body = _lower({k: v for k, v in new.items() if k not in ("ClusterName", "Tags")})
    answer = _answer(eks._update_pod_identity_association(new["ClusterName"], _identity_id(physical), body))
    return physical, _identity_attributes(_json(answer)["association"])


def _identity_delete(physical, properties):
    _gone(eks._delete_pod_identity_association(properties["ClusterName"], _identity_id(physical)))


def _access_policies(properties):
    for policy in properties.get("AccessPolicies") or []:
        body = {"policyArn": policy["PolicyArn"], "accessScope": _lower(policy["AccessScope"])}
        _answer(eks._associate_access_policy(properties["ClusterName"], properties["PrincipalArn"], body))


def _access_create(_logical, properties, _stack):
    cluster, principal = properties["ClusterName"], properties["PrincipalArn"]
    body = _lower({k: v for k, v in properties.items() if k not in ("ClusterName", "Tags", "AccessPolicies")})
    entry = _json(_answer(eks._create_access_entry(cluster, {**body, "tags": _tags(properties)})))["accessEntry"]
    try:
        _access_policies(properties)
    except ValueError:
        eks._delete_access_entry(cluster, principal)
        raise
    return f"{principal}|{cluster}", {"AccessEntryArn": entry["accessEntryArn"]}


def _access_update(physical, old, new, _stack):
    cluster, principal = new["ClusterName"], new["PrincipalArn"]
    body = _lower({k: v for k, v in new.items() if k in ("KubernetesGroups", "Username")})
    entry = _json(_answer(eks._update_access_entry(cluster, principal, body)))["accessEntry"]
    kept = {policy["PolicyArn"] for policy in new.get("AccessPolicies") or []}
    for policy in old.get("AccessPolicies") or []:
        if policy["PolicyArn"] not in kept:
            eks._disassociate_access_policy(cluster, principal, policy["PolicyArn"])
    _access_policies(new)
    return physical, {"AccessEntryArn": entry["accessEntryArn"]}


def _access_delete(_physical, properties):
    _gone(eks._delete_access_entry(properties["ClusterName"], properties["PrincipalArn"]))


# IAM


def _role_policy_put(properties):
    document = properties["PolicyDocument"]
    document = document if isinstance(document, str) else json.dumps(document)
    role, name = properties["RoleName"], properties["PolicyName"]
    _answer(iam._put_role_policy(_query(RoleName=role, PolicyName=name, PolicyDocument=document)))
    return f"{name}|{role}", {}


def _role_policy_delete(_physical, properties):
    _gone(iam._delete_role_policy(_query(RoleName=properties["RoleName"], PolicyName=properties["PolicyName"])))


def _oidc_create(_logical, properties, _stack):
    body = _answer(
        iam._create_oidc_provider(
            _query(
                Url=properties.get("Url"),
                ClientIDList=properties.get("ClientIdList") or [],
                ThumbprintList=properties.get("ThumbprintList") or [],
            )
        )
    )
    arn = _element(body, "OpenIDConnectProviderArn")
    return arn, {"Arn": arn}


def _oidc_update(physical, _old, new, _stack):
    provider = iam._oidc_providers.get(physical)
    if provider is None:
        return _oidc_create(None, new, None)
    provider["ClientIDList"] = list(new.get("ClientIdList") or [])
    provider["ThumbprintList"] = list(new.get("ThumbprintList") or [])
    return physical, {"Arn": physical}


def _oidc_delete(physical, _properties):
    _gone(iam._delete_oidc_provider(_query(OpenIDConnectProviderArn=physical)))


# RDS


def _proxy_query(properties):
    query = _query(
        DBProxyName=properties["DBProxyName"],
        EngineFamily=properties.get("EngineFamily"),
        RoleArn=properties.get("RoleArn"),
        VpcSubnetIds=properties.get("VpcSubnetIds") or [],
        VpcSecurityGroupIds=properties.get("VpcSecurityGroupIds") or [],
        RequireTLS=properties.get("RequireTLS"),
        IdleClientTimeout=properties.get("IdleClientTimeout"),
        DebugLogging=properties.get("DebugLogging"),
    )
    for number, auth in enumerate(properties.get("Auth") or [], 1):
        query.update({f"Auth.member.{number}.{key}": [str(value)] for key, value in auth.items()})
    return query


def _proxy_attributes(body):
    attributes = {"DBProxyArn": "DBProxyArn", "Endpoint": "Endpoint", "VpcId": "VpcId"}
    return {name: _element(body, element) for name, element in attributes.items()}


def _proxy_create(_logical, properties, _stack):
    body = _answer(rds._create_db_proxy(_proxy_query(properties)))
    return properties["DBProxyName"], _proxy_attributes(body)


def _proxy_update(physical, _old, new, _stack):
    query = _proxy_query(new)
    query.update(_query(SecurityGroups=new.get("VpcSecurityGroupIds") or []))
    return physical, _proxy_attributes(_answer(rds._modify_db_proxy(query)))


def _proxy_delete(physical, _properties):
    _gone(rds._delete_db_proxy(_query(DBProxyName=physical)))


# WAF


def _association_create(_logical, properties, _stack):
    _answer(waf._associate_web_acl({key: properties[key] for key in ("WebACLArn", "ResourceArn")}))
    return f"{properties['ResourceArn']}|{properties['WebACLArn']}", {}


def _association_delete(_physical, properties):
    _answer(waf._disassociate_web_acl({"ResourceArn": properties["ResourceArn"]}))


# Route 53


def _health_check_create(_logical, properties, _stack):
    physical = route53._hc_id()
    with route53._lock:
        route53._health_checks[physical] = {
            "id": physical,
            "caller_reference": physical,
            "config": dict(properties["HealthCheckConfig"]),
            "version": 1,
        }
    return physical, {"HealthCheckId": physical}


def _health_check_update(physical, _old, new, _stack):
    with route53._lock:
        check = route53._health_checks.get(physical)
        if check is None:
            raise ValueError(f"No health check exists with the ID {physical} (Error Code: NoSuchHealthCheck)")
        check["config"] = dict(new["HealthCheckConfig"])
        check["version"] += 1
    return physical, {"HealthCheckId": physical}


def _health_check_delete(physical, _properties):
    _gone(route53._delete_health_check(physical))


def _group_members(properties):
    """The record sets of a group, each with the zone of the group."""
    zone = {key: properties[key] for key in ("HostedZoneId", "HostedZoneName") if key in properties}
    return [{**zone, **record} for record in properties.get("RecordSets") or []]


def _group_create(logical, properties, stack):
    done = []
    try:
        for record in _group_members(properties):
            provisioners._r53_record_set_create(logical, record, stack)
            done.append(record)
    except ValueError:
        for record in done:
            provisioners._r53_record_set_delete(record["Name"], record)
        raise
    return f"{stack}-{logical}-{new_uuid()[:8]}", {}


def _group_update(physical, old, new, stack):
    def name(record):
        return route53._normalise_name(record["Name"]), record["Type"], record.get("SetIdentifier", "")

    before = {name(record): record for record in _group_members(old)}
    after = {name(record): record for record in _group_members(new)}
    for key in before.keys() - after.keys():
        provisioners._r53_record_set_delete(before[key]["Name"], before[key])
    for key, record in after.items():
        if key not in before:
            provisioners._r53_record_set_create(physical, record, stack)
        elif before[key] != record:
            provisioners._r53_record_set_update(record["Name"], before[key], record, stack)
    return physical, {}


def _group_delete(_physical, properties):
    for record in _group_members(properties):
        provisioners._r53_record_set_delete(record["Name"], record)


# API Gateway


def _link_create(_logical, properties, _stack):
    physical = new_uuid().replace("-", "")[:10]
    vpc_links[physical] = {**properties, "VpcLinkId": physical, "Region": get_region(), "Account": get_account_id()}
    return physical, {"VpcLinkId": physical}


def _link_update(physical, _old, new, _stack):
    vpc_links[physical] = {**vpc_links.get(physical, {}), **new}
    return physical, {"VpcLinkId": physical}


def _link_delete(physical, _properties):
    vpc_links.pop(physical, None)


_LIST, _MAP = ("Tags", "list"), ("Tags", "map")

# Type, its create, update and delete, and where its tags are. A type without an update is replaced.
TYPES = {
    "AWS::ApiGateway::VpcLink": (_link_create, _link_update, _link_delete, _LIST),
    "AWS::ApiGatewayV2::VpcLink": (_link_create, _link_update, _link_delete, _MAP),
    "AWS::EC2::EIP": (_eip_create, _eip_update, _eip_delete, _LIST),
    "AWS::EC2::FlowLog": (_flow_log_create, _flow_log_update, _flow_log_delete, _LIST),
    "AWS::EC2::NatGateway": (_nat_create, _nat_update, _nat_delete, _LIST),
    "AWS::EC2::SecurityGroupEgress": _rule("IpPermissionsEgress"),
    "AWS::EC2::SecurityGroupIngress": _rule("IpPermissions"),
    "AWS::EKS::AccessEntry": (_access_create, _access_update, _access_delete, _LIST),
    "AWS::EKS::Addon": (_addon_create, _addon_update, _addon_delete, _LIST),
    "AWS::EKS::PodIdentityAssociation": (_identity_create, _identity_update, _identity_delete, _LIST),
    "AWS::IAM::OIDCProvider": (_oidc_create, _oidc_update, _oidc_delete, _LIST),
    "AWS::IAM::RolePolicy": (
        lambda _logical, properties, _stack: _role_policy_put(properties),
        lambda _physical, _old, new, _stack: _role_policy_put(new),
        _role_policy_delete,
        None,
    ),
    "AWS::RDS::DBProxy": (_proxy_create, _proxy_update, _proxy_delete, _LIST),
    "AWS::Route53::HealthCheck": (
        _health_check_create,
        _health_check_update,
        _health_check_delete,
        ("HealthCheckTags", "list"),
    ),
    "AWS::Route53::RecordSetGroup": (_group_create, _group_update, _group_delete, None),
    "AWS::WAFv2::WebACLAssociation": (_association_create, None, _association_delete, None),
}
