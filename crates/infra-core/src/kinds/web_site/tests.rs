use insta::assert_snapshot;

use super::WebSite;
use crate::kinds::Kind;
use crate::kinds::testing::{
    compile, compile_stacks, findings, ids, json, properties, properties_in, report, report_stacks, template,
};

const HOME: &str = "stacks/example.eu-west-1.template.json";
const CERTIFICATE: &str = "
hosted-zones: { main: { domain: '${env.domain}', existing: Z0123456789EXAMPLE0 } }
certificates: { web: { domain: 'www.${env.domain}', zones: [main] } }
";
const API: &str = "
http-apis:
  shop:
    routes: { GET /v1/orders: { to: { http: { url: 'https://a.example.net' } } } }
";

/// Makes a site `app` with a body.
fn app(body: &str) -> String {
    format!("web-sites: {{ app: {{ {body} }} }}\n")
}

/// Returns one part of the distribution as YAML.
fn part(yaml: &str, pointer: &str) -> String {
    let assembly = compile(yaml);
    let template = json(&assembly, HOME);
    let config = &template["Resources"]["SiteApp"]["Properties"]["DistributionConfig"];
    let part = config.pointer(pointer).unwrap_or_else(|| panic!("no {pointer} in {config:#}"));
    serde_yaml::to_string(part).unwrap()
}

