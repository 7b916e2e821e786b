//! Findings of several environments as one list, in an order that puts causes first.

use std::collections::{BTreeMap, BTreeSet};

use super::{At, Diagnostic};

/// Returns the findings of several environments, each once, with the environments in which it was found.
///
/// Findings are the same where rule, place and title are. What is left over is paired by rule and place alone, because
/// a title may hold the name of an environment: the first title stays, the others become notes. If there is but one
/// environment, it is not named.
pub fn across(environments: Vec<(String, Vec<Diagnostic>)>) -> Vec<Diagnostic> {
    if environments.len() < 2 {
        return environments.into_iter().flat_map(|(_, findings)| findings).collect();
    }
    let mut merged: Vec<Diagnostic> = Vec::new();
    let mut known: BTreeMap<(&'static str, Option<At>), Vec<usize>> = BTreeMap::new();
    for (environment, mut findings) in environments {
        findings.sort_by(|a, b| (&a.primary, a.id, &a.title).cmp(&(&b.primary, b.id, &b.title)));
        findings.dedup();
        let mut taken = BTreeSet::new();
        let mut rest = Vec::new();
        for mut finding in findings {
            let candidates = known.get(&key(&finding)).map(Vec::as_slice).unwrap_or_default();
            let same = |index: &&usize| merged.get(**index).is_some_and(|other| other.title == finding.title);
            match candidates.iter().filter(|index| !taken.contains(*index)).find(same).copied() {
                Some(index) => {
                    taken.insert(index);
                    extend(&mut merged, index, &environment, &mut finding);
                }
                None => rest.push(finding),
            }
        }
        for mut finding in rest {
            let indices = known.entry(key(&finding)).or_default();
            if let Some(index) = indices.iter().find(|index| !taken.contains(*index)).copied() {
                taken.insert(index);
                finding.notes.insert(0, format!("in {environment}: {}", finding.title));
                extend(&mut merged, index, &environment, &mut finding);
            } else {
                taken.insert(merged.len());
                indices.push(merged.len());
                finding.environments = vec![environment.clone()];
                merged.push(finding);
            }
        }
    }
    merged
}

fn key(finding: &Diagnostic) -> (&'static str, Option<At>) {
    (finding.id, finding.primary.as_ref().map(|label| label.at.clone()))
}

/// Adds an environment to a finding, with the note that its own title became.
fn extend(merged: &mut [Diagnostic], index: usize, environment: &str, other: &mut Diagnostic) {
    let Some(target) = merged.get_mut(index) else { return };
    target.environments.push(environment.to_owned());
    if target.title != other.title && !other.notes.is_empty() {
        target.notes.push(other.notes.swap_remove(0));
    }
}

/// Returns the findings sorted by place, equal ones once, but a finding never before its cause.
///
/// The cause of a finding is another one that names its place as a place that matters too. A circle of causes stays in
/// the order of places.
pub fn by_cause(mut findings: Vec<Diagnostic>) -> Vec<Diagnostic> {
    findings.sort_by(|a, b| (&a.primary, a.id, &a.title).cmp(&(&b.primary, b.id, &b.title)));
    findings.dedup();
    let order = causes_first(&findings);
    let mut slots: Vec<Option<Diagnostic>> = findings.into_iter().map(Some).collect();
    order.into_iter().filter_map(|index| slots.get_mut(index).and_then(Option::take)).collect()
}

/// Returns the indices of the findings, those of its causes before that of a finding.
fn causes_first(findings: &[Diagnostic]) -> Vec<usize> {
    let place = |finding: &Diagnostic| finding.primary.as_ref().map(|label| label.at.clone());
    let mut naming: BTreeMap<Option<At>, Vec<usize>> = BTreeMap::new();
    for (index, finding) in findings.iter().enumerate() {
        for other in finding.others.iter().filter(|other| Some(&other.at) != place(finding).as_ref()) {
            naming.entry(Some(other.at.clone())).or_default().push(index);
        }
    }
    let mut order = Vec::with_capacity(findings.len());
    let mut seen = BTreeSet::new();
    for index in 0..findings.len() {
        let mut open = vec![(index, false)];
        while let Some((index, ready)) = open.pop() {
            if ready {
                order.push(index);
            } else if seen.insert(index) {
                open.push((index, true));
                let causes = findings.get(index).and_then(|finding| naming.get(&place(finding)));
                open.extend(causes.into_iter().flatten().rev().map(|cause| (*cause, false)));
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::place::{FileId, Span};

    fn at(start: u32) -> At {
        At::Span(Span { file: FileId(0), start, end: start + 1 })
    }

    fn finding(title: &str, start: u32) -> Diagnostic {
        Diagnostic::warning("a/b", title).at(at(start), "")
    }

    fn titles(findings: &[Diagnostic]) -> Vec<String> {
        findings.iter().map(|finding| format!("{} {:?}", finding.title, finding.environments)).collect()
    }

    #[test]
    fn a_finding_of_several_environments_is_one() {
        let merged = across(vec![
            ("dev".to_owned(), vec![finding("x", 1), finding("y", 1), finding("z", 2)]),
            ("prod".to_owned(), vec![finding("y", 1), finding("z", 3)]),
        ]);
        assert_eq!(
            titles(&merged),
            ["x [\"dev\"]", "y [\"dev\", \"prod\"]", "z [\"dev\"]", "z [\"prod\"]"],
            "same title and place are one finding"
        );
    }

    #[test]
    fn titles_that_differ_by_environment_become_notes() {
        let merged = across(vec![
            ("dev".to_owned(), vec![finding("no dev.a", 1)]),
            ("prod".to_owned(), vec![finding("no a", 1)]),
        ]);
        assert_eq!(titles(&merged), ["no dev.a [\"dev\", \"prod\"]"]);
        assert_eq!(merged[0].notes, ["in prod: no a"]);
    }

    #[test]
    fn two_findings_of_one_environment_are_never_one() {
        assert_eq!(across(vec![("dev".to_owned(), vec![finding("x", 1), finding("y", 1)])]).len(), 2);
    }

    #[test]
    fn a_cause_comes_before_what_it_causes() {
        let cause = finding("cause", 9).also(at(1), "breaks this");
        let sorted = by_cause(vec![finding("effect", 1), finding("other", 5), cause.clone(), cause]);
        assert_eq!(sorted.iter().map(|f| f.title.as_str()).collect::<Vec<_>>(), ["cause", "effect", "other"]);
    }

    #[test]
    fn a_circle_of_causes_stays_in_order_of_places() {
        let sorted = by_cause(vec![finding("b", 2).also(at(1), ""), finding("a", 1).also(at(2), "")]);
        assert_eq!(sorted.len(), 2);
    }
}
