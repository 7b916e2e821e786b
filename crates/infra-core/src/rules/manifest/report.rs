//! Where the checks of one object report to.

use crate::diag::{At, Diagnostic, Fix, Severity};
use crate::view::{Object, Prop};

/// Why a mistake is an error.
pub(super) const REFUSED: &str = "the API server refuses the object";

/// Why a mistake in a custom kind is an error.
pub(super) const BY_CONTROLLER: &str = "the definition of the kind, or its controller, refuses it";

/// The findings about one object.
pub(super) struct Report<'v, 'd> {
    pub(super) object: Object<'v>,
    /// Whether the kind is known from a shipped schema of a controller, whose version may be another in the cluster.
    pub(super) is_custom: bool,
    /// The minor version of the cluster, where it is known.
    pub(super) minor: Option<u32>,
    /// Why a mistake is an error, where it says nothing else.
    pub(super) why: &'static str,
    pub(super) found: &'d mut Vec<Diagnostic>,
}

/// What is wrong at one value.
pub(super) struct Mistake {
    id: &'static str,
    /// Goes on after "`spec.replicas` of Deployment `orders`".
    says: String,
    /// What is shown at the place.
    label: &'static str,
    help: String,
    severity: Severity,
    note: Option<&'static str>,
    fix: Option<Fix>,
    also: Option<(At, &'static str)>,
    of_key: bool,
    is_hidden: bool,
}

impl Mistake {
    pub(super) fn new(id: &'static str, says: impl Into<String>, label: &'static str, help: impl Into<String>) -> Self {
        Self {
            id,
            says: says.into(),
            label,
            help: help.into(),
            severity: Severity::Error,
            note: None,
            fix: None,
            also: None,
            of_key: false,
            is_hidden: false,
        }
    }

    /// Says another reason than that the API server refuses it.
    pub(super) fn because(self, note: &'static str) -> Self {
        Self { note: Some(note), ..self }
    }

    /// Makes it a warning.
    pub(super) fn warning(self) -> Self {
        Self { severity: Severity::Warning, ..self }
    }

    pub(super) fn fix(self, fix: Option<Fix>) -> Self {
        Self { fix, ..self }
    }

    pub(super) fn also(self, at: At, text: &'static str) -> Self {
        Self { also: Some((at, text)), ..self }
    }

    /// Shows the key that leads to the value.
    pub(super) fn of_key(self) -> Self {
        Self { of_key: true, ..self }
    }

    /// Shows the place without what is written there.
    pub(super) fn hidden(self) -> Self {
        Self { is_hidden: true, ..self }
    }
}

impl<'v> Report<'v, '_> {
    /// Reports what is wrong with a value.
    pub(super) fn no(&mut self, prop: Prop<'v>, mistake: Mistake) {
        let title = format!("{} {}", self.what(&prop.path()), mistake.says);
        let start = if mistake.of_key { Prop::finding_of_key } else { Prop::finding };
        let mut finding = start(&prop, title, mistake.label);
        finding.id = mistake.id;
        finding.severity = mistake.severity;
        if mistake.is_hidden
            && let Some(primary) = &mut finding.primary
        {
            primary.at = primary.at.clone().hidden();
        }
        if let Some((at, text)) = mistake.also {
            finding = finding.also(at, text);
        }
        self.found.push(finding.note(mistake.note.unwrap_or(self.why)).help(mistake.help).fix(mistake.fix));
    }

    /// Reports that a value lacks a field.
    pub(super) fn missing(&mut self, prop: Prop<'v>, name: &str, why: &str) {
        let above = prop.path();
        let path = if above.is_empty() { name.to_owned() } else { format!("{above}.{name}") };
        let title = format!("{} is missing", self.what(&path));
        let mut finding =
            if above.is_empty() { self.object.finding(title, why) } else { prop.finding_of_key(title, why) };
        finding.id = "manifest/missing-field";
        finding.severity = Severity::Error;
        self.found.push(finding.note(self.why).help(format!("add `{name}`")));
    }

    /// `` `spec.replicas` of Deployment `orders` ``.
    fn what(&self, path: &str) -> String {
        let kind = self.object.kind();
        let name = self.object.name();
        if path.is_empty() { format!("{kind} `{name}`") } else { format!("`{path}` of {kind} `{name}`") }
    }
}
