//! What is dangerous in changes as workflow commands, which GitHub shows beside the changed lines.

use std::fmt::Write as _;

use super::{Danger, Summary, View, dangers, replacements};
use crate::output::github::{data, property};

/// Returns a line for each danger and each other replacement, and one that sums up.
pub fn render(view: &View<'_>) -> String {
    let mut out = String::new();
    for danger in dangers(view.changes).into_iter().chain(replacements(view.changes)) {
        command(&mut out, &danger);
    }
    let _ = writeln!(out, "{} in {}", Summary::of(view.changes), view.title);
    out
}

fn command(out: &mut String, danger: &Danger) {
    let level = if danger.error { "error" } else { "warning" };
    let mut properties = danger.place.as_deref().map(position).unwrap_or_default();
    properties.push(("title", "infra diff".to_owned()));
    let properties: Vec<String> = properties.iter().map(|(key, value)| format!("{key}={}", property(value))).collect();
    let help = danger.help.iter().map(|help| format!("help: {help}"));
    let text: Vec<String> = std::iter::once(danger.text.clone()).chain(help).collect();
    let _ = writeln!(out, "::{level} {}::{}", properties.join(","), data(&text.join("\n")));
}

/// Splits `path:line:column`; a path may hold colons itself.
fn position(place: &str) -> Vec<(&'static str, String)> {
    let number = |text: &str| text.parse::<usize>().is_ok();
    let (rest, last) = place.rsplit_once(':').filter(|(_, last)| number(last)).unwrap_or((place, ""));
    let (path, line, column) = match rest.rsplit_once(':').filter(|(_, line)| number(line)) {
        Some((path, line)) => (path, line, last),
        None => (rest, last, ""),
    };
    let named = [("file", path.replace('\\', "/")), ("line", line.to_owned()), ("col", column.to_owned())];
    named.into_iter().filter(|(_, value)| !value.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::changes::testing as fixture;

    #[test]
    fn a_line_for_each_danger() {
        insta::assert_snapshot!(fixture::full(render), @r#"
        ::error title=infra diff::orders-dev-data@eu-west-1: output BucketUploadsArn goes away, but orders-dev-api@eu-west-1 still takes it%0Ahelp: deploy orders-dev-api first: `infra apply --stack api`
        ::error file=stacks/data.yaml,line=4,col=3,title=infra diff::AWS::DynamoDB::Table TableOrders of orders-dev-data@eu-west-1, which holds data, is replaced, because of Properties.KeySchema, Properties.SSESpecification.KMSMasterKeyId: replacement of Key
        ::error title=infra diff::data of AWS::S3::Bucket BucketUploads of orders-dev-data@eu-west-1 is deleted
        ::error file=stacks/messaging.yaml,line=12,col=3,title=infra diff::becomes public: anyone may read <b> (QueueJobs of orders-dev-messaging@eu-west-1)
        ::warning file=stacks/data.yaml,line=4,col=3,title=infra diff::data of AWS::DynamoDB::Table TableOrders of orders-dev-data@eu-west-1 stays, but nothing manages or uses it any more
        ::warning file=stacks/messaging.yaml,line=12,col=3,title=infra diff::wider permission: sqs:SendMessage on QueueJobs for account 444455556666 (QueueJobsPolicy of orders-dev-messaging@eu-west-1)
        1 to add, 2 to change, 2 to delete, 1 replaced, 1 stack in settings only, 4 records, 2 objects, 1 permission wider, 1 newly reachable, 1 loss of data, 1 blocking in dev (account 111122223333, eu-west-1)
        "#);
        assert_eq!(fixture::none(render), "no changes in dev (account 111122223333, eu-west-1)\n");
    }

    #[test]
    fn a_replacement_without_data_is_a_warning() {
        let mut changes = fixture::changes();
        changes.exposures.clear();
        changes.hazards.clear();
        changes.stacks.truncate(1);
        changes.stacks[0].resources.truncate(1);
        changes.stacks[0].resources[0].impact = infra_core::diff::Impact::Replaces;
        let expected = "::warning file=stacks/messaging.yaml,line=12,col=3,title=infra diff::AWS::SQS::Queue QueueJobs of \
                        orders-dev-messaging@eu-west-1 is replaced\n";
        assert!(fixture::of(&changes, render).starts_with(expected));
    }

    #[test]
    fn places_are_split_from_the_end() {
        let of = |place| position(place).into_iter().map(|(_, value)| value).collect::<Vec<_>>();
        assert_eq!(of("stacks/a.yaml:12:3"), ["stacks/a.yaml", "12", "3"]);
        assert_eq!(of("C:\\a.yaml:12:3"), ["C:/a.yaml", "12", "3"]);
        assert_eq!(of("src/stack.rs:7"), ["src/stack.rs", "7"]);
        assert_eq!(of("a.yaml"), ["a.yaml"]);
    }
}
