use insta::assert_snapshot;
use serde_json::Value;

use super::Record;
use crate::kinds::testing::{compile, compile_stacks, json, report, report_stacks};
use crate::kinds::{HttpApi, Kind, WebSite};

const ZONE: &str = "hosted-zones: { main: { domain: '${env.domain}', existing: Z0123456789EXAMPLE0 } }\n";
const BATCH: &str = "dns/dev.example.com.change-batch.json";
const CHECK: &str = "health-checks: { eu: { check: { endpoint: { host: eu.api.example.com } } } }\n";
const FOREIGN: &str = "alias: { foreign: { dns-name: d111111abcdef8.cloudfront.net, zone-id: Z2FDTNDATAQYW2, ipv6: true } }";
const BALANCER: &str = "
networks: { main: { cidr: 10.20.0.0/16 } }
load-balancers:
  internal:
    type: network
    network: main
    listeners: { orders: { port: 80, protocol: tcp, default: { forward: orders } } }
    target-groups: { orders: { port: 8080 } }
";

/// Makes a stack with the zone and these records, each `name: rest`.
fn records(lines: &[&str]) -> String {
    format!("{ZONE}records:\n  {}\n", lines.join("\n  "))
}

/// Makes one record `www` with a body.
fn www(body: &str) -> String {
    records(&[&format!("www: {{ zone: main, name: 'www.${{env.domain}}', {body} }}")])
}

/// Returns the record sets of the zone as YAML, without the actions.
fn sets(assembly: &crate::assembly::Assembly) -> String {
    let batch = json(assembly, BATCH);
    let changes = batch["Changes"].as_array().unwrap();
    assert!(changes.iter().all(|change| change["Action"] == "UPSERT"));
    let sets: Vec<&Value> = changes.iter().map(|change| &change["ResourceRecordSet"]).collect();
    serde_yaml::to_string(&sets).unwrap()
}

