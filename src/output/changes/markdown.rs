//! Changes as Markdown, for the comment of a pull request.
//!
//! The summary and the hash of the plan come first and are always there, however short the comment must be; then what
//! is dangerous, then everything else, as much as fits.

use std::fmt::Write as _;

use super::human::{Section, sections};
use super::text::cut;
use super::{Summary, View, dangers};
use crate::output::count;
use crate::output::markdown::{code, escaped};

/// Fewest bytes that a comment must have room for; with less it is as long as this.
///
/// The summary, the hash of a plan and what was left out always fit.
pub const MIN_BYTES: usize = 1_500;

/// Most bytes for a comment on GitHub, with some room for what others put around it.
///
/// Unit: bytes. A comment has at most 65,536 characters.
pub const MAX_BYTES: usize = 60_000;

/// Room that is kept for the words about what was left out. Unit: bytes.
const FOOTER: usize = 200;

/// Columns of the lines inside of code.
const WIDTH: usize = 100;

/// A comment that grows up to a limit.
struct Comment {
    text: String,
    most: usize,
}

impl Comment {
    fn room(&self) -> usize {
        self.most.saturating_sub(self.text.len())
    }

    /// Adds a text if all of it fits.
    fn add(&mut self, text: &str) -> bool {
        let fits = text.len() <= self.room();
        if fits {
            self.text.push_str(text);
        }
        fits
    }
}

/// Returns changes as Markdown of at most `max_bytes`, but no fewer than [`MIN_BYTES`].
pub fn render(view: &View<'_>, max_bytes: usize) -> String {
    let mut comment = Comment { text: head(view), most: max_bytes.max(MIN_BYTES).saturating_sub(FOOTER) };
    let mut left_out: usize = 0;
    for part in dangers_part(view).into_iter().chain(approvals_part(view)) {
        left_out += usize::from(!comment.add(&part));
    }
    let mut left_out_sections: usize = 0;
    for section in sections(view, WIDTH) {
        let added = left_out_sections == 0 && add_section(&mut comment, &section);
        left_out_sections += usize::from(!added);
    }
    let mut out = comment.text;
    if left_out > 0 {
        let _ = writeln!(out, "\n… {left_out} more dangers or approvals did not fit this comment.");
    }
    if left_out_sections > 0 {
        let parts = count(left_out_sections, "part");
        let _ = writeln!(out, "\n… {parts} cut or left out; `infra diff` shows everything.");
    }
    out
}

/// What is always there.
fn head(view: &View<'_>) -> String {
    let title = cut(&view.title.to_string(), 120, None);
    let mut out = format!("## infra diff: {}\n\n**{}**\n", escaped(&title), Summary::of(view.changes));
    if let Some(hash) = view.hash {
        let _ = writeln!(out, "\nPlan {}", code(hash));
    }
    out
}

fn dangers_part(view: &View<'_>) -> Vec<String> {
    let dangers = dangers(view.changes);
    let mut parts = Vec::new();
    for (index, danger) in dangers.iter().enumerate() {
        let mark = if danger.error { ":red_circle:" } else { ":warning:" };
        let mut text = if index == 0 { "\n### Look at this first\n\n".to_owned() } else { String::new() };
        let _ = write!(text, "* {mark} {}", escaped(&danger.text));
        if let Some(place) = &danger.place {
            let _ = write!(text, " ({})", code(place));
        }
        text.push('\n');
        if let Some(help) = &danger.help {
            let _ = writeln!(text, "  * {}", escaped(help));
        }
        parts.push(text);
    }
    parts
}

fn approvals_part(view: &View<'_>) -> Vec<String> {
    let mut parts = Vec::new();
    for (index, requirement) in view.requirements.iter().enumerate() {
        let mut text = if index == 0 { "\n### Needs approval\n\n".to_owned() } else { String::new() };
        let more = requirement.because.len().saturating_sub(1);
        let more = if more > 0 { format!(", and {more} more") } else { String::new() };
        let because = requirement.because.first().map_or("", String::as_str);
        let _ = writeln!(text, "* {}: {}{more}", code(requirement.rule.as_str()), escaped(because));
        parts.push(text);
    }
    parts
}

