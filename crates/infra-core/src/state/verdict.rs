//! What each command does with a stack, by the stack's status.

use super::{Phase, StackStatus};

/// A command that looks at stacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// `infra diff`
    Diff,
    /// `infra apply`
    Apply,
    /// `infra apply --resume`, of a run that has an operation on the stack
    Resume,
    /// `infra destroy`
    Destroy,
    /// `infra status`
    Status,
    /// `infra drift`
    Drift,
    /// `infra recover`
    Recover,
}

impl Verb {
    /// Every command.
    pub const ALL: [Self; 7] =
        [Self::Diff, Self::Apply, Self::Resume, Self::Destroy, Self::Status, Self::Drift, Self::Recover];
}

/// What a command does with a stack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It does what it is for.
    Goes,
    /// It takes the stack for one that is not there.
    TakenAsAbsent,
    /// There is nothing for it to do.
    Nothing,
    /// It waits until the operation that it finds has ended.
    Waits,
    /// It refuses until the operation of somebody else has ended.
    Busy,
    /// It refuses until `infra recover` was heard.
    Stuck,
    /// It reports that the stack is not sound: exit code 1, unless what it does mends the stack.
    Unsound,
}

/// What a command does with a stack of a status; `None`: there is no such stack.
pub fn verdict(status: Option<StackStatus>, verb: Verb) -> Verdict {
    let phase = status.map_or(Phase::Gone, StackStatus::phase);
    match phase {
        Phase::Gone => match verb {
            Verb::Diff | Verb::Apply => Verdict::TakenAsAbsent,
            Verb::Resume => Verdict::Goes,
            Verb::Destroy | Verb::Status | Verb::Drift | Verb::Recover => Verdict::Nothing,
        },
        Phase::Review => match verb {
            Verb::Diff | Verb::Apply => Verdict::TakenAsAbsent,
            Verb::Resume | Verb::Destroy | Verb::Status | Verb::Recover => Verdict::Goes,
            Verb::Drift => Verdict::Nothing,
        },
        Phase::Busy => match verb {
            Verb::Diff | Verb::Apply | Verb::Destroy | Verb::Drift | Verb::Recover => Verdict::Busy,
            Verb::Resume => Verdict::Waits,
            Verb::Status => Verdict::Goes,
        },
        Phase::Steady | Phase::RolledBack => match verb {
            Verb::Diff | Verb::Apply | Verb::Resume | Verb::Destroy | Verb::Status | Verb::Drift => Verdict::Goes,
            Verb::Recover => Verdict::Nothing,
        },
        // CloudFormation takes another update of a stack whose update failed and was not rolled back.
        Phase::UpdateFailed => match verb {
            Verb::Diff | Verb::Apply | Verb::Resume | Verb::Status => Verdict::Unsound,
            Verb::Destroy | Verb::Drift | Verb::Recover => Verdict::Goes,
        },
        Phase::CreationFailed | Phase::DeleteFailed | Phase::RollbackFailed => match verb {
            Verb::Diff | Verb::Apply => Verdict::Stuck,
            Verb::Resume | Verb::Status => Verdict::Unsound,
            Verb::Drift if matches!(phase, Phase::CreationFailed | Phase::DeleteFailed) => Verdict::Nothing,
            Verb::Destroy | Verb::Recover | Verb::Drift => Verdict::Goes,
        },
    }
}

/// What gets a stack out of where it is stuck.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    /// Nothing is wrong.
    None,
    /// Wait; something is under way.
    Wait,
    /// Delete the stack, which never came to be, and apply again.
    DeleteAndCreate,
    /// Roll the stack back to where it was.
    Rollback,
    /// Go on with the rollback, if need be without the resources that cannot be rolled back.
    ContinueRollback,
    /// Delete it again, once what kept it is out of the way.
    DeleteAgain,
}

