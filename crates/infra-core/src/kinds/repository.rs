//! Repositories of images on ECR.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::queue::{Encryption, account_key_policy};
use super::{Function, Kind, check};
use crate::artifacts::{Expr, Policy, Pseudo, Statement};
use crate::diag::{Diagnostic, Diagnostics};
use crate::facts::limits::ecr;
use crate::lower::Lowering;
use crate::names::AccountId;
use crate::resolve::Bound;
use crate::route;

/// The page that says what a lifecycle rule may hold.
const SOURCE: &str = "https://docs.aws.amazon.com/AmazonECR/latest/userguide/lifecycle_policy_parameters.html";

/// A repository of images on ECR, called `project-environment-name`; it stays when it leaves the definition.
///
/// A tag never gets another image, so that what runs is what was tested; images are scanned when they are pushed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub struct Repository {
    /// Most images that are kept; the oldest go first, also those that run somewhere. 1 or more.
    pub keep: u32,
    /// How long an image without a tag is kept. 1 day or more.
    pub untagged_days: u32,
    /// Whether a tag may get another image.
    pub mutable_tags: bool,
    /// Whether images are scanned when they are pushed.
    pub scan: bool,
    /// Encryption of the images at rest. Cannot be changed later.
    pub encryption: Encryption,
    /// Other accounts that may pull images.
    pub readers: Vec<AccountId>,
}

impl Default for Repository {
    fn default() -> Self {
        Self {
            keep: 100,
            untagged_days: 7,
            mutable_tags: false,
            scan: true,
            encryption: Encryption::default(),
            readers: Vec::new(),
        }
    }
}

impl Kind for Repository {
    const SECTION: &'static str = "repositories";
    const NOUN: &'static str = "repository";
    const PREFIX: &'static str = "Repository";
    const EXAMPLE: &'static str = "
repositories:
  orders: { keep: 50, readers: ['444455556666'] }
  thumbnails: {}
functions:
  thumbnails:
    code: { repository: { repository: thumbnails, tag: 1.4.2 } }
";

    fn validate(entry: Bound<'_, Self>, diags: &mut Diagnostics) {
        check::bounds(entry, diags, &route!["keep"], entry.keep, (ecr::LIFECYCLE_COUNT, SOURCE));
        check::bounds(entry, diags, &route!["untagged-days"], entry.untagged_days, (ecr::LIFECYCLE_COUNT, SOURCE));
        for (index, account) in entry.readers.iter().enumerate() {
            if *account == entry.environment().account {
                diags.push(
                    Diagnostic::advice("repositories/own-account", "the account of the repository reads it anyway")
                        .at(entry.at(&route!["readers", index]), "this account")
                        .help("remove it"),
                );
            }
        }
    }

    fn lower(entry: Bound<'_, Self>, cx: &mut Lowering<'_>) {
        if entry.encryption == Encryption::Kms {
            let properties = object! {
                "Description" => format!("Images of repository {}", entry.full_name()),
                "EnableKeyRotation" => true,
                "KeyPolicy" => account_key_policy(),
            };
            cx.add(entry.resource("Key", "AWS::KMS::Key", properties).retain());
        }
        let encryption = entry.key_of(&entry.encryption).map(|key| {
            object! { "EncryptionType" => "KMS", "KmsKey" => key }
        });
        let policy = policy(entry);
        let properties = object! {
            "RepositoryName" => entry.full_name(),
            "ImageTagMutability" => if entry.mutable_tags { "MUTABLE" } else { "IMMUTABLE" },
            "ImageScanningConfiguration" => object! { "ScanOnPush" => entry.scan },
            "EncryptionConfiguration" => encryption,
            "LifecyclePolicy" => object! { "LifecyclePolicyText" => lifecycle(entry) },
            "RepositoryPolicyText" => (!policy.is_empty()).then_some(policy),
        };
        cx.add(entry.resource("", "AWS::ECR::Repository", properties).retain());
        let key = format!("{}Uri", entry.logical_id(""));
        cx.output(entry.home(), key, format!("Where images of {} are pushed", entry.name), entry.uri());
    }
}

impl Bound<'_, Repository> {
    /// Returns what stands before the tag of its images.
    pub fn uri(&self) -> Expr {
        self.handle("").att("RepositoryUri")
    }
}

