//! Templates that are too long for a request, in a bucket.

use super::actions::Action;
use super::call::Failure;
use super::signed::Ask;
use super::{Cloud, suffix};
use crate::facts::limits::cloudformation::TEMPLATE_BODY_BYTES;
use crate::state::{DesiredStack, StackKey};

const PUT: Action = Action::PutObject;

impl Cloud {
    /// Uploads a template that is too long for a request and returns the address that CloudFormation reads it from;
    /// nothing for one that is not. The object's key is made of the digest, so that one key never has two contents.
    pub(crate) async fn uploaded(
        &self,
        bucket: Option<&str>,
        region: &str,
        (key, stack): (&StackKey, &DesiredStack),
    ) -> Result<Option<String>, Failure> {
        if stack.body.len() <= TEMPLATE_BODY_BYTES {
            return Ok(None);
        }
        let Some(bucket) = bucket else {
            return Err(Failure::of(
                PUT,
                format!(
                    "the template of {key} has {} bytes, more than the {TEMPLATE_BODY_BYTES} that a request holds: \
                     name a bucket as `template-bucket` of the environment in infra.yaml; `infra bootstrap` makes one",
                    stack.body.len()
                ),
            ));
        };
        let url = format!("{}/{}/{}.template.json", self.bucket(bucket, region), key.name, stack.sha256);
        let ask = || {
            self.signer.send(Ask {
                service: "s3",
                region,
                method: "PUT",
                url: &url,
                content_type: "application/json",
                body: stack.body.as_bytes(),
            })
        };
        self.call(PUT, ask).await?;
        Ok(Some(url))
    }

    /// The address of a bucket. One with a dot in its name has no certificate for a host of its own.
    ///
    /// Source: <https://docs.aws.amazon.com/AmazonS3/latest/userguide/VirtualHosting.html> (from memory).
    fn bucket(&self, bucket: &str, region: &str) -> String {
        match self.elsewhere("S3") {
            Some(url) => format!("{url}/{bucket}"),
            None if bucket.contains('.') => format!("https://s3.{region}.{}/{bucket}", suffix(region)),
            None => format!("https://{bucket}.s3.{region}.{}", suffix(region)),
        }
    }
}
