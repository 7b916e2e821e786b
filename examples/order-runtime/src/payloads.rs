//! The bucket of events that are too large for the topic.

use crate::aws;
use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use order_events::Pointer;

/// The bucket.
#[derive(Clone, Debug)]
pub struct Payloads {
    client: Client,
    bucket: String,
}

/// Why a payload cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It is not there, or is another: asking again would change nothing.
    #[error("the payload {0} is not in the bucket")]
    Missing(String),
    /// What is there is not what was put there.
    #[error("the payload {0} is not the one that was pointed to")]
    Changed(String),
    /// The bucket did not answer, or not well.
    #[error("the bucket of payloads: {0}")]
    Bucket(String),
}

impl Payloads {
    /// Uses a bucket.
    pub fn new(config: &aws_config::SdkConfig, bucket: String) -> Self {
        // An endpoint of one's own has no names for buckets.
        let path_style = config.endpoint_url().is_some();
        let config = aws_sdk_s3::config::Builder::from(config).force_path_style(path_style).build();
        Self { client: Client::from_conf(config), bucket }
    }

    /// Puts a text there. Putting it twice is putting it once: the key is that of the event.
    ///
    /// # Errors
    ///
    /// [`Error::Bucket`].
    pub async fn put(&self, pointer: &Pointer, text: &str) -> Result<(), Error> {
        let body = ByteStream::from(text.as_bytes().to_vec());
        let put = self.client.put_object().bucket(&self.bucket).key(&pointer.payload_key).body(body);
        let put = put.content_type("application/json").send().await;
        put.map(drop).map_err(|error| Error::Bucket(aws::why(&error)))
    }

    /// Gets a text and checks that it is the one.
    ///
    /// # Errors
    ///
    /// All of them.
    pub async fn get(&self, pointer: &Pointer) -> Result<String, Error> {
        let key = &pointer.payload_key;
        let got = self.client.get_object().bucket(&self.bucket).key(key).send().await.map_err(|error| {
            if error.as_service_error().is_some_and(|error| error.is_no_such_key()) {
                Error::Missing(key.clone())
            } else {
                Error::Bucket(aws::why(&error))
            }
        })?;
        let bytes = got.body.collect().await.map_err(|error| Error::Bucket(error.to_string()))?.into_bytes();
        if !pointer.matches(&bytes) {
            return Err(Error::Changed(key.clone()));
        }
        String::from_utf8(bytes.to_vec()).map_err(|_| Error::Changed(key.clone()))
    }
}
