//! Stand-in for the network kind until it lands.
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use super::Kind;
use crate::artifacts::Expr;
use crate::lower::Lowering;
use crate::names::Cidr;
use crate::resolve::Bound;
/// Stand-in.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Network {}
/// Tier of subnets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// Reached from the internet.
    Public,
    /// Reaches the internet.
    Private,
    /// Neither.
    Isolated,
}
impl Kind for Network {
    const SECTION: &'static str = "networks";
    const NOUN: &'static str = "network";
    const PREFIX: &'static str = "Network";
    const EXAMPLE: &'static str = "
networks:
  main: {}
";
    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        cx.add(entry.resource("Vpc", "AWS::EC2::VPC", object! { "CidrBlock" => "10.0.0.0/16" }));
        for (index, tier) in ["PrivateA", "PrivateB", "IsolatedA", "IsolatedB"].into_iter().enumerate() {
            let block = format!("10.0.{index}.0/24");
            let properties = object! { "VpcId" => entry.handle("Vpc").reference(), "CidrBlock" => block,
                "AvailabilityZone" => Expr::select(index % 2, Expr::zones()) };
            cx.add(entry.resource(tier, "AWS::EC2::Subnet", properties));
        }
    }
}
impl Bound<'_, Network> {
    /// VPC id.
    pub fn vpc_id(&self) -> Expr {
        self.handle("Vpc").reference()
    }
    /// Subnets.
    pub fn subnet_ids(&self, tier: Tier) -> Vec<Expr> {
        let tier = match tier {
            Tier::Public | Tier::Private => ["PrivateA", "PrivateB"],
            Tier::Isolated => ["IsolatedA", "IsolatedB"],
        };
        tier.into_iter().map(|part| self.handle(part).reference()).collect()
    }
    /// Blocks.
    pub fn subnet_cidrs(&self, tier: Tier) -> Vec<Cidr> {
        let tier = match tier {
            Tier::Public | Tier::Private => ["10.0.0.0/24", "10.0.1.0/24"],
            Tier::Isolated => ["10.0.2.0/24", "10.0.3.0/24"],
        };
        tier.into_iter().filter_map(|text| text.parse().ok()).collect()
    }
}