#[test]
fn only_the_distribution_reads_the_bucket() {
    assert_snapshot!(properties(WebSite::EXAMPLE, "SiteAppBucketPolicy"), @"
    Bucket:
      Ref: SiteAppBucket
    PolicyDocument:
      Version: 2012-10-17
      Statement:
      - Effect: Allow
        Action: s3:GetObject
        Resource:
          Fn::Sub: ${SiteAppBucket.Arn}/*
        Sid: DistributionReads
        Principal:
          Service: cloudfront.amazonaws.com
        Condition:
          StringEquals:
            AWS:SourceArn:
              Fn::Sub: arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${SiteApp.Id}
      - Effect: Allow
        Action: s3:ListBucket
        Resource:
          Fn::GetAtt:
          - SiteAppBucket
          - Arn
        Sid: DistributionLists
        Principal:
          Service: cloudfront.amazonaws.com
        Condition:
          StringEquals:
            AWS:SourceArn:
              Fn::Sub: arn:${AWS::Partition}:cloudfront::${AWS::AccountId}:distribution/${SiteApp.Id}
      - Effect: Deny
        Action: s3:*
        Resource:
        - Fn::GetAtt:
          - SiteAppBucket
          - Arn
        - Fn::Sub: ${SiteAppBucket.Arn}/*
        Sid: OnlyEncrypted
        Principal: '*'
        Condition:
          Bool:
            aws:SecureTransport: 'false'
    ");
}

#[test]
fn the_bucket_is_private_encrypted_and_keeps_what_is_deleted() {
    assert_snapshot!(properties(WebSite::EXAMPLE, "SiteAppBucket"), @"
    BucketEncryption:
      ServerSideEncryptionConfiguration:
      - ServerSideEncryptionByDefault:
          SSEAlgorithm: AES256
    LifecycleConfiguration:
      Rules:
      - Id: KeepDeleted
        Status: Enabled
        NoncurrentVersionExpiration:
          NoncurrentDays: 30
      - Id: AbortUploads
        Status: Enabled
        AbortIncompleteMultipartUpload:
          DaysAfterInitiation: 7
    OwnershipControls:
      Rules:
      - ObjectOwnership: BucketOwnerEnforced
    PublicAccessBlockConfiguration:
      BlockPublicAcls: true
      BlockPublicPolicy: true
      IgnorePublicAcls: true
      RestrictPublicBuckets: true
    VersioningConfiguration:
      Status: Enabled
    ");
    assert_eq!(template(WebSite::EXAMPLE)["Resources"]["SiteAppBucket"]["DeletionPolicy"], "Retain");
}

#[test]
fn the_distribution_serves_its_names_over_https() {
    let text = properties(WebSite::EXAMPLE, "SiteApp");
    assert_snapshot!(text, @"
    DistributionConfig:
      Aliases:
      - www.dev.example.com
      CacheBehaviors:
      - AllowedMethods:
        - GET
        - HEAD
        - OPTIONS
        CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad
        Compress: true
        FunctionAssociations:
        - EventType: viewer-request
          FunctionARN:
            Fn::GetAtt:
            - SiteAppFunction
            - FunctionARN
        ResponseHeadersPolicyId:
          Fn::GetAtt:
          - SiteAppConfigHeaders
          - Id
        TargetOriginId: files
        ViewerProtocolPolicy: redirect-to-https
        PathPattern: /config.json
      Comment: Site shop-dev-app
      DefaultCacheBehavior:
        AllowedMethods:
        - GET
        - HEAD
        - OPTIONS
        CachePolicyId: 658327ea-f89d-4fab-a63d-7e88639e58f6
        Compress: true
        FunctionAssociations:
        - EventType: viewer-request
          FunctionARN:
            Fn::GetAtt:
            - SiteAppFunction
            - FunctionARN
        ResponseHeadersPolicyId:
          Fn::GetAtt:
          - SiteAppHeaders
          - Id
        TargetOriginId: files
        ViewerProtocolPolicy: redirect-to-https
      DefaultRootObject: index.html
      Enabled: true
      HttpVersion: http2and3
      IPV6Enabled: true
      Origins:
      - Id: files
        DomainName:
          Fn::GetAtt:
          - SiteAppBucket
          - RegionalDomainName
        OriginAccessControlId:
          Fn::GetAtt:
          - SiteAppAccessControl
          - Id
        S3OriginConfig:
          OriginAccessIdentity: ''
      PriceClass: PriceClass_100
      ViewerCertificate:
        AcmCertificateArn:
          Ref: ExampleEdgeCertificateWebEdgeRef
        MinimumProtocolVersion: TLSv1.2_2021
        SslSupportMethod: sni-only
      WebACLId:
        Ref: ExampleEdgeSiteAppFirewallArn
    ");
}

#[test]
fn uploads_find_bucket_and_distribution_among_the_outputs() {
    let outputs = &template(WebSite::EXAMPLE)["Outputs"];
    assert!(outputs.get("SiteAppBucketRef").is_some() && outputs.get("SiteAppId").is_some(), "{outputs}");
}

#[test]
fn an_api_behind_a_path_is_neither_cached_nor_rewritten() {
    let yaml = app("api-paths: { '/v1/*': shop }") + API;
    assert_snapshot!(part(&yaml, "/CacheBehaviors/1"), @"
    PathPattern: /v1/*
    AllowedMethods:
    - GET
    - HEAD
    - OPTIONS
    - PUT
    - PATCH
    - POST
    - DELETE
    CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad
    Compress: true
    FunctionAssociations:
    - EventType: viewer-request
      FunctionARN:
        Fn::GetAtt:
        - SiteAppApiFunction
        - FunctionARN
    OriginRequestPolicyId: b689b0a8-53d0-40ab-baf2-68738e2966ac
    TargetOriginId: api-example-shop
    ViewerProtocolPolicy: https-only
    ");
    let code = template(&yaml)["Resources"]["SiteAppApiFunction"]["Properties"]["FunctionCode"].to_string();
    assert!(!code.contains("index.html") && code.contains("keepOrSetRequestId(event)"), "{code}");
}

#[test]
fn errors_of_an_api_behind_a_path_stay_as_they_are() {
    let yaml = app("api-paths: { '/v1/*': shop }") + API;
    let config = &template(&yaml)["Resources"]["SiteApp"]["Properties"]["DistributionConfig"];
    assert!(config.get("CustomErrorResponses").is_none(), "{config}");
}

#[test]
fn two_paths_of_one_api_share_an_origin() {
    let yaml = app("api-paths: { '/v1/*': shop, '/v2/*': shop }") + API;
    assert_snapshot!(part(&yaml, "/Origins/1"), @"
    Id: api-example-shop
    DomainName:
      Fn::Sub: ${ApiShop}.execute-api.eu-west-1.amazonaws.com
    CustomOriginConfig:
      HTTPSPort: 443
      OriginProtocolPolicy: https-only
      OriginReadTimeout: 30
      OriginSSLProtocols:
      - TLSv1.2
    ");
    let template = template(&yaml);
    let config = &template["Resources"]["SiteApp"]["Properties"]["DistributionConfig"];
    assert_eq!(config["Origins"].as_array().unwrap().len(), 2);
    assert_eq!(config["CacheBehaviors"].as_array().unwrap().len(), 3);
}

#[test]
fn config_json_is_never_stored() {
    assert_snapshot!(part(&app(""), "/CacheBehaviors/0"), @"
    AllowedMethods:
    - GET
    - HEAD
    - OPTIONS
    CachePolicyId: 4135ea2d-6df8-44a3-9df3-4b5a84be39ad
    Compress: true
    FunctionAssociations:
    - EventType: viewer-request
      FunctionARN:
        Fn::GetAtt:
        - SiteAppFunction
        - FunctionARN
    ResponseHeadersPolicyId:
      Fn::GetAtt:
      - SiteAppConfigHeaders
      - Id
    TargetOriginId: files
    ViewerProtocolPolicy: redirect-to-https
    PathPattern: /config.json
    ");
    let headers = properties(&app(""), "SiteAppConfigHeaders");
    assert_snapshot!(headers.split("CustomHeadersConfig").nth(1).unwrap(), @"
    :
        Items:
        - Header: Cache-Control
          Value: no-store
          Override: true
    ");
    assert!(!properties(&app(""), "SiteAppHeaders").contains("no-store"));
}

#[test]
fn scripts_may_call_the_sites_apis() {
    let site = app("domains: ['www.${env.domain}'], certificate: web, apis: [shop, api.pay], security-headers: { connect-to: ['https://errors.example.net'] }");
    let yaml = format!("{CERTIFICATE}{site}{API}");
    let api = API.replace("shop:", "pay:");
    let assembly = compile_stacks(&[("api", &api), ("example", &yaml)]);
    let text = properties_in(&assembly, HOME, "SiteAppHeaders");
    assert_snapshot!(text.split_once("ContentTypeOptions").unwrap().0, @"
    ResponseHeadersPolicyConfig:
      Name: shop-dev-example-app-headers
      SecurityHeadersConfig:
        ContentSecurityPolicy:
          ContentSecurityPolicy:
            Fn::Sub: default-src 'self'; connect-src 'self' https://${ApiShop}.execute-api.eu-west-1.amazonaws.com https://${ApiApiPayRef}.execute-api.eu-west-1.amazonaws.com https://errors.example.net; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'
          Override: true
    ");
}

#[test]
fn an_own_content_policy_is_kept() {
    let yaml = app("security-headers: { content-security-policy: \"default-src 'none'\" }");
    let text = properties(&yaml, "SiteAppHeaders");
    assert!(text.contains("ContentSecurityPolicy: default-src 'none'\n"), "{text}");
}

#[test]
fn every_answer_has_security_headers() {
    let text = properties(&app("security-headers: { frames: same-origin, include-subdomains: false }"), "SiteAppHeaders");
    assert_snapshot!(text, @"
    ResponseHeadersPolicyConfig:
      Name: shop-dev-example-app-headers
      SecurityHeadersConfig:
        ContentSecurityPolicy:
          ContentSecurityPolicy: default-src 'self'; connect-src 'self'; img-src 'self' data:; style-src 'self' 'unsafe-inline'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'
          Override: true
        ContentTypeOptions:
          Override: true
        FrameOptions:
          FrameOption: SAMEORIGIN
          Override: true
        ReferrerPolicy:
          ReferrerPolicy: strict-origin-when-cross-origin
          Override: true
        StrictTransportSecurity:
          AccessControlMaxAgeSec: 63072000
          IncludeSubdomains: false
          Override: true
    ");
}

#[test]
fn the_firewall_lives_in_us_east_1_with_scope_cloudfront() {
    let assembly = compile(WebSite::EXAMPLE);
    let path = "stacks/example.us-east-1.template.json";
    assert!(!ids(&json(&assembly, HOME)).contains(&"SiteAppFirewall"));
    assert_snapshot!(properties_in(&assembly, path, "SiteAppFirewall"), @"
    DefaultAction:
      Allow: {}
    Description: Firewall of site shop-dev-app
    Rules:
    - Name: RateLimit
      Priority: 0
      Action:
        Block: {}
      Statement:
        RateBasedStatement:
          AggregateKeyType: IP
          Limit: 2000
      VisibilityConfig:
        CloudWatchMetricsEnabled: true
        MetricName: RateLimit
        SampledRequestsEnabled: true
    - Name: AWSManagedRulesAmazonIpReputationList
      Priority: 1
      OverrideAction:
        None: {}
      Statement:
        ManagedRuleGroupStatement:
          VendorName: AWS
          Name: AWSManagedRulesAmazonIpReputationList
      VisibilityConfig:
        CloudWatchMetricsEnabled: true
        MetricName: AWSManagedRulesAmazonIpReputationList
        SampledRequestsEnabled: true
    - Name: AWSManagedRulesCommonRuleSet
      Priority: 2
      OverrideAction:
        None: {}
      Statement:
        ManagedRuleGroupStatement:
          VendorName: AWS
          Name: AWSManagedRulesCommonRuleSet
      VisibilityConfig:
        CloudWatchMetricsEnabled: true
        MetricName: AWSManagedRulesCommonRuleSet
        SampledRequestsEnabled: true
    - Name: AWSManagedRulesKnownBadInputsRuleSet
      Priority: 3
      OverrideAction:
        None: {}
      Statement:
        ManagedRuleGroupStatement:
          VendorName: AWS
          Name: AWSManagedRulesKnownBadInputsRuleSet
      VisibilityConfig:
        CloudWatchMetricsEnabled: true
        MetricName: AWSManagedRulesKnownBadInputsRuleSet
        SampledRequestsEnabled: true
    Scope: CLOUDFRONT
    VisibilityConfig:
      CloudWatchMetricsEnabled: true
      MetricName: SiteAppFirewall
      SampledRequestsEnabled: true
    ");
}

#[test]
fn managed_rules_may_only_count() {
    let yaml = app("firewall: { action: count, managed-rules: [AWSManagedRulesCommonRuleSet] }");
    let assembly = compile(&yaml);
    let text = properties_in(&assembly, "stacks/example.us-east-1.template.json", "SiteAppFirewall");
    assert!(text.contains("OverrideAction:\n    Count: {}\n"), "{text}");
    assert!(text.contains("Action:\n    Block: {}\n"), "the rate limit blocks all the same: {text}");
}

#[test]
fn in_us_east_1_firewall_and_site_share_a_template() {
    let assembly = compile(&format!("region: us-east-1\n{}", app("firewall: {}")));
    let template = json(&assembly, "stacks/example.us-east-1.template.json");
    assert!(ids(&template).contains(&"SiteAppFirewall") && ids(&template).contains(&"SiteApp"));
    assert_eq!(assembly.summary.templates, 1);
}

#[test]
fn what_a_path_without_ending_means_is_decided_at_the_edge() {
    for (paths, has) in [("single-page", "request.uri = '/index.html'"), ("pages", "request.uri += '/index.html'")] {
        let code = properties(&app(&format!("paths: {paths}")), "SiteAppFunction");
        assert!(code.contains(has), "{code}");
    }
    assert!(!properties(&app("paths: files"), "SiteAppFunction").contains("index.html"));
}

#[test]
fn a_page_for_what_is_not_there_keeps_the_status() {
    let yaml = app("paths: pages, not-found: /404.html");
    assert_snapshot!(part(&yaml, "/CustomErrorResponses"), @"
    - ErrorCode: 403
      ResponseCode: 404
      ResponsePagePath: /404.html
      ErrorCachingMinTTL: 10
    - ErrorCode: 404
      ResponseCode: 404
      ResponsePagePath: /404.html
      ErrorCachingMinTTL: 10
    ");
}

#[test]
fn countries_classes_and_protocols_are_those_asked_for() {
    let yaml = app("only-countries: [DE, FR], price-class: class200");
    assert_snapshot!(part(&yaml, "/Restrictions"), @"
    GeoRestriction:
      RestrictionType: whitelist
      Locations:
      - DE
      - FR
    ");
    assert_eq!(part(&yaml, "/PriceClass"), "PriceClass_200\n");
    let yaml = WebSite::EXAMPLE.replace("firewall: {}", "minimum-tls: tls13-of2025");
    assert_eq!(part(&yaml, "/ViewerCertificate/MinimumProtocolVersion"), "TLSv1.3_2025\n");
}

#[test]
fn config_json_holds_literals_and_values_of_other_entries() {
    let yaml = app(
        "config: { supportUrl: 'https://help.example.com' }, config-from: { apiUrl: { http-api: shop }, pool: { user-pool: people }, issuer: { user-pool-issuer: people }, client: { user-pool-client: { user-pool: people, client: web } }, self: { web-site: app } }",
    ) + API
        + "user-pools: { people: { clients: { web: {} } } }\n";
    let assembly = compile(&yaml);
    assert_snapshot!(String::from_utf8_lossy(&assembly.files["web/app/config.json"]), @r#"
    {
     "supportUrl": "https://help.example.com",
     "apiUrl": "https://${output:shop-dev-example@eu-west-1:ApiShopRef}.execute-api.eu-west-1.amazonaws.com",
     "client": "${output:shop-dev-example@eu-west-1:UserPoolPeopleWebClientRef}",
     "issuer": "https://cognito-idp.eu-west-1.amazonaws.com/${output:shop-dev-example@eu-west-1:UserPoolPeopleRef}",
     "pool": "${output:shop-dev-example@eu-west-1:UserPoolPeopleRef}",
     "self": "https://${output:shop-dev-example@eu-west-1:SiteAppDomainName}"
    }
    "#);
}

#[test]
fn a_literal_that_looks_like_a_secret_is_reported_and_not_shown() {
    let yaml = app("config: { apiKey: hunter2hunter2 }");
    let found = findings(&yaml);
    assert_eq!(found.iter().map(|finding| finding.id).collect::<Vec<_>>(), ["kinds/secret-literal"]);
    let label = found[0].primary.as_ref().unwrap();
    assert!(matches!(label.at, crate::diag::At::Hidden(_)), "{label:?}");
    assert!(!format!("{found:?}").contains("hunter2"), "{found:?}");
    assert_snapshot!(report(&yaml), @"kinds/secret-literal: `apiKey` looks like a secret <- a literal; it is not shown here");
}

#[test]
fn a_credential_is_reported_whatever_its_key() {
    let yaml = app("config: { note: AKIAIOSFODNN7EXAMPLE }");
    assert_snapshot!(report(&yaml), @"kinds/secret-literal: `note` looks like a secret <- a literal; it is not shown here");
}

#[test]
fn a_key_is_given_once() {
    let yaml = app("config: { apiUrl: a }, config-from: { apiUrl: { http-api: shop } }") + API;
    assert_snapshot!(report(&yaml), @"web-sites/config-twice: `apiUrl` is given twice <- `a` a literal");
}

#[test]
fn a_client_must_be_one_of_the_pool() {
    let yaml = app("config-from: { client: { user-pool-client: { user-pool: people, client: webb } } }")
        + "user-pools: { people: { clients: { web: {} } } }\n";
    assert_snapshot!(report(&yaml), @"user-pools/unknown-client: user pool `people` has no client `webb` <- `webb` not found in `clients`");
}

#[test]
fn names_of_its_own_need_a_certificate() {
    assert_snapshot!(report(&app("domains: ['www.${env.domain}']")), @"web-sites/no-certificate: a site with names of its own needs a certificate <- `domains` CloudFront's own certificate does not cover them");
}

#[test]
fn the_certificate_covers_every_name() {
    let yaml = WebSite::EXAMPLE.replace("domains: ['www.${env.domain}']", "domains: ['www.${env.domain}', '${env.domain}']");
    assert_snapshot!(report(&yaml), @"web-sites/name-not-covered: the certificate does not cover `dev.example.com` <- `'${env.domain}'` browsers would refuse the connection");
}

#[test]
fn a_page_for_what_is_not_there_would_hide_errors() {
    assert_snapshot!(report(&app("not-found: /404.html")), @"web-sites/not-found-hides-errors: `not-found` would hide other errors <- `/404.html` CloudFront replaces every 403 and 404 of the distribution");
    let yaml = app("paths: pages, not-found: /404.html, api-paths: { '/v1/*': shop }") + API;
    assert!(report(&yaml).starts_with("web-sites/not-found-hides-errors: "), "{}", report(&yaml));
}

#[test]
fn an_api_path_leaves_the_site_room() {
    let yaml = app("api-paths: { '/*': shop, 'v1/*': shop }") + API;
    assert_snapshot!(report(&yaml), @"
    web-sites/api-path: `/*` cannot be a path of an API here <- `shop` must start with `/` and leave the site room
    web-sites/api-path: `v1/*` cannot be a path of an API here <- `shop` must start with `/` and leave the site room
    ");
}

#[test]
fn a_place_to_connect_to_is_an_origin() {
    assert_snapshot!(report(&app("security-headers: { connect-to: ['http://a.example.net', 'https://a b'] }")), @"
    web-sites/connect-to: `http://a.example.net` is not an origin <- `'http://a.example.net'` must start with `https://` or `wss://`
    web-sites/connect-to: `https://a b` is not an origin <- `'https://a b'` must start with `https://` or `wss://`
    ");
}

#[test]
fn a_rate_limit_allows_some_requests() {
    assert_snapshot!(report(&app("firewall: { rate-limit: 9 }")), @"web-sites/rate-limit: `rate-limit` must be from 10 to 2000000000 <- `9` outside");
}

#[test]
fn a_rule_group_has_a_name() {
    assert_snapshot!(report(&app("firewall: { managed-rules: ['Common Rules'] }")), @"web-sites/managed-rules: `Common Rules` is no name of a rule group <- `'Common Rules'` letters and digits only");
}

#[test]
fn deleted_files_are_kept_a_day_at_least() {
    assert_snapshot!(report(&app("keep-deleted-days: 0")), @"kinds/out-of-range: `keep-deleted-days` must be from 1 to 65535 <- `0` 0 is outside");
}

#[test]
fn two_sites_of_one_name_do_not_overwrite_each_others_config() {
    assert_snapshot!(report_stacks(&[("a", &app("")), ("b", &app(""))]), @"lower/web-file-clash: two web sites write `web/app/config.json` <- `app` of stacks/b.yaml this site + `app` of stacks/a.yaml and this one");
}

#[test]
fn a_site_and_an_api_without_names_would_need_each_other() {
    assert_snapshot!(report(&(app("apis: [shop]") + API)), @"web-sites/unnamed: a site and an API without names of their own need each other <- `shop` the site must know its address");
    let own = "security-headers: { content-security-policy: \"default-src 'self'\" }";
    assert_eq!(report(&(app(&format!("apis: [shop], {own}")) + API)), "");
    let both = app(&format!("apis: [shop], api-paths: {{ '/v1/*': shop }}, {own}")) + API;
    assert!(report(&both).starts_with("web-sites/unnamed: "), "{}", report(&both));
}
