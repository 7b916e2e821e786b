//! `events/schedule-expression`: a schedule is written as EventBridge reads it.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "events/schedule-expression",
    code: "EVT-001",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "schedule that EventBridge cannot read",
    why: "`cron(…)` has six fields, the last being the year, and a `?` in the day of the month or the day of the week; `rate(…)` \
          is a number and a unit, `at(…)` a time, which schedules of EventBridge Scheduler alone have",
    error: Some("Parameter ScheduleExpression is not valid."),
    sources: &[
        "https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-scheduled-rule-pattern.html",
        "https://docs.aws.amazon.com/scheduler/latest/UserGuide/schedule-types.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
Resources:
  Nightly:
    Type: AWS::Events::Rule
    Properties:
      ScheduleExpression: cron(0 2 * * *)
#                         ^
"#,
    good: &[("cron(0 2 * * *)", "cron(0 2 * * ? *)")],
    check: Check::View(check),
};

/// Where each type holds a schedule, and whether it may be a single time.
const SLOTS: &[(&str, &str, &str, bool)] = &[
    ("AWS::ApplicationAutoScaling::ScalableTarget", "ScheduledActions", "Schedule", true),
    ("AWS::Events::Rule", "", "ScheduleExpression", false),
    ("AWS::Scheduler::Schedule", "", "ScheduleExpression", true),
];

/// One field of a cron expression: its name, its range, and the names of its values.
struct Field {
    name: &'static str,
    from: u32,
    to: u32,
    names: &'static [&'static str],
}

const FIELDS: [Field; 6] = [
    Field { name: "minutes", from: 0, to: 59, names: &[] },
    Field { name: "hours", from: 0, to: 23, names: &[] },
    Field { name: "day of month", from: 1, to: 31, names: &[] },
    Field {
        name: "month",
        from: 1,
        to: 12,
        names: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
    },
    Field { name: "day of week", from: 1, to: 7, names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"] },
    Field { name: "year", from: 1970, to: 2199, names: &[] },
];

fn check(cx: &mut Cx<'_>, view: &View<'_>) {
    for (kind, list, key, once) in SLOTS {
        for resource in view.of(kind) {
            let items = if list.is_empty() { vec![resource.properties()] } else { resource.each(list).collect() };
            for (slot, text) in items.into_iter().filter_map(|it| it.key(key)).filter_map(|it| Some((it, it.text()?))) {
                let Some((problem, help)) = problem(text.trim(), *once) else { continue };
                let title = format!("schedule `{text}` of `{}` cannot be read", resource.id());
                cx.report(slot.finding(title, problem).help(help));
            }
        }
    }
}

/// Returns what is wrong with an expression, and what to do.
fn problem(text: &str, once: bool) -> Option<(String, String)> {
    let inner = |name: &str| text.strip_prefix(name)?.strip_prefix('(')?.strip_suffix(')').map(str::trim);
    if let Some(fields) = inner("cron") {
        return cron(fields);
    }
    if let Some(rate) = inner("rate") {
        return rate_problem(rate);
    }
    if text.starts_with("at(") {
        let help = "make it an AWS::Scheduler::Schedule, or repeat it with `rate(…)` or `cron(…)`".to_owned();
        return (!once).then(|| ("rules of EventBridge know no single time".to_owned(), help));
    }
    let help = "write `rate(5 minutes)` or `cron(0 2 * * ? *)`".to_owned();
    Some(("neither `rate(…)` nor `cron(…)`".to_owned(), help))
}

fn rate_problem(text: &str) -> Option<(String, String)> {
    let parts: Vec<&str> = text.split_whitespace().collect();
    let help = || "write a number and its unit: `rate(1 hour)`, `rate(5 minutes)`".to_owned();
    let &[number, unit] = parts.as_slice() else { return Some(("a rate is a number and a unit".to_owned(), help())) };
    let singular = unit.strip_suffix('s').unwrap_or(unit);
    let Some(number) = number.parse::<u32>().ok().filter(|number| *number > 0) else {
        return Some((format!("`{number}` is no number above 0"), help()));
    };
    if !["minute", "hour", "day"].contains(&singular) {
        return Some((format!("`{unit}` is none of minutes, hours and days"), help()));
    }
    (number == 1 && unit.ends_with('s'))
        .then(|| (format!("one is written `1 {singular}`"), format!("write `rate(1 {singular})`")))
}

fn cron(text: &str) -> Option<(String, String)> {
    let fields: Vec<&str> = text.split_whitespace().collect();
    let &[_, _, day, month, weekday, _] = fields.as_slice() else {
        let help = match fields.as_slice() {
            [minute, hour, day, month, weekday] => {
                let (day, weekday) = marks(day, weekday);
                format!(
                    "add the year, and a `?` for the day that does not count: `cron({minute} {hour} {day} {month} {weekday} *)`"
                )
            }
            _ => "write minutes, hours, day of month, month, day of week and year: `cron(0 2 * * ? *)`".to_owned(),
        };
        return Some((format!("{} fields, six are needed", fields.len()), help));
    };
    if (day == "?") == (weekday == "?") {
        let (first, second) = marks(day, weekday);
        let problem = if day == "?" { "both days are `?`" } else { "one of the two days must be `?`" };
        return Some((
            problem.to_owned(),
            format!("write `{first} {month} {second}` for day of month, month and day of week"),
        ));
    }
    fields.iter().zip(&FIELDS).find_map(|(value, field)| {
        let wrong = value.split(',').any(|part| !is_value(part, field));
        wrong.then(|| {
            let problem = format!("`{value}` is no {}", field.name);
            (
                problem,
                format!("the {} is a number from {} to {}, `*`, a range or a list", field.name, field.from, field.to),
            )
        })
    })
}

fn marks<'a>(day: &'a str, weekday: &'a str) -> (&'a str, &'a str) {
    if weekday == "*" || weekday == "?" { (if day == "?" { "*" } else { day }, "?") } else { ("?", weekday) }
}

