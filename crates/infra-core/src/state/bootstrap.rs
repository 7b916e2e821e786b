//! The stack that holds the bucket for templates that are too long for a request.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{Desired, DesiredStack, StackKey};
use crate::assembly::digest;

/// Name of the stack.
const STACK: &str = "infra-bootstrap";
/// Stands for the project: no project can be called this, so that the stack is nobody's to delete.
const PROJECT: &str = "infra:bootstrap";
/// How long templates are kept; CloudFormation reads one once, when it is asked. Unit: days.
const DAYS: u32 = 30;
/// How long parts of an upload that broke off are kept. Unit: days.
const PART_DAYS: u32 = 1;

impl Desired {
    /// The one stack `infra-bootstrap` in the region of the environment; the same for all environments that share
    /// account and region.
    #[must_use]
    pub fn bootstrap(&self, bucket: &str) -> Self {
        let template = template(&self.partition, bucket);
        let mut body = format!("{template:#}");
        body.push('\n');
        let sha256 = digest(body.as_bytes());
        let stack = DesiredStack {
            stack: STACK.to_owned(),
            path: format!("stacks/{STACK}.{}.template.json", self.region),
            sha256: sha256.clone(),
            body,
            template,
            needs: BTreeSet::new(),
            parameters: BTreeMap::new(),
            capabilities: Vec::new(),
            tags: BTreeMap::from([("infra:project".to_owned(), PROJECT.to_owned())]),
            termination_protection: true,
            provenance: BTreeMap::new(),
        };
        Self {
            project: PROJECT.to_owned(),
            id: None,
            environments: BTreeSet::new(),
            digest: sha256,
            stacks: BTreeMap::from([(StackKey::new(STACK, &self.region), stack)]),
            zones: Vec::new(),
            objects: Vec::new(),
            documents: Vec::new(),
            ..self.clone()
        }
    }

    /// The name of the bucket where nothing says another.
    pub fn default_template_bucket(&self) -> String {
        format!("infra-templates-{}-{}", self.account, self.region)
    }
}

fn template(partition: &str, bucket: &str) -> Value {
    let arn = format!("arn:{partition}:s3:::{bucket}");
    json!({
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": "The bucket through which infra hands templates over 51,200 bytes to CloudFormation",
        "Resources": {
            "Templates": {
                "Type": "AWS::S3::Bucket",
                "DeletionPolicy": "Retain",
                "UpdateReplacePolicy": "Retain",
                "Properties": {
                    "BucketName": bucket,
                    "BucketEncryption": {
                        "ServerSideEncryptionConfiguration": [
                            { "ServerSideEncryptionByDefault": { "SSEAlgorithm": "AES256" } }
                        ]
                    },
                    "LifecycleConfiguration": { "Rules": [{
                        "Id": "old-templates",
                        "Status": "Enabled",
                        "ExpirationInDays": DAYS,
                        "NoncurrentVersionExpiration": { "NoncurrentDays": DAYS },
                        "AbortIncompleteMultipartUpload": { "DaysAfterInitiation": PART_DAYS },
                    }] },
                    "OwnershipControls": { "Rules": [{ "ObjectOwnership": "BucketOwnerEnforced" }] },
                    "PublicAccessBlockConfiguration": {
                        "BlockPublicAcls": true,
                        "BlockPublicPolicy": true,
                        "IgnorePublicAcls": true,
                        "RestrictPublicBuckets": true,
                    },
                    "VersioningConfiguration": { "Status": "Enabled" },
                },
            },
            "TemplatesPolicy": {
                "Type": "AWS::S3::BucketPolicy",
                "DeletionPolicy": "Retain",
                "UpdateReplacePolicy": "Retain",
                "Properties": {
                    "Bucket": { "Ref": "Templates" },
                    "PolicyDocument": {
                        "Version": "2012-10-17",
                        "Statement": [{
                            "Sid": "OnlyOverTls",
                            "Effect": "Deny",
                            "Principal": "*",
                            "Action": "s3:*",
                            "Resource": [arn, format!("{arn}/*")],
                            "Condition": { "Bool": { "aws:SecureTransport": "false" } },
                        }],
                    },
                },
            },
        },
        "Outputs": { "Bucket": { "Value": { "Ref": "Templates" } } },
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kinds::testing::compile;
    use crate::rules::testing::Example;

    #[test]
    fn no_rule_finds_anything_in_the_bootstrap() {
        let desired = Desired::read(&compile("queues: { jobs: {} }\n").files).unwrap();
        let bucket = desired.default_template_bucket();
        assert_eq!(bucket, "infra-templates-123456789012-eu-west-1");
        let bootstrap = desired.bootstrap(&bucket);
        let stack = bootstrap.stacks.values().next().unwrap();
        assert!(stack.termination_protection);
        let example = format!("#: template.json account=123456789012\n{}", stack.body);
        assert_eq!(Example::read(&example).findings(), []);
    }

    #[test]
    fn environments_of_one_account_and_region_share_it() {
        let desired = Desired::read(&compile("queues: { jobs: {} }\n").files).unwrap();
        let other = Desired { environment: "staging".to_owned(), project: "other".to_owned(), ..desired.clone() };
        assert_eq!(desired.bootstrap("b").digest, other.bootstrap("b").digest);
        assert!(PROJECT.parse::<crate::names::Name>().is_err(), "a project may not be called this");
    }
}
