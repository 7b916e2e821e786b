//! Who delivers to whom, and whether it may: by the policy of what receives, or by a role.

use std::borrow::Cow;

use super::{Prop, Resource, Statement, View, glob};
use crate::facts::delivery::{ALARM_OF_FUNCTION, Right, SLOTS, Slot};

/// What receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receiver {
    /// An event bus.
    Bus,
    /// A function of Lambda.
    Function,
    /// A queue of SQS.
    Queue,
    /// A state machine.
    StateMachine,
    /// A topic of SNS.
    Topic,
}

impl Receiver {
    /// Every receiver with its type, the service in its ARNs, the action that delivers to it, and what people call it.
    const ALL: [(Self, &'static str, &'static str, &'static str, &'static str); 5] = [
        (Self::Bus, "AWS::Events::EventBus", "events", "events:PutEvents", "event bus"),
        (Self::Function, "AWS::Lambda::Function", "lambda", "lambda:InvokeFunction", "function"),
        (Self::Queue, "AWS::SQS::Queue", "sqs", "sqs:SendMessage", "queue"),
        (Self::StateMachine, "AWS::StepFunctions::StateMachine", "states", "states:StartExecution", "state machine"),
        (Self::Topic, "AWS::SNS::Topic", "sns", "sns:Publish", "topic"),
    ];

    fn row(self) -> (&'static str, &'static str) {
        let row = Self::ALL.iter().find(|row| row.0 == self);
        row.map_or(("", ""), |row| (row.3, row.4))
    }

    /// Returns the action that delivers to it.
    pub fn action(self) -> &'static str {
        self.row().0
    }

    /// Returns what people call it.
    pub fn noun(self) -> &'static str {
        self.row().1
    }
}

/// One property that names what receives.
#[derive(Clone, Copy, Debug)]
pub struct Delivery<'v> {
    /// What is known of properties like it.
    pub slot: &'static Slot,
    /// The resource in which it is written.
    pub owner: Resource<'v>,
    /// The item of the list in which it is written, or all properties.
    pub item: Prop<'v>,
    /// The value that names what receives.
    pub written: Prop<'v>,
}

