//! Rules of security groups, and how two groups of different stacks are opened to each other.

use crate::artifacts::{Expr, Handle, Place, Resource};
use crate::lower::Lowering;
use crate::names::{Cidr, LogicalId, Name, Port};

/// One end of a connection: whose security group it is.
#[derive(Clone, Debug)]
pub(crate) struct Side<'a> {
    /// Stack of the group's owner.
    pub(crate) stack: &'a Name,
    /// Logical id of the group's owner.
    pub(crate) owner: LogicalId,
    /// The group's id.
    pub(crate) group: Expr,
}

/// Returns an inbound rule for TCP from a block.
pub(crate) fn from_block(block: Cidr, port: Port, description: &str) -> Expr {
    object! {
        "IpProtocol" => "tcp",
        "FromPort" => port.get(),
        "ToPort" => port.get(),
        "CidrIp" => block.to_string(),
        "Description" => description.to_owned(),
    }
}

/// Returns the outbound rules of a group that opens no connection, or gets its rules from elsewhere.
///
/// A group without outbound rules gets one that allows everything; this one matches nothing.
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/aws-resource-ec2-securitygroup.html>.
pub(crate) fn nothing() -> Expr {
    list![object! {
        "IpProtocol" => "icmp",
        "FromPort" => 252,
        "ToPort" => 86,
        "CidrIp" => "255.255.255.255/32",
        "Description" => "Nothing else",
    }]
}

/// Lets `from` connect to a TCP port of `to`: one rule in each group, once however many entries ask for it.
///
/// `place` is the template of an entry that knows both sides, so that their stacks need not know each other. Returns the
/// rules, for what must not exist before them.
pub(crate) fn open(cx: &mut Lowering<'_>, place: Place, from: &Side<'_>, to: &Side<'_>, port: Port) -> [Handle; 2] {
    let words = |what: &str| format!("{what} {} to {} {} {port}", from.owner, to.stack, to.owner);
    let handle = |what: &str| Handle { place, id: LogicalId::from_name("", from.stack, &words(what)) };
    cx.add_shared(Resource::new(
        handle("in"),
        "AWS::EC2::SecurityGroupIngress",
        object! {
            "GroupId" => to.group.clone(),
            "IpProtocol" => "tcp",
            "FromPort" => port.get(),
            "ToPort" => port.get(),
            "SourceSecurityGroupId" => from.group.clone(),
            "Description" => format!("From {} of stack {}", from.owner, from.stack),
        },
    ));
    cx.add_shared(Resource::new(
        handle("out"),
        "AWS::EC2::SecurityGroupEgress",
        object! {
            "GroupId" => from.group.clone(),
            "IpProtocol" => "tcp",
            "FromPort" => port.get(),
            "ToPort" => port.get(),
            "DestinationSecurityGroupId" => to.group.clone(),
            "Description" => format!("To {} of stack {}", to.owner, to.stack),
        },
    ));
    [handle("in"), handle("out")]
}