#[test]
fn plain_values_have_a_time_to_live() {
    assert_snapshot!(sets(&compile(Record::EXAMPLE)), @r#"
    - Name: dev.example.com.
      Type: MX
      TTL: 300
      ResourceRecords:
      - Value: 10 in.mail.example.net
    - Name: dev.example.com.
      Type: TXT
      TTL: 300
      ResourceRecords:
      - Value: '"v=spf1 include:mail.example.net -all"'
    - Name: edge.dev.example.com.
      Type: A
      SetIdentifier: example.edge-eu
      Weight: 10
      TTL: 60
      ResourceRecords:
      - Value: 192.0.2.1
    "#);
}

#[test]
fn every_type_is_written_as_route_53_wants_it() {
    let yaml = records(&[
        "aaaa: { zone: main, name: 'aaaa.${env.domain}', values: { aaaa: ['2001:db8::1'] } }",
        "caa: { zone: main, name: 'caa.${env.domain}', values: { caa: ['0 issue \"amazon.com\"'] } }",
        "cname: { zone: main, name: 'cname.${env.domain}', values: { cname: a.example.net } }",
        "ns: { zone: main, name: 'ns.${env.domain}', values: { ns: [ns1.example.net, ns2.example.net] } }",
        "srv: { zone: main, name: '_sip._tcp.${env.domain}', values: { srv: ['1 10 5269 a.example.net'] } }",
        "txt: { zone: main, name: 'txt.${env.domain}', values: { txt: ['v=spf1 -all', 'say \"hi\"'] } }",
    ]);
    let batch = json(&compile(&yaml), BATCH);
    let lines: Vec<String> = batch["Changes"]
        .as_array()
        .unwrap()
        .iter()
        .map(|change| &change["ResourceRecordSet"])
        .map(|set| format!("{} {} {}", set["Name"], set["Type"], set["ResourceRecords"]))
        .collect();
    assert_snapshot!(lines.join("\n"), @r#"
    "_sip._tcp.dev.example.com." "SRV" [{"Value":"1 10 5269 a.example.net"}]
    "aaaa.dev.example.com." "AAAA" [{"Value":"2001:db8::1"}]
    "caa.dev.example.com." "CAA" [{"Value":"0 issue \"amazon.com\""}]
    "cname.dev.example.com." "CNAME" [{"Value":"a.example.net."}]
    "ns.dev.example.com." "NS" [{"Value":"ns1.example.net."},{"Value":"ns2.example.net."}]
    "txt.dev.example.com." "TXT" [{"Value":"\"v=spf1 -all\""},{"Value":"\"say \\\"hi\\\"\""}]
    "#);
}

#[test]
fn a_site_gets_an_a_and_an_aaaa_record_without_health() {
    assert_snapshot!(sets(&compile(WebSite::EXAMPLE)), @"
    - Name: www.dev.example.com.
      Type: A
      AliasTarget:
        HostedZoneId: Z2FDTNDATAQYW2
        DNSName: ${output:shop-dev-example@eu-west-1:SiteAppDomainName}
        EvaluateTargetHealth: false
    - Name: www.dev.example.com.
      Type: AAAA
      AliasTarget:
        HostedZoneId: Z2FDTNDATAQYW2
        DNSName: ${output:shop-dev-example@eu-west-1:SiteAppDomainName}
        EvaluateTargetHealth: false
    ");
}

#[test]
fn a_document_waits_for_the_outputs_it_names() {
    let manifest = json(&compile(WebSite::EXAMPLE), "manifest.json");
    let document = manifest["documents"].as_array().unwrap().iter().find(|document| document["path"] == BATCH).unwrap();
    assert_snapshot!(document, @r#"{"path":"dns/dev.example.com.change-batch.json","needs":[{"stack":"shop-dev-example","region":"eu-west-1","output":"SiteAppDomainName"}]}"#);
}

#[test]
fn an_api_gets_an_a_record_in_the_zone_of_its_region() {
    assert_snapshot!(sets(&compile(HttpApi::EXAMPLE)), @"
    - Name: api.dev.example.com.
      Type: A
      AliasTarget:
        HostedZoneId: ZLY8HYME6SFDD
        DNSName: ${output:shop-dev-example@eu-west-1:ApiShopDomainRegionalDomainName}
        EvaluateTargetHealth: false
    ");
}

#[test]
fn an_api_of_another_region_has_another_zone_id() {
    let api = "
region: us-west-2
hosted-zones: { main: { domain: '${env.domain}', existing: Z0123456789EXAMPLE0 } }
certificates: { api: { domain: 'api.${env.domain}', zones: [main] } }
http-apis:
  shop:
    domain: api.${env.domain}
    certificate: api
    routes: { GET /a: { to: { http: { url: 'https://a.example.net' } } } }
records: { api: { zone: main, name: 'api.${env.domain}', alias: { http-api: shop } } }
";
    let batch = json(&compile(api), BATCH);
    let target = &batch["Changes"][0]["ResourceRecordSet"]["AliasTarget"];
    assert_eq!(target["HostedZoneId"], "Z2OJLYMUO9EFXC");
}

#[test]
fn a_load_balancer_answers_only_while_it_is_healthy() {
    let yaml = www("alias: { load-balancer: internal }") + BALANCER;
    assert_snapshot!(sets(&compile(&yaml)), @"
    - Name: www.dev.example.com.
      Type: A
      AliasTarget:
        HostedZoneId: Z2IFOLAFXWLO4F
        DNSName: ${output:shop-dev-example@eu-west-1:LoadBalancerInternalDNSName}
        EvaluateTargetHealth: true
    ");
}

#[test]
fn health_of_a_target_may_be_left_out() {
    let yaml = www("alias: { load-balancer: internal }, evaluate-target-health: false") + BALANCER;
    assert!(sets(&compile(&yaml)).contains("EvaluateTargetHealth: false\n"));
}

#[test]
fn a_foreign_target_speaks_ipv6_where_it_is_said() {
    assert_snapshot!(sets(&compile(&www(FOREIGN))), @"
    - Name: www.dev.example.com.
      Type: A
      AliasTarget:
        HostedZoneId: Z2FDTNDATAQYW2
        DNSName: d111111abcdef8.cloudfront.net.
        EvaluateTargetHealth: false
    - Name: www.dev.example.com.
      Type: AAAA
      AliasTarget:
        HostedZoneId: Z2FDTNDATAQYW2
        DNSName: d111111abcdef8.cloudfront.net.
        EvaluateTargetHealth: false
    ");
    let plain = www(&FOREIGN.replace(", ipv6: true", ""));
    assert!(!sets(&compile(&plain)).contains("AAAA"));
}

#[test]
fn an_alias_of_a_record_has_the_types_of_that_record() {
    let yaml = records(&[
        "target: { zone: main, name: 'target.${env.domain}', values: { aaaa: ['2001:db8::1'] } }",
        "www: { zone: main, name: 'www.${env.domain}', alias: { record: target } }",
    ]);
    let text = sets(&compile(&yaml));
    assert_snapshot!(text.split_once("- Name: www").unwrap().1, @"
    .dev.example.com.
      Type: AAAA
      AliasTarget:
        HostedZoneId: Z0123456789EXAMPLE0
        DNSName: target.dev.example.com.
        EvaluateTargetHealth: false
    ");
}

#[test]
fn weighted_records_of_several_stacks_are_told_apart() {
    let stack = |weight: u8| {
        format!(
            "records: {{ www: {{ zone: dns.main, name: 'www.${{env.domain}}', values: {{ a: [192.0.2.{weight}] }}, routing: {{ weighted: {{ weight: {weight} }} }} }} }}\n"
        )
    };
    let assembly = compile_stacks(&[("a", &stack(10)), ("b", &stack(20)), ("dns", ZONE)]);
    assert_snapshot!(sets(&assembly), @"
    - Name: www.dev.example.com.
      Type: A
      SetIdentifier: a.www
      Weight: 10
      TTL: 300
      ResourceRecords:
      - Value: 192.0.2.10
    - Name: www.dev.example.com.
      Type: A
      SetIdentifier: b.www
      Weight: 20
      TTL: 300
      ResourceRecords:
      - Value: 192.0.2.20
    ");
}

const PAIR: [(&str, &str); 2] = [
    (
        "eu",
        "records: { www: { zone: dns.main, name: 'www.${env.domain}', values: { a: [192.0.2.1] }, ttl: 60, routing: { failover: primary }, health-check: dns.eu } }\n",
    ),
    (
        "us",
        "records: { www: { zone: dns.main, name: 'www.${env.domain}', values: { a: [192.0.2.2] }, ttl: 60, routing: { failover: secondary } } }\n",
    ),
];

#[test]
fn a_failover_pair_may_stand_in_two_stacks() {
    let dns = format!("{ZONE}{CHECK}");
    let assembly = compile_stacks(&[("dns", &dns), PAIR[0], PAIR[1]]);
    assert_snapshot!(sets(&assembly), @"
    - Name: www.dev.example.com.
      Type: A
      SetIdentifier: eu.www
      Failover: PRIMARY
      TTL: 60
      ResourceRecords:
      - Value: 192.0.2.1
      HealthCheckId: ${output:shop-dev-dns@eu-west-1:HealthCheckEuHealthCheckId}
    - Name: www.dev.example.com.
      Type: A
      SetIdentifier: us.www
      Failover: SECONDARY
      TTL: 60
      ResourceRecords:
      - Value: 192.0.2.2
    ");
}

#[test]
fn a_lonely_primary_is_no_pair() {
    let dns = format!("{ZONE}{CHECK}");
    assert_snapshot!(report_stacks(&[("dns", &dns), PAIR[0]]), @"records/failover-pair: www.dev.example.com has 0 secondary failover records instead of one <- `routing` of stacks/eu.yaml failover is a pair");
}

#[test]
fn two_secondaries_are_no_pair() {
    let dns = format!("{ZONE}{CHECK}");
    assert_snapshot!(report_stacks(&[("dns", &dns), PAIR[0], PAIR[1], ("xx", PAIR[1].1)]), @"records/failover-pair: www.dev.example.com has 2 secondary failover records instead of one <- `routing` of stacks/xx.yaml failover is a pair");
}

#[test]
fn latency_is_that_of_the_targets_region() {
    let yaml = www("alias: { load-balancer: internal }, routing: { latency: {} }") + BALANCER;
    assert!(sets(&compile(&yaml)).contains("  Region: eu-west-1\n"));
}

#[test]
fn a_latency_record_needs_a_region() {
    assert_snapshot!(report(&www("values: { a: [192.0.2.1] }, routing: { latency: {} }")), @"records/latency-region: a latency record needs a region <- `latency` not named, and the target has none");
}

#[test]
fn a_latency_record_does_not_steer_to_the_far_region() {
    let yaml = www("alias: { load-balancer: internal }, routing: { latency: { region: us-east-1 } }") + BALANCER;
    assert_snapshot!(report(&yaml), @"records/latency-region: the target lives in eu-west-1, not in us-east-1 <- `us-east-1` steers traffic to the far region");
}

#[test]
fn two_stacks_cannot_stand_for_one_region() {
    let stack = "records: { www: { zone: dns.main, name: 'www.${env.domain}', values: { a: [192.0.2.1] }, routing: { latency: { region: eu-west-1 } } } }\n";
    assert_snapshot!(report_stacks(&[("a", stack), ("b", stack), ("dns", ZONE)]), @"records/latency-twice: www.dev.example.com has two latency records for eu-west-1 <- `routing` of stacks/b.yaml this one + `routing` of stacks/a.yaml and this one");
}

fn located(place: &str) -> String {
    format!("records: {{ www: {{ zone: dns.main, name: 'www.${{env.domain}}', values: {{ a: [192.0.2.1] }}, routing: {{ geolocation: {place} }} }} }}\n")
}

#[test]
fn places_are_written_as_route_53_wants_them() {
    let places = [located("{ continent: EU }"), located("{ country: DE }"), located("{ us-subdivision: CA }"), located("default")];
    let assembly = compile_stacks(&[
        ("a", &places[0]),
        ("b", &places[1]),
        ("c", &places[2]),
        ("d", &places[3]),
        ("dns", ZONE),
    ]);
    let batch = json(&assembly, BATCH);
    let sets = batch["Changes"].as_array().unwrap().iter().map(|change| &change["ResourceRecordSet"]);
    let lines: Vec<String> = sets.map(|set| format!("{} {}", set["SetIdentifier"], set["GeoLocation"])).collect();
    assert_snapshot!(lines.join("\n"), @r#"
    "a.www" {"ContinentCode":"EU"}
    "b.www" {"CountryCode":"DE"}
    "c.www" {"CountryCode":"US","SubdivisionCode":"CA"}
    "d.www" {"CountryCode":"*"}
    "#);
}

#[test]
fn the_rest_of_the_world_needs_an_answer() {
    let places = [located("{ continent: EU }"), located("{ country: DE }")];
    assert_snapshot!(report_stacks(&[("a", &places[0]), ("b", &places[1]), ("dns", ZONE)]), @"records/no-default-location: www.dev.example.com has no answer for the rest of the world <- `routing` of stacks/a.yaml no record is the default");
}

#[test]
fn multivalue_answers_are_told_apart() {
    let text = sets(&compile(&www("values: { a: [192.0.2.1] }, routing: { multivalue: {} }")));
    assert_snapshot!(text, @"
    - Name: www.dev.example.com.
      Type: A
      SetIdentifier: example.www
      MultiValueAnswer: true
      TTL: 300
      ResourceRecords:
      - Value: 192.0.2.1
    ");
}

#[test]
fn an_alias_is_no_multivalue_answer() {
    assert_snapshot!(report(&www(&format!("{FOREIGN}, routing: {{ multivalue: {{}} }}"))), @"records/multivalue-alias: multivalue answers are for plain values <- `routing` this record is an alias");
}

#[test]
fn a_name_lies_in_its_zone() {
    let yaml = records(&["a: { zone: main, name: www.example.net, values: { a: [192.0.2.1] } }"]);
    assert_snapshot!(report(&yaml), @"records/outside-zone: `www.example.net` does not lie in the zone `dev.example.com` <- `www.example.net` outside");
}

#[test]
fn a_record_has_one_answer() {
    assert_snapshot!(report(&www(&format!("{FOREIGN}, values: {{ a: [192.0.2.1] }}"))), @"records/one-answer: a record has either `alias` or `values` <- `alias` not exactly one of them");
    assert_snapshot!(report(&www("ttl: 60")), @"records/one-answer: a record has either `alias` or `values` <- `www` not exactly one of them");
}

#[test]
fn the_target_must_serve_the_name() {
    let yaml = WebSite::EXAMPLE.replace("name: 'www.${env.domain}', alias", "name: 'shop.${env.domain}', alias");
    assert_snapshot!(report(&yaml), @"records/alias-not-served: the target does not serve `shop.dev.example.com` <- `'shop.${env.domain}'` this name");
}

#[test]
fn cloudfront_is_no_target_in_a_private_zone() {
    let yaml = format!(
        "networks: {{ main: {{ cidr: 10.20.0.0/16 }} }}\n{}",
        www(FOREIGN).replace("existing: Z0123456789EXAMPLE0", "networks: [main]")
    );
    assert_snapshot!(report(&yaml), @"records/cloudfront-in-private-zone: CloudFront cannot be an alias target in a private zone <- `main` a private zone");
}

#[test]
fn cloudfront_has_no_health_to_look_at() {
    assert_snapshot!(report(&www(&format!("{FOREIGN}, evaluate-target-health: true"))), @"records/cloudfront-health: Route 53 cannot look at the health of CloudFront <- `true` must be false");
}

#[test]
fn an_alias_stays_in_its_zone() {
    let yaml = "
hosted-zones:
  main: { domain: '${env.domain}', existing: Z0123456789EXAMPLE0 }
  shop: { domain: 'shop.${env.domain}', existing: Z0123456789EXAMPLE1 }
records:
  target: { zone: shop, name: 'a.shop.${env.domain}', values: { a: [192.0.2.1] } }
  www: { zone: main, name: 'www.${env.domain}', alias: { record: target } }
";
    assert_snapshot!(report(yaml), @"records/alias-other-zone: an alias of a record needs one of its own zone <- `alias` another zone");
}

#[test]
fn a_record_is_no_alias_of_itself() {
    assert_snapshot!(report(&www("alias: { record: www }")), @"records/alias-of-itself: a record cannot be an alias of itself <- `alias` this record");
}

#[test]
fn aliases_do_not_go_round_in_circles() {
    let yaml = records(&[
        "a: { zone: main, name: 'a.${env.domain}', alias: { record: b } }",
        "b: { zone: main, name: 'b.${env.domain}', alias: { record: a } }",
        "c: { zone: main, name: 'c.${env.domain}', alias: { record: a } }",
    ]);
    assert_snapshot!(report(&yaml), @"
    records/alias-of-itself: a record cannot be an alias of itself <- `alias` leads round in a circle
    records/alias-of-itself: a record cannot be an alias of itself <- `alias` leads round in a circle
    records/alias-of-itself: a record cannot be an alias of itself <- `alias` leads round in a circle
    ");
}

#[test]
fn a_record_needs_a_value() {
    assert_snapshot!(report(&www("values: { a: [] }")), @"records/no-values: a record needs at least one value <- `values` empty");
}

#[test]
fn the_apex_is_no_cname() {
    let yaml = records(&["www: { zone: main, name: '${env.domain}', values: { cname: a.example.net } }"]);
    assert_snapshot!(report(&yaml), @"records/cname-at-apex: the apex of a zone cannot be a CNAME <- `values` `dev.example.com` is the zone's own name");
}

#[test]
fn a_wildcard_is_not_delegated() {
    let yaml = records(&["www: { zone: main, name: '*.${env.domain}', values: { ns: [ns1.example.net] } }"]);
    assert_snapshot!(report(&yaml), @"records/wildcard-ns: a wildcard cannot be delegated <- `'*.${env.domain}'` a wildcard");
}

#[test]
fn a_change_of_health_must_be_seen_soon() {
    let yaml = CHECK.to_owned()
        + &www("values: { a: [192.0.2.1] }, routing: { weighted: { weight: 1 } }, health-check: eu, ttl: 300");
    assert_snapshot!(report(&yaml), @"route53/slow-failover: a change of health is seen after 300 seconds <- `300` kept this long");
}

#[test]
fn a_primary_without_health_never_fails_over() {
    let yaml = records(&[
        "one: { zone: main, name: 'www.${env.domain}', values: { a: [192.0.2.1] }, routing: { failover: primary } }",
        "two: { zone: main, name: 'www.${env.domain}', values: { a: [192.0.2.2] }, routing: { failover: secondary } }",
    ]);
    assert_snapshot!(report(&yaml), @"records/failover-without-health: this primary can never fail over <- `routing` nothing tells Route 53 that it is unhealthy");
}

#[test]
fn primary_and_secondary_are_not_both_cloudfront() {
    let yaml = CHECK.to_owned()
        + &records(&[
            &format!("one: {{ zone: main, name: 'www.${{env.domain}}', {FOREIGN}, routing: {{ failover: primary }}, health-check: eu }}"),
            &format!("two: {{ zone: main, name: 'www.${{env.domain}}', {FOREIGN}, routing: {{ failover: secondary }} }}"),
        ]);
    assert_snapshot!(report(&yaml), @"records/failover-both-cloudfront: primary and secondary of www.dev.example.com cannot both be CloudFront <- `alias` a name belongs to one distribution only");
}

#[test]
fn one_name_and_type_has_one_policy() {
    let yaml = records(&[
        "one: { zone: main, name: 'www.${env.domain}', values: { a: [192.0.2.1] }, routing: { weighted: { weight: 1 } } }",
        "two: { zone: main, name: 'www.${env.domain}', values: { a: [192.0.2.2] }, routing: { latency: { region: eu-west-1 } } }",
    ]);
    assert_snapshot!(report(&yaml), @"records/mixed-routing: the A records of www.dev.example.com have different routing policies <- `routing` latency");
}

#[test]
fn a_simple_record_does_not_stand_beside_a_routed_one_in_whatever_order() {
    let routed = "values: { a: [192.0.2.1] }, routing: { weighted: { weight: 1 } }";
    let simple = "values: { a: [192.0.2.2] }";
    for (one, two) in [(routed, simple), (simple, routed)] {
        let yaml = records(&[
            &format!("one: {{ zone: main, name: 'www.${{env.domain}}', {one} }}"),
            &format!("two: {{ zone: main, name: 'www.${{env.domain}}', {two} }}"),
        ]);
        let found = report(&yaml);
        assert!(found.starts_with("records/mixed-routing: the A records of www.dev.example.com"), "{found}");
        assert_eq!(found.lines().count(), 1, "{found}");
    }
}

#[test]
fn weighted_records_have_one_time_to_live() {
    let yaml = records(&[
        "one: { zone: main, name: 'www.${env.domain}', values: { a: [192.0.2.1] }, ttl: 60, routing: { weighted: { weight: 1 } } }",
        "two: { zone: main, name: 'www.${env.domain}', values: { a: [192.0.2.2] }, ttl: 30, routing: { weighted: { weight: 1 } } }",
    ]);
    assert_snapshot!(report(&yaml), @"records/weighted-ttl: the weighted records of www.dev.example.com need one `ttl` <- `30` 30 seconds");
}

#[test]
fn a_name_is_defined_once() {
    let stack = "records: { www: { zone: dns.main, name: 'www.${env.domain}', values: { a: [192.0.2.1] } } }\n";
    assert_snapshot!(report_stacks(&[("a", stack), ("b", stack), ("dns", ZONE)]), @"records/duplicate: record www.dev.example.com A is defined twice <- `www` of stacks/b.yaml defined here + `www` of stacks/a.yaml and here");
}

#[test]
fn a_cname_stands_alone() {
    let yaml = records(&[
        "one: { zone: main, name: 'www.${env.domain}', values: { cname: a.example.net } }",
        "two: { zone: main, name: 'www.${env.domain}', values: { txt: [a] } }",
    ]);
    assert_snapshot!(report(&yaml), @"records/cname-beside-others: www.dev.example.com has a CNAME record and another record <- `two` TXT record");
}
