//! One newtype per file: text that was checked once, at the border.
//!
//! Depends on `facts` (which regions exist) and `diag` (suggestions). Every type keeps its field private, prints what
//! it parses, and says in its error what a user has to change.

#[macro_use]
mod text;

mod account_id;
mod arn;
mod cidr;
mod domain_name;
mod hosted_zone_id;
mod image_ref;
mod kubernetes_name;
mod logical_id;
mod name;
mod port;
mod region;
mod seconds;

pub use self::account_id::{AccountId, AccountIdError};
pub use self::arn::{Arn, ArnError};
pub use self::cidr::{Cidr, CidrError};
pub use self::domain_name::{DomainName, DomainNameError};
pub use self::hosted_zone_id::{HostedZoneId, HostedZoneIdError};
pub use self::image_ref::{ImageRef, ImageRefError};
pub use self::kubernetes_name::{KubernetesName, KubernetesNameError};
pub use self::logical_id::{LogicalId, LogicalIdError};
pub use self::name::{Name, NameError};
pub use self::port::{Port, PortError};
pub use self::region::{Region, RegionError};
pub use self::seconds::{Seconds, SecondsError};
pub use crate::facts::regions::Partition;
