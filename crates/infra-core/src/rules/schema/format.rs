//! Formats of text that can be checked without asking AWS.

use std::net::{Ipv4Addr, Ipv6Addr};

use crate::names::Arn;

/// How an ARN of a format begins behind the account.
struct Named {
    format: &'static str,
    service: &'static str,
    resources: &'static [&'static str],
}

/// Formats that are ARNs of one service.
///
/// Source: the resource types tables of <https://docs.aws.amazon.com/service-authorization/latest/reference/> (read
/// 2026-11-23).
const ARNS: &[Named] = &[
    Named { format: "AWS::ACM::Certificate.Arn", service: "acm", resources: &["certificate/"] },
    Named { format: "AWS::IAM::Role.Arn", service: "iam", resources: &["role/"] },
    Named { format: "AWS::KMS::Key.Arn", service: "kms", resources: &["key/", "alias/"] },
    Named { format: "AWS::Lambda::Function.Arn", service: "lambda", resources: &["function:"] },
    Named { format: "AWS::SNS::Topic.Arn", service: "sns", resources: &[""] },
    Named { format: "AWS::SQS::Queue.Arn", service: "sqs", resources: &[""] },
];

/// How identifiers begin that are a prefix and hexadecimal digits.
///
/// Source: <https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/resource-ids.html> (read 2026-11-23): 8 or 17 digits.
const IDS: &[(&str, &str)] = &[
    ("AWS::EC2::Image.Id", "ami-"),
    ("AWS::EC2::SecurityGroup.Id", "sg-"),
    ("AWS::EC2::Subnet.Id", "subnet-"),
    ("AWS::EC2::VPC.Id", "vpc-"),
];

/// Whether a text has a format, or the format is none that can be checked.
pub(super) fn fits(format: &str, text: &str) -> bool {
    match format {
        "ipv4" => text.parse::<Ipv4Addr>().is_ok(),
        "ipv6" => text.parse::<Ipv6Addr>().is_ok(),
        "ipv4-network" => is_network(text, 32, |address| address.parse::<Ipv4Addr>().is_ok()),
        "ipv6-network" => is_network(text, 128, |address| address.parse::<Ipv6Addr>().is_ok()),
        "json" => serde_json::from_str::<serde::de::IgnoredAny>(text).is_ok(),
        _ => is_arn(format, text) && is_id(format, text),
    }
}

fn is_network(text: &str, most: u8, is_address: impl Fn(&str) -> bool) -> bool {
    text.split_once('/')
        .is_some_and(|(address, length)| is_address(address) && length.parse::<u8>().is_ok_and(|length| length <= most))
}

fn is_arn(format: &str, text: &str) -> bool {
    let Some(named) = ARNS.iter().find(|named| named.format == format) else { return true };
    text.parse::<Arn>().is_ok_and(|arn| {
        arn.service() == named.service && named.resources.iter().any(|start| arn.resource().starts_with(start))
    })
}

fn is_id(format: &str, text: &str) -> bool {
    let Some((_, start)) = IDS.iter().find(|(known, _)| *known == format) else { return true };
    // EC2 looks images up in Systems Manager itself, see
    // <https://docs.aws.amazon.com/autoscaling/ec2/userguide/using-systems-manager-parameters.html> (read 2026-11-30).
    if *start == "ami-" && text.starts_with("resolve:ssm:") {
        return true;
    }
    text.strip_prefix(start).is_some_and(|digits| {
        matches!(digits.len(), 8 | 17) && digits.bytes().all(|digit| digit.is_ascii_alphanumeric())
    })
}

/// What a format asks for, in words.
pub(super) fn describe(format: &str) -> String {
    match format {
        "ipv4" | "ipv6" => format!("an address of {}", if format == "ipv4" { "IPv4" } else { "IPv6" }),
        "ipv4-network" => "an IPv4 network such as `10.0.0.0/16`".to_owned(),
        "ipv6-network" => "an IPv6 network such as `fd00::/64`".to_owned(),
        "json" => "a JSON document".to_owned(),
        _ => match (ARNS.iter().find(|named| named.format == format), IDS.iter().find(|(known, _)| *known == format)) {
            (Some(named), _) => {
                let resource = named.resources.first().copied().unwrap_or_default();
                format!("an ARN such as `arn:aws:{}:…:{resource}…`", named.service)
            }
            (None, Some((_, start))) => format!("an id such as `{start}0123456789abcdef0`"),
            (None, None) => format!("of format `{format}`"),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_the_format_or_not() {
        for (format, right, wrong) in [
            ("ipv4", "10.0.0.1", "10.0.0.256"),
            ("ipv6", "fd00::1", "10.0.0.1"),
            ("ipv4-network", "10.0.0.0/16", "10.0.0.0/33"),
            ("ipv6-network", "::/0", "::"),
            ("json", "{\"a\": 1}", "{a: 1}"),
            ("AWS::IAM::Role.Arn", "arn:aws:iam::111122223333:role/a/b", "arn:aws:iam::111122223333:user/a"),
            ("AWS::EC2::VPC.Id", "vpc-0123abcd", "subnet-0123abcd"),
        ] {
            assert!(fits(format, right), "{format} {right}");
            assert!(!fits(format, wrong), "{format} {wrong}");
            assert!(!describe(format).is_empty());
        }
        assert!(fits("date-time", "anything: nobody checks it"));
    }
}
