use insta::assert_snapshot;

use super::Function;
use crate::kinds::Kind;
use crate::kinds::testing::{compile_stacks, ids, json, properties, report, template};

const HELLO: &str = "
functions:
  hello:
    runtime: python3.13
    handler: index.handler
    code: { inline: 'def handler(event, context): pass' }
";

fn with(fields: &str) -> String {
    format!("{HELLO}    {fields}\n")
}

#[test]
fn a_function_has_a_log_group_and_a_role_that_writes_there_alone() {
    assert_eq!(ids(&template(HELLO)), ["FunctionHelloLogs", "FunctionHelloRole", "FunctionHello"]);
    assert_snapshot!(properties(HELLO, "FunctionHello"), @r#"
    Description: Function shop-dev-hello
    Code:
      ZipFile: 'def handler(event, context): pass'
    Runtime: python3.13
    Handler: index.handler
    Architectures:
    - x86_64
    MemorySize: 256
    Timeout: 30
    Role:
      Fn::GetAtt:
      - FunctionHelloRole
      - Arn
    LoggingConfig:
      LogGroup:
        Ref: FunctionHelloLogs
    "#);
    assert_snapshot!(properties(HELLO, "FunctionHelloRole"), @r#"
    AssumeRolePolicyDocument:
      Version: 2012-10-17
      Statement:
      - Effect: Allow
        Principal:
          Service: lambda.amazonaws.com
        Action: sts:AssumeRole
    Policies:
    - PolicyName: uses
      PolicyDocument:
        Version: 2012-10-17
        Statement:
        - Effect: Allow
          Action:
          - logs:CreateLogStream
          - logs:PutLogEvents
          Resource:
            Fn::Sub: ${FunctionHelloLogs.Arn}:*
    "#);
}

#[test]
fn an_image_takes_messages_and_gets_what_it_uses() {
    assert_snapshot!(properties(Function::EXAMPLE, "FunctionThumbnailsFromUploads"), @r#"
    FunctionName:
      Fn::GetAtt:
      - FunctionThumbnails
      - Arn
    EventSourceArn:
      Fn::GetAtt:
      - QueueUploads
      - Arn
    BatchSize: 5
    ScalingConfig:
      MaximumConcurrency: 20
    FunctionResponseTypes:
    - ReportBatchItemFailures
    "#);
    let function = properties(Function::EXAMPLE, "FunctionThumbnails");
    assert!(function.contains("PackageType: Image") && function.contains("PICTURES_BUCKET"), "{function}");
    let role = properties(Function::EXAMPLE, "FunctionThumbnailsRole");
    for action in ["sqs:ReceiveMessage", "s3:GetObject", "s3:PutObject"] {
        assert!(role.contains(action), "{role}");
    }
}

#[test]
fn code_may_lie_in_a_bucket_that_exists() {
    let yaml = HELLO.replace(
        "code: { inline: 'def handler(event, context): pass' }",
        "code: { zip: { bucket: { ssm-parameter: /artifacts }, key: hello-1.4.2.zip } }",
    );
    let template = template(&yaml);
    assert_snapshot!(template["Resources"]["FunctionHello"]["Properties"]["Code"], @r#"{"S3Bucket":{"Ref":"SsmArtifacts"},"S3Key":"hello-1.4.2.zip"}"#);
}

#[test]
fn a_topic_calls_it_and_what_fails_is_kept_twice() {
    let topic = "topics: { events: { subscriptions: { hello: { function: fns.hello } } } }\n";
    let assembly = compile_stacks(&[("events", topic), ("fns", HELLO)]);
    let template = json(&assembly, "stacks/fns.eu-west-1.template.json");
    let resources = &template["Resources"];
    assert_eq!(resources["TopicEventsToHello"]["Properties"]["Protocol"], "lambda");
    assert_eq!(resources["TopicEventsToHelloMayCall"]["Properties"]["SourceArn"]["Ref"], "EventsTopicEventsRef");
    assert_eq!(resources["FunctionHello"]["Properties"]["DeadLetterConfig"]["TargetArn"]["Fn::GetAtt"][0], "FunctionHelloDeadLetter");
    let without = json(&compile_stacks(&[("events", topic), ("fns", &with("dead-letter: false"))]), "stacks/fns.eu-west-1.template.json");
    assert!(without["Resources"].get("FunctionHelloDeadLetter").is_none());
}

#[test]
fn objects_and_changes_of_items_are_told() {
    let yaml = with("objects: [{ bucket: uploads, suffix: .jpg }]\n    streams: [{ table: orders }]\n    buckets: { uploads: { bucket: uploads } }")
        + "buckets: { uploads: {} }\ntables: { orders: { partition-key: { name: id }, stream: new-image } }\n";
    let template = template(&yaml);
    let resources = &template["Resources"];
    assert_eq!(resources["BucketUploads"]["Properties"]["NotificationConfiguration"]["EventBridgeConfiguration"]["EventBridgeEnabled"], true);
    assert_snapshot!(resources["FunctionHelloObjectsOfUploads"]["Properties"]["EventPattern"], @r#"{"source":["aws.s3"],"detail-type":["Object Created"],"detail":{"bucket":{"name":[{"Ref":"BucketUploads"}]},"object":{"key":[{"suffix":".jpg"}]}}}"#);
    assert_snapshot!(properties(&yaml, "FunctionHelloFromTableOrders"), @r#"
    FunctionName:
      Fn::GetAtt:
      - FunctionHello
      - Arn
    EventSourceArn:
      Fn::GetAtt:
      - TableOrders
      - StreamArn
    BatchSize: 100
    StartingPosition: TRIM_HORIZON
    MaximumRetryAttempts: 3
    FunctionResponseTypes:
    - ReportBatchItemFailures
    DestinationConfig:
      OnFailure:
        Destination:
          Fn::GetAtt:
          - FunctionHelloDeadLetter
          - Arn
    "#);
    assert!(resources["FunctionHelloDeadLetterPolicy"].to_string().contains("FunctionHelloObjectsOfUploads"));
}

#[test]
fn in_a_network_it_is_opened_to_its_database_and_caches() {
    let yaml = with("network: main\n    database: { database: orders, user: hello }\n    caches: [sessions]")
        + "networks: { main: { cidr: 10.20.0.0/16 } }
databases: { orders: { network: main, users: { hello: {} } } }
caches: { sessions: { network: main } }
";
    let template = template(&yaml);
    let rules: Vec<&str> = ids(&template).into_iter().filter(|id| id.starts_with("ExampleIn")).collect();
    assert_eq!(
        rules,
        [
            "ExampleInFunctionHelloToExampleDatabaseOrders5432",
            "ExampleInFunctionHelloToExampleCacheSessions6379",
            "ExampleInFunctionHelloToExampleCacheSessions6380"
        ]
    );
    let variables = &template["Resources"]["FunctionHello"]["Properties"]["Environment"]["Variables"];
    let names: Vec<&String> = variables.as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        [
            "DB_HOST",
            "DB_NAME",
            "DB_PORT",
            "DB_SECRET_ID",
            "SESSIONS_CACHE_HOST",
            "SESSIONS_CACHE_PORT",
            "SESSIONS_CACHE_SECRET_ID",
            "SESSIONS_CACHE_SHARDED"
        ]
    );
    let found = report(&yaml.replace("    network: main\n    database", "    database"));
    assert_eq!(found.matches("functions/no-network").count(), 2, "{found}");
}

#[test]
fn routes_of_an_api_call_it() {
    let yaml = with("timeout: 20") + "http-apis: { web: { routes: { GET /hello: { to: { function: { function: hello } } } } } }\n";
    let template = template(&yaml);
    let resources = &template["Resources"];
    assert_snapshot!(resources["ApiWebCallHello"]["Properties"], @r#"{"ApiId":{"Ref":"ApiWeb"},"IntegrationType":"AWS_PROXY","IntegrationUri":{"Fn::GetAtt":["FunctionHello","Arn"]},"PayloadFormatVersion":"2.0","TimeoutInMillis":29000}"#);
    assert_snapshot!(resources["ApiWebCallHelloPermission"]["Properties"]["SourceArn"], @r#"{"Fn::Sub":"arn:${AWS::Partition}:execute-api:eu-west-1:${AWS::AccountId}:${ApiWeb}/*/*"}"#);
}

#[test]
fn alarms_look_at_errors_and_throttles() {
    let yaml = with("dead-letter: true") + "topics: { alarms: {} }\nmonitors: { main: { notify: alarms } }\n";
    let template = template(&yaml);
    let alarms: Vec<&str> = ids(&template).into_iter().filter(|id| id.contains("HelloFunction")).collect();
    assert_eq!(
        alarms,
        ["MonitorMainExampleHelloFunctionErrors", "MonitorMainExampleHelloFunctionThrottles", "MonitorMainExampleHelloFunctionDeadLetters"]
    );
}

#[test]
fn functions_that_cannot_be_are_refused() {
    let found = [
        "memory-mb: 64",
        "timeout: 901",
        "env: { AWS_REGION: eu-west-1, a-b: c, PASSWORD: hunter2 }",
        "network: main\n    tier: public",
        "streams: [{ table: orders }]",
        "objects: [{ bucket: uploads, prefix: a, suffix: b, of: [] }]",
        "log-retention-days: 31",
    ];
    let rest = "networks: { main: { cidr: 10.20.0.0/16 } }\ntables: { orders: { partition-key: { name: id } } }\nbuckets: { uploads: {} }\n";
    let text: String = found.map(|fields| report(&(with(fields) + rest))).concat();
    assert!(!text.contains("hunter2"), "{text}");
    assert_snapshot!(text, @r#"
    kinds/out-of-range: `memory-mb` must be from 128 to 10240 <- `64` 64 is outside
    kinds/out-of-range: `timeout` must be from 1 to 900 <- `901` 901 is outside
    functions/variable: `AWS_REGION` is set by Lambda itself <- `eu-west-1` Lambda refuses it
    functions/variable: `a-b` cannot be a variable of a function <- `c` two or more letters, digits and underscores, a letter first
    kinds/secret-literal: `PASSWORD` looks like a secret <- a literal; it is not shown here
    functions/public-subnets: a function in public subnets reaches no internet <- `public` gets no public address
    functions/no-stream: table `orders` has no stream <- `orders` its changes are not told to anybody
    functions/object-filter: objects are chosen by the start or the end of their keys <- `b` beside `prefix`
    functions/object-events: the function is told of nothing <- `of` empty
    kinds/log-retention: CloudWatch Logs cannot keep logs for 31 days <- `31` not one of its periods
    "#);
    let image = HELLO.replace("{ inline: 'def handler(event, context): pass' }", "{ image: 'a.example.com/hello:1' }");
    assert_snapshot!(report(&image), @r#"
    functions/image: an image brings its own `runtime` <- `python3.13` Lambda refuses it
    functions/image: an image brings its own `handler` <- `index.handler` Lambda refuses it
    "#);
    let bare = HELLO.replace("    runtime: python3.13\n    handler: index.handler\n", "");
    assert_snapshot!(report(&bare), @r#"
    functions/no-runtime: code that is no image needs a `handler` <- `code` code for a runtime of Lambda
    functions/no-runtime: code that is no image needs a `runtime` <- `code` code for a runtime of Lambda
    "#);
    assert!(report(&HELLO.replace("python3.13", "java21")).contains("functions/inline"));
}