/// By what right something is delivered here.
#[derive(Clone, Copy, Debug)]
pub enum By<'v> {
    /// The policy of what receives lets the service in.
    Service(&'static str),
    /// A role, if it is one of the view.
    Role(Option<Resource<'v>>),
}

impl<'v> Delivery<'v> {
    /// Returns the resource that receives, if it is one of the view; of an alias or a version of a function the function.
    pub fn target(&self) -> Option<Resource<'v>> {
        let named = self.written.resource()?;
        match named.kind() {
            "AWS::Lambda::Alias" | "AWS::Lambda::Version" => named.get("FunctionName")?.resource(),
            _ => Some(named),
        }
    }

    /// Returns what receives, by its type or by the service in its ARN.
    pub fn receiver(&self) -> Option<Receiver> {
        let row = if let Some(target) = self.target() {
            Receiver::ALL.iter().find(|row| row.1 == target.kind())
        } else {
            let arn = self.written.pattern();
            let service = arn.strip_prefix("arn:")?.split(':').nth(1)?;
            Receiver::ALL.iter().find(|row| row.2 == service)
        };
        row.map(|row| row.0)
    }

    /// Returns what the service names as the source of the delivery (`aws:SourceArn`), if it is one of the view.
    pub fn source(&self) -> Option<Resource<'v>> {
        match self.owner.kind() {
            "AWS::SNS::Subscription" => self.owner.get("TopicArn")?.resource_of("AWS::SNS::Topic"),
            "AWS::Logs::SubscriptionFilter" => self.owner.get("LogGroupName")?.resource(),
            "AWS::CodeStarNotifications::NotificationRule" | "AWS::SES::ReceiptRule" => None,
            "AWS::SecretsManager::RotationSchedule" => self.owner.get("SecretId")?.resource(),
            _ => Some(self.owner),
        }
    }

    /// Returns the actions of which a role must allow one, so that it delivers.
    ///
    /// A pipe starts an express workflow and waits for it. Source:
    /// <https://docs.aws.amazon.com/eventbridge/latest/userguide/pipes-enrichment.html> (read 2026-11-30).
    pub fn actions(&self, receiver: Receiver) -> Vec<&'static str> {
        let waits = receiver == Receiver::StateMachine && self.owner.kind() == "AWS::Pipes::Pipe";
        let mut actions = vec![receiver.action()];
        actions.extend(waits.then_some("states:StartSyncExecution"));
        actions
    }

    /// Returns by what right it is delivered.
    pub fn by(&self) -> By<'v> {
        let role = |prop: Option<Prop<'v>>| By::Role(prop.and_then(|role| role.resource_of("AWS::IAM::Role")));
        match self.slot.right {
            Right::Service => By::Service(self.service()),
            Right::RoleOrService(path) => match self.item.get(path) {
                Some(written) => role(Some(written)),
                None => By::Service(self.service()),
            },
            Right::Role(path) => role(self.owner.get(path)),
            Right::RoleOfFunction(path) => {
                let function = self.owner.get(path).and_then(|it| it.resource_of("AWS::Lambda::Function"));
                role(function.and_then(|function| function.get("Role")))
            }
        }
    }

    /// Returns the principal that delivers.
    pub fn service(&self) -> &'static str {
        let of_alarm = self.slot.kind.starts_with("AWS::CloudWatch::");
        if of_alarm && self.receiver() == Some(Receiver::Function) { ALARM_OF_FUNCTION } else { self.slot.service }
    }

    /// Returns whether the policy of what receives certainly keeps the service out.
    pub fn is_refused(&self) -> bool {
        let (By::Service(service), Some(target), Some(receiver)) = (self.by(), self.target(), self.receiver()) else {
            return false;
        };
        let source = self.source();
        match receiver {
            Receiver::Function => !target.permissions().any(|it| permits(&it, service, source.as_ref())),
            Receiver::Queue | Receiver::Topic => {
                let Some(statements) = target.policy_statements() else { return false };
                // A topic without a policy of its own lets the account in, of which alarms are.
                let of_account = receiver == Receiver::Topic && service == "cloudwatch.amazonaws.com";
                if statements.is_empty() && of_account {
                    return false;
                }
                !statements.iter().any(|it| it.admits(service, receiver.action(), source.as_ref()))
            }
            Receiver::Bus | Receiver::StateMachine => false,
        }
    }

    /// Returns the policies and permissions of the same stack that are about what receives.
    pub fn policies(&self) -> Vec<Resource<'v>> {
        let Some(target) = self.target() else { return Vec::new() };
        let all = target.permissions().chain(target.own_policies());
        all.filter(|it| it.stack() == self.owner.stack()).collect()
    }
}

