//! Changes as text for people.
//!
//! The first and the last line sum up. What is dangerous comes before everything else, then stacks, zones,
//! certificates, clusters, and what was not compared.

use anstyle::{AnsiColor, Style};
use infra_core::diff::{
    Action, DataLoss, DriftNote, Impact, Method, ObjectChange, ResourceChange, StackChange, ValueChange, ZoneChange,
};

use super::text::{answer, changed, clean, method, record_fields, sign, wrapped};
use super::{Danger, Summary, View, dangers};
use crate::output::count;

/// Narrowest terminal that is written for. Unit: columns.
const MIN_WIDTH: usize = 40;

/// Widest line. Unit: columns. A wider one is hard to read; only what cannot be broken is longer.
const MAX_WIDTH: usize = 120;

/// Room that values want before they get lines of their own. Unit: columns.
const ROOM: usize = 36;

/// Room of a value that nothing limits.
const UNCUT: usize = 1 << 20;

/// How a piece of a line is painted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Tone {
    Plain,
    Bold,
    Dim,
    Add,
    Change,
    Remove,
    Danger,
}

/// A line of a report.
#[derive(Clone, Debug, Default)]
pub(super) struct Line(Vec<(Tone, String)>);

/// A part of a report with its lines.
#[derive(Clone, Debug)]
pub(super) struct Section {
    /// What it is about, such as a stack.
    pub(super) title: String,
    /// What is said beside the title.
    pub(super) note: String,
    /// Its lines.
    pub(super) lines: Vec<Line>,
}

/// Returns changes as text; with `colour` it has ANSI escapes. `width` is that of the terminal in columns.
pub fn render(view: &View<'_>, colour: bool, width: usize) -> String {
    let width = width.clamp(MIN_WIDTH, MAX_WIDTH);
    let summary = Summary::of(view.changes).to_string();
    let mut lines: Vec<Line> = bold(&summary, width);
    lines.extend(plain(Tone::Dim, 0, &format!("in {}", view.title), width));
    if let Some(hash) = view.hash {
        lines.push(Line::default().add(Tone::Dim, format!("plan {hash}")));
    }
    let body = body(view, width);
    if !body.is_empty() {
        lines.extend(body);
        lines.push(Line::default());
        lines.extend(bold(&summary, width));
    }
    let mut out = String::new();
    for line in lines {
        out.push_str(&line.show(colour));
        out.push('\n');
    }
    out
}

/// Returns what is decided on, again, for the screen before a question: dangers, approvals and the summary. Nothing if all
/// of the report is on a screen of so many lines.
pub fn last_screen(view: &View<'_>, colour: bool, (width, height): (usize, usize)) -> Option<String> {
    let width = width.clamp(MIN_WIDTH, MAX_WIDTH);
    let mut concern = concern(view, width);
    if concern.is_empty() || render(view, false, width).lines().count() < height {
        return None;
    }
    let mut summary = vec![Line::default()];
    summary.extend(bold(&Summary::of(view.changes).to_string(), width));
    // Two lines are the question's, and one may have to say that there are more.
    let room = height.saturating_sub(summary.len() + 3).max(1);
    let more = concern.len().saturating_sub(room);
    if more > 0 {
        concern.truncate(room);
        concern.push(Line::default().add(Tone::Dim, format!("  and {} above", count(more, "line"))));
    }
    let lines = concern.into_iter().chain(summary);
    Some(lines.map(|line| line.show(colour) + "\n").collect())
}

/// The summary, broken only between its parts.
fn bold(summary: &str, width: usize) -> Vec<Line> {
    let mut lines: Vec<String> = Vec::new();
    for part in summary.split_inclusive(", ") {
        match lines.last_mut() {
            Some(line) if line.chars().count() + part.trim_end().chars().count() <= width => line.push_str(part),
            Some(_) | None => lines.push(part.to_owned()),
        }
    }
    lines.into_iter().map(|line| Line::default().add(Tone::Bold, line.trim_end())).collect()
}

