//! `cloudfront/unreadable-bucket`: CloudFront may read the bucket that it serves.

use crate::rules::prelude::*;

pub(super) const RULE: Rule = Rule {
    id: "cloudfront/unreadable-bucket",
    code: "CF-004",
    severity: Severity::Error,
    phase: Phase::Runtime,
    title: "distribution may not read its bucket",
    why: "with an origin access control CloudFront signs requests as itself, and only a statement of the \
          bucket's policy for cloudfront.amazonaws.com lets it in",
    error: Some("AccessDenied"),
    sources: &[
        "https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/private-content-restricting-access-to-s3.html",
    ],
    evidence: Evidence::Documented,
    bad: r#"
#: site.yaml region=us-east-1
Resources:
  Files:
    Type: AWS::S3::Bucket
    DeletionPolicy: Retain
    UpdateReplacePolicy: Retain
  Access:
    Type: AWS::CloudFront::OriginAccessControl
    Properties:
      OriginAccessControlConfig: { Name: files, OriginAccessControlOriginType: s3, SigningBehavior: always, SigningProtocol: sigv4 }
  Site:
    Type: AWS::CloudFront::Distribution
    Properties:
      DistributionConfig:
        Enabled: true
        Origins:
          - Id: files
            DomainName: !GetAtt Files.RegionalDomainName
            OriginAccessControlId: !GetAtt Access.Id
#                                  ^
            S3OriginConfig: { OriginAccessIdentity: "" }
        DefaultCacheBehavior:
          TargetOriginId: files
          ViewerProtocolPolicy: redirect-to-https
          CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6
"#,
    good: &[(
        r#"  Access:
"#,
        r#"  Policy:
    Type: AWS::S3::BucketPolicy
    Properties:
      Bucket: !Ref Files
      PolicyDocument:
        Version: "2012-10-17"
        Statement:
          - Effect: Allow
            Principal: { Service: cloudfront.amazonaws.com }
            Action: s3:GetObject
            Resource: !Sub "${Files.Arn}/*"
            Condition: { StringEquals: { "AWS:SourceArn": !Sub "arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${Site}" } }
  Access:
"#,
    )],
    check: Check::Resources(&["AWS::CloudFront::Distribution"], check),
};

fn check(cx: &mut Cx<'_>, site: Resource<'_>) {
    for origin in site.each("DistributionConfig.Origins") {
        let Some(control) = origin.key("OriginAccessControlId").filter(|control| !control.is("")) else { continue };
        let Some(bucket) = super::bucket(&origin) else { continue };
        let policies: Vec<Resource<'_>> = bucket.referrers_of("AWS::S3::BucketPolicy").collect();
        let lets = policies.iter().filter_map(|policy| policy.get("PolicyDocument")).flat_map(Statement::of).any(
            |statement| {
                let cloudfront = statement.service("cloudfront.amazonaws.com") || statement.anyone();
                statement.allows()
                    && cloudfront
                    && statement.covers("s3:GetObject")
                    && names_objects(&statement)
                    && names_site(&statement, &site)
            },
        );
        if lets {
            continue;
        }
        let mut finding = control
            .finding(format!("`{}` gets 403 from bucket `{}`", site.id(), bucket.id()), "requests are signed")
            .also(bucket.at(), "no policy lets cloudfront.amazonaws.com read");
        if let Some(policy) = policies.first() {
            finding = finding.also(policy.at(), "this policy does not");
        }
        cx.report(
            finding.help("allow s3:GetObject to cloudfront.amazonaws.com, with `AWS:SourceArn` of the distribution"),
        );
    }
}

/// Whether a statement is about objects, or may be: the ARN of a bucket alone is about none.
fn names_objects(statement: &Statement<'_>) -> bool {
    statement.prop.key("Resource").is_none()
        || statement.resources().any(|it| it.target().is_none_or(|target| target.resource.kind() != "AWS::S3::Bucket"))
}

/// Whether the conditions of a statement admit the distribution, or may do so: an id that is written out is of another one.
fn names_site(statement: &Statement<'_>, site: &Resource<'_>) -> bool {
    let mut arns = statement.condition("aws:SourceArn").peekable();
    arns.peek().is_none()
        || arns.any(|arn| {
            let sites: Vec<_> =
                arn.mentions().into_iter().filter(|it| it.kind() == "AWS::CloudFront::Distribution").collect();
            let id = arn.pattern();
            let literal = id.rsplit_once(":distribution/").is_some_and(|(_, id)| !id.contains(['*', '?', '{']));
            if sites.is_empty() { !literal } else { sites.contains(site) }
        })
}