fn lifecycle(entry: Bound<'_, Repository>) -> String {
    let days = entry.untagged_days;
    let (kept, expire) = (entry.keep, serde_json::json!({ "type": "expire" }));
    let untagged = serde_json::json!({
        "rulePriority": 1,
        "description": "Images without a tag",
        "selection": { "tagStatus": "untagged", "countType": "sinceImagePushed", "countUnit": "days", "countNumber": days },
        "action": expire,
    });
    let oldest = serde_json::json!({
        "rulePriority": 2,
        "description": "The oldest images",
        "selection": { "tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": kept },
        "action": expire,
    });
    serde_json::json!({ "rules": [untagged, oldest] }).to_string()
}

/// Who pulls beside the account: other accounts, and Lambda for the functions whose images are here.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/images-create.html> (from memory).
fn policy(entry: Bound<'_, Repository>) -> Policy {
    const PULL: [&str; 2] = ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"];
    let pull = || Statement::allow(PULL, Expr::Absent);
    let mut policy = Policy::default();
    if !entry.readers.is_empty() {
        let root = |account: &AccountId| text!["arn:", Pseudo::Partition, ":iam::", account.to_string(), ":root"];
        let roots: Vec<Expr> = entry.readers.iter().map(root).collect();
        policy.push(pull().sid("OtherAccounts").principal(object! { "AWS" => roots }));
    }
    if !entry.referrers::<Function>().is_empty() {
        let region = entry.region().to_string();
        let functions = text!["arn:", Pseudo::Partition, ":lambda:", region, ":", Pseudo::AccountId, ":function:*"];
        policy.push(pull().sid("Functions").service("lambda.amazonaws.com").when("ArnLike", "aws:SourceArn", functions));
    }
    policy
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;
    use crate::kinds::testing::{properties, report, template};

    #[test]
    fn a_repository_keeps_its_tags_and_its_last_images() {
        assert_snapshot!(properties(Repository::EXAMPLE, "RepositoryThumbnails"), @r#"
        RepositoryName: shop-dev-thumbnails
        ImageTagMutability: IMMUTABLE
        ImageScanningConfiguration:
          ScanOnPush: true
        LifecyclePolicy:
          LifecyclePolicyText: '{"rules":[{"rulePriority":1,"description":"Images without a tag","selection":{"tagStatus":"untagged","countType":"sinceImagePushed","countUnit":"days","countNumber":7},"action":{"type":"expire"}},{"rulePriority":2,"description":"The oldest images","selection":{"tagStatus":"any","countType":"imageCountMoreThan","countNumber":100},"action":{"type":"expire"}}]}'
        RepositoryPolicyText:
          Version: 2012-10-17
          Statement:
          - Effect: Allow
            Action:
            - ecr:BatchGetImage
            - ecr:GetDownloadUrlForLayer
            Sid: Functions
            Principal:
              Service: lambda.amazonaws.com
            Condition:
              ArnLike:
                aws:SourceArn:
                  Fn::Sub: arn:${AWS::Partition}:lambda:eu-west-1:${AWS::AccountId}:function:*
        "#);
        assert_eq!(template(Repository::EXAMPLE)["Resources"]["RepositoryOrders"]["DeletionPolicy"], "Retain");
        assert!(properties(Repository::EXAMPLE, "RepositoryOrders").contains(":iam::444455556666:root"));
    }

    #[test]
    fn a_function_runs_an_image_of_a_repository() {
        let code = &template(Repository::EXAMPLE)["Resources"]["FunctionThumbnails"]["Properties"]["Code"];
        assert_snapshot!(code, @r#"{"ImageUri":{"Fn::Sub":"${RepositoryThumbnails.RepositoryUri}:1.4.2"}}"#);
    }

    #[test]
    fn images_are_kept_for_some_time() {
        let yaml = "repositories: { a: { keep: 0, untagged-days: 0, readers: ['123456789012'] } }\n";
        assert_snapshot!(report(yaml), @r#"
        kinds/out-of-range: `keep` must be from 1 to 1000000 <- `0` 0 is outside
        kinds/out-of-range: `untagged-days` must be from 1 to 1000000 <- `0` 0 is outside
        repositories/own-account: the account of the repository reads it anyway <- `'123456789012'` this account
        "#);
    }
}