fn body(view: &View<'_>, width: usize) -> Vec<Line> {
    let mut lines = concern(view, width);
    for section in sections(view, width) {
        lines.push(Line::default());
        lines.extend(tailed(Line::default().add(Tone::Bold, section.title), &section.note, 2, width));
        lines.extend(section.lines);
    }
    lines
}

/// What is dangerous, and what somebody must agree to.
fn concern(view: &View<'_>, width: usize) -> Vec<Line> {
    let mut lines = Vec::new();
    let dangers = dangers(view.changes);
    if !dangers.is_empty() {
        lines.push(Line::default());
        lines.extend(dangers.iter().flat_map(|danger| danger_lines(danger, width)));
    }
    if !view.requirements.is_empty() {
        lines.push(Line::default());
        lines.push(Line::default().add(Tone::Bold, "needs approval"));
        for requirement in view.requirements {
            let more = requirement.because.len().saturating_sub(1);
            let more = if more > 0 { format!(", and {more} more") } else { String::new() };
            let because = requirement.because.first().map_or("", String::as_str);
            lines.extend(hanging(
                Tone::Change,
                &format!("  {}:", requirement.rule),
                &format!("{because}{more}"),
                width,
            ));
        }
    }
    lines
}

fn danger_lines(danger: &Danger, width: usize) -> Vec<Line> {
    let (tone, word) = if danger.error { (Tone::Danger, "danger:") } else { (Tone::Change, "caution:") };
    let mut lines = hanging(tone, word, &danger.text, width);
    if let Some(place) = &danger.place {
        lines.push(Line::default().add(Tone::Dim, format!("  at {place}")));
    }
    if let Some(help) = &danger.help {
        lines.extend(hanging(Tone::Dim, "  help:", help, width));
    }
    lines
}

/// Returns everything below the dangers, as parts.
pub(super) fn sections(view: &View<'_>, width: usize) -> Vec<Section> {
    let changes = view.changes;
    let mut sections: Vec<Section> = changes.stacks.iter().map(|stack| stack_section(stack, width)).collect();
    sections.extend(changes.zones.iter().map(|zone| zone_section(zone, width)));
    let mut list = |title: &str, lines: Vec<Line>| {
        if !lines.is_empty() {
            sections.push(Section { title: title.to_owned(), note: String::new(), lines });
        }
    };
    let notes = changes.certificates.iter().flat_map(|note| {
        let tone = if note.blocking { Tone::Danger } else { Tone::Plain };
        hanging(tone, "  *", &format!("{} of {} {}", note.arn, note.of, note.text), width)
    });
    list("certificates", notes.collect());
    let mut clusters: Vec<&String> = changes.objects.iter().map(|object| &object.cluster).collect();
    clusters.dedup();
    for cluster in clusters {
        let objects = changes.objects.iter().filter(|object| object.cluster == *cluster);
        list(&format!("cluster {cluster}"), objects.flat_map(|object| object_lines(object, width)).collect());
    }
    let warnings = changes.warnings.iter().flat_map(|text| hanging(Tone::Change, "  *", text, width));
    list("warnings of API servers", warnings.collect());
    list("drift", changes.drift.iter().flat_map(|note| drift_lines(note, width)).collect());
    let unseen = changes.unseen.iter().flat_map(|text| hanging(Tone::Plain, "  *", text, width));
    list("not compared", unseen.collect());
    sections
}

