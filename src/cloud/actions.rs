//! Every action that is sent to AWS, and the commands that send it: a call of anything else does not compile.

use clap::ValueEnum;

/// What credentials are used for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, ValueEnum)]
pub(crate) enum Use {
    /// `infra diff`, which asks and changes nothing.
    Diff,
    /// What `infra diff --change-set` needs besides `diff`.
    ChangeSet,
    /// `infra apply`.
    Apply,
    /// `infra destroy`.
    Destroy,
    /// `infra status`.
    Status,
    /// `infra outputs`.
    Outputs,
    /// `infra drift`, and what `infra diff --drift` needs besides `diff`.
    Drift,
    /// `infra dns undo`.
    Dns,
    /// `infra recover`.
    Recover,
    /// `infra bootstrap`.
    Bootstrap,
}

impl Use {
    /// All of them.
    pub(crate) const ALL: [Self; 10] = [
        Self::Diff,
        Self::ChangeSet,
        Self::Apply,
        Self::Destroy,
        Self::Status,
        Self::Outputs,
        Self::Drift,
        Self::Dns,
        Self::Recover,
        Self::Bootstrap,
    ];

    /// Its name on the command line.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Diff => "diff",
            Self::ChangeSet => "change-set",
            Self::Apply => "apply",
            Self::Destroy => "destroy",
            Self::Status => "status",
            Self::Outputs => "outputs",
            Self::Drift => "drift",
            Self::Dns => "dns",
            Self::Recover => "recover",
            Self::Bootstrap => "bootstrap",
        }
    }
}

macro_rules! actions {
    ($($name:ident $text:literal: $($user:ident)+;)+) => {
        /// An action of AWS that some command sends.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
        pub(crate) enum Action {
            $(#[doc = concat!("`", $text, "`.")] $name,)+
        }

        impl Action {
            /// All of them.
            pub(crate) const ALL: &[Self] = &[$(Self::$name),+];

            /// Its name as IAM spells it, such as `cloudformation:DescribeStacks`.
            pub(crate) const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }

            /// Who sends it.
            pub(crate) const fn users(self) -> &'static [Use] {
                match self { $(Self::$name => &[$(Use::$user),+],)+ }
            }
        }
    };
}

actions! {
    GetCallerIdentity "sts:GetCallerIdentity": Diff ChangeSet Apply Destroy Status Outputs Drift Dns Recover Bootstrap;
    DescribeStacks "cloudformation:DescribeStacks":
        Diff ChangeSet Apply Destroy Status Outputs Drift Dns Recover Bootstrap;
    GetTemplate "cloudformation:GetTemplate": Diff Apply Destroy Status Drift Dns Bootstrap;
    GetHostedZone "route53:GetHostedZone": Diff Apply Destroy Status Drift Dns;
    ListResourceRecordSets "route53:ListResourceRecordSets": Diff Apply Destroy Status Drift Dns;
    ListHostedZonesByName "route53:ListHostedZonesByName": Diff Apply Destroy Status Drift Dns Bootstrap;
    ListStackResources "cloudformation:ListStackResources": Apply Destroy;
    DescribeCertificate "acm:DescribeCertificate": Diff Apply Destroy Status Drift Dns;
    ListCertificates "acm:ListCertificates": Apply;
    DetectStackDrift "cloudformation:DetectStackDrift": Drift;
    DescribeStackDriftDetectionStatus "cloudformation:DescribeStackDriftDetectionStatus": Drift;
    DescribeStackResourceDrifts "cloudformation:DescribeStackResourceDrifts": Drift;
    CreateChangeSet "cloudformation:CreateChangeSet": ChangeSet Apply Destroy Dns Bootstrap;
    DescribeChangeSet "cloudformation:DescribeChangeSet": ChangeSet Apply Destroy Dns Bootstrap;
    DeleteChangeSet "cloudformation:DeleteChangeSet": ChangeSet Apply Destroy Dns Bootstrap;
    ListChangeSets "cloudformation:ListChangeSets": ChangeSet Apply Dns Bootstrap;
    ExecuteChangeSet "cloudformation:ExecuteChangeSet": Apply Destroy Dns Bootstrap;
    DescribeStackEvents "cloudformation:DescribeStackEvents": Diff Apply Destroy Status Drift Dns Recover Bootstrap;
    DeleteStack "cloudformation:DeleteStack": ChangeSet Apply Destroy Dns Recover Bootstrap;
    UpdateTerminationProtection "cloudformation:UpdateTerminationProtection": Apply Destroy Bootstrap;
    ContinueUpdateRollback "cloudformation:ContinueUpdateRollback": Recover;
    RollbackStack "cloudformation:RollbackStack": Recover;
    PutObject "s3:PutObject": ChangeSet Apply Destroy;
    ChangeResourceRecordSets "route53:ChangeResourceRecordSets": Apply Destroy Dns;
    GetChange "route53:GetChange": Apply Destroy Dns;
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    #[test]
    fn what_only_looks_sends_what_only_looks() {
        for action in Action::ALL {
            let verb = action.as_str().split(':').nth(1).unwrap();
            let looks = ["Describe", "Get", "List"].iter().any(|start| verb.starts_with(start));
            for user in [Use::Diff, Use::Status, Use::Outputs] {
                assert!(looks || !action.users().contains(&user), "{} sends {}", user.as_str(), action.as_str());
            }
        }
    }

    #[test]
    fn names_are_those_of_the_command_line() {
        for user in Use::ALL {
            assert_eq!(user.to_possible_value().unwrap().get_name(), user.as_str());
        }
    }

    #[test]
    fn the_page_about_permissions_has_the_table() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/permissions.md");
        let page = std::fs::read_to_string(path).unwrap();
        let (before, rest) = page.split_once("<!-- actions -->\n").unwrap();
        let (_, after) = rest.split_once("<!-- end -->").unwrap();
        let mut table = "| action |".to_owned();
        Use::ALL.iter().for_each(|user| write!(table, " {} |", user.as_str()).unwrap());
        table.push_str("\n| --- |");
        Use::ALL.iter().for_each(|_| table.push_str(" :-: |"));
        for action in Action::ALL {
            write!(table, "\n| `{}` |", action.as_str()).unwrap();
            let mark = |user| if action.users().contains(user) { " x |" } else { " |" };
            Use::ALL.iter().for_each(|user| table.push_str(mark(user)));
        }
        let wanted = format!("{before}<!-- actions -->\n{table}\n<!-- end -->{after}");
        if std::env::var_os("UPDATE").is_some() {
            std::fs::write(path, &wanted).unwrap();
        }
        assert!(page == wanted || std::env::var_os("UPDATE").is_some(), "run this with UPDATE=1");
    }
}