/// Adds a part with as many of its lines as fit; returns whether all did.
fn add_section(comment: &mut Comment, section: &Section) -> bool {
    let lines: Vec<String> = section.lines.iter().map(|line| signed(&line.show(false))).collect();
    // A fence that is longer than any run of backticks inside.
    let longest = lines.iter().flat_map(|line| line.split(|c| c != '`')).map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let note = if section.note.is_empty() { String::new() } else { format!(" <i>{}</i>", html(&section.note)) };
    let start = format!("\n<details><summary><b>{}</b>{note}</summary>\n\n{fence}diff\n", html(&section.title));
    let end = format!("{fence}\n\n</details>\n");
    let more = |left: usize| format!("… and {left} more lines\n");
    let room = comment.room().saturating_sub(start.len() + end.len());
    let whole = lines.join("\n") + "\n";
    if whole.len() <= room {
        return comment.add(&format!("{start}{whole}{end}"));
    }
    let mut body = String::new();
    let mut shown = 0;
    for line in &lines {
        if body.len() + line.len() + 1 + more(lines.len()).len() > room {
            break;
        }
        body.push_str(line);
        body.push('\n');
        shown += 1;
    }
    if shown > 0 {
        comment.add(&format!("{start}{body}{}{end}", more(lines.len() - shown)));
    }
    false
}

/// Puts the sign of a line first, where `diff` wants it; `~` becomes `!`, which is a change there.
fn signed(line: &str) -> String {
    let rest = line.trim_start();
    let indent = line.len() - rest.len();
    match rest.split_once(' ') {
        Some((sign @ ("+" | "-" | "~" | "-/+"), rest)) if indent > 0 => {
            let first = if sign == "~" || sign == "-/+" { "!" } else { sign };
            let shown = if sign == "-/+" { "-/+ " } else { "" };
            format!("{first}{}{shown}{rest}", " ".repeat(indent))
        }
        Some(_) | None => line.to_owned(),
    }
}

fn html(text: &str) -> String {
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    text.replace('@', "&#64;").replace('`', "&#96;").replace('*', "&#42;").replace('_', "&#95;")
}

#[cfg(test)]
mod tests {
    use infra_core::diff::Changes;
    use proptest::prelude::*;

    use super::*;
    use crate::output::changes::testing as fixture;

