use insta::assert_snapshot;

use super::*;
use crate::artifacts::Policy;
use crate::kinds::testing::{compile_stacks, properties, properties_in, report, resolved, template};

#[test]
fn a_topic_refuses_plain_connections() {
    assert_snapshot!(properties(Topic::EXAMPLE, "TopicOrderEventsPolicy"), @"
    Topics:
    - Ref: TopicOrderEvents
    PolicyDocument:
      Version: 2012-10-17
      Statement:
      - Effect: Deny
        Action: sns:Publish
        Resource:
          Ref: TopicOrderEvents
        Sid: OnlyEncrypted
        Principal: '*'
        Condition:
          Bool:
            aws:SecureTransport: 'false'
    ");
}

#[test]
fn a_queue_gets_the_messages_that_its_filter_lets_through() {
    assert_snapshot!(properties(Topic::EXAMPLE, "TopicOrderEventsToPayment"), @"
    TopicArn:
      Ref: TopicOrderEvents
    Protocol: sqs
    Endpoint:
      Fn::GetAtt:
      - QueuePayment
      - Arn
    RawMessageDelivery: true
    FilterPolicy:
      eventType:
      - OrderCreated
    FilterPolicyScope: MessageAttributes
    RedrivePolicy:
      deadLetterTargetArn:
        Fn::GetAtt:
        - QueuePaymentDeadLetter
        - Arn
    ");
}

#[test]
fn a_filter_may_look_into_the_body() {
    let yaml = "
topics: { t: { subscriptions: { q: { queue: q, filter: { type: [a] }, filter-scope: message-body } } } }
queues: { q: {} }
";
    assert!(properties(yaml, "TopicTToQ").contains("FilterPolicyScope: MessageBody\n"));
}

#[test]
fn without_a_filter_there_is_no_scope() {
    let yaml = "
topics: { t: { subscriptions: { q: { queue: q, raw: false, dead-letter: false } } } }
queues: { q: {} }
";
    assert_snapshot!(properties(yaml, "TopicTToQ"), @"
    TopicArn:
      Ref: TopicT
    Protocol: sqs
    Endpoint:
      Fn::GetAtt:
      - QueueQ
      - Arn
    RawMessageDelivery: false
    ");
}

#[test]
fn what_cannot_be_delivered_is_lost_where_the_queue_keeps_no_dead_letters() {
    let yaml = "
topics: { t: { subscriptions: { q: { queue: q } } } }
queues: { q: { dead-letter: { enabled: false } } }
";
    assert!(!properties(yaml, "TopicTToQ").contains("RedrivePolicy"));
}

#[test]
fn a_topic_may_have_a_key_and_a_name_for_people() {
    let yaml = "topics: { t: { encryption: kms, display-name: Orders, max-message-size: 1024 } }\n";
    assert_snapshot!(properties(yaml, "TopicT"), @"
    DisplayName: Orders
    KmsMasterKeyId:
      Fn::GetAtt:
      - TopicTKey
      - Arn
    MaximumMessageSize: 1024
    ");
    assert_eq!(template(yaml)["Resources"]["TopicTKey"]["DeletionPolicy"], "Retain");
}

#[test]
fn publishers_may_use_the_key() {
    let world = resolved("topics: { t: { encryption: kms } }\n");
    let topic = world.all::<Topic>().next().unwrap();
    let policy = topic.publish_statements().into_iter().fold(Policy::default(), Policy::with);
    assert_snapshot!(serde_yaml::to_string(&Expr::from(policy)).unwrap(), @"
    Version: 2012-10-17
    Statement:
    - Effect: Allow
      Action: sns:Publish
      Resource:
        Ref: TopicT
    - Effect: Allow
      Action:
      - kms:Decrypt
      - kms:GenerateDataKey
      Resource:
        Fn::GetAtt:
        - TopicTKey
        - Arn
    ");
}

#[test]
fn a_fifo_topic_has_a_name_that_ends_as_sns_wants_it() {
    let yaml = "topics: { t: { fifo: true, content-based-deduplication: true } }\n";
    assert_snapshot!(properties(yaml, "TopicT"), @"
    TopicName: shop-dev-example-t.fifo
    FifoTopic: true
    ContentBasedDeduplication: true
    ");
}

#[test]
fn a_subscription_to_a_topic_of_another_region_names_that_region() {
    let assembly = compile_stacks(&[
        ("events", "region: eu-central-1\ntopics: { t: { subscriptions: { q: { queue: jobs.q } } } }\n"),
        ("jobs", "queues: { q: {} }\n"),
    ]);
    let text = properties_in(&assembly, "stacks/jobs.eu-west-1.template.json", "TopicTToQ");
    assert!(text.starts_with("Region: eu-central-1\nTopicArn:\n  Ref: EventsTopicTRef\n"), "{text}");
}

#[test]
fn a_standard_queue_follows_a_fifo_topic_and_has_a_fifo_queue_for_what_it_does_not_get() {
    let yaml = "
topics: { t: { fifo: true, subscriptions: { q: { queue: jobs } } } }
queues: { jobs: {} }
";
    assert_eq!(report(yaml), "");
    assert_snapshot!(properties(yaml, "TopicTToQ"), @"
    TopicArn:
      Ref: TopicT
    Protocol: sqs
    Endpoint:
      Fn::GetAtt:
      - QueueJobs
      - Arn
    RawMessageDelivery: true
    RedrivePolicy:
      deadLetterTargetArn:
        Fn::GetAtt:
        - TopicTToQDeadLetter
        - Arn
    ");
    assert_snapshot!(properties(yaml, "TopicTToQDeadLetter"), @"
    FifoQueue: true
    MessageRetentionPeriod: 1209600
    SqsManagedSseEnabled: true
    ");
    assert_snapshot!(properties(yaml, "TopicTToQDeadLetterPolicy"), @"
    Queues:
    - Ref: TopicTToQDeadLetter
    PolicyDocument:
      Version: 2012-10-17
      Statement:
      - Effect: Deny
        Action: sqs:*
        Resource:
          Fn::GetAtt:
          - TopicTToQDeadLetter
          - Arn
        Sid: OnlyEncrypted
        Principal: '*'
        Condition:
          Bool:
            aws:SecureTransport: 'false'
      - Effect: Allow
        Action: sqs:SendMessage
        Resource:
          Fn::GetAtt:
          - TopicTToQDeadLetter
          - Arn
        Sid: FromTopic
        Principal:
          Service: sns.amazonaws.com
        Condition:
          ArnEquals:
            aws:SourceArn:
              Ref: TopicT
    ");
    assert!(!properties(yaml, "QueueJobsDeadLetterPolicy").contains("sns.amazonaws.com"));
}

#[test]
fn what_another_region_does_not_get_is_kept_in_the_region_of_the_topic() {
    let assembly = compile_stacks(&[
        ("events", "region: eu-central-1\ntopics: { t: { encryption: kms, subscriptions: { q: { queue: jobs.q } } } }\n"),
        ("jobs", "queues: { q: {} }\n"),
    ]);
    let events = "stacks/events.eu-central-1.template.json";
    let queue = properties_in(&assembly, events, "TopicTToQDeadLetter");
    assert!(queue.contains("KmsMasterKeyId") && !queue.contains("SqsManagedSseEnabled"), "{queue}");
    assert!(properties_in(&assembly, events, "TopicTKey").contains("sns.amazonaws.com"));
    let subscription = properties_in(&assembly, "stacks/jobs.eu-west-1.template.json", "TopicTToQ");
    assert!(subscription.contains("deadLetterTargetArn:\n    Ref: EventsTopicTToQDeadLetterArn\n"), "{subscription}");
    assert!(!properties_in(&assembly, "stacks/jobs.eu-west-1.template.json", "QueueQDeadLetterPolicy").contains("sns"));
}

#[test]
fn people_and_servers_get_messages_too() {
    let yaml = "
topics:
  t:
    subscriptions:
      people: { email: oncall@example.com, filter: { severity: [high] } }
      program: { email-json: robot@example.com }
      pager: { https: 'https://events.example.com/sns', raw: true }
";
    assert_eq!(report(yaml), "");
    assert_snapshot!(properties(yaml, "TopicTToPeople"), @"
    TopicArn:
      Ref: TopicT
    Protocol: email
    Endpoint: oncall@example.com
    FilterPolicy:
      severity:
      - high
    FilterPolicyScope: MessageAttributes
    ");
    assert_snapshot!(properties(yaml, "TopicTToProgram"), @"
    TopicArn:
      Ref: TopicT
    Protocol: email-json
    Endpoint: robot@example.com
    ");
    assert_snapshot!(properties(yaml, "TopicTToPager"), @"
    TopicArn:
      Ref: TopicT
    Protocol: https
    Endpoint: https://events.example.com/sns
    RawMessageDelivery: true
    RedrivePolicy:
      deadLetterTargetArn:
        Fn::GetAtt:
        - TopicTToPagerDeadLetter
        - Arn
    ");
    assert!(properties(yaml, "TopicTToPagerDeadLetterPolicy").contains("aws:SourceArn"));
    let lost = yaml.replace("raw: true", "dead-letter: false");
    assert_snapshot!(properties(&lost, "TopicTToPager"), @"
    TopicArn:
      Ref: TopicT
    Protocol: https
    Endpoint: https://events.example.com/sns
    ");
    assert!(template(&lost)["Resources"].get("TopicTToPagerDeadLetter").is_none());
}

#[test]
fn mistakes_of_receivers_are_reported_where_they_are() {
    let yaml = "
queues: { q: {} }
topics:
  a:
    subscriptions:
      none: {}
      both: { queue: q, email: a@example.com }
      mail: { email: a@example.com, raw: true, dead-letter: true }
  c:
    subscriptions:
      form: { email: nobody }
      plain: { https: 'http://example.com' }
      secret: { https: 'https://me:secret@example.com' }
  b: { fifo: true, subscriptions: { people: { email: a@example.com }, pager: { https: 'https://example.com' } } }
";
    assert_snapshot!(report(yaml), @"
    topics/receiver: a subscription has one receiver <- `none` has none
    topics/receiver: a subscription has one receiver <- `both` has `queue`, `email`
    topics/raw-mail: a mailbox gets no raw messages <- `true` SNS refuses it
    topics/mail-dead-letter: what a mailbox does not get is not kept <- `true` a mailbox
    source/invalid-value: `nobody` is not the address of a mailbox, such as oncall@example.com <- `nobody` 
    source/invalid-value: `http://example.com` is not an address that starts with `https://` and a host <- `'http://example.com'` 
    source/invalid-value: an address with a user or a password would be readable for everybody who can read the template <- `'https://me:secret@example.com'` 
    topics/fifo-receiver: a FIFO topic delivers to queues only <- `a@example.com` no queue
    topics/fifo-receiver: a FIFO topic delivers to queues only <- `'https://example.com'` no queue
    ");
}

#[test]
fn rust_knows_who_can_subscribe() {
    let topic = Topic::standard().mail("people", "oncall@example.com", |_| {}).unwrap();
    let topic = topic.mail_json("program", "robot@example.com", |_| {}).unwrap();
    let topic = topic.post("pager", "https://events.example.com", |subscription| subscription.raw = Some(true)).unwrap();
    let keys: Vec<&str> = topic.subscriptions.values().map(|own| own.receivers()[0].0).collect();
    assert_eq!(keys, ["https", "email", "email-json"]);
    assert!(Topic::standard().mail("people", "nobody", |_| {}).is_err());
    let queue: Ref<Queue, Standard> = Ref::new("jobs".to_owned());
    assert!(Topic::fifo().subscribe("jobs", &queue, |_| {}).is_ok());
}

#[test]
fn a_fifo_queue_cannot_follow_a_standard_topic() {
    let yaml = "
topics: { t: { subscriptions: { q: { queue: jobs } } } }
queues: { jobs: { fifo: true } }
";
    assert_snapshot!(report(yaml), @"topics/fifo-mismatch: a FIFO queue cannot subscribe to a standard topic <- `jobs` this queue is a FIFO one");
}

#[test]
fn a_filter_has_five_keys_at_most() {
    let yaml = "
topics: { t: { subscriptions: { q: { queue: q, filter: { a: [1], b: [1], c: [1], d: [1], e: [1], f: [1] } } } } }
queues: { q: {} }
";
    assert_snapshot!(report(yaml), @"topics/filter-keys: a filter policy has at most 5 keys <- `filter` 6 keys");
}

#[test]
fn messages_have_the_size_that_sns_takes() {
    assert_snapshot!(report("topics: { t: { max-message-size: 1048577 } }\n"), @"kinds/out-of-range: `max-message-size` must be from 1024 to 1048576 <- `1048577` 1048577 is outside");
}
