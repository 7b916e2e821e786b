//! `sqs/dead-letter-mismatch`: a dead-letter queue accepts what its source gives up.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "sqs/dead-letter-mismatch",
    code: "MSG-011",
    severity: Severity::Error,
    phase: Phase::Deploy,
    title: "dead-letter queue that its source may not use",
    why: "a dead-letter queue is of the same type as its source, in the same region and account, and lets the \
          source in if it lists who may use it; two queues that name each other turn a message in circles",
    error: Some("Dead-letter queue must be same type of queue as the source."),
    sources: &[
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SetQueueAttributes.html",
        "https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-dead-letter-queues.html",
    ],
    evidence: Evidence::Documented,
    bad: r"
Resources:
  Dead:
    Type: AWS::SQS::Queue
    Properties: { MessageRetentionPeriod: 1209600 }
  Jobs:
    Type: AWS::SQS::Queue
    Properties:
      FifoQueue: true
      RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 5 }
#                                           ^
",
    good: &[("{ MessageRetentionPeriod: 1209600 }", "{ MessageRetentionPeriod: 1209600, FifoQueue: true }")],
    check: Check::Resources(&["AWS::SQS::Queue"], check),
};

fn check(cx: &mut Cx<'_>, queue: Resource<'_>) {
    let Some(slot) = queue.get("RedrivePolicy.deadLetterTargetArn") else { return };
    let Some(dead) = slot.resource_of("AWS::SQS::Queue") else { return };
    let Some((problem, help)) = problem(&queue, &dead) else { return };
    cx.report(
        slot.finding(format!("queue `{}` cannot use `{}` for its dead letters", queue.id(), dead.id()), problem)
            .also(dead.at(), "the dead-letter queue")
            .help(help),
    );
}

fn problem(queue: &Resource<'_>, dead: &Resource<'_>) -> Option<(String, &'static str)> {
    if queue == dead || super::dead_letters(dead).as_ref() == Some(queue) {
        return Some(("its dead letters come back".to_owned(), "name a queue that has no `RedrivePolicy` itself"));
    }
    if let (Some(source), Some(target)) = (super::is_fifo(queue), super::is_fifo(dead))
        && source != target
    {
        let name = |fifo: bool| if fifo { "a FIFO queue" } else { "a standard queue" };
        let problem = format!("{} cannot take what {} gives up", name(target), name(source));
        return Some((problem, "give both queues the same `FifoQueue`"));
    }
    if let (Some(source), Some(target)) = (queue.region(), dead.region())
        && source != target
    {
        return Some((
            format!("the queue is in {source}, this one in {target}"),
            "make a dead-letter queue in the region of the queue itself",
        ));
    }
    let allow = dead.get("RedriveAllowPolicy")?;
    let refused = match allow.get("redrivePermission")?.text()?.as_ref() {
        "denyAll" => true,
        "byQueue" => allow.get("sourceQueueArns")?.items().all(|source| {
            source.resource_of("AWS::SQS::Queue").map_or_else(|| source.is_known(), |known| known != *queue)
        }),
        _ => false,
    };
    refused.then(|| {
        let help = "add the queue to `sourceQueueArns` of the dead-letter queue's `RedriveAllowPolicy`";
        ("its `RedriveAllowPolicy` does not list this source".to_owned(), help)
    })
}

#[cfg(test)]
mod tests {
    use crate::rules::testing::of_rule;

    #[test]
    fn an_allow_list_must_hold_the_source_and_queues_must_not_circle() {
        let yaml = r"
Resources:
  Dead:
    Type: AWS::SQS::Queue
    Properties:
      RedriveAllowPolicy: { redrivePermission: byQueue, sourceQueueArns: [!GetAtt One.Arn] }
  One: { Type: AWS::SQS::Queue, Properties: { RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 5 } } }
  Two: { Type: AWS::SQS::Queue, Properties: { RedrivePolicy: { deadLetterTargetArn: !GetAtt Dead.Arn, maxReceiveCount: 5 } } }
  Self: { Type: AWS::SQS::Queue, Properties: { RedrivePolicy: { deadLetterTargetArn: !GetAtt Self.Arn, maxReceiveCount: 5 } } }
";
        let found = of_rule(&super::RULE, yaml);
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("`Two`") && found[1].contains("`Self`"), "{found:?}");
    }
}