    #[test]
    #[expect(clippy::too_many_lines, reason = "a snapshot")]
    fn summary_dangers_and_one_part_per_stack() {
        insta::assert_snapshot!(fixture::full(|view| render(view, MAX_BYTES)), @r#"
        ## infra diff: dev (account 111122223333, eu-west-1)

        **1 to add, 2 to change, 2 to delete, 1 replaced, 1 stack in settings only, 4 records, 2 objects, 1 permission wider, 1 newly reachable, 1 loss of data, 1 blocking**

        Plan `9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08`

        ### Look at this first

        * :red_circle: orders-dev-data&#64;eu-west-1: output BucketUploadsArn goes away, but orders-dev-api&#64;eu-west-1 still takes it
          * deploy orders-dev-api first: `infra apply --stack api`
        * :red_circle: AWS::DynamoDB::Table TableOrders of orders-dev-data&#64;eu-west-1, which holds data, is replaced, because of Properties.KeySchema, Properties.SSESpecification.KMSMasterKeyId: replacement of Key (`stacks/data.yaml:4:3`)
        * :red_circle: data of AWS::S3::Bucket BucketUploads of orders-dev-data&#64;eu-west-1 is deleted
        * :red_circle: becomes public: anyone may read &lt;b> (QueueJobs of orders-dev-messaging&#64;eu-west-1) (`stacks/messaging.yaml:12:3`)
        * :warning: data of AWS::DynamoDB::Table TableOrders of orders-dev-data&#64;eu-west-1 stays, but nothing manages or uses it any more (`stacks/data.yaml:4:3`)
        * :warning: wider permission: sqs:SendMessage on QueueJobs for account 444455556666 (QueueJobsPolicy of orders-dev-messaging&#64;eu-west-1) (`stacks/messaging.yaml:12:3`)

        ### Needs approval

        * `stateful-replacement`: AWS::DynamoDB::Table orders-dev-data&#64;eu-west-1/TableOrders (stacks/data.yaml:4:3): is replaced by an empty one
        * `data-loss`: AWS::S3::Bucket orders-dev-data&#64;eu-west-1/BucketUploads: its data is deleted
        * `exposure`: orders-dev-messaging&#64;eu-west-1/QueueJobsPolicy: sqs:SendMessage on QueueJobs for account 444455556666, and 1 more
        * `dns-adoption`: www.example.com. CNAME: is not ours yet

        <details><summary><b>stack orders-dev-messaging&#64;eu-west-1</b> <i>changes, by a change set</i></summary>

        ```diff
        !  QueueJobs AWS::SQS::Queue  stacks/messaging.yaml:12:3
        !      Properties.VisibilityTimeout: 30 -> 60
        +      Properties.DelaySeconds: 5
        -      Properties.Tags[team]: orders
        !  QueueJobsPolicy AWS::SQS::QueuePolicy  stacks/messaging.yaml:12:3
              # by the templates
        !      Properties.PolicyDocument: …WS":"111122223333"},… -> …WS":"444455556666"},…  # may interrupt
        +  QueueWork AWS::SQS::Queue  stacks/messaging.yaml:20:3
              # looks like a rename of QueueTasks: `renamed-from: <its old name>` in the entry keeps it
        -  QueueTasks AWS::SQS::Queue
              # looks like a rename: compare with QueueWork
        ```

        </details>

        <details><summary><b>stack orders-dev-data&#64;eu-west-1</b> <i>changes, by a change set</i></summary>

        ```diff
        !  -/+ TableOrders AWS::DynamoDB::Table  stacks/data.yaml:4:3
              # replaced, because of Properties.SSESpecification.KMSMasterKeyId: replacement of Key
              # its data stays, and nothing uses it any more
        !      Properties.KeySchema: …ame":"id","KeyType":"HASH… -> …ame":"tenant","KeyType":"…  # replaces
        -  BucketUploads AWS::S3::Bucket
              # its data is deleted
        +  output TableOrdersArn: !GetAtt TableOrders.Arn
        ```

        </details>

        <details><summary><b>stack orders-dev-api&#64;eu-west-1</b> <i>changes, by the templates</i></summary>

        ```diff
        !  parameter DataTableOrdersArn: arn:aws:dynamodb:eu-west-1:111… -> (known after apply)
              # from orders-dev-data@eu-west-1:TableOrdersArn
        +  Tags[cost-centre]: 4711
        ```

        </details>

        <details><summary><b>zone example.com.</b> <i>Z0123456789ABCDEFGHIJ, 24 record sets now, by what is live</i></summary>

        ```diff
        +  shop.example.com. A ALIAS -> d123.cloudfront.net.
        +  internal.example.com. A ALIAS -> (known after apply)
        !  www.example.com. CNAME
              # taken over: it is there, and infra did not make it
        !      values: old.example.net. -> shop.example.com.
        !      TTL: 300 -> 60
        -  old.example.com. TXT "v=spf1 -all", TTL 60
          . left alone: api.example.com. A, external-dns manages it, by its record a-api.example.com. TXT
        ```

        </details>

        <details><summary><b>certificates</b></summary>

        ```diff
          * arn:aws:acm:us-east-1:111122223333:certificate/0f1e2d3c of orders-dev-web@us-east-1/Site expires
            on 2026-12-01 and is imported: AWS does not renew it
        ```

        </details>

        <details><summary><b>cluster main</b></summary>

        ```diff
        !  orders/orders-api Deployment (apps/v1)
        !      spec.template.spec.containers[api].image: orders:1.4.0 -> orders:1.5.0
        !  orders/orders-api Secret (v1)
        !      data.token: *** (before) -> *** (after)
        ```

        </details>

        <details><summary><b>not compared</b></summary>

        ```diff
          * objects of cluster spare were not compared: no cluster was asked
        ```

        </details>
        "#);
    }

    #[test]
    fn what_does_not_fit_is_told() {
        insta::assert_snapshot!(fixture::full(|view| render(view, 3_000)), @r#"
        ## infra diff: dev (account 111122223333, eu-west-1)

        **1 to add, 2 to change, 2 to delete, 1 replaced, 1 stack in settings only, 4 records, 2 objects, 1 permission wider, 1 newly reachable, 1 loss of data, 1 blocking**

        Plan `9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08`

        ### Look at this first

        * :red_circle: orders-dev-data&#64;eu-west-1: output BucketUploadsArn goes away, but orders-dev-api&#64;eu-west-1 still takes it
          * deploy orders-dev-api first: `infra apply --stack api`
        * :red_circle: AWS::DynamoDB::Table TableOrders of orders-dev-data&#64;eu-west-1, which holds data, is replaced, because of Properties.KeySchema, Properties.SSESpecification.KMSMasterKeyId: replacement of Key (`stacks/data.yaml:4:3`)
        * :red_circle: data of AWS::S3::Bucket BucketUploads of orders-dev-data&#64;eu-west-1 is deleted
        * :red_circle: becomes public: anyone may read &lt;b> (QueueJobs of orders-dev-messaging&#64;eu-west-1) (`stacks/messaging.yaml:12:3`)
        * :warning: data of AWS::DynamoDB::Table TableOrders of orders-dev-data&#64;eu-west-1 stays, but nothing manages or uses it any more (`stacks/data.yaml:4:3`)
        * :warning: wider permission: sqs:SendMessage on QueueJobs for account 444455556666 (QueueJobsPolicy of orders-dev-messaging&#64;eu-west-1) (`stacks/messaging.yaml:12:3`)

        ### Needs approval

        * `stateful-replacement`: AWS::DynamoDB::Table orders-dev-data&#64;eu-west-1/TableOrders (stacks/data.yaml:4:3): is replaced by an empty one
        * `data-loss`: AWS::S3::Bucket orders-dev-data&#64;eu-west-1/BucketUploads: its data is deleted
        * `exposure`: orders-dev-messaging&#64;eu-west-1/QueueJobsPolicy: sqs:SendMessage on QueueJobs for account 444455556666, and 1 more
        * `dns-adoption`: www.example.com. CNAME: is not ours yet

        <details><summary><b>stack orders-dev-messaging&#64;eu-west-1</b> <i>changes, by a change set</i></summary>

        ```diff
        !  QueueJobs AWS::SQS::Queue  stacks/messaging.yaml:12:3
        !      Properties.VisibilityTimeout: 30 -> 60
        +      Properties.DelaySeconds: 5
        -      Properties.Tags[team]: orders
        !  QueueJobsPolicy AWS::SQS::QueuePolicy  stacks/messaging.yaml:12:3
              # by the templates
        !      Properties.PolicyDocument: …WS":"111122223333"},… -> …WS":"444455556666"},…  # may interrupt
        +  QueueWork AWS::SQS::Queue  stacks/messaging.yaml:20:3
              # looks like a rename of QueueTasks: `renamed-from: <its old name>` in the entry keeps it
        -  QueueTasks AWS::SQS::Queue
              # looks like a rename: compare with QueueWork
        ```

        </details>

        <details><summary><b>stack orders-dev-data&#64;eu-west-1</b> <i>changes, by a change set</i></summary>

        ```diff
        !  -/+ TableOrders AWS::DynamoDB::Table  stacks/data.yaml:4:3
              # replaced, because of Properties.SSESpecification.KMSMasterKeyId: replacement of Key
        … and 5 more lines
        ```

        </details>

        … 6 parts cut or left out; `infra diff` shows everything.
        "#);
    }

    #[test]
    fn without_changes_only_the_summary_is_left() {
        let text = fixture::none(|view| render(view, MAX_BYTES));
        assert_eq!(text, "## infra diff: dev (account 111122223333, eu-west-1)\n\n**no changes**\n");
    }

    #[test]
    fn a_fence_is_longer_than_what_is_inside() {
        let changes = Changes { unseen: vec!["a ```` b".to_owned()], ..Changes::default() };
        assert!(fixture::of(&changes, |view| render(view, MAX_BYTES)).contains("`````diff\n"));
    }

    proptest! {
        #[test]
        fn a_comment_keeps_to_its_bytes_and_never_loses_summary_and_hash(
            most in MIN_BYTES..12_000,
            times in 1_usize..6,
            texts in prop::collection::vec("\\PC{0,400}", 0..8),
        ) {
            let mut changes = fixture::changes();
            changes.stacks = changes.stacks.iter().cycle().take(times * changes.stacks.len()).cloned().collect();
            changes.exposures = changes.exposures.iter().cycle().take(times * 3).cloned().collect();
            changes.unseen.extend(texts.iter().cloned());
            for (exposure, text) in changes.exposures.iter_mut().zip(&texts) {
                exposure.text.push_str(text);
            }
            let text = fixture::of(&changes, |view| render(view, most));
            prop_assert!(text.len() <= most, "{} > {most}", text.len());
            prop_assert!(text.contains(fixture::HASH));
            let summary = format!("**{}**", Summary::of(&changes));
            prop_assert!(text.contains(&summary));
            prop_assert_eq!(text.matches("<details>").count(), text.matches("</details>").count());
            let all = fixture::of(&changes, |view| render(view, usize::MAX));
            prop_assert!(text == all || text.contains('…'), "what is cut is told");
        }
    }
}
