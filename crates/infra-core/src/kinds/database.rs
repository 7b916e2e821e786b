//! Stand-in for the database kind until it lands.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use super::Kind;
use crate::artifacts::{Expr, Statement};
use crate::lower::Lowering;
use crate::resolve::Bound;
use crate::model::Ref; use super::Network; use crate::names::Port;
/// Stand-in.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Database { /// n
 pub network: Ref<Network>,
    /// c
    #[serde(default)]
    pub allow_from: Vec<Ref<super::Cluster>>,
}
impl Kind for Database {
    const SECTION: &'static str = "databases";
    const NOUN: &'static str = "database";
    const PREFIX: &'static str = "Database";
    const EXAMPLE: &'static str = "
databases:
  main: { network: main }
networks: { main: { cidr: 10.20.0.0/16 } }
";
    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        cx.add(entry.resource("Group", "AWS::EC2::SecurityGroup", object! { "GroupDescription" => "x", "VpcId" => entry.follow(&entry.spec().network).vpc_id() }));
        cx.add(entry.resource("", "AWS::RDS::DBInstance", object! { "DBInstanceClass" => "db.t4g.medium", "Engine" => "postgres", "AllocatedStorage" => "20", "MasterUsername" => "app", "ManageMasterUserPassword" => true, "StorageEncrypted" => true }).retain());
    }
}
impl Bound<'_, Database> {
/// Host.
    pub fn host(&self) -> Expr { self.handle("").att("Endpoint.Address") }
    /// Port.
    pub fn port(&self) -> Expr { self.handle("").att("Endpoint.Port") }
    /// Port.
    pub fn client_port(&self) -> Port { Port::try_from(5432).unwrap_or(Port::HTTP) }
    /// Name.
    pub fn database_name(&self) -> String { "app".to_owned() }
    /// Secret.
    pub fn secret_arn(&self) -> Expr { self.handle("").att("MasterUserSecret.SecretArn") }
    /// Connect.
    pub fn connect_statements(&self) -> Vec<Statement> { vec![Statement::allow(["secretsmanager:GetSecretValue"], self.secret_arn())] }
    /// Group.
    pub fn security_group_id(&self) -> Expr { self.handle("Group").att("GroupId") }
    /// Most.
    pub fn client_connections(&self) -> Option<u64> {
        Some(440)
    }
    /// Read.
    pub fn read_statements(&self) -> Vec<Statement> { vec![Statement::allow(["s3:GetDatabase"], self.handle("").arn())] }
    /// Write.
    pub fn write_statements(&self) -> Vec<Statement> { vec![Statement::allow(["s3:PutDatabase"], self.handle("").arn())] }
}
