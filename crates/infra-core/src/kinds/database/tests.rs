use insta::assert_snapshot;

use crate::artifacts::{Expr, Policy};
use crate::kinds::Database;
use crate::kinds::testing::{properties, report, resolved, template};

const NETWORK: &str = "networks: { main: { cidr: 10.20.0.0/16 } }\n";
const CLUSTER: &str = "clusters: { main: { network: main, creator-is-admin: true, node-groups: { general: { instance-types: [m7i.large] } } } }\n";

/// One database with these fields in a network that has a cluster.
fn database(fields: &str) -> String {
    format!("{NETWORK}{CLUSTER}databases:\n  orders:\n    network: main\n{fields}")
}

#[test]
fn an_instance_is_private_encrypted_and_its_password_is_made_by_rds() {
    assert_snapshot!(properties(&database(""), "DatabaseOrders"), @"
    Engine: postgres
    EngineVersion: '17.11'
    MasterUsername: postgres
    ManageMasterUserPassword: true
    DBSubnetGroupName:
      Ref: DatabaseOrdersSubnets
    StorageEncrypted: true
    BackupRetentionPeriod: 7
    CopyTagsToSnapshot: true
    DeletionProtection: false
    EnableIAMDatabaseAuthentication: false
    DBInstanceClass: db.t4g.medium
    MultiAZ: true
    StorageType: gp3
    AllocatedStorage: '20'
    MaxAllocatedStorage: 100
    DBName: orders
    Port: '5432'
    VPCSecurityGroups:
    - Fn::GetAtt:
      - DatabaseOrdersGroup
      - GroupId
    PubliclyAccessible: false
    DBParameterGroupName:
      Ref: DatabaseOrdersParameters
    AutoMinorVersionUpgrade: true
    EnableCloudwatchLogsExports:
    - postgresql
    - upgrade
    EnablePerformanceInsights: true
    PerformanceInsightsRetentionPeriod: 7
    ");
}

#[test]
fn a_database_leaves_a_snapshot() {
    for (yaml, id) in [(database(""), "DatabaseOrders"), (database("    engine: aurora"), "DatabaseOrdersCluster")] {
        let resource = &template(&yaml)["Resources"][id];
        assert_eq!((&resource["DeletionPolicy"], &resource["UpdateReplacePolicy"]), (&"Snapshot".into(), &"Snapshot".into()));
    }
}

#[test]
fn nobody_is_let_in_by_the_database_itself_and_nothing_is_let_out() {
    assert_snapshot!(properties(&database(""), "DatabaseOrdersGroup"), @r"
    GroupDescription: Database shop-dev-orders
    VpcId:
      Ref: NetworkMain
    SecurityGroupEgress:
    - IpProtocol: icmp
      FromPort: 252
      ToPort: 86
      CidrIp: 255.255.255.255/32
      Description: Nothing else
    ");
}

#[test]
fn a_proxy_stands_between_clients_and_the_database() {
    let yaml = database("    proxy: {}");
    assert_snapshot!(properties(&yaml, "DatabaseOrdersGroup"), @r"
    GroupDescription: Database shop-dev-orders
    VpcId:
      Ref: NetworkMain
    SecurityGroupIngress:
    - IpProtocol: tcp
      FromPort: 5432
      ToPort: 5432
      SourceSecurityGroupId:
        Fn::GetAtt:
        - DatabaseOrdersProxyGroup
        - GroupId
      Description: The proxy
    SecurityGroupEgress:
    - IpProtocol: icmp
      FromPort: 252
      ToPort: 86
      CidrIp: 255.255.255.255/32
      Description: Nothing else
    ");
    assert_snapshot!(properties(&yaml, "DatabaseOrdersProxyEgress"), @r"
    GroupId:
      Fn::GetAtt:
      - DatabaseOrdersProxyGroup
      - GroupId
    IpProtocol: tcp
    FromPort: 5432
    ToPort: 5432
    DestinationSecurityGroupId:
      Fn::GetAtt:
      - DatabaseOrdersGroup
      - GroupId
    Description: To the database
    ");
}

#[test]
#[expect(clippy::too_many_lines, reason = "a snapshot")]
fn a_proxy_reads_the_secrets_of_its_users_only() {
    let yaml = database("    encryption: kms\n    users: { orders: {}, reports: { login: { secret: reports } } }\n    proxy: {}")
        + "\nsecrets: { reports: { generate: { key: password, template: { username: reports } } } }";
    assert_snapshot!(properties(&yaml, "DatabaseOrdersProxyRole"), @"
    AssumeRolePolicyDocument:
      Version: 2012-10-17
      Statement:
      - Effect: Allow
        Principal:
          Service: rds.amazonaws.com
        Action: sts:AssumeRole
    Policies:
    - PolicyName: ReadSecrets
      PolicyDocument:
        Version: 2012-10-17
        Statement:
        - Effect: Allow
          Action:
          - secretsmanager:GetSecretValue
          - secretsmanager:DescribeSecret
          Resource:
            Fn::GetAtt:
            - DatabaseOrders
            - MasterUserSecret.SecretArn
        - Effect: Allow
          Action: kms:Decrypt
          Resource:
            Fn::GetAtt:
            - DatabaseOrdersKey
            - Arn
        - Effect: Allow
          Action:
          - secretsmanager:GetSecretValue
          - secretsmanager:DescribeSecret
          Resource:
            Ref: DatabaseOrdersOrdersUser
        - Effect: Allow
          Action: kms:Decrypt
          Resource:
            Fn::GetAtt:
            - DatabaseOrdersKey
            - Arn
        - Effect: Allow
          Action:
          - secretsmanager:GetSecretValue
          - secretsmanager:DescribeSecret
          Resource:
            Ref: SecretReports
    ");
    assert_snapshot!(properties(&yaml, "DatabaseOrdersProxy"), @"
    DBProxyName: shop-dev-orders
    EngineFamily: POSTGRESQL
    RoleArn:
      Fn::GetAtt:
      - DatabaseOrdersProxyRole
      - Arn
    Auth:
    - AuthScheme: SECRETS
      IAMAuth: DISABLED
      ClientPasswordAuthType: POSTGRES_SCRAM_SHA_256
      SecretArn:
        Fn::GetAtt:
        - DatabaseOrders
        - MasterUserSecret.SecretArn
    - AuthScheme: SECRETS
      IAMAuth: DISABLED
      ClientPasswordAuthType: POSTGRES_SCRAM_SHA_256
      SecretArn:
        Ref: DatabaseOrdersOrdersUser
    - AuthScheme: SECRETS
      IAMAuth: DISABLED
      ClientPasswordAuthType: POSTGRES_SCRAM_SHA_256
      SecretArn:
        Ref: SecretReports
    RequireTLS: true
    IdleClientTimeout: 1800
    VpcSubnetIds:
    - Ref: NetworkMainIsolatedSubnet1
    - Ref: NetworkMainIsolatedSubnet2
    - Ref: NetworkMainIsolatedSubnet3
    VpcSecurityGroupIds:
    - Fn::GetAtt:
      - DatabaseOrdersProxyGroup
      - GroupId
    ");
    assert_snapshot!(properties(&yaml, "DatabaseOrdersProxyTargets"), @r"
    DBProxyName:
      Ref: DatabaseOrdersProxy
    TargetGroupName: default
    DBInstanceIdentifiers:
    - Ref: DatabaseOrders
    ConnectionPoolConfigurationInfo:
      MaxConnectionsPercent: 90
      MaxIdleConnectionsPercent: 50
      ConnectionBorrowTimeout: 3
    ");
}

#[test]
fn a_serverless_cluster_has_a_reader_to_take_over() {
    let yaml = database("    engine: aurora\n    serverless: { min: 0.5, max: 4 }\n    users: { app: { login: iam } }");
    assert_snapshot!(properties(&yaml, "DatabaseOrdersCluster"), @"
    Engine: aurora-postgresql
    EngineVersion: '17.11'
    MasterUsername: postgres
    ManageMasterUserPassword: true
    DBSubnetGroupName:
      Ref: DatabaseOrdersSubnets
    StorageEncrypted: true
    BackupRetentionPeriod: 7
    CopyTagsToSnapshot: true
    DeletionProtection: false
    EnableIAMDatabaseAuthentication: true
    DatabaseName: orders
    Port: 5432
    VpcSecurityGroupIds:
    - Fn::GetAtt:
      - DatabaseOrdersGroup
      - GroupId
    DBClusterParameterGroupName:
      Ref: DatabaseOrdersClusterParameters
    EnableCloudwatchLogsExports:
    - postgresql
    ServerlessV2ScalingConfiguration:
      MinCapacity: 0.5
      MaxCapacity: 4.0
    ");
    assert_snapshot!(properties(&yaml, "DatabaseOrdersInstance2"), @r"
    DBClusterIdentifier:
      Ref: DatabaseOrdersCluster
    Engine: aurora-postgresql
    DBInstanceClass: db.serverless
    PubliclyAccessible: false
    AutoMinorVersionUpgrade: true
    EnablePerformanceInsights: true
    PerformanceInsightsRetentionPeriod: 7
    ");
}

#[test]
fn parameters_are_those_of_the_major_version() {
    let yaml = database("    version: '16.9'\n    parameters: { max-connections: 200, others: { work_mem: '8192' } }");
    assert_snapshot!(properties(&yaml, "DatabaseOrdersParameters"), @r"
    Description: Database shop-dev-orders
    Family: postgres16
    Parameters:
      work_mem: '8192'
      rds.force_ssl: '1'
      statement_timeout: '3000'
      log_min_duration_statement: '1000'
      max_connections: '200'
    ");
}

#[test]
fn budgets_that_do_not_add_up_are_refused() {
    let yaml = "
databases:
  a: { network: main, proxy: { max-connections-percent: 100 } }
  b: { network: main, instance-class: db.t4g.micro, reserved-connections: 200 }
  c: { network: main, parameters: { max-connections: 900 } }
";
    assert_snapshot!(report(&format!("{NETWORK}{yaml}")), @r"
    databases/connection-budget: 450 connections are not enough <- `a` 10 are kept back
    databases/connection-budget: 112 connections are not enough <- `200` 200 are kept back
    databases/more-connections-than-memory: memory is not good for that many connections <- `900` 900 connections
    ");
}

#[test]
fn fields_of_the_other_engine_are_refused() {
    let yaml = "
databases:
  a: { network: main, instances: 2, serverless: {} }
  b: { network: main, engine: aurora, multi-az: true, storage: {}, instance-class: db.t4g.micro }
  c: { network: main, instance-class: t4g.micro }
";
    assert_snapshot!(report(&format!("{NETWORK}{yaml}")), @r"
    databases/other-engine: `instances` is for `engine: aurora` <- `2` has no meaning here
    databases/other-engine: `serverless` is for `engine: aurora` <- `serverless` has no meaning here
    databases/other-engine: `multi-az` is for `engine: rds` <- `true` has no meaning here
    databases/other-engine: `storage` is for `engine: rds` <- `storage` has no meaning here
    databases/instance-class: Aurora PostgreSQL has no `db.t4g.micro` <- `db.t4g.micro` too small
    databases/instance-class: `t4g.micro` is no instance class of a database <- `t4g.micro` does not start with `db.`
    ");
}

#[test]
fn numbers_out_of_range_are_refused() {
    let yaml = "
databases:
  a:
    network: main
    port: 80
    backup: { retention-days: 0, window: 1am }
    maintenance-window: sunday
    monitoring-interval: 7
    storage: { size-gib: 100, max-size-gib: 105, iops: 5000 }
    parameters: { statement-timeout: 0, max-connections: 3, others: { rds.force_ssl: '0' } }
  b:
    network: main
    engine: aurora
    serverless: { min: 0.3, max: 0.5 }
";
    assert_snapshot!(report(&format!("{NETWORK}{yaml}")), @r"
    databases/connection-budget: 3 connections are not enough <- `a` 10 are kept back
    kinds/out-of-range: `port` must be from 1150 to 65535 <- `80` 80 is outside
    kinds/out-of-range: `retention-days` must be from 1 to 35 <- `0` 0 is outside
    databases/window: `window` is a range of time in UTC <- `1am` cannot be read
    databases/window: `maintenance-window` is a range of time in UTC <- `sunday` cannot be read
    databases/monitoring-interval: RDS does not measure every 7 seconds <- `7` not one of its intervals
    databases/no-room-to-grow: the volume has no room to grow <- `105` at most 105 GiB
    databases/storage-too-small: `iops` can be chosen from 400 GiB on <- `5000` refused for smaller volumes
    databases/statement-timeout: statements outlive the requests that started them <- `0` no limit
    kinds/out-of-range: `max-connections` must be from 6 to 262143 <- `3` 3 is outside
    databases/parameter-twice: `rds.force_ssl` is set from elsewhere <- `'0'` would be overwritten
    databases/capacity: `min` is 0 to 256 ACU in steps of 0.5 <- `0.3` 0.3 ACU
    databases/capacity: `max` is 1 to 256 ACU in steps of 0.5 <- `0.5` 0.5 ACU
    ");
}

#[test]
fn versions_that_are_unknown_or_end_are_told() {
    let yaml = "
databases:
  a: { network: main, version: '12' }
  b: { network: main, version: '13.20' }
  c: { network: main, version: latest }
";
    assert_snapshot!(report(&format!("{NETWORK}{yaml}")), @r"
    databases/unknown-version: there is no PostgreSQL `12` <- `'12'` not a version of RDS or Aurora
    databases/version-ends: standard support of PostgreSQL 13 ends on 2026-02-28 <- `'13.20'` charged as extended support after that day
    schema/deprecated-version: `EngineVersion` of `DatabaseB` is `13.20`, which AWS has deprecated <- `'13.20'` deprecated where `Engine` is `postgres`
    databases/unknown-version: there is no PostgreSQL `latest` <- `latest` not a version of RDS or Aurora
    ");
}

#[test]
fn a_proxy_that_cannot_work_is_refused() {
    let yaml = "
databases:
  a:
    network: main
    engine: aurora
    serverless: { min: 0, max: 4 }
    master-username: admin
    database-name: 1st
    users: { app: { login: iam }, token: { login: { secret: token } }, text: { login: { secret: text } } }
    proxy: { borrow-timeout: 30, idle-client-timeout: 0, max-idle-percent: 95 }
secrets:
  token: { existing: { ssm-parameter: /token } }
  text: { generate: {} }
";
    assert_snapshot!(report(&format!("{NETWORK}{yaml}")), @"
    databases/never-pauses: behind a proxy the database never pauses <- `0` meant to pause
    databases/master-username: `admin` cannot be the master user <- `admin` refused by RDS
    databases/database-name: `1st` cannot be the name of a database <- `1st` 1 to 63 letters, digits and underscores, a letter first
    databases/users-by-hand: nobody here makes these users <- `users` somebody has to make them with SQL
    databases/iam-users-and-proxy: a proxy logs in with secrets only <- `iam` would reach the database past the proxy
    databases/user-secret: nobody can log in with this secret <- `login` not the secret of a user
    databases/user-secret: nobody can log in with this secret <- `login` not the secret of a user
    databases/borrow-timeout: clients give up before the proxy does <- `30` waits 30 s
    kinds/out-of-range: `idle-client-timeout` must be from 1 to 28800 <- `0` 0 is outside
    databases/proxy-idle: more connections would be idle than there are <- `95` 95 per cent
    ");
}

#[test]
fn each_user_has_a_secret_of_its_own_and_one_with_tokens_none() {
    let yaml = database("    encryption: kms\n    users: { order-service: {}, reports: { username: reader }, robot: { login: iam } }");
    assert_snapshot!(properties(&yaml, "DatabaseOrdersOrderServiceUser"), @r#"
    Description: User order_service of database shop-dev-orders
    GenerateSecretString:
      PasswordLength: 32
      ExcludePunctuation: true
      GenerateStringKey: password
      SecretStringTemplate: '{"username":"order_service"}'
    KmsKeyId:
      Fn::GetAtt:
      - DatabaseOrdersKey
      - Arn
    "#);
    assert!(properties(&yaml, "DatabaseOrdersReportsUser").contains("\"username\":\"reader\""));
    let template = template(&yaml);
    assert!(template["Resources"].get("DatabaseOrdersRobotUser").is_none());
    assert_eq!(template["Resources"]["DatabaseOrders"]["Properties"]["EnableIAMDatabaseAuthentication"], true);
}

#[test]
fn what_one_may_do_follows_from_who_logs_in() {
    let yaml = database("    users: { app: {}, robot: { login: iam }, own: { login: { secret: own } } }")
        + "\nsecrets: { own: { existing: { secrets-manager: own }, keys: [username, password] } }";
    let world = resolved(&yaml);
    let database = world.all::<Database>().next().unwrap();
    let may = |user: Option<&str>| {
        let user = user.map(|name| name.parse().unwrap());
        let statements = database.connect_statements(user.as_ref()).into_iter();
        serde_json::to_string(&Expr::from(statements.fold(Policy::default(), Policy::with))).unwrap()
    };
    assert!(may(None).contains("MasterUserSecret"));
    assert!(may(Some("app")).contains("DatabaseOrdersAppUser") && !may(Some("app")).contains("MasterUserSecret"));
    assert!(may(Some("robot")).contains("rds-db:connect") && may(Some("robot")).contains("/robot"));
    assert!(may(Some("own")).contains("secret:own"));
}

#[test]
fn users_that_cannot_be_are_refused() {
    let yaml = database("    users: { rds-app: {}, a: { username: B }, b: { username: postgres }, c: {}, d: { username: c } }");
    assert_snapshot!(report(&yaml), @"
    eks/no-access-entry: `ClusterMain` has no access entry <- `main` access entries alone decide who may use it
    databases/users-by-hand: nobody here makes these users <- `users` somebody has to make them with SQL
    databases/username: `rds_app` cannot be a user of the database <- `rds-app` 1 to 63 lower-case letters, digits and underscores, a letter first
    databases/username: `B` cannot be a user of the database <- `B` 1 to 63 lower-case letters, digits and underscores, a letter first
    databases/username-twice: two users are called `postgres` <- `postgres` as that of `master-username`
    databases/username-twice: two users are called `c` <- `c` as that of `users.c`
    ");
}
