use crate::kinds::testing::{properties, report, template};
use insta::assert_snapshot;

const NETWORK_BALANCER: &str = "
networks: { main: { cidr: 10.20.0.0/16, zones: 2 } }
load-balancers:
  internal:
    type: network
    network: main
    idle-timeout: 400
    listeners:
      orders: { port: 80, protocol: tcp, default: { forward: orders } }
    target-groups:
      orders: { port: 8080, health-check: { path: /healthz/ready, port: 8081 }, preserve-client-ip: false }
";

const APPLICATION_BALANCER: &str = "
hosted-zones: { main: { domain: '${env.domain}', existing: Z0123456789EXAMPLE0 } }
certificates: { api: { domain: 'api.${env.domain}', zones: [main] } }
networks: { main: { cidr: 10.20.0.0/16, zones: 2 } }
load-balancers:
  public:
    type: application
    network: main
    scheme: internet-facing
    allow-from: [0.0.0.0/0]
    listeners:
      http: { port: 80, protocol: http, default: redirect-to-https }
      https:
        port: 443
        protocol: https
        certificate: api
        default: { respond: { status: 404, body: not here } }
        rules:
          orders: { priority: 10, paths: [/v1/orders*], hosts: ['api.${env.domain}'], action: { forward: orders } }
    target-groups:
      orders: { port: 8080, health-check: { path: /healthz }, stickiness: { cookie: 600 } }
";

