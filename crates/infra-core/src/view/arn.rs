//! Names and ARNs as text, matched with the resources they are of.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Prop, Resource, View};
use crate::artifacts::Expr;
use crate::names::overlap;

/// How the ARN of a type is made of the resource's name.
struct Named {
    kind: &'static str,
    /// The property that holds the name.
    property: &'static str,
    service: &'static str,
    /// What stands before the name in the ARN's resource part.
    prefix: &'static str,
    /// Whether `Ref` gives the name.
    by_ref: bool,
}

/// Types whose resources are named by text in policies, targets and environments.
///
/// Source: "Return values" of each type in the CloudFormation User Guide, and the resource types tables of
/// <https://docs.aws.amazon.com/service-authorization/latest/reference/> (read 2026-11-23).
const NAMED: &[Named] = &[
    Named { kind: "AWS::DynamoDB::Table", property: "TableName", service: "dynamodb", prefix: "table/", by_ref: true },
    Named { kind: "AWS::EKS::Cluster", property: "Name", service: "eks", prefix: "cluster/", by_ref: true },
    Named { kind: "AWS::Events::EventBus", property: "Name", service: "events", prefix: "event-bus/", by_ref: true },
    Named { kind: "AWS::IAM::Role", property: "RoleName", service: "iam", prefix: "role/", by_ref: true },
    Named {
        kind: "AWS::Lambda::Function",
        property: "FunctionName",
        service: "lambda",
        prefix: "function:",
        by_ref: true,
    },
    Named {
        kind: "AWS::Logs::LogGroup",
        property: "LogGroupName",
        service: "logs",
        prefix: "log-group:",
        by_ref: true,
    },
    Named { kind: "AWS::S3::Bucket", property: "BucketName", service: "s3", prefix: "", by_ref: true },
    Named { kind: "AWS::SNS::Topic", property: "TopicName", service: "sns", prefix: "", by_ref: false },
    Named { kind: "AWS::SQS::Queue", property: "QueueName", service: "sqs", prefix: "", by_ref: false },
    Named {
        kind: "AWS::StepFunctions::StateMachine",
        property: "StateMachineName",
        service: "states",
        prefix: "stateMachine:",
        by_ref: false,
    },
];

fn named(kind: &str) -> Option<&'static Named> {
    NAMED.iter().find(|named| named.kind == kind)
}

/// Resources by type and name.
pub(super) type Names = BTreeMap<(&'static str, String), Vec<u32>>;

impl<'v> Resource<'v> {
    /// Returns the physical name, if the template gives one and it is known.
    pub fn name(&self) -> Option<Cow<'v, str>> {
        self.get(named(self.kind())?.property)?.text()
    }

    /// Returns the ARN with `*` for what is not known, for types that policies name.
    pub fn arn_pattern(&self) -> Option<String> {
        let named = named(self.kind())?;
        let name = self.name().unwrap_or(Cow::Borrowed("*"));
        let global = matches!(named.service, "iam" | "s3");
        let region = self.region().filter(|_| !global);
        let account = self.stack().account().filter(|_| named.service != "s3");
        let unknown = |known: bool| if known { "" } else { "*" };
        Some(format!(
            "arn:{}:{}:{}:{}:{}{name}",
            self.region().map_or("*", |region| region.partition().as_str()),
            named.service,
            region.map_or(unknown(global), |region| region.as_str()),
            account.map_or(unknown(named.service == "s3"), |account| account.as_str()),
            named.prefix,
        ))
    }
}

impl Resource<'_> {
    /// Returns whether a pattern of ARNs may name the resource; `None` for types whose ARN is not known here.
    ///
    /// The ARN of a log group may be followed by `:*`.
    /// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/iam-access-control-overview-cwl.html> (from
    /// memory).
    pub fn is_named_by(&self, pattern: &str) -> Option<bool> {
        let own = self.arn_pattern()?;
        let streams = self.kind() == "AWS::Logs::LogGroup";
        Some(overlap(pattern, &own) || (streams && overlap(pattern, &format!("{own}:*"))))
    }
}

impl<'v> View<'v> {
    pub(super) fn names_of(&self) -> Names {
        let mut names = Names::new();
        for named in NAMED {
            for at in self.by_kind.get(named.kind).into_iter().flatten() {
                if let Some(name) = self.resource(*at).and_then(|resource| resource.name()) {
                    names.entry((named.kind, name.into_owned())).or_default().push(*at);
                }
            }
        }
        names
    }

    /// Returns the resource of which `prop` is the ARN, as text.
    pub(super) fn by_text(&'v self, prop: &Prop<'v>) -> Option<Resource<'v>> {
        let text = match prop.expr() {
            Expr::Text(_) | Expr::Concat(_) => prop.pattern(),
            _ => return None,
        };
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let &["arn", _, service, region, account, rest] = parts.as_slice() else { return None };
        let found = NAMED.iter().filter(|named| named.service == service).find_map(|named| {
            let name = rest.strip_prefix(named.prefix)?;
            self.physical.get_or_init(|| self.names_of()).get(&(named.kind, name.to_owned()))
        })?;
        let fits =
            |known: Option<&str>, text: &str| known.is_none_or(|known| text.is_empty() || text == "*" || known == text);
        let mut fitting = found.iter().filter_map(|at| self.resource(*at)).filter(|resource| {
            fits(resource.region().as_ref().map(|region| region.as_str()), region)
                && fits(resource.stack().account().map(|account| account.as_str()), account)
        });
        fitting.next().filter(|_| fitting.next().is_none())
    }

    /// Returns what a reference gives as text, where that is the resource's own name or ARN and is known.
    pub(super) fn own_text(&'v self, expr: &Expr) -> Option<Cow<'v, str>> {
        let (handle, attribute) = match expr {
            Expr::Ref(handle) => (handle, None),
            Expr::Att(handle, attribute) => (handle, Some(attribute.as_ref())),
            _ => return None,
        };
        let resource = self.by_handle(handle)?;
        let named = named(resource.kind())?;
        match attribute {
            None if named.by_ref => resource.name(),
            Some(attribute) if attribute == named.property => resource.name(),
            Some("Arn" | "TopicArn") => resource.arn_pattern().filter(|arn| !arn.contains('*')).map(Cow::Owned),
            None | Some(_) => None,
        }
    }
}
