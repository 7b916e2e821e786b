use crate::kinds::testing::{compile_stacks, properties, report, template};
use crate::kinds::{HttpApi, Kind};
use insta::assert_snapshot;

const PRIVATE: &str = "
networks: { main: { cidr: 10.20.0.0/16 } }
vpc-links: { main: { network: main } }
load-balancers:
  internal:
    type: network
    network: main
    listeners: { orders: { port: 8443, protocol: tcp, default: { forward: orders } } }
    target-groups: { orders: { port: 8080 } }
";

fn with_private(rest: &str) -> String {
    format!("{PRIVATE}{rest}")
}

#[test]
fn a_private_integration_goes_through_the_link_to_the_listener() {
    assert_snapshot!(properties(HttpApi::EXAMPLE, "ApiShopToInternalOrdersThroughMain"), @r"
    ApiId:
      Ref: ApiShop
    IntegrationType: HTTP_PROXY
    IntegrationMethod: ANY
    IntegrationUri:
      Ref: LoadBalancerInternalOrdersListener
    ConnectionType: VPC_LINK
    ConnectionId:
      Ref: VpcLinkMain
    PayloadFormatVersion: '1.0'
    TimeoutInMillis: 29000
    ");
}

#[test]
fn both_groups_are_opened_on_the_listeners_port_once() {
    let yaml = with_private(
        "
http-apis:
  a: { routes: { GET /a: { to: { load-balancer: { load-balancer: internal, listener: orders, vpc-link: main } } } } }
  b: { routes: { GET /b: { to: { load-balancer: { load-balancer: internal, listener: orders, vpc-link: main } } } } }
",
    );
    let template = template(&yaml);
    let resources = template["Resources"].as_object().unwrap().iter();
    let rules = resources.filter(|(_, resource)| resource["Type"].as_str().unwrap().starts_with("AWS::EC2::SecurityGroup"));
    let rules: Vec<String> = rules
        .filter(|(_, resource)| resource["Type"] != "AWS::EC2::SecurityGroup")
        .map(|(id, resource)| format!("{id}: {}", resource["Properties"]))
        .collect();
    assert_snapshot!(rules.join("\n"), @r#"
    ExampleInVpcLinkMainToExampleLoadBalancerInternal8443: {"GroupId":{"Fn::GetAtt":["LoadBalancerInternalGroup","GroupId"]},"IpProtocol":"tcp","FromPort":8443,"ToPort":8443,"SourceSecurityGroupId":{"Fn::GetAtt":["VpcLinkMainGroup","GroupId"]},"Description":"From VpcLinkMain of stack example"}
    ExampleOutVpcLinkMainToExampleLoadBalancerInternal8443: {"GroupId":{"Fn::GetAtt":["VpcLinkMainGroup","GroupId"]},"IpProtocol":"tcp","FromPort":8443,"ToPort":8443,"DestinationSecurityGroupId":{"Fn::GetAtt":["LoadBalancerInternalGroup","GroupId"]},"Description":"To LoadBalancerInternal of stack example"}
    "#);
}

#[test]
fn apis_of_several_stacks_do_not_wait_for_each_other() {
    let api = |name: &str, of: &str| {
        let target = format!("{{ load-balancer: {of}internal, listener: orders, vpc-link: {of}main }}");
        format!("\nhttp-apis: {{ {name}: {{ routes: {{ GET /a: {{ to: {{ load-balancer: {target} }} }} }} }} }}\n")
    };
    let core = with_private(&api("core", ""));
    let assembly = compile_stacks(&[("core", &core), ("before", &api("a", "core.")), ("zoo", &api("z", "core."))]);
    for (path, file) in assembly.files.iter().filter(|(path, _)| path.ends_with("template.json")) {
        let has_rules = String::from_utf8_lossy(file).contains("AWS::EC2::SecurityGroupIngress");
        assert_eq!(has_rules, path.starts_with("stacks/core"), "{path}");
    }
    let manifest: serde_json::Value = serde_json::from_slice(&assembly.files["manifest.json"]).unwrap();
    let needs = manifest["stacks"].as_array().unwrap().iter().map(|stack| stack["dependsOn"].to_string());
    assert_eq!(needs.collect::<Vec<_>>(), [r#"["shop-dev-core"]"#, "[]", r#"["shop-dev-core"]"#]);
}

#[test]
fn routes_with_the_same_target_share_an_integration() {
    let yaml = with_private(
        "
http-apis:
  shop:
    routes:
      GET /a: { to: { load-balancer: { load-balancer: internal, listener: orders, vpc-link: main } } }
      GET /b: { to: { load-balancer: { load-balancer: internal, listener: orders, vpc-link: main } } }
      GET /c: { to: { load-balancer: { load-balancer: internal, listener: orders, vpc-link: main, timeout-ms: 5000 } } }
",
    );
    let template = template(&yaml);
    let resources = template["Resources"].as_object().unwrap().iter();
    let integrations = resources.filter(|(_, resource)| resource["Type"] == "AWS::ApiGatewayV2::Integration");
    let names: Vec<&str> = integrations.map(|(id, _)| id.as_str()).collect();
    assert_eq!(names, ["ApiShopToInternalOrdersThroughMain", "ApiShopToInternalOrdersThroughMainIn5000Ms"]);
}

#[test]
fn an_encrypted_listener_is_verified_by_the_name_of_its_certificate() {
    let yaml = "
networks: { main: { cidr: 10.20.0.0/16 } }
vpc-links: { main: { network: main } }
hosted-zones: { main: { domain: '${env.domain}', existing: Z0123456789EXAMPLE0 } }
certificates: { api: { domain: '*.${env.domain}', names: ['orders.int.${env.domain}'], zones: [main] } }
load-balancers:
  internal:
    type: application
    network: main
    listeners: { tls: { port: 443, protocol: https, certificate: api, default: { forward: orders } } }
    target-groups: { orders: { port: 8080, health-check: { path: /healthz } } }
http-apis:
  shop:
    request-id: gateway
    request-headers: { x-tenant: $context.authorizer.claims.sub }
    routes: { $default: { to: { load-balancer: { load-balancer: internal, listener: tls, vpc-link: main } } } }
";
    let text = properties(yaml, "ApiShopToInternalTlsThroughMain");
    assert_snapshot!(text.split("TlsConfig").nth(1).unwrap(), @r"
    :
      ServerNameToVerify: orders.int.dev.example.com
    RequestParameters:
      overwrite:header.x-request-id: $context.requestId
      overwrite:header.x-tenant: $context.authorizer.claims.sub
    ");
}

#[test]
fn a_queue_gets_the_body_and_the_caller_gets_202() {
    assert_snapshot!(properties(HttpApi::EXAMPLE, "ApiShopIntoOrders"), @r#"
    ApiId:
      Ref: ApiShop
    IntegrationType: AWS_PROXY
    IntegrationSubtype: SQS-SendMessage
    ConnectionType: INTERNET
    CredentialsArn:
      Fn::GetAtt:
      - ApiShopIntoOrdersRole
      - Arn
    PayloadFormatVersion: '1.0'
    TimeoutInMillis: 29000
    RequestParameters:
      QueueUrl:
        Ref: QueueOrders
      MessageBody: $request.body
      MessageAttributes: '{"x-request-id":{"DataType":"String","StringValue":"${context.requestId}"},"sub":{"DataType":"String","StringValue":"${context.authorizer.claims.sub}"}}'
    ResponseParameters:
      '200':
        ResponseParameters:
        - Destination: overwrite:statuscode
          Source: '202'
        - Destination: overwrite:header.x-request-id
          Source: $context.requestId
    "#);
    assert_snapshot!(properties(HttpApi::EXAMPLE, "ApiShopIntoOrdersRole"), @r"
    AssumeRolePolicyDocument:
      Version: 2012-10-17
      Statement:
      - Effect: Allow
        Principal:
          Service: apigateway.amazonaws.com
        Action: sts:AssumeRole
    Policies:
    - PolicyName: send
      PolicyDocument:
        Version: 2012-10-17
        Statement:
        - Effect: Allow
          Action: sqs:SendMessage
          Resource:
            Fn::GetAtt:
            - QueueOrders
            - Arn
    ");
}

#[test]
fn a_fifo_queue_gets_its_message_group() {
    let yaml = "
queues: { orders: { fifo: true, encryption: kms } }
http-apis:
  shop:
    routes:
      POST /v1/orders:
        to:
          queue:
            queue: orders
            message-group: $request.header.x-customer
            deduplication-id: $request.header.idempotency-key
";
    let template = template(yaml);
    let id = "ApiShopIntoOrdersGroupRequestHeaderXCustomerOnceRequestHeaderIdempotencyKey";
    let parameters = &template["Resources"][id]["Properties"]["RequestParameters"];
    assert_eq!(parameters["MessageGroupId"], "$request.header.x-customer");
    assert_eq!(parameters["MessageDeduplicationId"], "$request.header.idempotency-key");
    let role = template["Resources"][format!("{id}Role")].to_string();
    assert!(role.contains("kms:GenerateDataKey"), "{role}");
}

#[test]
fn routes_ask_for_tokens_unless_they_say_otherwise() {
    assert_snapshot!(properties(HttpApi::EXAMPLE, "ApiShopPostV1OrdersRoute"), @r"
    ApiId:
      Ref: ApiShop
    RouteKey: POST /v1/orders
    Target:
      Fn::Sub: integrations/${ApiShopToInternalOrdersThroughMain}
    AuthorizationType: JWT
    AuthorizerId:
      Ref: ApiShopAuthorizer
    ");
    assert!(properties(HttpApi::EXAMPLE, "ApiShopGetV1StatusRoute").contains("AuthorizationType: NONE"));
    assert_snapshot!(properties(HttpApi::EXAMPLE, "ApiShopAuthorizer"), @r"
    ApiId:
      Ref: ApiShop
    Name: tokens
    AuthorizerType: JWT
    IdentitySource:
    - $request.header.Authorization
    JwtConfiguration:
      Issuer:
        Fn::Sub: https://cognito-idp.eu-west-1.amazonaws.com/${UserPoolCustomers}
      Audience:
      - Ref: UserPoolCustomersWebClient
    ");
}

#[test]
fn the_stage_has_no_name_and_deploys_itself() {
    let template = template(HttpApi::EXAMPLE);
    let stage = &template["Resources"]["ApiShopStage"];
    assert_eq!(stage["DependsOn"], "ApiShopPostV1OrdersRoute");
    let mut properties = stage["Properties"].clone();
    let format = properties["AccessLogSettings"]["Format"].take();
    let format: serde_json::Value = serde_json::from_str(format.as_str().unwrap()).unwrap();
    assert_eq!(format["sub"], "$context.authorizer.claims.sub");
    assert_snapshot!(serde_yaml::to_string(&properties).unwrap(), @r"
    ApiId:
      Ref: ApiShop
    StageName: $default
    AutoDeploy: true
    AccessLogSettings:
      DestinationArn:
        Fn::GetAtt:
        - ApiShopLogs
        - Arn
      Format: null
    DefaultRouteSettings:
      DetailedMetricsEnabled: false
      ThrottlingBurstLimit: 1000
      ThrottlingRateLimit: 500
    RouteSettings:
      POST /v1/orders:
        DetailedMetricsEnabled: false
        ThrottlingBurstLimit: 100
        ThrottlingRateLimit: 50
    ");
}

#[test]
fn a_domain_of_its_own_closes_the_other_door() {
    assert_snapshot!(properties(HttpApi::EXAMPLE, "ApiShop"), @r"
    Name: shop-dev-shop
    ProtocolType: HTTP
    CorsConfiguration:
      AllowOrigins:
      - http://localhost:5173
      AllowMethods:
      - GET
      - OPTIONS
      - POST
      AllowHeaders:
      - authorization
      - content-type
      - idempotency-key
      - traceparent
      - x-correlation-id
      - x-request-id
      ExposeHeaders:
      - x-request-id
      MaxAge: 600
    DisableExecuteApiEndpoint: true
    ");
    assert_snapshot!(properties(HttpApi::EXAMPLE, "ApiShopDomain"), @r"
    DomainName: api.dev.example.com
    DomainNameConfigurations:
    - CertificateArn:
        Ref: CertificateApi
      EndpointType: REGIONAL
      SecurityPolicy: TLS_1_2
    ");
    assert_snapshot!(properties(HttpApi::EXAMPLE, "ApiShopMapping"), @r"
    ApiId:
      Ref: ApiShop
    DomainName:
      Ref: ApiShopDomain
    Stage:
      Ref: ApiShopStage
    ");
}

#[test]
fn origins_are_those_of_the_sites_that_call() {
    let yaml = "
hosted-zones: { main: { domain: '${env.domain}', existing: Z0123456789EXAMPLE0 } }
certificates: { web: { domain: '${env.domain}', names: ['*.${env.domain}'], zones: [main] } }
web-sites:
  app: { domains: ['${env.domain}', 'www.${env.domain}'], certificate: web, apis: [shop] }
  other: { domains: ['other.${env.domain}'], certificate: web }
queues: { orders: {} }
http-apis:
  shop: { routes: { POST /v1/orders: { to: { queue: { queue: orders } } } } }
";
    let cors = &template(yaml)["Resources"]["ApiShop"]["Properties"]["CorsConfiguration"];
    assert_eq!(cors["AllowOrigins"].to_string(), r#"["https://dev.example.com","https://www.dev.example.com"]"#);
    assert_eq!(cors["AllowMethods"].to_string(), r#"["OPTIONS","POST"]"#);
}

/// Keys and authorization of all routes of the API `shop`, one a line.
fn routes_of(yaml: &str) -> String {
    let template = template(yaml);
    let resources = template["Resources"].as_object().unwrap().values();
    let routes = resources.filter(|resource| resource["Type"] == "AWS::ApiGatewayV2::Route");
    let mut lines: Vec<String> = routes
        .map(|route| {
            let route = &route["Properties"];
            let text = |key: &str| route[key].as_str().unwrap().to_owned();
            format!("{} {} {}\n", text("RouteKey"), text("AuthorizationType"), route["Target"]["Fn::Sub"].as_str().unwrap())
        })
        .collect();
    lines.sort();
    lines.concat()
}

const CATCH_ALL: &str = "
user-pools: { customers: { clients: { web: {} } } }
http-apis:
  shop:
    authorizer: { user-pool: { user-pool: customers } }
    cors: { extra-origins: ['https://www.example.com'] }
    routes:
";

#[test]
fn preflights_of_routes_for_any_method_need_no_token() {
    let routes = "
      $default: { to: { http: { url: 'https://default.example.com' } } }
      ANY /v1/{path+}: { to: { http: { url: 'https://v1.example.com/{path}' } } }
      ANY /open: { to: { http: { url: 'https://open.example.com' } }, auth: none }
      ANY /own/{id}: { to: { http: { url: 'https://own.example.com' } } }
      OPTIONS /own/{name}: { to: { http: { url: 'https://mine.example.com' } }, auth: none }
      GET /v1/orders: { to: { http: { url: 'https://get.example.com' } } }
";
    assert_snapshot!(routes_of(&format!("{CATCH_ALL}{routes}")), @r"
    $default JWT integrations/${ApiShopToDefaultExampleCom}
    ANY /open NONE integrations/${ApiShopToOpenExampleCom}
    ANY /own/{id} JWT integrations/${ApiShopToOwnExampleCom}
    ANY /v1/{path+} JWT integrations/${ApiShopToV1ExampleComPath}
    GET /v1/orders JWT integrations/${ApiShopToGetExampleCom}
    OPTIONS / NONE integrations/${ApiShopToDefaultExampleCom}
    OPTIONS /own/{name} NONE integrations/${ApiShopToMineExampleCom}
    OPTIONS /v1/{path+} NONE integrations/${ApiShopToV1ExampleComPath}
    OPTIONS /{proxy+} NONE integrations/${ApiShopToDefaultExampleCom}
    ");
}

#[test]
fn a_preflight_at_the_root_goes_where_the_more_specific_route_goes() {
    let routes = "
      $default: { to: { http: { url: 'https://default.example.com' } } }
      ANY /{path+}: { to: { http: { url: 'https://path.example.com/{path}' } }, scopes: [openid] }
";
    let found = routes_of(&format!("{CATCH_ALL}{routes}"));
    assert!(found.contains("OPTIONS /{path+} NONE integrations/${ApiShopToPathExampleComPath}\n"), "{found}");
    assert!(!found.contains("{proxy+}"), "{found}");
}

#[test]
fn who_lets_no_browser_in_gets_no_route_for_preflights() {
    let yaml = CATCH_ALL.replace("    cors: { extra-origins: ['https://www.example.com'] }\n", "");
    let found = routes_of(&format!("{yaml}      $default: {{ to: {{ http: {{ url: 'https://a.example.com' }} }} }}\n"));
    assert_eq!(found, "$default JWT integrations/${ApiShopToAExampleCom}\n");
}

#[test]
fn preflights_do_not_go_into_a_queue() {
    let routes = "
      $default: { to: { queue: { queue: q } } }
      ANY /v1: { to: { queue: { queue: q } } }
      POST /v2: { to: { queue: { queue: q } } }
queues: { q: {} }
";
    assert_snapshot!(report(&format!("{CATCH_ALL}{routes}")), @"
    http-apis/preflight: `$default` would put the browsers' preflights into the queue <- `$default` needs `OPTIONS /` beside it, which anybody may call
    http-apis/preflight: `ANY /v1` would put the browsers' preflights into the queue <- `ANY /v1` needs `OPTIONS /v1` beside it, which anybody may call
    ");
}

#[test]
fn a_route_for_preflights_may_not_be_like_another_one() {
    let routes = "
      ANY /a/b: { to: { http: { url: 'https://a.example.com' } } }
      OPTIONS /a-b: { to: { http: { url: 'https://b.example.com' } }, auth: none }
";
    assert_snapshot!(report(&format!("{CATCH_ALL}{routes}")), @"http-apis/routes-alike: `ANY /a/b` and `OPTIONS /a-b` are too much alike <- `ANY /a/b` has the same letters and digits");
}

#[test]
fn mistakes_of_the_api_are_reported_where_they_are() {
    let yaml = "
queues: { q: {} }
hosted-zones: { main: { domain: '${env.domain}', existing: Z0123456789EXAMPLE0 } }
certificates: { web: { domain: '*.${env.domain}', zones: [main] } }
user-pools: { p: { resource-servers: { orders: { scopes: { read: Read } } }, clients: { web: {} } }, e: {} }
http-apis:
  a: { domain: api.x.dev.example.com, certificate: web }
  b: { domain: api.dev.example.com, routes: { GET /x: { to: { queue: { queue: q } }, auth: jwt, throttle: { rate: 0, burst: 9000 } } } }
  c: { certificate: web, routes: { GET /x: { to: { queue: { queue: q } }, scopes: [a] } } }
  d: { domain: d.dev.example.com, certificate: web, routes: { GET /x: { to: { queue: { queue: q } } } } }
  e: { domain: d.dev.example.com, certificate: web, routes: { GET /x: { to: { queue: { queue: q } } } } }
  f:
    authorizer: { user-pool: { user-pool: p, clients: [wed] } }
    log-retention-days: 2
    routes:
      get /x: { to: { queue: { queue: q } } }
      GET /a-b: { to: { queue: { queue: q } }, scopes: [orders/raed] }
      GET /a/b: { to: { queue: { queue: q } } }
      GET /o/{id}: { to: { queue: { queue: q } } }
      GET /o/{name}: { to: { queue: { queue: q } } }
      OPTIONS /o: { to: { queue: { queue: q } } }
    cors: { extra-origins: ['*', 'http://example.com', 'https://a.example.com/', example.com, 'https://A.example.com'], extra-headers: ['x y'], max-age: 90000 }
    request-headers: { x-amzn-trace-id: a, content-type: b, x-request-id: c, 'x:y': d }
  g: { authorizer: { user-pool: { user-pool: e } }, routes: { GET /x: { to: { queue: { queue: q } } } } }
  h: { domain: h.dev.example.com, certificate: web, authorizer: { oidc: { issuer: 'https://h.dev.example.com/auth', audiences: [] } }, routes: { GET /x: { to: { queue: { queue: q } } } } }
";
    assert_snapshot!(report(yaml), @r"
    http-apis/no-route: an API needs a route <- `a` answers every request with 404
    http-apis/name-not-covered: the certificate does not cover `api.x.dev.example.com` <- `api.x.dev.example.com` API Gateway refuses the name
    http-apis/no-certificate: an API with a name of its own needs a certificate <- `api.dev.example.com` has none
    http-apis/no-authorizer: nobody checks the tokens that this route asks for <- `jwt` the API has no `authorizer`
    kinds/out-of-range: `rate` must be from 1 to 10000 <- `0` 0 is outside
    kinds/out-of-range: `burst` must be from 1 to 5000 <- `9000` 9000 is outside
    http-apis/no-domain: a certificate is for an API with a name of its own <- `web` would not be used
    http-apis/scopes: only a route that asks for a token can ask for scopes <- `scopes` nobody looks at them
    http-apis/domain-twice: two APIs have the name `d.dev.example.com` <- `d.dev.example.com` again
    user-pools/unknown-client: user pool `p` has no client `wed` <- `clients` not found in `clients`
    kinds/log-retention: CloudWatch Logs cannot keep logs for 2 days <- `2` not one of its periods
    http-apis/route: `get /x` is not a route <- `get /x` the method is `GET`
    http-apis/unknown-scope: the user pool has no scope `orders/raed` <- `orders/raed` no token ever has it
    http-apis/routes-alike: `GET /a/b` and `GET /a-b` are too much alike <- `GET /a/b` has the same letters and digits
    http-apis/route-twice: `GET /o/{name}` takes what `GET /o/{id}` takes <- `GET /o/{name}` again
    http-apis/preflight: browsers ask with OPTIONS, and without a token <- `OPTIONS /o` asks for a token
    http-apis/origin: `*` is not the origin of a page <- `'*'` any page of the internet could call for its visitors
    http-apis/origin: `http://example.com` is not the origin of a page <- `'http://example.com'` not encrypted; `http://` is for `localhost` only
    http-apis/origin: `https://a.example.com/` is not the origin of a page <- `'https://a.example.com/'` a host and perhaps a port, without a path, a slash at the end or a star
    http-apis/origin: `example.com` is not the origin of a page <- `example.com` starts with `https://`
    http-apis/origin: `https://A.example.com` is not the origin of a page <- `'https://A.example.com'` browsers send it in lower case
    http-apis/header: `x y` is not the name of a header <- `'x y'` letters, digits and dashes
    kinds/out-of-range: `max-age` must be from 0 to 86400 <- `90000` 90000 is outside
    http-apis/reserved-header: API Gateway lets nobody set `x-amzn-trace-id` <- `a` reserved
    http-apis/reserved-header: API Gateway lets nobody set `content-type` <- `b` reserved
    http-apis/request-id: `x-request-id` has a setting of its own <- `c` again
    http-apis/header: `x:y` is not the name of a header <- `d` letters, digits and dashes
    http-apis/no-audience: user pool `e` has no client <- `e` whose tokens would be taken?
    http-apis/issuer: an API cannot stand behind an issuer that stands behind the API <- `'https://h.dev.example.com/auth'` the API's own name
    http-apis/no-audience: an authorizer needs an audience <- `audiences` tokens for anybody would be taken
    ");
}

#[test]
fn mistakes_of_targets_are_reported_where_they_are() {
    let yaml = "
queues: { q: {}, f: { fifo: true } }
networks: { main: { cidr: 10.20.0.0/16 }, other: { cidr: 10.21.0.0/16 } }
vpc-links: { main: { network: main }, other: { network: other } }
certificates: { foreign: { imported: ['arn:aws:acm:eu-west-1:123456789012:certificate/0a0a0a0a-0000-0000-0000-000000000000'] } }
load-balancers:
  internal:
    type: application
    network: main
    listeners:
      http: { port: 80, protocol: http, default: { forward: orders } }
      https: { port: 443, protocol: https, certificate: foreign, default: { forward: orders } }
    target-groups: { orders: { port: 8080, health-check: { path: /healthz } } }
  public:
    type: network
    network: main
    scheme: internet-facing
    allow-from: [0.0.0.0/0]
    listeners: { dns: { port: 53, protocol: udp, default: { forward: dns } } }
    target-groups: { dns: { port: 53, protocol: udp } }
http-apis:
  a:
    routes:
      GET /1: { to: { load-balancer: { load-balancer: internal, listener: htpp, vpc-link: main } } }
      GET /2: { to: { load-balancer: { load-balancer: internal, listener: http, vpc-link: other, server-name: a.example.com } } }
      GET /3: { to: { load-balancer: { load-balancer: internal, listener: https, vpc-link: main, timeout-ms: 60000 } } }
      GET /4: { to: { load-balancer: { load-balancer: public, listener: dns, vpc-link: main } } }
      GET /5: { to: { queue: { queue: f } } }
      GET /6: { to: { queue: { queue: q, deduplication-id: $foo } } }
      GET /7: { to: { http: { url: 'http://example.com' } } }
      GET /8/{id}: { to: { http: { url: 'https://example.com/{name}/{id}' } } }
";
    assert_snapshot!(report(yaml), @r"
    http-apis/unknown-listener: the load balancer has no listener `htpp` <- `htpp` not found in its `listeners`
    http-apis/other-network: the link and the load balancer stand in different networks <- `other` cannot reach the load balancer
    http-apis/server-name: this listener has no certificate to verify <- `a.example.com` requests would be encrypted, the listener speaks plain HTTP
    http-apis/server-name: the name in the listener's certificate is not known <- `https` encrypted, with an imported or a wildcard certificate
    kinds/out-of-range: `timeout-ms` must be from 50 to 30000 <- `60000` 60000 is outside
    http-apis/public-load-balancer: the load balancer behind an API must be internal <- `public` can be reached from the internet, around the API
    http-apis/udp: an API cannot send to a UDP listener <- `dns` listens for UDP
    http-apis/deduplication: a FIFO queue must be told which messages are duplicates <- `f` every request would fail
    http-apis/message-group: a FIFO queue needs a message group <- `f` every request would fail
    http-apis/source: `$foo` is no part of a request <- `$foo` cannot be mapped
    http-apis/fifo-only: `deduplication-id` is for FIFO queues <- `$foo` this queue is a standard one
    http-apis/url: `http://example.com` is not the address of a server <- `'http://example.com'` starts with `https://` and a host
    http-apis/url: `https://example.com/{name}/{id}` is not the address of a server <- `'https://example.com/{name}/{id}'` the route's path has no variable `name`
    ");
}
