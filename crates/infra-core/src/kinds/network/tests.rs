use crate::kinds::testing::{compile, properties, report, template};
use insta::assert_snapshot;

#[test]
fn the_block_is_cut_alike_for_two_and_three_zones() {
    let blocks = |zones: u8| {
        let template = template(&format!("networks: {{ main: {{ cidr: 10.20.0.0/16, zones: {zones} }} }}"));
        let subnets = template["Resources"].as_object().unwrap().iter();
        let subnets = subnets.filter(|(_, resource)| resource["Type"] == "AWS::EC2::Subnet");
        subnets.map(|(id, resource)| format!("{id} {}", resource["Properties"]["CidrBlock"])).collect::<Vec<_>>()
    };
    let three = blocks(3);
    assert_snapshot!(three.join("\n"), @r#"
    NetworkMainPublicSubnet1 "10.20.192.0/21"
    NetworkMainPublicSubnet2 "10.20.200.0/21"
    NetworkMainPublicSubnet3 "10.20.208.0/21"
    NetworkMainPrivateSubnet1 "10.20.0.0/18"
    NetworkMainPrivateSubnet2 "10.20.64.0/18"
    NetworkMainPrivateSubnet3 "10.20.128.0/18"
    NetworkMainIsolatedSubnet1 "10.20.224.0/21"
    NetworkMainIsolatedSubnet2 "10.20.232.0/21"
    NetworkMainIsolatedSubnet3 "10.20.240.0/21"
    "#);
    assert!(blocks(2).iter().all(|block| three.contains(block)));
}

#[test]
fn subnets_tell_kubernetes_their_role() {
    assert_snapshot!(properties("networks: { main: { cidr: 10.20.0.0/16 } }", "NetworkMainPrivateSubnet2"), @r"
    VpcId:
      Ref: NetworkMain
    CidrBlock: 10.20.64.0/18
    AvailabilityZone:
      Fn::Select:
      - 1
      - Fn::GetAZs: ''
    MapPublicIpOnLaunch: false
    Tags:
    - Key: Name
      Value: shop-dev-main-private-2
    - Key: kubernetes.io/role/internal-elb
      Value: '1'
    ");
}

#[test]
fn zone_ids_are_taken_as_they_are() {
    let yaml = "networks: { main: { cidr: 10.20.0.0/16, zones: 2, zone-ids: [euw1-az1, euw1-az3] } }";
    let text = properties(yaml, "NetworkMainIsolatedSubnet2");
    assert!(text.contains("AvailabilityZoneId: euw1-az3") && !text.contains("AvailabilityZone:"), "{text}");
}

#[test]
fn one_nat_gateway_serves_all_zones() {
    let yaml = "networks: { main: { cidr: 10.20.0.0/16, nat: single } }";
    let template = template(yaml);
    let resources = template["Resources"].as_object().unwrap();
    let gateways = resources.values().filter(|resource| resource["Type"] == "AWS::EC2::NatGateway");
    assert_eq!(gateways.count(), 1);
    assert_snapshot!(properties(yaml, "NetworkMainPrivateRoute3"), @r"
    RouteTableId:
      Ref: NetworkMainPrivateRoutes3
    DestinationCidrBlock: 0.0.0.0/0
    NatGatewayId:
      Ref: NetworkMainNat1
    ");
}

#[test]
fn without_nat_private_subnets_have_no_way_out() {
    let template = template("networks: { main: { cidr: 10.20.0.0/16, nat: none } }");
    let resources = template["Resources"].as_object().unwrap();
    assert!(resources.keys().all(|id| !id.contains("PrivateRoute") || id.contains("Routes")));
    assert!(!resources.contains_key("NetworkMainNat1"));
}

#[test]
fn gateway_endpoints_stand_in_every_private_and_isolated_table() {
    assert_snapshot!(properties("networks: { main: { cidr: 10.20.0.0/16 } }", "NetworkMainEndpointS3"), @r"
    VpcEndpointType: Gateway
    VpcId:
      Ref: NetworkMain
    ServiceName:
      Fn::Sub: com.amazonaws.${AWS::Region}.s3
    RouteTableIds:
    - Ref: NetworkMainPrivateRoutes1
    - Ref: NetworkMainPrivateRoutes2
    - Ref: NetworkMainPrivateRoutes3
    - Ref: NetworkMainIsolatedRoutes
    Tags:
    - Key: Name
      Value: shop-dev-main-s3
    ");
}

#[test]
fn interface_endpoints_share_a_group_that_the_network_may_call() {
    let yaml = "networks: { main: { cidr: 10.20.0.0/16, endpoints: { interface: [ecr.api] } } }";
    assert_snapshot!(properties(yaml, "NetworkMainEndpointEcrApi"), @r"
    VpcEndpointType: Interface
    VpcId:
      Ref: NetworkMain
    ServiceName:
      Fn::Sub: com.amazonaws.${AWS::Region}.ecr.api
    PrivateDnsEnabled: true
    SubnetIds:
    - Ref: NetworkMainPrivateSubnet1
    - Ref: NetworkMainPrivateSubnet2
    - Ref: NetworkMainPrivateSubnet3
    SecurityGroupIds:
    - Fn::GetAtt:
      - NetworkMainEndpointGroup
      - GroupId
    Tags:
    - Key: Name
      Value: shop-dev-main-ecr.api
    ");
    assert_snapshot!(properties(yaml, "NetworkMainEndpointGroup"), @r"
    GroupDescription: Interface endpoints of network shop-dev-main
    VpcId:
      Ref: NetworkMain
    SecurityGroupIngress:
    - IpProtocol: tcp
      FromPort: 443
      ToPort: 443
      CidrIp: 10.20.0.0/16
      Description: The network
    SecurityGroupEgress:
    - IpProtocol: icmp
      FromPort: 252
      ToPort: 86
      CidrIp: 255.255.255.255/32
      Description: Nothing else
    Tags:
    - Key: Name
      Value: shop-dev-main-endpoints
    ");
}

#[test]
fn flow_logs_are_written_with_a_role_for_one_group() {
    assert_snapshot!(properties("networks: { main: { cidr: 10.20.0.0/16 } }", "NetworkMainFlowLogsRole"), @r"
    AssumeRolePolicyDocument:
      Version: 2012-10-17
      Statement:
      - Effect: Allow
        Principal:
          Service: vpc-flow-logs.amazonaws.com
        Action: sts:AssumeRole
    Policies:
    - PolicyName: write
      PolicyDocument:
        Version: 2012-10-17
        Statement:
        - Effect: Allow
          Action:
          - logs:CreateLogStream
          - logs:PutLogEvents
          - logs:DescribeLogStreams
          Resource:
            Fn::GetAtt:
            - NetworkMainFlowLogs
            - Arn
        - Effect: Allow
          Action: logs:DescribeLogGroups
          Resource: '*'
    ");
    let yaml = "networks: { main: { cidr: 10.20.0.0/16, flow-logs: { enabled: false } } }";
    assert!(!compile(yaml).files.values().any(|file| String::from_utf8_lossy(file).contains("FlowLog")));
}

#[test]
fn mistakes_are_reported_where_they_are() {
    let yaml = "
networks:
  small: { cidr: 10.20.0.0/24 }
  many: { cidr: 10.20.0.0/16, zones: 4 }
  ids: { cidr: 10.20.0.0/16, zone-ids: [us-east-1a, use1-az1, use1-az1, use1-az2] }
  ends: { cidr: 10.20.0.0/16, endpoints: { gateway: [s3, s3], interface: [ECR, sqs, sqs, s3] } }
  logs: { cidr: 10.20.0.0/16, flow-logs: { retention-days: 10 } }
";
    assert_snapshot!(report(yaml), @r"
    networks/block-size: a network's block is a /16 to /22 <- `10.20.0.0/24` 256 addresses
    networks/zones: a network has 2 or 3 zones <- `4` 4 is outside
    networks/zone-ids: a network needs one zone id for each zone <- `zone-ids` 4 ids
    networks/zone-ids: `us-east-1a` is not the id of a zone <- `us-east-1a` such as `use1-az1`
    networks/zone-ids: zone `use1-az1` is listed twice <- `use1-az1` again
    networks/endpoint-twice: endpoint `s3` is listed twice <- `s3` again
    networks/endpoint-name: `ECR` is not the name of a service <- `ECR` letters, digits, dashes and dots
    networks/endpoint-twice: endpoint `sqs` is listed twice <- `sqs` again
    networks/endpoint-gateway: `s3` has a gateway endpoint <- `s3` would be paid by the hour
    kinds/log-retention: CloudWatch Logs cannot keep logs for 10 days <- `10` not one of its periods
    ");
}