impl<'v> View<'v> {
    /// Returns every property that names what receives.
    pub fn deliveries(&'v self) -> impl Iterator<Item = Delivery<'v>> {
        SLOTS.iter().flat_map(move |slot| {
            self.of(slot.kind).flat_map(move |owner| {
                let items: Vec<Prop<'v>> =
                    if slot.list.is_empty() { vec![owner.properties()] } else { owner.each(slot.list).collect() };
                items.into_iter().filter_map(move |item| {
                    let written = if slot.key.is_empty() { Some(item) } else { item.get(slot.key) }?;
                    Some(Delivery { slot, owner, item, written })
                })
            })
        })
    }
}

impl<'v> Statement<'v> {
    /// Returns whether a statement of a resource's policy lets a service do an action for `source`, or may do so: what is
    /// not known does.
    pub fn admits(&self, service: &str, action: &str, source: Option<&Resource<'v>>) -> bool {
        let named =
            self.is_for_unknown() || self.service(service) || self.anyone() || self.prop.key("NotPrincipal").is_some();
        if !self.may_let(action) || !named {
            return false;
        }
        let mut accounts = self.condition("aws:SourceAccount").chain(self.condition("aws:SourceOwner")).peekable();
        let own = source.and_then(|source| source.stack().account());
        if let (Some(_), Some(own)) = (accounts.peek(), own)
            && !accounts.any(|account| account.text().is_none_or(|text| glob(&text, own.as_str())))
        {
            return false;
        }
        let mut arns = self.condition("aws:SourceArn").peekable();
        arns.peek().is_none() || arns.any(|arn| may_name(&arn, source))
    }
}

/// Returns whether a permission of a function lets a service invoke it for `source`, or may do so.
fn permits(permission: &Resource<'_>, service: &str, source: Option<&Resource<'_>>) -> bool {
    let principal = permission.get("Principal").and_then(|principal| principal.text());
    let action = permission.get("Action").and_then(|action| action.text());
    principal.is_none_or(|principal| super::is_service(&principal, service) || principal == "*")
        && action.is_none_or(|action| super::action_matches(&action, "lambda:InvokeFunction"))
        && permission.get("SourceArn").is_none_or(|arn| may_name(&arn, source))
}

/// Returns whether an ARN, or a pattern of ARNs, names `source` or may do so.
fn may_name<'v>(arn: &Prop<'v>, source: Option<&Resource<'v>>) -> bool {
    let Some(source) = source else { return true };
    if let Some(named) = arn.resource() {
        // The parts of an API stand for each other; a resource of another service stands for none.
        let service =
            |it: &Resource<'_>| it.kind().split("::").nth(1).map(|name| name.trim_end_matches("V2").to_owned());
        return named == *source || (named.kind() != source.kind() && service(&named) == service(source));
    }
    let alike: Vec<Resource<'_>> = arn.mentions().into_iter().filter(|it| it.kind() == source.kind()).collect();
    if !alike.is_empty() {
        return alike.contains(source);
    }
    let written: Cow<'_, str> = arn.text().unwrap_or_else(|| Cow::Owned(arn.pattern()));
    source.is_named_by(&written).unwrap_or(true)
}