/// What gets a stack of a status out of where it is stuck.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/troubleshooting.html> and the conditions of
/// <https://docs.aws.amazon.com/AWSCloudFormation/latest/APIReference/API_RollbackStack.html> (read 2026-11-25).
pub fn remedy(status: StackStatus) -> Remedy {
    match status.phase() {
        Phase::Steady | Phase::RolledBack | Phase::Gone => Remedy::None,
        Phase::Busy => Remedy::Wait,
        Phase::Review | Phase::CreationFailed => Remedy::DeleteAndCreate,
        Phase::UpdateFailed => Remedy::Rollback,
        Phase::RollbackFailed => Remedy::ContinueRollback,
        Phase::DeleteFailed => Remedy::DeleteAgain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One row a status: what diff, apply, resume, destroy, status, drift and recover do.
    const TABLE: &str = "
(absent)                                     absent absent goes    nothing nothing nothing nothing
CREATE_IN_PROGRESS                           busy   busy   waits   busy    goes    busy    busy
CREATE_FAILED                                stuck  stuck  unsound goes    unsound nothing goes
CREATE_COMPLETE                              goes   goes   goes    goes    goes    goes    nothing
ROLLBACK_IN_PROGRESS                         busy   busy   waits   busy    goes    busy    busy
ROLLBACK_FAILED                              stuck  stuck  unsound goes    unsound nothing goes
ROLLBACK_COMPLETE                            stuck  stuck  unsound goes    unsound nothing goes
DELETE_IN_PROGRESS                           busy   busy   waits   busy    goes    busy    busy
DELETE_FAILED                                stuck  stuck  unsound goes    unsound nothing goes
DELETE_COMPLETE                              absent absent goes    nothing nothing nothing nothing
UPDATE_IN_PROGRESS                           busy   busy   waits   busy    goes    busy    busy
UPDATE_COMPLETE_CLEANUP_IN_PROGRESS          busy   busy   waits   busy    goes    busy    busy
UPDATE_COMPLETE                              goes   goes   goes    goes    goes    goes    nothing
UPDATE_FAILED                                unsound unsound unsound goes  unsound goes    goes
UPDATE_ROLLBACK_IN_PROGRESS                  busy   busy   waits   busy    goes    busy    busy
UPDATE_ROLLBACK_FAILED                       stuck  stuck  unsound goes    unsound goes    goes
UPDATE_ROLLBACK_COMPLETE_CLEANUP_IN_PROGRESS busy   busy   waits   busy    goes    busy    busy
UPDATE_ROLLBACK_COMPLETE                     goes   goes   goes    goes    goes    goes    nothing
REVIEW_IN_PROGRESS                           absent absent goes    goes    goes    nothing goes
IMPORT_IN_PROGRESS                           busy   busy   waits   busy    goes    busy    busy
IMPORT_COMPLETE                              goes   goes   goes    goes    goes    goes    nothing
IMPORT_ROLLBACK_IN_PROGRESS                  busy   busy   waits   busy    goes    busy    busy
IMPORT_ROLLBACK_FAILED                       stuck  stuck  unsound goes    unsound goes    goes
IMPORT_ROLLBACK_COMPLETE                     goes   goes   goes    goes    goes    goes    nothing
";

    fn word(verdict: Verdict) -> &'static str {
        match verdict {
            Verdict::Goes => "goes",
            Verdict::TakenAsAbsent => "absent",
            Verdict::Nothing => "nothing",
            Verdict::Waits => "waits",
            Verdict::Busy => "busy",
            Verdict::Stuck => "stuck",
            Verdict::Unsound => "unsound",
        }
    }

    #[test]
    fn every_status_has_its_row() {
        let rows: Vec<Vec<&str>> = TABLE.trim().lines().map(|row| row.split_whitespace().collect()).collect();
        assert_eq!(rows.len(), StackStatus::ALL.len() + 1);
        for row in rows {
            let status = row[0].parse::<StackStatus>().ok();
            assert!(status.is_some() || row[0] == "(absent)", "{row:?}");
            let found: Vec<&str> = Verb::ALL.iter().map(|verb| word(verdict(status, *verb))).collect();
            assert_eq!(found, row[1..], "{}", row[0]);
        }
    }

    #[test]
    fn where_apply_is_stuck_there_is_a_remedy() {
        for status in StackStatus::ALL {
            let stuck = verdict(Some(*status), Verb::Apply) == Verdict::Stuck;
            let remedy = remedy(*status);
            let helps = matches!(
                remedy,
                Remedy::DeleteAndCreate | Remedy::Rollback | Remedy::ContinueRollback | Remedy::DeleteAgain
            );
            assert!(!stuck || helps, "{status}");
        }
    }
}