fn stack_section(stack: &StackChange, width: usize) -> Section {
    let word = match stack.action {
        Action::Create => "is made",
        Action::Update => "changes",
        Action::Delete => "is deleted",
        Action::Retain => "is no longer managed",
    };
    let mut lines = Vec::new();
    for resource in &stack.resources {
        let by = (resource.method != stack.method).then_some(resource.method);
        lines.extend(resource_lines(resource, by, width));
    }
    let others = [("parameter ", &stack.parameters), ("output ", &stack.outputs), ("", &stack.attributes)];
    // Of a stack that comes or goes as a whole, everything else comes and goes with it.
    let whole = matches!(stack.action, Action::Create | Action::Delete);
    for (what, values) in others.into_iter().filter(|_| !whole) {
        for change in values {
            let named = ValueChange { path: format!("{what}{}", change.path), ..change.clone() };
            lines.extend(value_lines(&named, 2, width));
        }
    }
    let taken = if stack.adopts { " and is not ours yet: it is taken over" } else { "" };
    let note = format!("{word}{taken}, {}", method(stack.method));
    Section { title: format!("stack {}", stack.stack), note, lines }
}

fn resource_lines(resource: &ResourceChange, by: Option<Method>, width: usize) -> Vec<Line> {
    let tone = tone(resource.action, resource.impact);
    let head = Line::default()
        .add(Tone::Plain, "  ")
        .add(tone, sign(resource.action, resource.impact))
        .add(Tone::Bold, format!(" {}", resource.id))
        .add(Tone::Plain, format!(" {}", resource.kind));
    let mut lines = tailed(head, resource.place.as_deref().unwrap_or_default(), 6, width);
    let mut remarks = Vec::new();
    let shown =
        |cause: &&String| !resource.properties.iter().any(|one| one.path == **cause && one.impact > Impact::InPlace);
    let causes: Vec<&str> = resource.causes.iter().filter(shown).map(String::as_str).collect();
    let because = if causes.is_empty() { String::new() } else { format!(", because of {}", causes.join(", ")) };
    match resource.impact {
        Impact::Replaces => remarks.push(format!("replaced{because}")),
        Impact::MayReplace => remarks.push(format!("may be replaced{because}")),
        Impact::MayInterrupt => remarks.push(format!("may be interrupted{because}")),
        Impact::InPlace => {}
    }
    if resource.action == Action::Retain {
        remarks.push("stays, and nothing manages it any more".to_owned());
    }
    remarks.extend(resource.data.map(|data| match data {
        DataLoss::Deleted => "its data is deleted".to_owned(),
        DataLoss::Orphaned => "its data stays, and nothing uses it any more".to_owned(),
        DataLoss::Snapshot => "a snapshot of its data is kept".to_owned(),
    }));
    remarks.extend(resource.looks_like.as_ref().map(|other| match resource.action {
        Action::Create => {
            format!("looks like a rename of {other}: `renamed-from: <its old name>` in the entry keeps it")
        }
        Action::Update | Action::Delete | Action::Retain => format!("looks like a rename: compare with {other}"),
    }));
    remarks.extend(by.map(|by| method(by).to_owned()));
    lines.extend(remarks.iter().flat_map(|remark| remark_lines(remark, 6, width)));
    lines.extend(resource.properties.iter().flat_map(|change| value_lines(change, 6, width)));
    lines
}

fn zone_section(zone: &ZoneChange, width: usize) -> Section {
    let mut lines = Vec::new();
    for change in &zone.records {
        let set = change.after.as_ref().filter(|_| change.action != Action::Update);
        let set = set.or(change.before.as_ref().filter(|_| change.action == Action::Delete));
        let head = Line::default()
            .add(Tone::Plain, "  ")
            .add(tone(change.action, Impact::InPlace), sign(change.action, Impact::InPlace))
            .add(Tone::Bold, format!(" {}", change.key.name))
            .add(
                Tone::Plain,
                format!(" {}", &change.key.to_string().replacen(&format!("{} ", change.key.name), "", 1)),
            );
        lines.extend(match set {
            Some(set) => followed(head, &answer(set), 6, width),
            None => vec![head],
        });
        if change.adopts {
            let remark = match change.action {
                Action::Delete => "perhaps another's: a run that was going to make it did not end",
                Action::Create | Action::Update | Action::Retain => {
                    "taken over: it is there, and infra did not make it"
                }
            };
            lines.extend(remark_lines(remark, 6, width));
        }
        if change.releases {
            lines.extend(remark_lines("given back to whoever made it: it is not ours any more", 6, width));
        }
        lines.extend(record_fields(change).iter().flat_map(|field| value_lines(field, 6, width)));
    }
    for (key, why) in &zone.left_alone {
        lines.extend(hanging(Tone::Dim, "  . left alone:", &format!("{key}, {why}"), width));
    }
    let private = if zone.private { "private " } else { "" };
    let id = if zone.id.contains("${") { "made by this run".to_owned() } else { zone.id.clone() };
    let note = format!("{id}, {} now, {}", count(zone.existing, "record set"), method(Method::Live));
    Section { title: format!("{private}zone {}", zone.domain), note, lines }
}

