//! The dashboard: a panel for each kind of number and region, a line for each thing.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::Monitor;
use super::alarm::{self, Measure, Metric, Subject};
use crate::artifacts::{Expr, Object, Resource};
use crate::names::Region;
use crate::resolve::Bound;

/// Width and height of a panel; a row has 24 columns.
///
/// Source: <https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/CloudWatch-Dashboard-Body-Structure.html>
/// (from memory).
const PANEL: (usize, usize) = (12, 6);

/// Most alarms of an alarm panel. Source: as [`PANEL`].
const ALARMS: usize = 100;

/// Compiles the dashboard.
pub(super) fn resource(entry: Bound<'_, Monitor>, subjects: &[Subject]) -> Resource {
    let mut panels: Vec<((&str, Region), Vec<Expr>)> = Vec::new();
    let mut known: BTreeMap<(&str, Region), usize> = BTreeMap::new();
    for subject in subjects {
        for (panel, label, measure) in &subject.lines {
            let key = (*panel, subject.region);
            let position = *known.entry(key).or_insert_with(|| {
                panels.push((key, Vec::new()));
                panels.len() - 1
            });
            if let Some((_, lines)) = panels.get_mut(position) {
                lines.extend(lines_of(label, measure));
            }
        }
    }
    let alarms = alarm_panel(entry, subjects);
    let widgets = alarms.into_iter().chain(panels.into_iter().map(|((title, region), lines)| {
        let properties = object! {
            "title" => title.to_owned(),
            "region" => region.to_string(),
            "view" => "timeSeries",
            "period" => 60,
            "metrics" => lines,
        };
        ("metric", properties)
    }));
    let widgets: Expr = widgets.enumerate().map(|(index, (kind, properties))| widget(index, kind, properties)).collect();
    let mut parts = Vec::new();
    json(&object! { "widgets" => widgets }, &mut parts);
    let properties = object! { "DashboardName" => entry.full_name(), "DashboardBody" => Expr::Concat(parts) };
    entry.resource("Dashboard", "AWS::CloudWatch::Dashboard", properties)
}

fn widget(index: usize, kind: &'static str, properties: Expr) -> Expr {
    let (width, height) = PANEL;
    object! {
        "type" => kind,
        "x" => index % 2 * width,
        "y" => index / 2 * height,
        "width" => width,
        "height" => height,
        "properties" => properties,
    }
}

/// The state of the alarms of the monitor's own region; those of another one are no part of its template.
fn alarm_panel(entry: Bound<'_, Monitor>, subjects: &[Subject]) -> Option<(&'static str, Expr)> {
    let here = subjects.iter().filter(|subject| subject.region == *entry.region());
    let alarms: Vec<Expr> = here
        .flat_map(|subject| subject.alarms.iter().map(move |alarm| (subject, alarm)))
        .map(|(subject, alarm)| alarm::handle(entry, entry.home(), subject, alarm).arn())
        .take(ALARMS)
        .collect();
    (!alarms.is_empty()).then(|| ("alarm", object! { "title" => "Alarms", "alarms" => alarms }))
}

fn lines_of(label: &String, measure: &Measure) -> Vec<Expr> {
    let line = |metric: &Metric, statistic: &'static str| {
        let mut line: Vec<Expr> = vec![Expr::Text(metric.namespace.clone()), Expr::Text(metric.name.clone())];
        line.extend(metric.dimensions.iter().flat_map(|(name, value)| [Expr::from(*name), value.clone()]));
        line.push(object! { "label" => label, "stat" => statistic });
        Expr::List(line)
    };
    match measure {
        Measure::Of(metric, statistic) => vec![line(metric, statistic)],
        Measure::Percent(part, whole) => vec![line(part, "Sum"), line(whole, "Sum")],
    }
}

/// Writes a value as JSON text, with what is known only after deployment as parts of the text.
fn json(value: &Expr, parts: &mut Vec<Expr>) {
    match value {
        Expr::Absent => push(parts, "null"),
        Expr::Bool(value) => push(parts, &value.to_string()),
        Expr::Int(value) => push(parts, &value.to_string()),
        Expr::Float(value) => push(parts, &value.to_string()),
        Expr::Text(value) => push(parts, &quoted(value)),
        Expr::List(items) => {
            push(parts, "[");
            for (index, item) in items.iter().enumerate() {
                push(parts, if index > 0 { "," } else { "" });
                json(item, parts);
            }
            push(parts, "]");
        }
        Expr::Object(object) => json_object(object, parts),
        Expr::Ref(_) | Expr::Att(..) | Expr::Pseudo(_) | Expr::Concat(_) | Expr::Call(..) | Expr::Parameter(_) => {
            // Names, ids and ARNs hold nothing that JSON would have to escape.
            push(parts, "\"");
            parts.push(value.clone());
            push(parts, "\"");
        }
    }
}

fn json_object(object: &Object, parts: &mut Vec<Expr>) {
    push(parts, "{");
    for (index, (key, value)) in object.iter().enumerate() {
        push(parts, if index > 0 { "," } else { "" });
        push(parts, &quoted(key));
        push(parts, ":");
        json(value, parts);
    }
    push(parts, "}");
}

/// Appends to the last part where that is text: bodies are long, and most of one is known now.
fn push(parts: &mut Vec<Expr>, text: &str) {
    match parts.last_mut() {
        Some(Expr::Text(Cow::Owned(last))) => last.push_str(text),
        _ => parts.push(Expr::Text(Cow::Owned(text.to_owned()))),
    }
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
