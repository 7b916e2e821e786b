//! One newtype per file: text that was checked once, at the border.
//!
//! Depends on `facts` (which regions exist) and `diag` (suggestions). Every type keeps its field private, prints what
//! it parses, and says in its error what a user has to change.

#[macro_use]
mod text;

mod account_id;
mod arn;
mod cidr;
mod date;
mod domain_name;
mod email_address;
mod glob;
mod hosted_zone_id;
mod https_url;
mod image_ref;
mod kubernetes_name;
mod local_url;
mod logical_id;
mod name;
mod port;
mod project_id;
mod quantity;
mod record_value;
mod region;
mod seconds;
mod variable_name;

pub use self::account_id::{AccountId, AccountIdError};
pub use self::arn::{Arn, ArnError};
pub use self::cidr::{Cidr, CidrError, cut};
pub use self::date::{Date, DateError};
pub use self::domain_name::{DomainName, DomainNameError};
pub use self::email_address::{EmailAddress, EmailAddressError};
pub use self::glob::{glob, overlap};
pub use self::hosted_zone_id::{HostedZoneId, HostedZoneIdError};
pub use self::https_url::{HttpsUrl, HttpsUrlError};
pub use self::image_ref::{ImageRef, ImageRefError};
pub use self::kubernetes_name::{KubernetesName, KubernetesNameError, is_label_part, is_label_value};
pub use self::local_url::{LocalUrl, LocalUrlError};
pub use self::logical_id::{LogicalId, LogicalIdError};
pub use self::name::{Name, NameError};
pub use self::port::{Port, PortError};
pub use self::project_id::{ProjectId, ProjectIdError};
pub use self::quantity::quantity;
pub use self::record_value::{
    RecordValueError, TEXT_STRING, ascii_name, check_record_value, plain_record_value, record_types,
};
pub use self::region::{Region, RegionError};
pub use self::seconds::{Seconds, SecondsError};
pub use self::variable_name::{VariableName, VariableNameError};
pub use crate::facts::regions::Partition;

#[cfg(test)]
mod tests {
    use schemars::JsonSchema;
    use serde::{Serialize, de::DeserializeOwned};

    use super::*;

    /// Checks that `json` is read and written back unchanged, and that the schema describes the type.
    fn round_trips<T: Serialize + DeserializeOwned + JsonSchema>(json: &str) {
        let value: T = serde_json::from_str(json).unwrap();
        assert_eq!(serde_json::to_string(&value).unwrap(), json);
        let schema = schemars::schema_for!(T);
        for key in ["type", "description", "title"] {
            assert!(schema.get(key).is_some(), "{key} of {json}");
        }
    }

    #[test]
    fn every_type_round_trips_through_serde_and_has_a_schema() {
        round_trips::<AccountId>("\"012345678901\"");
        round_trips::<Arn>("\"arn:aws:s3:::logs\"");
        round_trips::<Cidr>("\"10.0.0.0/16\"");
        round_trips::<Date>("\"2026-11-23\"");
        round_trips::<DomainName>("\"*.example.com\"");
        round_trips::<EmailAddress>("\"oncall@example.com\"");
        round_trips::<HostedZoneId>("\"Z2FDTNDATAQYW2\"");
        round_trips::<HttpsUrl>("\"https://hooks.example.com/alarms\"");
        round_trips::<ImageRef>("\"public.ecr.aws/nginx/nginx:1.29\"");
        round_trips::<KubernetesName>("\"order-service\"");
        round_trips::<LogicalId>("\"QueueOrdersDlq\"");
        round_trips::<Name>("\"orders\"");
        round_trips::<Port>("8080");
        round_trips::<Region>("\"eu-west-1\"");
        round_trips::<Seconds>("30");
        round_trips::<VariableName>("\"alarms-email\"");
    }

    #[test]
    fn a_map_keyed_by_names_reports_a_bad_key() {
        type Map = std::collections::BTreeMap<Name, Seconds>;
        let error = serde_yaml::from_str::<Map>("PaymentRetry: 30").unwrap_err().to_string();
        assert!(error.contains("for example `payment-retry`"), "{error}");
    }
}