fn drift_lines(note: &DriftNote, width: usize) -> Vec<Line> {
    let head = Line::default()
        .add(Tone::Change, format!("  {}", note.status))
        .add(Tone::Bold, format!(" {}", note.resource))
        .add(Tone::Plain, format!(" {}", note.kind));
    let mut lines = tailed(head, &note.stack.to_string(), 6, width);
    let properties = note.properties.iter();
    lines.extend(
        properties.flat_map(|(path, wanted, live)| remark_lines(&format!("{path}: {wanted} -> {live}"), 6, width)),
    );
    lines
}

fn object_lines(object: &ObjectChange, width: usize) -> Vec<Line> {
    let [version, kind, namespace, name] = &object.identity;
    let name = if namespace.is_empty() { name.clone() } else { format!("{namespace}/{name}") };
    let head = Line::default()
        .add(Tone::Plain, "  ")
        .add(tone(object.action, Impact::InPlace), sign(object.action, Impact::InPlace))
        .add(Tone::Bold, format!(" {name}"))
        .add(Tone::Plain, format!(" {kind} ({version})"));
    let notes = [
        object.adopts.then(|| "is not ours yet: it is taken over".to_owned()),
        object.waits.as_ref().map(|how| format!("is not rolled out: {how}")),
        object.anew.as_ref().map(|why| format!("is deleted and made anew: {why}")),
    ];
    let head = notes.into_iter().flatten().fold(head, |head, note| head.add(Tone::Change, format!("  {note}")));
    let fields = object.fields.iter().flat_map(|field| value_lines(field, 6, width));
    let taken = object.conflicts.iter().flat_map(|field| remark_lines(&format!("taken over: {field}"), 6, width));
    let others = object.others.iter().flat_map(|who| remark_lines(who, 6, width));
    std::iter::once(head).chain(fields).chain(taken).chain(others).collect()
}

/// Lays out a changed value: on one line where it fits, else the values on lines of their own.
fn value_lines(change: &ValueChange, indent: usize, width: usize) -> Vec<Line> {
    let full = changed(change, UNCUT);
    let tone = match full.sign {
        '+' => Tone::Add,
        '-' => Tone::Remove,
        _ => Tone::Change,
    };
    let head = Line::default().add(Tone::Plain, " ".repeat(indent)).add(tone, full.sign);
    let head = head.add(Tone::Plain, format!(" {}:", full.path));
    let note = full.note.as_ref().map(|note| format!("# {note}"));
    let beside = note.as_ref().map_or(0, |note| note.chars().count() + 2);
    let joined = |values: &[String]| values.join(" -> ");
    let length = |text: &str| text.chars().count();
    // A note that leaves too little room comes below.
    let total = length(&joined(&full.values));
    let needed = total.min(ROOM);
    let below = head.length() + 1 + needed + beside > width;
    let room = width.saturating_sub(head.length() + 1 + if below { 0 } else { beside });
    let mut lines = Vec::new();
    if total <= room || room >= ROOM {
        let cut = changed(change, room);
        let mut line = head.add(Tone::Plain, format!(" {}", joined(&cut.values)));
        if let Some(note) = note.as_ref().filter(|_| !below) {
            line = line.add(Tone::Dim, format!("  {note}"));
        }
        lines.push(line);
    } else {
        let room = width.saturating_sub(indent + 4 + 3);
        let cut = changed(change, 2 * room + 4);
        lines.push(head);
        for (index, value) in cut.values.iter().enumerate() {
            let arrow = if index == 0 { "" } else { "-> " };
            lines.push(Line::default().add(Tone::Plain, format!("{}{arrow}{value}", " ".repeat(indent + 4))));
        }
    }
    if let Some(note) = full.note.filter(|_| below) {
        lines.extend(remark_lines(&note, indent + 4, width));
    }
    lines
}

