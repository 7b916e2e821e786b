//! What somebody must agree to before it is changed, as written in `infra.yaml`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// When a rule asks for approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum ApprovalLevel {
    /// Always.
    Required,
    /// In environments that are `protected`.
    Protected,
    /// Never.
    Off,
}

macro_rules! approvals {
    ($($variant:ident $field:ident = $id:literal, $default:ident $level:literal: $text:literal;)*) => {
        /// A rule about changes that somebody must agree to.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
        pub enum ApprovalRule {
            $(#[doc = $text] #[serde(rename = $id)] $variant,)*
        }

        /// When each rule asks for approval, where that is not its default.
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
        #[serde(deny_unknown_fields, rename_all = "kebab-case")]
        pub struct Approvals {
            $(
                #[doc = $text]
                #[doc = concat!("Default: `", $level, "`.")]
                #[serde(default, skip_serializing_if = "Option::is_none")]
                pub $field: Option<ApprovalLevel>,
            )*
        }

        impl ApprovalRule {
            /// Every rule.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The id, as written.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $id,)*
                }
            }

            /// What it asks about, in one sentence.
            pub fn description(self) -> &'static str {
                match self {
                    $(Self::$variant => $text,)*
                }
            }

            /// When it asks if nothing is written.
            pub fn default_level(self) -> ApprovalLevel {
                match self {
                    $(Self::$variant => ApprovalLevel::$default,)*
                }
            }
        }

        impl Approvals {
            /// When a rule asks.
            pub fn level(&self, rule: ApprovalRule) -> ApprovalLevel {
                let written = match rule {
                    $(ApprovalRule::$variant => self.$field,)*
                };
                written.unwrap_or_else(|| rule.default_level())
            }

            /// These, with what `other` says taken first.
            pub fn overridden(self, other: Self) -> Self {
                Self { $($field: other.$field.or(self.$field),)* }
            }
        }
    };
}

approvals! {
    StatefulReplacement stateful_replacement = "stateful-replacement", Required "required":
        "A resource that holds data is, or may be, replaced by an empty one.";
    DataLoss data_loss = "data-loss", Required "required":
        "Data is deleted with its resource, and no snapshot is kept.";
    StackDeletion stack_deletion = "stack-deletion", Required "required":
        "A stack is deleted.";
    Exposure exposure = "exposure", Required "required":
        "Somebody can do or reach more than before: permissions, principals, network or the public.";
    DnsDeletion dns_deletion = "dns-deletion", Protected "protected":
        "A record set is deleted.";
    DnsThreshold dns_threshold = "dns-threshold", Required "required":
        "More than 30 % of the record sets of a zone with 10 or more are updated or deleted.";
    DnsRootNs dns_root_ns = "dns-root-ns", Required "required":
        "The name servers of a zone itself change.";
    DnsAdoption dns_adoption = "dns-adoption", Required "required":
        "A record set that infra did not make is taken over and changed.";
    SecondZone second_zone = "second-zone", Required "required":
        "A public hosted zone is made although the account has one of that name.";
    StackAdoption stack_adoption = "stack-adoption", Required "required":
        "A stack that infra did not make is taken over and changed.";
    ObjectAdoption object_adoption = "object-adoption", Required "required":
        "A Kubernetes object that infra did not make is taken over and changed.";
    ObjectDeletion object_deletion = "object-deletion", Required "required":
        "A Kubernetes object is deleted, or deleted and made anew.";
    ObjectTakeover object_takeover = "object-takeover", Required "required":
        "A field of a Kubernetes object is taken from whoever manages it.";
    ObjectForgetting object_forgetting = "object-forgetting", Required "required":
        "Kubernetes objects of ours that are wanted no more are forgotten: their cluster is not asked, or has none of them.";
    TerminationProtection termination_protection = "termination-protection", Required "required":
        "A stack is deleted although it is protected from that, or its protection is switched off.";
    DeletionProtection deletion_protection = "deletion-protection", Required "required":
        "A resource goes with its stack although it is protected from deletion: the protection is switched off first.";
    ProtectedEnvironment protected_environment = "protected-environment", Protected "protected":
        "Anything changes in an environment that is protected.";
}

impl std::fmt::Display for ApprovalRule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

impl std::str::FromStr for ApprovalRule {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|rule| rule.as_str() == text).copied();
        found.ok_or_else(|| {
            let all: Vec<&str> = Self::ALL.iter().map(|rule| rule.as_str()).collect();
            format!("there is no approval rule `{text}`; the rules are {}", all.join(", "))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diag::Diagnostics;
    use crate::source::Sources;

    #[test]
    fn ids_read_as_they_are_written_and_match_the_keys() {
        for rule in ApprovalRule::ALL {
            assert_eq!(rule.to_string().parse(), Ok(*rule));
            assert_eq!(serde_json::to_value(rule).unwrap(), rule.as_str());
            let written = serde_json::json!({ rule.as_str(): "off" });
            let approvals: Approvals = serde_json::from_value(written).unwrap();
            assert_eq!(approvals.level(*rule), ApprovalLevel::Off, "{rule}");
            assert_eq!(Approvals::default().level(*rule), rule.default_level());
            let documented =
                schemars::schema_for!(Approvals).to_value()["properties"][rule.as_str()]["description"].clone();
            let level = serde_json::to_value(rule.default_level()).unwrap();
            let end = format!("Default: `{}`.", level.as_str().unwrap());
            assert!(documented.as_str().unwrap().ends_with(&end), "{documented}");
        }
        assert!("nothing".parse::<ApprovalRule>().unwrap_err().contains("stateful-replacement"));
    }

    #[test]
    fn an_environment_overrides_the_project_rule_by_rule() {
        let project = Approvals {
            data_loss: Some(ApprovalLevel::Off),
            exposure: Some(ApprovalLevel::Off),
            ..Approvals::default()
        };
        let environment = Approvals { exposure: Some(ApprovalLevel::Protected), ..Approvals::default() };
        let both = project.overridden(environment);
        assert_eq!(both.level(ApprovalRule::DataLoss), ApprovalLevel::Off);
        assert_eq!(both.level(ApprovalRule::Exposure), ApprovalLevel::Protected);
        assert_eq!(both.level(ApprovalRule::DnsRootNs), ApprovalLevel::Required);
    }

    #[test]
    fn a_project_writes_them_and_an_unknown_rule_is_reported() {
        let read = |approvals: &str| {
            let mut sources = Sources::default();
            let text = format!(
                "project: shop\napprovals: {{ {approvals} }}\nenvironments:\n  prod: {{ account: '123456789012', region: \
                 eu-west-1, domain: example.com, protected: true, approvals: {{ data-loss: required }} }}\n"
            );
            let file = sources.add("infra.yaml", text);
            let mut diags = Diagnostics::default();
            let project = crate::model::load::project(&sources, file, &mut diags);
            let environment = project.and_then(|project| project.environment(&"prod".parse().unwrap()));
            let titles: Vec<String> = diags.iter().map(|diagnostic| diagnostic.title.clone()).collect();
            (environment.map(|environment| environment.approvals), titles)
        };
        let (approvals, titles) = read("data-loss: off, exposure: protected");
        assert_eq!(titles, [""; 0]);
        let approvals = approvals.unwrap();
        assert_eq!(approvals.level(ApprovalRule::DataLoss), ApprovalLevel::Required);
        assert_eq!(approvals.level(ApprovalRule::Exposure), ApprovalLevel::Protected);
        assert_eq!(read("data-losses: off").1, ["unknown key `data-losses`"]);
        assert_eq!(read("data-loss: never").1.len(), 1);
    }
}
