//! Templates that are too long for a request, in a bucket.

use aws_sdk_s3::primitives::ByteStream;

use super::Cloud;
use super::actions::Action;
use super::call::Failure;
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
        let client = self.clients(region).s3.clone();
        let object = format!("{}/{}.template.json", key.name, stack.sha256);
        let ask = || {
            let body = ByteStream::from(stack.body.as_bytes().to_vec());
            client.put_object().bucket(bucket).key(&object).body(body).send()
        };
        self.call(PUT, ask).await?;
        let suffix = if region.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
        Ok(Some(match self.config.endpoint_url() {
            Some(url) => format!("{}/{bucket}/{object}", url.trim_end_matches('/')),
            None => format!("https://{bucket}.s3.{region}.{suffix}/{object}"),
        }))
    }
}