fn tone(action: Action, impact: Impact) -> Tone {
    match (action, impact) {
        (Action::Create, _) => Tone::Add,
        (Action::Update, Impact::Replaces) => Tone::Danger,
        (Action::Update, Impact::InPlace | Impact::MayInterrupt | Impact::MayReplace) => Tone::Change,
        (Action::Delete, _) => Tone::Remove,
        (Action::Retain, _) => Tone::Dim,
    }
}

/// A dim remark, `# …`, broken at spaces.
fn remark_lines(text: &str, indent: usize, width: usize) -> Vec<Line> {
    let lines = wrapped(text, width.saturating_sub(indent + 2));
    lines.into_iter().map(|line| Line::default().add(Tone::Dim, format!("{}# {line}", " ".repeat(indent)))).collect()
}

/// A line and what is said beside it, dim: on the same line where it fits, else below.
fn tailed(head: Line, tail: &str, indent: usize, width: usize) -> Vec<Line> {
    if tail.is_empty() {
        return vec![head];
    }
    if head.length() + 2 + tail.chars().count() <= width {
        return vec![head.add(Tone::Dim, format!("  {tail}"))];
    }
    let mut lines = vec![head];
    lines.extend(plain(Tone::Dim, indent, tail, width));
    lines
}

/// A line and what follows it, on the same line where it fits, else below.
fn followed(head: Line, text: &str, indent: usize, width: usize) -> Vec<Line> {
    if head.length() + 1 + text.chars().count() <= width {
        return vec![head.add(Tone::Plain, format!(" {text}"))];
    }
    let mut lines = vec![head];
    lines.extend(plain(Tone::Plain, indent, text, width));
    lines
}

/// A word and a text beside it whose further lines are indented.
fn hanging(tone: Tone, word: &str, text: &str, width: usize) -> Vec<Line> {
    const INDENT: usize = 4;
    let mut lines: Vec<Line> = Vec::new();
    let first = width.saturating_sub(word.chars().count() + 1);
    let mut rest = wrapped(text, first).into_iter();
    lines.push(Line::default().add(tone, word).add(Tone::Plain, format!(" {}", rest.next().unwrap_or_default())));
    let rest: Vec<String> = rest.collect();
    lines.extend(plain(Tone::Plain, INDENT, &rest.join(" "), width));
    lines
}

fn plain(tone: Tone, indent: usize, text: &str, width: usize) -> Vec<Line> {
    let lines = wrapped(text, width.saturating_sub(indent));
    lines.into_iter().map(|line| Line::default().add(tone, format!("{}{line}", " ".repeat(indent)))).collect()
}

impl Line {
    fn add(mut self, tone: Tone, text: impl ToString) -> Self {
        self.0.push((tone, clean(&text.to_string())));
        self
    }

    fn length(&self) -> usize {
        self.0.iter().map(|(_, text)| text.chars().count()).sum()
    }

    /// Returns the line as text.
    pub(super) fn show(&self, colour: bool) -> String {
        let piece = |(tone, text): &(Tone, String)| {
            let style = tone.style();
            if colour && !text.is_empty() { format!("{style}{text}{style:#}") } else { text.clone() }
        };
        self.0.iter().map(piece).collect()
    }
}