impl<'v> Resource<'v> {
    /// Returns the permissions that are of a function, or that may be.
    pub fn permissions(&self) -> impl Iterator<Item = Resource<'v>> + use<'v> {
        let this = *self;
        self.view().of("AWS::Lambda::Permission").filter(move |permission| {
            let Some(named) = permission.get("FunctionName") else { return true };
            let function = named.resource().and_then(|it| match it.kind() {
                "AWS::Lambda::Alias" | "AWS::Lambda::Version" => it.get("FunctionName")?.resource(),
                // Both what it refers to and its attribute are the function's ARN.
                "AWS::Lambda::Url" => it.get("TargetFunctionArn")?.resource(),
                _ => Some(it),
            });
            if function.is_some_and(|it| it.kind() != this.kind()) {
                // What a custom resource gives may be any function.
                return true;
            }
            match (function, named.text()) {
                (Some(function), _) => function == this,
                (None, Some(text)) => {
                    this.name().is_some_and(|name| text.split(':').any(|part| part == name))
                        || named.mentions().contains(&this)
                }
                (None, None) => {
                    let mentioned = named.mentions();
                    mentioned.contains(&this) || !mentioned.iter().any(|it| it.kind() == this.kind())
                }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::Example;

    /// Ids of the findings about deliveries and roles.
    fn found(text: &str) -> Vec<&'static str> {
        let about = |id: &&str| id.starts_with("delivery/") || id.starts_with("sqs/queue-policy");
        Example::read(text).findings().iter().map(|finding| finding.id).filter(about).collect()
    }

    /// A schedule with a role whose policy is about these actions and resources.
    fn schedule(action: &str, resource: &str) -> String {
        format!(
            r#"
Resources:
  Jobs: {{ Type: AWS::SQS::Queue, Properties: {{ QueueName: app-jobs }} }}
  Role:
    Type: AWS::IAM::Role
    Properties:
      AssumeRolePolicyDocument: {{ Version: "2012-10-17", Statement: [{{ Effect: Allow, Principal: {{ Service: scheduler.amazonaws.com }}, Action: "sts:AssumeRole" }}] }}
      Policies: [{{ PolicyName: a, PolicyDocument: {{ Version: "2012-10-17", Statement: [{{ Effect: Allow, Action: {action}, Resource: {resource} }}] }} }}]
  Nightly: {{ Type: AWS::Scheduler::Schedule, Properties: {{ FlexibleTimeWindow: {{ Mode: "OFF" }}, ScheduleExpression: rate(1 day), Target: {{ Arn: !GetAtt Jobs.Arn, RoleArn: !GetAtt Role.Arn }} }} }}
"#
        )
    }

    #[test]
    fn patterns_of_arns_are_compared_with_what_is_known_of_the_resource() {
        for right in [
            "\"arn:aws:sqs:*:*:app-*\"",
            "!Sub \"arn:aws:sqs:${AWS::Region}:${AWS::AccountId}:*\"",
            "!Sub \"arn:${AWS::Partition}:sqs:${AWS::Region}:${AWS::AccountId}:app-job?\"",
            "\"*\"",
        ] {
            assert_eq!(found(&schedule("sqs:SendMessage", right)), [""; 0], "{right}");
        }
        for wrong in ["\"arn:aws:sqs:*:*:other-*\"", "!Sub \"arn:aws:sns:${AWS::Region}:${AWS::AccountId}:app-jobs\""] {
            assert_eq!(found(&schedule("sqs:SendMessage", wrong)), ["delivery/role-lacks-action"], "{wrong}");
        }
    }

    #[test]
    fn what_is_not_known_may_let_it_through() {
        let parameter = |text: String| format!("Parameters: {{ Act: {{ Type: String }} }}{text}");
        assert_eq!(found(&parameter(schedule("!Sub \"sqs:${Act}\"", "\"*\""))), [""; 0]);
        assert_eq!(found(&parameter(schedule("[!Ref Act]", "\"*\""))), [""; 0]);
        let document = schedule("sqs:SendMessage", "\"*\"").replace(
            "PolicyDocument: { Version: \"2012-10-17\", Statement: [{ Effect: Allow, Action: sqs:SendMessage, Resource: \"*\" }] }",
            "PolicyDocument: !Ref Act",
        );
        assert!(document.contains("!Ref Act"));
        assert_eq!(found(&parameter(document)), [""; 0]);
    }

    /// A log group that sends to a function, with the permission's principal and source.
    fn logs(principal: &str, source: &str) -> String {
        format!(
            r#"
Resources:
  Group: {{ Type: AWS::Logs::LogGroup, Properties: {{ LogGroupName: /x/y, RetentionInDays: 7 }} }}
  Fn: {{ Type: AWS::Lambda::Function, Properties: {{ Runtime: python3.13, Handler: a.b, Role: "arn:aws:iam::111122223333:role/work", Code: {{ ZipFile: "1" }} }} }}
  May: {{ Type: AWS::Lambda::Permission, Properties: {{ Action: "lambda:InvokeFunction", FunctionName: !Ref Fn, Principal: {principal}, SourceArn: {source} }} }}
  Filter: {{ Type: AWS::Logs::SubscriptionFilter, DependsOn: May, Properties: {{ DestinationArn: !GetAtt Fn.Arn, FilterPattern: "", LogGroupName: !Ref Group }} }}
"#
        )
    }

    #[test]
    fn log_groups_are_named_with_their_streams_and_logs_by_region() {
        let arn = "!Sub \"arn:aws:logs:${AWS::Region}:${AWS::AccountId}:log-group:/x/y:*\"";
        for principal in ["logs.amazonaws.com", "logs.eu-west-1.amazonaws.com"] {
            assert_eq!(found(&logs(principal, arn)), [""; 0], "{principal}");
            assert_eq!(found(&logs(principal, "!GetAtt Group.Arn")), [""; 0], "{principal}");
        }
        assert_eq!(found(&logs("sns.amazonaws.com", arn)), ["delivery/refused"]);
        let other = arn.replace("/x/y", "/x/z");
        assert_eq!(found(&logs("logs.amazonaws.com", &other)), ["delivery/refused"]);
    }
}
