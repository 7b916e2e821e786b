//! The resources of a network.

use super::{Nat, Network, Tier, Traffic};
use crate::artifacts::{Expr, Policy, Pseudo, Statement, Trust};
use crate::kinds::security_group;
use crate::lower::{Lowering, name_tag};
use crate::names::Port;
use crate::resolve::Bound;

/// Everybody.
const ANYWHERE: &str = "0.0.0.0/0";

pub(super) fn emit(entry: Bound<'_, Network>, cx: &mut Lowering<'_>) {
    let properties = object! {
        "CidrBlock" => entry.cidr.to_string(),
        "EnableDnsHostnames" => true,
        "EnableDnsSupport" => true,
        "Tags" => name_tag(entry.full_name()),
    };
    cx.add(entry.resource("", "AWS::EC2::VPC", properties));
    internet(entry, cx);
    tables(entry, cx);
    for tier in Tier::ALL {
        entry.zone_numbers().for_each(|zone| subnet(entry, tier, zone, cx));
    }
    private_routes(entry, cx);
    gateway_endpoints(entry, cx);
    interface_endpoints(entry, cx);
    if entry.flow_logs.enabled {
        flow_logs(entry, cx);
    }
}

fn internet(entry: Bound<'_, Network>, cx: &mut Lowering<'_>) {
    let tags = object! { "Tags" => name_tag(entry.full_name()) };
    cx.add(entry.resource("Internet", "AWS::EC2::InternetGateway", tags));
    let attachment =
        object! { "VpcId" => entry.vpc_id(), "InternetGatewayId" => entry.handle("Internet").reference() };
    cx.add(entry.resource("InternetAttachment", "AWS::EC2::VPCGatewayAttachment", attachment));
    let route = object! {
        "RouteTableId" => entry.handle("PublicRoutes").reference(),
        "DestinationCidrBlock" => ANYWHERE,
        "GatewayId" => entry.handle("Internet").reference(),
    };
    cx.add(entry.resource("PublicRoute", "AWS::EC2::Route", route).after([entry.handle("InternetAttachment")]));
}

fn tables(entry: Bound<'_, Network>, cx: &mut Lowering<'_>) {
    for tier in Tier::ALL {
        for (index, table) in entry.route_tables(tier).into_iter().enumerate() {
            let suffix = if tier == Tier::Private { format!("-{}", index + 1) } else { String::new() };
            let name = format!("{}-{}{suffix}", entry.full_name(), tier.as_str());
            let properties = object! { "VpcId" => entry.vpc_id(), "Tags" => name_tag(name) };
            cx.add(crate::artifacts::Resource::new(table, "AWS::EC2::RouteTable", properties));
        }
    }
}

fn subnet(entry: Bound<'_, Network>, tier: Tier, zone: u8, cx: &mut Lowering<'_>) {
    let index = usize::from(zone.saturating_sub(1));
    let (by_name, by_id) = match entry.spec().zone_ids.get(index) {
        Some(id) => (Expr::Absent, Expr::from(id)),
        None => (Expr::select(index, Expr::zones()), Expr::Absent),
    };
    let role = match tier {
        Tier::Public => Some("kubernetes.io/role/elb"),
        Tier::Private => Some("kubernetes.io/role/internal-elb"),
        Tier::Isolated => None,
    };
    let name = format!("{}-{}-{zone}", entry.full_name(), tier.as_str());
    let subnet = entry.subnet(tier, zone);
    let properties = object! {
        "VpcId" => entry.vpc_id(),
        "CidrBlock" => entry.block(tier, zone).map(|block| block.to_string()),
        "AvailabilityZone" => by_name,
        "AvailabilityZoneId" => by_id,
        "MapPublicIpOnLaunch" => false,
        "Tags" => list![
            object! { "Key" => "Name", "Value" => name },
            role.map(|role| object! { "Key" => role, "Value" => "1" }),
        ],
    };
    let part = format!("{} Subnet {zone}", tier.as_str());
    cx.add(entry.resource(&part, "AWS::EC2::Subnet", properties));
    let tables = entry.route_table_ids(tier);
    let table = tables.get(index).or(tables.first()).cloned();
    let association = object! { "SubnetId" => subnet.reference(), "RouteTableId" => table };
    cx.add(entry.resource(&format!("{part} Routes"), "AWS::EC2::SubnetRouteTableAssociation", association));
}