impl Tone {
    fn style(self) -> Style {
        match self {
            Self::Plain => Style::new(),
            Self::Bold => Style::new().bold(),
            Self::Dim => Style::new().dimmed(),
            Self::Add => AnsiColor::Green.on_default(),
            Self::Change => AnsiColor::Yellow.on_default(),
            Self::Remove => AnsiColor::Red.on_default(),
            Self::Danger => AnsiColor::Red.on_default().bold(),
        }
    }
}

#[cfg(test)]
mod tests {
    use infra_core::diff::Changes;
    use proptest::prelude::*;

    use super::*;
    use crate::output::changes::testing as fixture;

    #[test]
    fn the_last_screen_before_a_question_holds_what_is_decided_on() {
        let screen = |height| fixture::full(|view| last_screen(view, false, (80, height)).unwrap_or_default());
        for height in [12, 24] {
            let text = screen(height);
            assert!(text.lines().count() < height, "{text}");
            assert!(text.trim_start().starts_with("danger: "), "{text}");
            let whole = fixture::full(|view| render(view, false, 80));
            assert_eq!(text.lines().last(), whole.lines().last());
        }
        let text = screen(12);
        assert!(text.contains(" lines above\n"), "{text}");
        assert_eq!(screen(1_000), "");
        assert_eq!(fixture::none(|view| last_screen(view, false, (80, 2)).unwrap_or_default()), "");
    }

