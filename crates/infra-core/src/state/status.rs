//! The statuses of stacks.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// What a status means for whoever wants to change the stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The last operation did what it was to do; the stack takes a change.
    Steady,
    /// An operation is under way.
    Busy,
    /// A change set was made and never executed; the stack holds nothing.
    Review,
    /// Creation failed; the stack can only be deleted.
    CreationFailed,
    /// An update failed and was rolled back; the stack takes a change.
    RolledBack,
    /// An update failed and was left as it is.
    UpdateFailed,
    /// Rolling back an update failed; the stack takes nothing but a continued rollback or its deletion.
    RollbackFailed,
    /// Deletion failed; the stack takes nothing but another deletion.
    DeleteFailed,
    /// The stack is gone.
    Gone,
}

macro_rules! statuses {
    ($($name:ident = $text:literal: $phase:ident,)*) => {
        /// The status of a stack.
        ///
        /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html> and the shape
        /// `StackStatus` of botocore `cloudformation` 2010-05-15 (read 2026-11-24).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum StackStatus {
            $(#[doc = concat!("`", $text, "`")] #[serde(rename = $text)] $name,)*
        }

        impl StackStatus {
            /// Every status.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The name as CloudFormation spells it.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// What it means for whoever wants to change the stack.
            pub fn phase(self) -> Phase {
                match self {
                    $(Self::$name => Phase::$phase,)*
                }
            }
        }
    };
}

statuses! {
    CreateInProgress = "CREATE_IN_PROGRESS": Busy,
    CreateFailed = "CREATE_FAILED": CreationFailed,
    CreateComplete = "CREATE_COMPLETE": Steady,
    RollbackInProgress = "ROLLBACK_IN_PROGRESS": Busy,
    RollbackFailed = "ROLLBACK_FAILED": CreationFailed,
    RollbackComplete = "ROLLBACK_COMPLETE": CreationFailed,
    DeleteInProgress = "DELETE_IN_PROGRESS": Busy,
    DeleteFailed = "DELETE_FAILED": DeleteFailed,
    DeleteComplete = "DELETE_COMPLETE": Gone,
    UpdateInProgress = "UPDATE_IN_PROGRESS": Busy,
    UpdateCompleteCleanupInProgress = "UPDATE_COMPLETE_CLEANUP_IN_PROGRESS": Busy,
    UpdateComplete = "UPDATE_COMPLETE": Steady,
    UpdateFailed = "UPDATE_FAILED": UpdateFailed,
    UpdateRollbackInProgress = "UPDATE_ROLLBACK_IN_PROGRESS": Busy,
    UpdateRollbackFailed = "UPDATE_ROLLBACK_FAILED": RollbackFailed,
    UpdateRollbackCompleteCleanupInProgress = "UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS": Busy,
    UpdateRollbackComplete = "UPDATE_ROLLBACK_COMPLETE": RolledBack,
    ReviewInProgress = "REVIEW_IN_PROGRESS": Review,
    ImportInProgress = "IMPORT_IN_PROGRESS": Busy,
    ImportComplete = "IMPORT_COMPLETE": Steady,
    ImportRollbackInProgress = "IMPORT_ROLLBACK_IN_PROGRESS": Busy,
    ImportRollbackFailed = "IMPORT_ROLLBACK_FAILED": RollbackFailed,
    ImportRollbackComplete = "IMPORT_ROLLBACK_COMPLETE": RolledBack,
}

impl StackStatus {
    /// Whether an operation is under way.
    pub fn is_busy(self) -> bool {
        self.phase() == Phase::Busy
    }
}

impl fmt::Display for StackStatus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for StackStatus {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let found = Self::ALL.iter().find(|status| status.as_str() == text);
        found.copied().ok_or_else(|| format!("`{text}` is no stack status that this version knows"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_read_as_they_are_written_and_those_in_progress_are_busy() {
        assert_eq!(StackStatus::ALL.len(), 23);
        for status in StackStatus::ALL {
            assert_eq!(status.as_str().parse(), Ok(*status));
            let in_progress = status.as_str().ends_with("_IN_PROGRESS") && *status != StackStatus::ReviewInProgress;
            assert_eq!(status.is_busy(), in_progress, "{status}");
        }
    }
}
