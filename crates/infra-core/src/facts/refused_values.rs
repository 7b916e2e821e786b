//! Texts that a service refuses, or that certainly do not work, although the schema of the type takes any text.
//!
//! The schemas have types, patterns and values of most properties; what is here stands in the pages of the services only.

/// One property and the texts that it may not have.
#[derive(Debug)]
pub struct RefusedValue {
    /// Type of the resource; empty for the items of [`Self::list`] of any type.
    pub kind: &'static str,
    /// Path to what holds the property, through lists; empty for the properties themselves.
    pub list: &'static str,
    /// The property.
    pub key: &'static str,
    /// Only where this property beside it has one of these values; an empty key is always.
    pub only: (&'static str, &'static [&'static str]),
    /// Whether a text is refused.
    pub refuses: fn(&str) -> bool,
    /// What is wrong with it, as a label.
    pub problem: &'static str,
    /// What to write, as an imperative.
    pub help: &'static str,
    /// The page that says so (from memory).
    pub source: &'static str,
}

type Test = fn(&str) -> bool;

const fn row(kind: &'static str, list: &'static str, key: &'static str, refuses: Test) -> RefusedValue {
    RefusedValue { kind, list, key, only: ("", &[]), refuses, problem: "", help: "", source: "" }
}

impl RefusedValue {
    const fn only(mut self, key: &'static str, values: &'static [&'static str]) -> Self {
        self.only = (key, values);
        self
    }

    const fn says(mut self, problem: &'static str, help: &'static str, source: &'static str) -> Self {
        self.problem = problem;
        self.help = help;
        self.source = source;
        self
    }
}

const ENGINES: &[&str] = &["aurora-mysql", "aurora-postgresql", "mariadb", "mysql", "postgres"];
const POSTGRES: &[&str] = &["aurora-postgresql", "postgres"];

const CALLBACKS: &str =
    "https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-app-idp-settings.html";
const CLASSES: &str = "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/";
const CORS: &str = "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-cors.html";
const DB: &str = "https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_CreateDBInstance.html";
const GROUPS: &str = "https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html";
const ORIGIN: &str = "https://docs.aws.amazon.com/cloudfront/latest/APIReference/API_Origin.html";
const SUBSCRIBE: &str = "https://docs.aws.amazon.com/sns/latest/api/API_Subscribe.html";

const ORIGIN_PATH: &str = "an origin is a scheme, a host and perhaps a port, without a path or a slash at its end";
const ORIGIN_HELP: &str = "write it as browsers send it, such as `https://www.example.com`";
const DESCRIPTION: &str = "only letters, digits, spaces and ._-:/()#,@[]+=&;{}!$* may be in it";
const NO_CLASS: &str = "no instance class of this service";
const USER: &str = "a name that the engine keeps for itself";
const ENDPOINT: &str = "does not fit the protocol";

/// Every row, sorted by type, list and key.
pub const REFUSED_VALUES: &[RefusedValue] = &[
    row("AWS::ApiGatewayV2::Api", "CorsConfiguration", "AllowOrigins", is_no_origin).says(ORIGIN_PATH, ORIGIN_HELP, CORS),
    row("AWS::ApiGatewayV2::Authorizer", "", "IdentitySource", |text| !text.starts_with("$request."))
        .only("AuthorizerType", &["JWT"])
        .says(
            "not where an HTTP API finds a token",
            "write `$request.header.Authorization`",
            "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html",
        ),
    row("AWS::ApiGatewayV2::Integration", "", "PayloadFormatVersion", |text| !matches!(text, "1.0" | "2.0")).says(
        "there are the versions 1.0 and 2.0",
        "write `\"2.0\"`",
        "https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html",
    ),
    row("AWS::AutoScaling::ScheduledAction", "", "Recurrence", |text| text.split_whitespace().count() != 5).says(
        "five fields, as in crontab",
        "write minute, hour, day, month and day of the week",
        "https://docs.aws.amazon.com/autoscaling/ec2/userguide/ec2-auto-scaling-scheduled-scaling.html",
    ),
    row("AWS::Backup::BackupPlan", "BackupPlan.BackupPlanRule", "ScheduleExpression", is_no_cron).says(
        SIX_FIELDS,
        SIX_HELP,
        "https://docs.aws.amazon.com/aws-backup/latest/devguide/creating-a-backup-plan.html",
    ),
    row("AWS::CloudFront::Distribution", "DistributionConfig", "Aliases", has_scheme_or_path).says(
        "a name only, without scheme and path",
        "write the host name alone",
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/CNAMEs.html",
    ),
    row("AWS::CloudFront::Distribution", "DistributionConfig.CacheBehaviors.LambdaFunctionAssociations", "LambdaFunctionARN", is_no_edge_version)
        .says(EDGE_PROBLEM, EDGE_HELP, EDGE),
    row("AWS::CloudFront::Distribution", "DistributionConfig.DefaultCacheBehavior.LambdaFunctionAssociations", "LambdaFunctionARN", is_no_edge_version)
        .says(EDGE_PROBLEM, EDGE_HELP, EDGE),
    row("AWS::CloudFront::Distribution", "DistributionConfig.Origins", "DomainName", has_scheme_or_path).says(
        "a host name only, without scheme and path",
        "write the host name alone, and what follows it as `OriginPath`",
        ORIGIN,
    ),
    row("AWS::CloudFront::Distribution", "DistributionConfig.Origins", "OriginPath", |text| {
        !text.is_empty() && (!text.starts_with('/') || text.ends_with('/'))
    })
    .says("a path begins with a slash and does not end with one", "write it as `/files`, or leave it out", ORIGIN),
    row("AWS::Cognito::UserPoolClient", "", "CallbackURLs", is_plain_http).says(
        "Cognito takes `http://` for localhost only",
        "write it with `https://`",
        CALLBACKS,
    ),
    row("AWS::Cognito::UserPoolClient", "", "DefaultRedirectURI", is_plain_http).says(
        "Cognito takes `http://` for localhost only",
        "write it with `https://`",
        CALLBACKS,
    ),
    row("AWS::Cognito::UserPoolClient", "", "LogoutURLs", is_plain_http).says(
        "Cognito takes `http://` for localhost only",
        "write it with `https://`",
        CALLBACKS,
    ),
    row("AWS::Cognito::UserPoolDomain", "", "Domain", |text| {
        !text.contains('.') && ["aws", "amazon", "cognito"].iter().any(|word| text.contains(word))
    })
    .says(
        "`aws`, `amazon` and `cognito` may not be in it",
        "choose another prefix",
        "https://docs.aws.amazon.com/cognito/latest/developerguide/cognito-user-pools-assign-domain-prefix.html",
    ),
    row("AWS::DAX::Cluster", "", "NodeType", |text| !text.starts_with("dax.")).says(
        NO_CLASS,
        "begin it with `dax.`",
        CLASSES,
    ),
    row("AWS::DocDB::DBInstance", "", "DBInstanceClass", |text| !text.starts_with("db.")).says(
        NO_CLASS,
        "begin it with `db.`",
        CLASSES,
    ),
    row("AWS::EC2::SecurityGroup", "", "GroupName", |text| text.starts_with("sg-")).says(
        "only ids begin with `sg-`",
        "choose another name",
        GROUPS,
    ),
    row("AWS::EC2::SecurityGroup", "SecurityGroupEgress", "Description", has_odd_characters).says(
        DESCRIPTION,
        "leave the other characters out",
        GROUPS,
    ),
    row("AWS::EC2::SecurityGroup", "SecurityGroupIngress", "Description", has_odd_characters).says(
        DESCRIPTION,
        "leave the other characters out",
        GROUPS,
    ),
    row("AWS::EC2::SecurityGroupEgress", "", "Description", has_odd_characters).says(
        DESCRIPTION,
        "leave the other characters out",
        GROUPS,
    ),
    row("AWS::EC2::SecurityGroupIngress", "", "Description", has_odd_characters).says(
        DESCRIPTION,
        "leave the other characters out",
        GROUPS,
    ),
    row("AWS::EKS::AccessEntry", "AccessPolicies", "PolicyArn", |text| !text.contains(":cluster-access-policy/")).says(
        "a policy of IAM, not an access policy of EKS",
        "name one of `arn:aws:eks::aws:cluster-access-policy/…`",
        "https://docs.aws.amazon.com/eks/latest/userguide/access-policies.html",
    ),
    row("AWS::ElastiCache::CacheCluster", "", "CacheNodeType", |text| !text.starts_with("cache.")).says(
        NO_CLASS,
        "begin it with `cache.`",
        CLASSES,
    ),
    row("AWS::ElastiCache::ReplicationGroup", "", "CacheNodeType", |text| !text.starts_with("cache.")).says(
        NO_CLASS,
        "begin it with `cache.`",
        CLASSES,
    ),
    row("AWS::Glue::Trigger", "", "Schedule", is_no_cron).says(
        SIX_FIELDS,
        SIX_HELP,
        "https://docs.aws.amazon.com/glue/latest/dg/monitor-data-warehouse-schedule.html",
    ),
    row("AWS::IAM::Group", "", "ManagedPolicyArns", is_no_arn).says(NAME_OF_POLICY, POLICY_HELP, MANAGED),
    row("AWS::IAM::Role", "", "ManagedPolicyArns", is_no_arn).says(NAME_OF_POLICY, POLICY_HELP, MANAGED),
    row("AWS::IAM::User", "", "ManagedPolicyArns", is_no_arn).says(NAME_OF_POLICY, POLICY_HELP, MANAGED),
    row("AWS::KMS::Alias", "", "AliasName", |text| text.starts_with("alias/aws/")).says(
        "names below `alias/aws/` belong to AWS",
        "choose another name",
        "https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html",
    ),
    row("AWS::Lambda::Url", "Cors", "AllowOrigins", is_no_origin).says(ORIGIN_PATH, ORIGIN_HELP, CORS),
    row("AWS::Logs::LogGroup", "", "LogGroupName", |text| text.starts_with("aws/")).says(
        "no name begins with `aws/`",
        "begin it with a slash, or choose another name",
        "https://docs.aws.amazon.com/AmazonCloudWatchLogs/latest/APIReference/API_CreateLogGroup.html",
    ),
    row("AWS::Neptune::DBInstance", "", "DBInstanceClass", |text| !text.starts_with("db.")).says(
        NO_CLASS,
        "begin it with `db.`",
        CLASSES,
    ),
    row("AWS::OpenSearchService::Domain", "ClusterConfig", "InstanceType", |text| !text.ends_with(".search")).says(
        NO_CLASS,
        "end it with `.search`",
        CLASSES,
    ),
    row("AWS::RDS::DBCluster", "", "DatabaseName", is_no_database_name)
        .only("Engine", ENGINES)
        .says("letters, digits and underscores only, a letter first", "choose another name", DB),
    row("AWS::RDS::DBCluster", "", "MasterUsername", |text| text == "rdsadmin").says(USER, "choose another name", DB),
    row("AWS::RDS::DBCluster", "", "MasterUsername", |text| text == "admin")
        .only("Engine", POSTGRES)
        .says(USER, "choose another name", DB),
    row("AWS::RDS::DBInstance", "", "DBName", is_no_database_name)
        .only("Engine", ENGINES)
        .says("letters, digits and underscores only, a letter first", "choose another name", DB),
    row("AWS::RDS::DBInstance", "", "MasterUsername", |text| text == "rdsadmin").says(USER, "choose another name", DB),
    row("AWS::RDS::DBInstance", "", "MasterUsername", |text| text == "admin")
        .only("Engine", POSTGRES)
        .says(USER, "choose another name", DB),
    row("AWS::S3::Bucket", "CorsConfiguration.CorsRules", "AllowedOrigins", has_path).says(
        ORIGIN_PATH,
        ORIGIN_HELP,
        "https://docs.aws.amazon.com/AmazonS3/latest/userguide/ManageCorsUsing.html",
    ),
    row("AWS::SNS::Subscription", "", "Endpoint", |text| !text.contains('@'))
        .only("Protocol", &["email", "email-json"])
        .says(ENDPOINT, "write an address of e-mail", SUBSCRIBE),
    row("AWS::SNS::Subscription", "", "Endpoint", is_no_arn)
        .only("Protocol", &["application", "firehose", "lambda", "sqs"])
        .says(ENDPOINT, "write the ARN of what receives", SUBSCRIBE),
    row("AWS::SNS::Subscription", "", "Endpoint", |text| !text.starts_with("http://"))
        .only("Protocol", &["http"])
        .says(ENDPOINT, "write a URL that begins with `http://`, or `Protocol: https`", SUBSCRIBE),
    row("AWS::SNS::Subscription", "", "Endpoint", |text| !text.starts_with("https://"))
        .only("Protocol", &["https"])
        .says(ENDPOINT, "write a URL that begins with `https://`", SUBSCRIBE),
    row("AWS::SNS::Subscription", "", "FilterPolicyScope", |text| {
        !matches!(text, "MessageAttributes" | "MessageBody")
    })
    .says(
        "there are MessageAttributes and MessageBody",
        "write one of the two",
        "https://docs.aws.amazon.com/sns/latest/dg/sns-message-filtering-scope.html",
    ),
    row("AWS::SNS::Topic", "Subscription", "Endpoint", |text| !text.contains('@'))
        .only("Protocol", &["email", "email-json"])
        .says(ENDPOINT, "write an address of e-mail", SUBSCRIBE),
    row("AWS::SNS::Topic", "Subscription", "Endpoint", is_no_arn)
        .only("Protocol", &["application", "firehose", "lambda", "sqs"])
        .says(ENDPOINT, "write the ARN of what receives", SUBSCRIBE),
    row("AWS::SNS::Topic", "Subscription", "Endpoint", |text| !text.starts_with("https://"))
        .only("Protocol", &["https"])
        .says(ENDPOINT, "write a URL that begins with `https://`", SUBSCRIBE),
    row("AWS::SSM::Parameter", "", "Name", |text| {
        // Of a path, only the first part itself is known to be refused.
        let text = text.to_ascii_lowercase();
        match text.strip_prefix('/') {
            Some(path) => matches!(path.split('/').next(), Some("aws" | "ssm")),
            None => text.starts_with("aws") || text.starts_with("ssm"),
        }
    })
    .says(
        "no name begins with `aws` or `ssm`",
        "choose another name",
        "https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_PutParameter.html",
    ),
    row("AWS::SecretsManager::Secret", "GenerateSecretString", "SecretStringTemplate", |text| {
        !text.trim().starts_with('{') || !text.trim().ends_with('}')
    })
    .says(
        "not an object of JSON",
        "write it as `{\"username\": \"shop\"}`",
        "https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-properties-secretsmanager-secret-generatesecretstring.html",
    ),
];

const MANAGED: &str = "https://docs.aws.amazon.com/IAM/latest/APIReference/API_AttachRolePolicy.html";
const NAME_OF_POLICY: &str = "the name of a policy, where its ARN is needed";
const POLICY_HELP: &str = "write the ARN, such as `arn:aws:iam::aws:policy/ReadOnlyAccess`";

const EDGE: &str =
    "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/lambda-at-edge-function-restrictions.html";
const EDGE_PROBLEM: &str = "CloudFront takes a numbered version of a function in us-east-1";
const EDGE_HELP: &str = "write the ARN of a version, such as `!Ref <version>`";
const SIX_FIELDS: &str = "six fields are needed";
const SIX_HELP: &str = "write minute, hour, day, month, day of the week and year, such as `cron(0 5 ? * * *)`";

fn is_no_cron(text: &str) -> bool {
    text.strip_prefix("cron(").is_some_and(|rest| rest.trim_end_matches(')').split_whitespace().count() != 6)
}

fn is_no_edge_version(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    let is_version = |it: &&str| it.chars().all(|c| c.is_ascii_digit());
    text.starts_with("arn:") && (parts.get(3) != Some(&"us-east-1") || !parts.get(7).is_some_and(is_version))
}

fn is_no_arn(text: &str) -> bool {
    !text.starts_with("arn:") && !text.starts_with("{{")
}

fn has_path(text: &str) -> bool {
    text.split_once("://").is_some_and(|(_, rest)| rest.contains('/'))
}

fn is_no_origin(text: &str) -> bool {
    has_path(text) || (text != "*" && !text.contains("://"))
}

fn has_scheme_or_path(text: &str) -> bool {
    text.contains('/') || text.contains(' ')
}

fn is_plain_http(text: &str) -> bool {
    let host = text.strip_prefix("http://").map(|rest| rest.split(['/', ':', '?']).next().unwrap_or_default());
    host.is_some_and(|host| !matches!(host, "localhost" | "127.0.0.1" | "["))
}

fn is_no_database_name(text: &str) -> bool {
    !text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        || text.contains(|c: char| !c.is_ascii_alphanumeric() && c != '_')
}

fn has_odd_characters(text: &str) -> bool {
    text.contains(|c: char| !c.is_ascii_alphanumeric() && !" ._-:/()#,@[]+=&;{}!$*".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_sorted_and_say_what_is_wrong() {
        assert!(REFUSED_VALUES.is_sorted_by_key(|row| (row.kind, row.list, row.key)));
        assert!(REFUSED_VALUES.iter().all(|row| !row.problem.is_empty() && row.source.starts_with("https://")));
    }

    #[test]
    fn what_is_right_is_not_refused() {
        for (test, good, bad) in [
            (is_no_origin as Test, "https://www.example.com", "https://www.example.com/"),
            (is_no_origin, "*", "www.example.com"),
            (is_no_origin, "http://localhost:8080", "http://localhost:8080/shop"),
            (is_plain_http, "http://localhost:3000/in", "http://www.example.com/in"),
            (is_plain_http, "https://www.example.com/in", "http://shop"),
            (is_no_database_name, "orders_1", "orders-1"),
            (has_odd_characters, "pods (8080) & more", "the pod's port"),
        ] {
            assert!(!test(good), "{good}");
            assert!(test(bad), "{bad}");
        }
    }
}