    #[test]
    #[expect(clippy::too_many_lines, reason = "a snapshot")]
    fn everything_at_eighty_columns() {
        insta::assert_snapshot!(fixture::full(|view| render(view, false, 80)), @r#"
        1 to add, 2 to change, 2 to delete, 1 replaced, 1 stack in settings only,
        4 records, 2 objects, 1 permission wider, 1 newly reachable, 1 loss of data,
        1 blocking
        in dev (account 111122223333, eu-west-1)
        plan 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08

        danger: orders-dev-data@eu-west-1: output BucketUploadsArn goes away, but
            orders-dev-api@eu-west-1 still takes it
          help: deploy orders-dev-api first: `infra apply --stack api`
        danger: AWS::DynamoDB::Table TableOrders of orders-dev-data@eu-west-1, which
            holds data, is replaced, because of Properties.KeySchema,
            Properties.SSESpecification.KMSMasterKeyId: replacement of Key
          at stacks/data.yaml:4:3
        danger: data of AWS::S3::Bucket BucketUploads of orders-dev-data@eu-west-1 is
            deleted
        danger: becomes public: anyone may read <b> (QueueJobs of
            orders-dev-messaging@eu-west-1)
          at stacks/messaging.yaml:12:3
        caution: data of AWS::DynamoDB::Table TableOrders of orders-dev-data@eu-west-1
            stays, but nothing manages or uses it any more
          at stacks/data.yaml:4:3
        caution: wider permission: sqs:SendMessage on QueueJobs for account 444455556666
            (QueueJobsPolicy of orders-dev-messaging@eu-west-1)
          at stacks/messaging.yaml:12:3

        needs approval
          stateful-replacement: AWS::DynamoDB::Table
            orders-dev-data@eu-west-1/TableOrders (stacks/data.yaml:4:3): is replaced by
            an empty one
          data-loss: AWS::S3::Bucket orders-dev-data@eu-west-1/BucketUploads: its data
            is deleted
          exposure: orders-dev-messaging@eu-west-1/QueueJobsPolicy: sqs:SendMessage on
            QueueJobs for account 444455556666, and 1 more
          dns-adoption: www.example.com. CNAME: is not ours yet

        stack orders-dev-messaging@eu-west-1  changes, by a change set
          ~ QueueJobs AWS::SQS::Queue  stacks/messaging.yaml:12:3
              ~ Properties.VisibilityTimeout: 30 -> 60
              + Properties.DelaySeconds: 5
              - Properties.Tags[team]: orders
          ~ QueueJobsPolicy AWS::SQS::QueuePolicy  stacks/messaging.yaml:12:3
              # by the templates
              ~ Properties.PolicyDocument: …WS":"111122223333"… -> …WS":"444455556666"…
                  # may interrupt
          + QueueWork AWS::SQS::Queue  stacks/messaging.yaml:20:3
              # looks like a rename of QueueTasks: `renamed-from: <its old name>` in the
              # entry keeps it
          - QueueTasks AWS::SQS::Queue
              # looks like a rename: compare with QueueWork

        stack orders-dev-data@eu-west-1  changes, by a change set
          -/+ TableOrders AWS::DynamoDB::Table  stacks/data.yaml:4:3
              # replaced, because of Properties.SSESpecification.KMSMasterKeyId:
              # replacement of Key
              # its data stays, and nothing uses it any more
              ~ Properties.KeySchema: …e":"id","KeyTyp… -> …e":"tenant","Ke…  # replaces
          - BucketUploads AWS::S3::Bucket
              # its data is deleted
          + output TableOrdersArn: !GetAtt TableOrders.Arn

        stack orders-dev-api@eu-west-1  changes, by the templates
          ~ parameter DataTableOrdersArn: arn:aws:dynamodb:eu-… -> (known after apply)
              # from orders-dev-data@eu-west-1:TableOrdersArn
          + Tags[cost-centre]: 4711

        zone example.com.  Z0123456789ABCDEFGHIJ, 24 record sets now, by what is live
          + shop.example.com. A ALIAS -> d123.cloudfront.net.
          + internal.example.com. A ALIAS -> (known after apply)
          ~ www.example.com. CNAME
              # taken over: it is there, and infra did not make it
              ~ values: old.example.net. -> shop.example.com.
              ~ TTL: 300 -> 60
          - old.example.com. TXT "v=spf1 -all", TTL 60
          . left alone: api.example.com. A, external-dns manages it, by its record
            a-api.example.com. TXT

        certificates
          * arn:aws:acm:us-east-1:111122223333:certificate/0f1e2d3c of
            orders-dev-web@us-east-1/Site expires on 2026-12-01 and is imported: AWS
            does not renew it

        cluster main
          ~ orders/orders-api Deployment (apps/v1)
              ~ spec.template.spec.containers[api].image: orders:1.4.0 -> orders:1.5.0
          ~ orders/orders-api Secret (v1)
              ~ data.token: *** (before) -> *** (after)

        not compared
          * objects of cluster spare were not compared: no cluster was asked

        1 to add, 2 to change, 2 to delete, 1 replaced, 1 stack in settings only,
        4 records, 2 objects, 1 permission wider, 1 newly reachable, 1 loss of data,
        1 blocking
        "#);
    }

    #[test]
    fn a_narrow_terminal() {
        let mut changes = fixture::changes();
        changes.stacks.truncate(1);
        changes.exposures.truncate(1);
        changes.hazards.clear();
        changes.objects.truncate(1);
        insta::assert_snapshot!(fixture::of(&changes, |view| render(view, false, 44)), @r#"
        1 to add, 2 to change, 1 to delete,
        4 records, 1 object, 1 permission wider
        in dev (account 111122223333, eu-west-1)
        plan 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08

        caution: wider permission: sqs:SendMessage
            on QueueJobs for account 444455556666
            (QueueJobsPolicy of
            orders-dev-messaging@eu-west-1)
          at stacks/messaging.yaml:12:3

        needs approval
          exposure: orders-dev-messaging@eu-west-1/QueueJobsPolicy:
            sqs:SendMessage on QueueJobs for account
            444455556666
          dns-adoption: www.example.com. CNAME: is
            not ours yet

        stack orders-dev-messaging@eu-west-1
          changes, by a change set
          ~ QueueJobs AWS::SQS::Queue
              stacks/messaging.yaml:12:3
              ~ Properties.VisibilityTimeout:
                  30
                  -> 60
              + Properties.DelaySeconds: 5
              - Properties.Tags[team]: orders
          ~ QueueJobsPolicy AWS::SQS::QueuePolicy
              stacks/messaging.yaml:12:3
              # by the templates
              ~ Properties.PolicyDocument:
                  …"AWS":"111122223333"},"Resour…
                  -> …"AWS":"444455556666"},"Resour…
                  # may interrupt
          + QueueWork AWS::SQS::Queue
              stacks/messaging.yaml:20:3
              # looks like a rename of QueueTasks:
              # `renamed-from: <its old name>` in
              # the entry keeps it
          - QueueTasks AWS::SQS::Queue
              # looks like a rename: compare with
              # QueueWork

        zone example.com.
          Z0123456789ABCDEFGHIJ, 24 record sets now,
          by what is live
          + shop.example.com. A
              ALIAS -> d123.cloudfront.net.
          + internal.example.com. A
              ALIAS -> (known after apply)
          ~ www.example.com. CNAME
              # taken over: it is there, and infra
              # did not make it
              ~ values:
                  old.example.net.
                  -> shop.example.com.
              ~ TTL: 300 -> 60
          - old.example.com. TXT
              "v=spf1 -all", TTL 60
          . left alone: api.example.com. A,
            external-dns manages it, by its record
            a-api.example.com. TXT

        certificates
          * arn:aws:acm:us-east-1:111122223333:certificate/0f1e2d3c
            of orders-dev-web@us-east-1/Site expires
            on 2026-12-01 and is imported: AWS does
            not renew it

        cluster main
          ~ orders/orders-api Deployment (apps/v1)
              ~ spec.template.spec.containers[api].image:
                  orders:1.4.0
                  -> orders:1.5.0

        not compared
          * objects of cluster spare were not
            compared: no cluster was asked

        1 to add, 2 to change, 1 to delete,
        4 records, 1 object, 1 permission wider
        "#);
    }

