use crate::kinds::testing::{properties, report, template};
use crate::kinds::{Kind, UserPool};
use insta::assert_snapshot;

#[test]
fn a_pool_is_retained_and_recovers_by_mail() {
    assert_snapshot!(properties(UserPool::EXAMPLE, "UserPoolCustomers"), @"
    UserPoolName: shop-dev-customers
    UserPoolTier: ESSENTIALS
    UsernameAttributes:
    - email
    UsernameConfiguration:
      CaseSensitive: false
    AutoVerifiedAttributes:
    - email
    UserAttributeUpdateSettings:
      AttributesRequireVerificationBeforeUpdate:
      - email
    Schema:
    - Name: email
      AttributeDataType: String
      Required: true
      Mutable: true
    AdminCreateUserConfig:
      AllowAdminCreateUserOnly: false
    AccountRecoverySetting:
      RecoveryMechanisms:
      - Name: verified_email
        Priority: 1
    Policies:
      PasswordPolicy:
        MinimumLength: 12
        RequireLowercase: true
        RequireUppercase: true
        RequireNumbers: true
        RequireSymbols: true
        TemporaryPasswordValidityDays: 7
    MfaConfiguration: OPTIONAL
    EnabledMfas:
    - SOFTWARE_TOKEN_MFA
    DeletionProtection: INACTIVE
    ");
    assert_eq!(template(UserPool::EXAMPLE)["Resources"]["UserPoolCustomers"]["DeletionPolicy"], "Retain");
}

#[test]
fn a_public_client_has_the_code_flow_and_no_secret() {
    assert_snapshot!(properties(UserPool::EXAMPLE, "UserPoolCustomersWebClient"), @r"
    UserPoolId:
      Ref: UserPoolCustomers
    ClientName: web
    GenerateSecret: false
    ExplicitAuthFlows:
    - ALLOW_USER_SRP_AUTH
    - ALLOW_REFRESH_TOKEN_AUTH
    SupportedIdentityProviders:
    - COGNITO
    AllowedOAuthFlowsUserPoolClient: true
    AllowedOAuthFlows:
    - code
    AllowedOAuthScopes:
    - openid
    - email
    - orders/read
    - orders/write
    CallbackURLs:
    - http://localhost:5173/callback
    LogoutURLs:
    - http://localhost:5173/
    PreventUserExistenceErrors: ENABLED
    EnableTokenRevocation: true
    AccessTokenValidity: 60
    IdTokenValidity: 60
    RefreshTokenValidity: 30
    TokenValidityUnits:
      AccessToken: minutes
      IdToken: minutes
      RefreshToken: days
    ");
}

#[test]
fn a_machine_waits_for_its_scopes() {
    let resource = &template(UserPool::EXAMPLE)["Resources"]["UserPoolCustomersImporterClient"];
    assert_eq!(resource["DependsOn"], "UserPoolCustomersOrdersScopes");
    assert_snapshot!(properties(UserPool::EXAMPLE, "UserPoolCustomersImporterClient"), @r"
    UserPoolId:
      Ref: UserPoolCustomers
    ClientName: importer
    GenerateSecret: true
    ExplicitAuthFlows:
    - ALLOW_REFRESH_TOKEN_AUTH
    SupportedIdentityProviders:
    - COGNITO
    AllowedOAuthFlowsUserPoolClient: true
    AllowedOAuthFlows:
    - client_credentials
    AllowedOAuthScopes:
    - orders/write
    PreventUserExistenceErrors: ENABLED
    EnableTokenRevocation: true
    AccessTokenValidity: 60
    IdTokenValidity: 60
    RefreshTokenValidity: 30
    TokenValidityUnits:
      AccessToken: minutes
      IdToken: minutes
      RefreshToken: days
    ");
}

#[test]
fn people_come_back_to_every_name_of_a_site() {
    let yaml = "
hosted-zones: { main: { domain: '${env.domain}', existing: Z0123456789EXAMPLE0 } }
certificates: { web: { domain: '${env.domain}', names: ['*.${env.domain}'], zones: [main] } }
web-sites: { app: { domains: ['${env.domain}', 'www.${env.domain}'], certificate: web } }
user-pools:
  customers:
    domain: { custom: { name: 'login.${env.domain}', certificate: web } }
    clients: { web: { sites: [app] } }
";
    let template = crate::kinds::testing::template(yaml);
    let client = &template["Resources"]["UserPoolCustomersWebClient"]["Properties"];
    assert_snapshot!(client["CallbackURLs"], @r#"["https://dev.example.com/callback","https://www.dev.example.com/callback"]"#);
    assert_snapshot!(template["Resources"]["UserPoolCustomersDomain"]["Properties"], @r#"{"UserPoolId":{"Ref":"UserPoolCustomers"},"Domain":"login.dev.example.com","CustomDomainConfig":{"CertificateArn":{"Ref":"ExampleEdgeCertificateWebEdgeRef"}}}"#);
}

#[test]
fn mistakes_are_reported_where_they_are() {
    let yaml = "
user-pools:
  a:
    plan: lite
    password: { min-length: 5, history: 3 }
    domain: { prefix: my-aws-shop }
    resource-servers: { orders: { scopes: {} } }
    clients:
      web: { callback-urls: ['http://example.com'], callback-path: x, scopes: [openId], token-minutes: 1 }
      job: { type: machine, logout-urls: ['https://a.example.com'], scopes: [email] }
  b:
    clients:
      web: { callback-urls: ['https://example.com'] }
      app: {}
";
    assert_snapshot!(report(yaml), @r"
    kinds/out-of-range: `min-length` must be from 6 to 99 <- `5` 5 is outside
    user-pools/plan: the plan `lite` keeps no password history <- `3` 3 former passwords
    user-pools/prefix: Cognito refuses the prefix `my-aws-shop` <- `my-aws-shop` contains `aws`
    user-pools/scopes: a resource server has 1 to 100 scopes <- `scopes` 0 scopes
    user-pools/address: Cognito sends nobody to `http://example.com` <- `'http://example.com'` `https://…`, or `http://localhost…`
    user-pools/path: `x` is not a path <- `x` starts with `/` and has no `#`
    user-pools/unknown-scope: the pool has no scope `openId` <- `openId` not found in `resource-servers`
    kinds/out-of-range: `token-minutes` must be from 5 to 1440 <- `1` 1 is outside
    user-pools/machine: a client of a program has no sign-in page <- `logout-urls` for clients of people
    user-pools/machine: a client of a program cannot ask for `email` <- `email` about people
    user-pools/no-domain: client `web` needs the pool's domain <- `web` gets its tokens there
    ");
}

#[test]
fn tokens_of_a_pool_that_exists_are_taken() {
    let yaml = "
user-pools: { customers: { existing: { id: eu-west-1_a1B2c3D4e, clients: { web: 1example23456789 } } } }
http-apis:
  shop:
    authorizer: { user-pool: { user-pool: customers } }
    routes: { GET /a: { to: { http: { url: 'https://a.example.net' } } } }
";
    let template = crate::kinds::testing::template(yaml);
    let jwt = &template["Resources"]["ApiShopAuthorizer"]["Properties"]["JwtConfiguration"];
    assert_snapshot!(jwt, @r#"{"Issuer":"https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_a1B2c3D4e","Audience":["1example23456789"]}"#);
    assert!(report(&yaml.replace(", clients: { web: 1example23456789 }", "")).contains("http-apis/no-audience"));
    assert!(report(&yaml.replace("eu-west-1_a1B2c3D4e", "customers")).contains("existing/malformed"));
}