/// Returns whether one part of a field is a value, a range or a step of it.
fn is_value(part: &str, field: &Field) -> bool {
    let (range, step) = part.split_once('/').map_or((part, None), |(range, step)| (range, Some(step)));
    if step.is_some_and(|step| step.parse::<u32>().is_err()) {
        return false;
    }
    let is_day = field.name.starts_with("day");
    if range == "*" || (is_day && (range == "?" || is_special(range, field))) {
        return true;
    }
    let single = |text: &str| {
        let named = field.names.iter().any(|name| name.eq_ignore_ascii_case(text));
        named || text.parse::<u32>().is_ok_and(|number| (field.from..=field.to).contains(&number))
    };
    range.split_once('-').map_or_else(|| single(range), |(from, to)| single(from) && single(to))
}

/// Last days, nearest weekdays and numbered weekdays: `L`, `L-3`, `LW`, `15W`, `6L`, `MON#2`.
fn is_special(text: &str, field: &Field) -> bool {
    let upper = text.to_ascii_uppercase();
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    upper == "L"
        || upper == "LW"
        || upper.strip_prefix("L-").is_some_and(digits)
        || upper.strip_suffix('W').is_some_and(digits)
        || upper.strip_suffix('L').is_some_and(|day| digits(day) || field.names.contains(&day))
        || upper.split_once('#').is_some_and(|(day, nth)| (digits(day) || field.names.contains(&day)) && digits(nth))
}

#[cfg(test)]
mod tests {
    use super::problem;

    #[test]
    fn what_the_documentation_shows_is_right() {
        for good in [
            "cron(0 10 * * ? *)",
            "cron(15 12 * * ? *)",
            "cron(0 18 ? * MON-FRI *)",
            "cron(0 8 1 * ? *)",
            "cron(0/15 * * * ? *)",
            "cron(0/10 * ? * MON-FRI *)",
            "cron(0/5 8-17 ? * MON-FRI *)",
            "cron(0/30 20-23 ? * MON-FRI *)",
            "cron(15 10 ? * 6L 2022-2023)",
            "cron(0 9 ? * 2#1 *)",
            "cron(0 0 L * ? *)",
            "cron(0 9 3W * ? *)",
            "rate(1 minute)",
            "rate(5 minutes)",
            "rate(7 days)",
        ] {
            assert_eq!(problem(good, false), None, "{good}");
        }
        assert_eq!(problem("at(2027-11-20T13:00:00)", true), None);
    }

    #[test]
    fn fields_days_ranges_and_units_are_judged() {
        for bad in [
            "cron(0 2 * * *)",
            "cron(0 2 * * * *)",
            "cron(0 2 ? * ? *)",
            "cron(60 2 * * ? *)",
            "cron(0 24 * * ? *)",
            "cron(0 2 * 13 ? *)",
            "cron(0 2 ? * 8 *)",
            "rate(1 minutes)",
            "rate(0 minutes)",
            "rate(5 weeks)",
            "rate(5)",
            "every 5 minutes",
            "0 2 * * ? *",
        ] {
            assert!(problem(bad, false).is_some(), "{bad}");
        }
        assert!(problem("at(2027-11-20T13:00:00)", false).is_some());
    }
}