    #[test]
    fn nothing_to_do() {
        assert_eq!(
            fixture::none(|view| render(view, false, 80)),
            "no changes\nin dev (account 111122223333, eu-west-1)\n"
        );
    }

    #[test]
    fn lines_keep_to_the_width_where_they_can_be_broken() {
        for width in [40, 60, 80, 120] {
            let text = fixture::full(|view| render(view, false, width));
            for line in text.lines().filter(|line| line.chars().count() > width) {
                let words: Vec<&str> = line.split_whitespace().collect();
                assert!(words.len() <= 4, "{width}: {line}");
            }
        }
    }

    #[test]
    fn colour_changes_nothing_but_escapes() {
        let plain = fixture::full(|view| render(view, false, 80));
        let coloured = fixture::full(|view| render(view, true, 80));
        assert!(coloured.contains('\u{1b}'));
        assert_eq!(anstream::adapter::strip_str(&coloured).to_string(), plain);
    }

    #[test]
    fn text_of_others_does_not_reach_the_terminal() {
        let unseen = vec!["bad \u{1b}[2Jtext".to_owned()];
        let changes = Changes { unseen, ..Changes::default() };
        let text = fixture::of(&changes, |view| render(view, false, 80));
        assert!(!text.contains('\u{1b}'), "{text}");
    }

    proptest! {
        #[test]
        fn any_text_has_its_lines(
            path in "\\PC{0,80}",
            before in prop::option::of("(?s).{0,200}"),
            after in prop::option::of("(?s).{0,200}"),
            unknown: bool,
            width in 0_usize..140,
        ) {
            let mut changes = fixture::changes();
            let change = &mut changes.stacks[0].resources[0].properties[0];
            (change.path, change.unknown) = (path, unknown);
            (change.before, change.after) = (before.map(Into::into), after.map(Into::into));
            let text = fixture::of(&changes, |view| render(view, false, width));
            prop_assert!(!text.contains(|c: char| c.is_control() && c != '\n'));
            let summary = Summary::of(&changes).to_string();
            let joined = text.replace('\n', " ");
            prop_assert!(joined.starts_with(&summary) && joined.trim_end().ends_with(&summary));
        }
    }
}