#[test]
fn a_network_load_balancer_is_internal_cross_zone_and_has_a_group() {
    assert_snapshot!(properties(NETWORK_BALANCER, "LoadBalancerInternal"), @r"
    Type: network
    Scheme: internal
    Subnets:
    - Ref: NetworkMainPrivateSubnet1
    - Ref: NetworkMainPrivateSubnet2
    SecurityGroups:
    - Fn::GetAtt:
      - LoadBalancerInternalGroup
      - GroupId
    LoadBalancerAttributes:
    - Key: deletion_protection.enabled
      Value: 'false'
    - Key: load_balancing.cross_zone.enabled
      Value: 'true'
    Tags:
    - Key: Name
      Value: shop-dev-internal
    ");
}

#[test]
fn the_group_lets_nobody_in_and_reaches_targets_and_their_health_checks() {
    assert_snapshot!(properties(NETWORK_BALANCER, "LoadBalancerInternalGroup"), @r"
    GroupDescription: Load balancer shop-dev-internal
    VpcId:
      Ref: NetworkMain
    SecurityGroupEgress:
    - IpProtocol: tcp
      FromPort: 8080
      ToPort: 8080
      CidrIp: 10.20.0.0/16
      Description: Targets
    - IpProtocol: tcp
      FromPort: 8081
      ToPort: 8081
      CidrIp: 10.20.0.0/16
      Description: Targets
    Tags:
    - Key: Name
      Value: shop-dev-internal
    ");
}

#[test]
fn a_target_group_checks_health_over_http_behind_tcp() {
    assert_snapshot!(properties(NETWORK_BALANCER, "LoadBalancerInternalOrdersTargets"), @r"
    VpcId:
      Ref: NetworkMain
    TargetType: ip
    Port: 8080
    Protocol: TCP
    HealthCheckProtocol: HTTP
    HealthCheckPort: '8081'
    HealthCheckPath: /healthz/ready
    HealthCheckIntervalSeconds: 10
    HealthCheckTimeoutSeconds: 5
    HealthyThresholdCount: 2
    UnhealthyThresholdCount: 2
    Matcher:
      HttpCode: '200'
    TargetGroupAttributes:
    - Key: deregistration_delay.timeout_seconds
      Value: '30'
    - Key: preserve_client_ip.enabled
      Value: 'false'
    Tags:
    - Key: Name
      Value: shop-dev-internal-orders
    ");
}

#[test]
fn a_tcp_listener_carries_the_idle_timeout() {
    assert_snapshot!(properties(NETWORK_BALANCER, "LoadBalancerInternalOrdersListener"), @r"
    LoadBalancerArn:
      Ref: LoadBalancerInternal
    Port: 80
    Protocol: TCP
    DefaultActions:
    - Type: forward
      TargetGroupArn:
        Ref: LoadBalancerInternalOrdersTargets
    ListenerAttributes:
    - Key: tcp.idle_timeout.seconds
      Value: '400'
    ");
}

#[test]
fn an_internet_facing_one_waits_for_the_way_to_the_internet() {
    let resource = &template(APPLICATION_BALANCER)["Resources"]["LoadBalancerPublic"];
    assert_eq!(resource["DependsOn"], "NetworkMainPublicRoute");
    assert_eq!(resource["Properties"]["Subnets"][0]["Ref"], "NetworkMainPublicSubnet1");
}

#[test]
fn listed_blocks_reach_every_listener() {
    let text = properties(APPLICATION_BALANCER, "LoadBalancerPublicGroup");
    let ingress = text.split("SecurityGroupEgress").next().unwrap();
    assert_snapshot!(ingress, @r"
    GroupDescription: Load balancer shop-dev-public
    VpcId:
      Ref: NetworkMain
    SecurityGroupIngress:
    - IpProtocol: tcp
      FromPort: 80
      ToPort: 80
      CidrIp: 0.0.0.0/0
      Description: Clients
    - IpProtocol: tcp
      FromPort: 443
      ToPort: 443
      CidrIp: 0.0.0.0/0
      Description: Clients
    ");
}

#[test]
fn http_is_redirected_and_https_has_certificate_and_policy() {
    assert_snapshot!(properties(APPLICATION_BALANCER, "LoadBalancerPublicHttpListener"), @r"
    LoadBalancerArn:
      Ref: LoadBalancerPublic
    Port: 80
    Protocol: HTTP
    DefaultActions:
    - Type: redirect
      RedirectConfig:
        Protocol: HTTPS
        Port: '443'
        StatusCode: HTTP_301
    ");
    assert_snapshot!(properties(APPLICATION_BALANCER, "LoadBalancerPublicHttpsListener"), @r"
    LoadBalancerArn:
      Ref: LoadBalancerPublic
    Port: 443
    Protocol: HTTPS
    SslPolicy: ELBSecurityPolicy-TLS13-1-2-2021-06
    Certificates:
    - CertificateArn:
        Ref: CertificateApi
    DefaultActions:
    - Type: fixed-response
      FixedResponseConfig:
        StatusCode: '404'
        ContentType: text/plain
        MessageBody: not here
    ");
}

#[test]
fn a_rule_matches_hosts_and_paths() {
    assert_snapshot!(properties(APPLICATION_BALANCER, "LoadBalancerPublicHttpsOrdersRule"), @r"
    ListenerArn:
      Ref: LoadBalancerPublicHttpsListener
    Priority: 10
    Conditions:
    - Field: host-header
      HostHeaderConfig:
        Values:
        - api.dev.example.com
    - Field: path-pattern
      PathPatternConfig:
        Values:
        - /v1/orders*
    Actions:
    - Type: forward
      TargetGroupArn:
        Ref: LoadBalancerPublicOrdersTargets
    ");
}

#[test]
fn mistakes_of_listeners_are_reported_where_they_are() {
    let yaml = "
networks: { main: { cidr: 10.20.0.0/16 } }
load-balancers:
  web:
    type: network
    network: main
    scheme: internet-facing
    idle-timeout: 10
    listeners:
      a: { port: 80, protocol: http, default: { forward: order } }
      b: { port: 80, protocol: tls, default: { forward: orders } }
      c: { port: 81, protocol: tcp, tls-policy: x, default: redirect-to-https }
      d: { port: 82, protocol: udp, default: { forward: orders } }
    target-groups:
      orders: { port: 8080 }
      rest: { port: 8081 }
  none: { type: application, network: main, listeners: {}, target-groups: {} }
";
    assert_snapshot!(report(yaml), @r"
    load-balancers/nobody-allowed: nobody may connect to this internet-facing load balancer <- `internet-facing` internet-facing, but `allow-from` lists no block
    kinds/out-of-range: `idle-timeout` must be from 60 to 6000 <- `10` 10 is outside
    load-balancers/wrong-type: a network load balancer has no HTTP listeners <- `http` not for this type
    load-balancers/unknown-target-group: there is no target group `order` <- `order` not found in `target-groups`
    load-balancers/port-twice: two listeners have port 80 <- `80` again
    load-balancers/no-certificate: a TLS listener needs a certificate <- `tls` has none
    load-balancers/no-tls: a TCP listener has no TLS policy <- `x` would be ignored
    load-balancers/wrong-type: a network load balancer has no redirects <- `redirect-to-https` not for this type
    load-balancers/protocols: a UDP listener cannot forward to a TCP target group <- `orders` `orders` takes TCP
    load-balancers/unused-target-group: no listener forwards to target group `rest` <- `rest` gets no traffic and no health checks
    load-balancers/no-listener: a load balancer needs a listener <- `listeners` listens on nothing
    ");
}

#[test]
fn mistakes_of_rules_and_target_groups_are_reported_where_they_are() {
    let yaml = "
networks: { main: { cidr: 10.20.0.0/16 } }
load-balancers:
  web:
    type: application
    network: main
    listeners:
      http:
        port: 80
        protocol: http
        default: redirect-to-https
        rules:
          a: { priority: 1, action: { forward: a } }
          b: { priority: 1, paths: [v1], hosts: ['a b'], action: { respond: { status: 302 } } }
          c: { priority: 0, paths: [/], action: { forward: b } }
    target-groups:
      a: { port: 8080, stickiness: source-ip, preserve-client-ip: true, deregistration-delay: 4000 }
      b: { port: 8080, protocol: tcp, health-check: { path: x, interval: 5, timeout: 5, matcher: ok } }
";
    assert_snapshot!(report(yaml), @r"
    load-balancers/redirect: this redirect leads nowhere <- `redirect-to-https` goes to HTTPS on port 443
    load-balancers/conditions: a rule has 1 to 5 paths and hosts <- `a` 0 in all
    load-balancers/priority-twice: two rules of a listener have priority 1 <- `1` again
    load-balancers/path: `v1` matches no path <- `v1` a path starts with `/` or `*` and has at most 128 characters
    load-balancers/host: `a b` matches no host <- `'a b'` a host has letters, digits, `-`, `.`, `*` and `?`, at most 128 in all
    load-balancers/status: a load balancer answers with a status of 200 to 299 or 400 to 599 <- `302` 302 is outside
    kinds/out-of-range: `priority` must be from 1 to 50000 <- `0` 0 is outside
    load-balancers/check-path: an application load balancer checks health over HTTP <- `a` has no `path`
    load-balancers/wrong-type: an application load balancer has no stickiness by address <- `source-ip` not for this type
    load-balancers/wrong-type: an application load balancer has no such setting <- `true` not for this type
    kinds/out-of-range: `deregistration-delay` must be from 0 to 3600 <- `4000` 4000 is outside
    load-balancers/wrong-type: an application load balancer has no TCP target groups <- `tcp` not for this type
    load-balancers/check-path: `x` is not a path <- `x` a path starts with `/` and has at most 1,024 characters
    load-balancers/check-timeout: a health check must end before the next one starts <- `5` may take 5 s
    load-balancers/matcher: `ok` does not say which statuses are healthy <- `ok` such as `200`, `200,204` or `200-299`
    ");
}

const FRONT: &str = "
networks: { main: { cidr: 10.1.0.0/16, existing: { vpc: vpc-0a1b2c3d4e5f60718 } } }
load-balancers:
  front:
    type: application
    network: main
    existing:
      arn: arn:aws:elasticloadbalancing:eu-west-1:123456789012:loadbalancer/app/front/50dc6c495c0c9188
      dns-name: internal-front-1234567890.eu-west-1.elb.amazonaws.com
      security-group: sg-0a1b2c3d4e5f60718
      target-groups: { api: 'arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/api/6d0ecf831eec9f09' }
    listeners: {}
    target-groups: { api: { port: 8080 } }
clusters:
  main:
    network: main
    mode: auto
    existing: { name: platform-dev, security-group: sg-0b1b2c3d4e5f60718, role: platform-dev }
    provided-by: { metrics-server: { by: the platform team } }
services:
  api: { cluster: main, port: 8080, image: 'shop/api:1.0.0', exposes: { load-balancer: front, target-group: api } }
";

#[test]
fn pods_stand_behind_a_load_balancer_that_exists() {
    let assembly = crate::kinds::testing::compile(FRONT);
    let template = crate::kinds::testing::json(&assembly, "stacks/example.eu-west-1.template.json");
    assert_eq!(
        crate::kinds::testing::ids(&template),
        [
            "ExampleInLoadBalancerFrontToExampleClusterMain8080",
            "ExampleOutLoadBalancerFrontToExampleClusterMain8080",
            "ServiceApiLoadBalancerControllerGrant"
        ]
    );
    let objects = String::from_utf8(assembly.files["kubernetes/main/shop/service-api.yaml"].clone()).unwrap();
    assert!(objects.contains("targetGroupARN: arn:aws:elasticloadbalancing:eu-west-1:123456789012:targetgroup/api/"));
    let unknown = FRONT.replace("    target-groups: { api: { port", "    target-groups: { other: { port: 1 }, api: { port");
    assert!(report(&unknown).contains("load-balancers/unknown-arn: the ARN of `other` is not known"));
}