fn private_routes(entry: Bound<'_, Network>, cx: &mut Lowering<'_>) {
    let gateways = match entry.nat {
        Nat::PerZone => entry.zones,
        Nat::Single => 1,
        Nat::None => return,
    };
    for zone in 1..=gateways {
        let name = format!("{}-nat-{zone}", entry.full_name());
        let address = object! { "Domain" => "vpc", "Tags" => name_tag(name.clone()) };
        let attached = [entry.handle("InternetAttachment")];
        cx.add(entry.resource(&format!("NatAddress{zone}"), "AWS::EC2::EIP", address).after(attached));
        let gateway = object! {
            "AllocationId" => entry.handle(&format!("NatAddress{zone}")).att("AllocationId"),
            "SubnetId" => entry.subnet(Tier::Public, zone).reference(),
            "Tags" => name_tag(name),
        };
        // Deleted before the route, it would still be in use.
        let route = [entry.handle("PublicRoute")];
        cx.add(entry.resource(&format!("Nat{zone}"), "AWS::EC2::NatGateway", gateway).after(route));
    }
    for (zone, table) in entry.zone_numbers().zip(entry.route_table_ids(Tier::Private)) {
        let gateway = entry.handle(&format!("Nat{}", zone.min(gateways)));
        let route = object! {
            "RouteTableId" => table,
            "DestinationCidrBlock" => ANYWHERE,
            "NatGatewayId" => gateway.reference(),
        };
        cx.add(entry.resource(&format!("PrivateRoute{zone}"), "AWS::EC2::Route", route));
    }
}

fn service_name(service: &str) -> Expr {
    text!["com.amazonaws.", Pseudo::Region, format!(".{service}")]
}

fn gateway_endpoints(entry: Bound<'_, Network>, cx: &mut Lowering<'_>) {
    let tables: Vec<Expr> =
        [Tier::Private, Tier::Isolated].into_iter().flat_map(|tier| entry.route_table_ids(tier)).collect();
    for service in &entry.spec().endpoints.gateway {
        let properties = object! {
            "VpcEndpointType" => "Gateway",
            "VpcId" => entry.vpc_id(),
            "ServiceName" => service_name(service.as_str()),
            "RouteTableIds" => tables.clone(),
            "Tags" => name_tag(format!("{}-{}", entry.full_name(), service.as_str())),
        };
        cx.add(entry.resource(&format!("Endpoint {}", service.as_str()), "AWS::EC2::VPCEndpoint", properties));
    }
}

fn interface_endpoints(entry: Bound<'_, Network>, cx: &mut Lowering<'_>) {
    let Some(group) = entry.endpoint_security_group_id() else { return };
    let name = format!("{}-endpoints", entry.full_name());
    let properties = object! {
        "GroupDescription" => format!("Interface endpoints of network {}", entry.full_name()),
        "VpcId" => entry.vpc_id(),
        "SecurityGroupIngress" => list![security_group::from_block(entry.cidr, Port::HTTPS, "The network")],
        "SecurityGroupEgress" => security_group::nothing(),
        "Tags" => name_tag(name),
    };
    cx.add(entry.resource("EndpointGroup", "AWS::EC2::SecurityGroup", properties));
    for service in &entry.spec().endpoints.interface {
        let properties = object! {
            "VpcEndpointType" => "Interface",
            "VpcId" => entry.vpc_id(),
            "ServiceName" => service_name(service),
            "PrivateDnsEnabled" => true,
            "SubnetIds" => entry.subnet_ids(Tier::Private),
            "SecurityGroupIds" => vec![group.clone()],
            "Tags" => name_tag(format!("{}-{service}", entry.full_name())),
        };
        cx.add(entry.resource(&format!("Endpoint {service}"), "AWS::EC2::VPCEndpoint", properties));
    }
}

/// A log group, and a role with which the VPC writes there and nowhere else.
///
/// Source: <https://docs.aws.amazon.com/vpc/latest/userguide/flow-logs-iam-role.html> (read 2026-11-22); creating log
/// groups is left out, because the group exists.
fn flow_logs(entry: Bound<'_, Network>, cx: &mut Lowering<'_>) {
    let retention = object! { "RetentionInDays" => entry.flow_logs.retention_days };
    cx.add(entry.resource("FlowLogs", "AWS::Logs::LogGroup", retention));
    let group = entry.handle("FlowLogs");
    let write = ["logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"];
    let policy = Policy::default()
        .with(Statement::allow(write, group.arn()))
        .with(Statement::allow(["logs:DescribeLogGroups"], "*".into()));
    let role = object! {
        "AssumeRolePolicyDocument" => Trust::service("vpc-flow-logs.amazonaws.com"),
        "Policies" => list![object! { "PolicyName" => "write", "PolicyDocument" => policy }],
    };
    cx.add(entry.resource("FlowLogsRole", "AWS::IAM::Role", role));
    let traffic = match entry.flow_logs.traffic {
        Traffic::All => "ALL",
        Traffic::Accepted => "ACCEPT",
        Traffic::Rejected => "REJECT",
    };
    let properties = object! {
        "ResourceType" => "VPC",
        "ResourceId" => entry.vpc_id(),
        "TrafficType" => traffic,
        "LogDestinationType" => "cloud-watch-logs",
        "LogGroupName" => group.reference(),
        "DeliverLogsPermissionArn" => entry.handle("FlowLogsRole").arn(),
        "MaxAggregationInterval" => 600,
        "Tags" => name_tag(entry.full_name()),
    };
    cx.add(entry.resource("FlowLog", "AWS::EC2::FlowLog", properties));
}
