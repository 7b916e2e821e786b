//! The hosted zones that alias records point into: one per service and region.
//!
//! Depends on `facts::regions` only. In templates, prefer `Fn::GetAtt` of the target (`CanonicalHostedZoneID`,
//! `RegionalHostedZoneId`); these tables are for change batches and for checking literals.

use super::regions::{self, Partition};

/// A sorted list of region and zone id.
type Table = &'static [(&'static str, &'static str)];

/// A kind of alias target.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Service {
    /// A CloudFront distribution, or an edge-optimized API Gateway domain (which is one).
    CloudFront,
    /// A regional custom domain of API Gateway.
    ApiGatewayRegional,
    /// An Application or Classic Load Balancer.
    Alb,
    /// A Network Load Balancer.
    Nlb,
    /// The website endpoint of an S3 bucket.
    S3Website,
    /// The custom domain of a Cognito user pool (a CloudFront distribution).
    CognitoDomain,
    /// A Global Accelerator.
    GlobalAccelerator,
    /// An interface VPC endpoint.
    VpcEndpoint,
}

impl Service {
    /// Every kind of alias target.
    pub const ALL: [Self; 8] = [
        Self::CloudFront,
        Self::ApiGatewayRegional,
        Self::Alb,
        Self::Nlb,
        Self::S3Website,
        Self::CognitoDomain,
        Self::GlobalAccelerator,
        Self::VpcEndpoint,
    ];

    /// Returns the page or table that the zones were read from.
    pub const fn source(self) -> &'static str {
        match self {
            Self::CloudFront | Self::GlobalAccelerator => {
                "https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html"
            }
            Self::CognitoDomain => "aws-cdk-lib 2.276.0 aws-route53-targets/userpool-domain",
            Self::ApiGatewayRegional => "https://docs.aws.amazon.com/general/latest/gr/apigateway.html",
            Self::Alb | Self::Nlb => "https://docs.aws.amazon.com/general/latest/gr/elb.html",
            Self::S3Website => "https://docs.aws.amazon.com/general/latest/gr/s3.html",
            Self::VpcEndpoint => "https://github.com/kubernetes-sigs/external-dns/issues/3429",
        }
    }

    const fn table(self) -> Table {
        match self {
            Self::CloudFront | Self::CognitoDomain | Self::GlobalAccelerator => &[],
            Self::ApiGatewayRegional => API_GATEWAY_REGIONAL,
            Self::Alb => ALB,
            Self::Nlb => NLB,
            Self::S3Website => S3_WEBSITE,
            Self::VpcEndpoint => VPC_ENDPOINT,
        }
    }
}

/// Zone of every CloudFront distribution outside China.
///
/// Source: <https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html> (read 2026-11-22).
pub const CLOUDFRONT: &str = "Z2FDTNDATAQYW2";

/// Zone of every CloudFront distribution in China.
///
/// Source: aws-cdk-lib 2.276.0 `aws-route53-targets/cloudfront-target` (read 2026-11-22).
pub const CLOUDFRONT_CHINA: &str = "Z3RFFRIM2A3IF5";

/// Zone of every Global Accelerator.
///
/// Source: <https://docs.aws.amazon.com/Route53/latest/APIReference/API_AliasTarget.html> (read 2026-11-22).
pub const GLOBAL_ACCELERATOR: &str = "Z2BJ6XQ5FK7U4H";

/// Returns the zone that an alias to `service` in `region` must name.
///
/// Returns `None` where AWS has no such zone, where none is known, and where the sources disagree: then the zone has
/// to be read from the deployed target. `region` may be a `names::Region` or a text.
pub fn alias_zone(service: Service, region: &(impl AsRef<str> + ?Sized)) -> Option<&'static str> {
    let (region, partition) = regions::find(region.as_ref())?;
    match (service, partition) {
        (Service::CloudFront | Service::CognitoDomain, Partition::Aws) => Some(CLOUDFRONT),
        (Service::GlobalAccelerator, Partition::Aws) => Some(GLOBAL_ACCELERATOR),
        (Service::CloudFront, Partition::AwsCn) => Some(CLOUDFRONT_CHINA),
        (Service::CloudFront, Partition::AwsUsGov | Partition::AwsEusc)
        | (
            Service::CognitoDomain | Service::GlobalAccelerator,
            Partition::AwsCn | Partition::AwsUsGov | Partition::AwsEusc,
        ) => None,
        (
            Service::ApiGatewayRegional | Service::Alb | Service::Nlb | Service::S3Website | Service::VpcEndpoint,
            Partition::Aws | Partition::AwsCn | Partition::AwsUsGov | Partition::AwsEusc,
        ) => look_up(service.table(), region),
    }
}

/// Returns which targets a zone id belongs to, with their regions; empty for a zone that is no alias zone.
///
/// The region of a target without regions is `global`.
pub fn owners(zone: &str) -> Vec<(Service, &'static str)> {
    let mut found = Vec::new();
    if zone == CLOUDFRONT || zone == CLOUDFRONT_CHINA {
        found.push((Service::CloudFront, "global"));
    }
    if zone == CLOUDFRONT {
        found.push((Service::CognitoDomain, "global"));
    }
    if zone == GLOBAL_ACCELERATOR {
        found.push((Service::GlobalAccelerator, "global"));
    }
    for service in Service::ALL {
        let rows = service.table().iter().filter(|&&(_, id)| id == zone);
        found.extend(rows.map(|&(region, _)| (service, region)));
    }
    found
}

fn look_up(table: Table, region: &str) -> Option<&'static str> {
    let idx = table.binary_search_by_key(&region, |&(name, _)| name).ok()?;
    table.get(idx).map(|&(_, zone)| zone)
}

/// Canonical zones of Application (and Classic) Load Balancers.
///
/// Source: <https://docs.aws.amazon.com/general/latest/gr/elb.html> by way of terraform-provider-aws `elbv2` and a second
/// table (read 2026-11-22). Confirmed least: ap-east-2, ap-southeast-6.
const ALB: Table = &[
    ("af-south-1", "Z268VQBMOI5EKX"),
    ("ap-east-1", "Z3DQVH9N71FHZ0"),
    ("ap-east-2", "Z02789141MW7T1WBU19PO"),
    ("ap-northeast-1", "Z14GRHDCWA56QT"),
    ("ap-northeast-2", "ZWKZPGTI48KDX"),
    ("ap-northeast-3", "Z5LXEXXYW11ES"),
    ("ap-south-1", "ZP97RAFLXTNZK"),
    ("ap-south-2", "Z0173938T07WNTVAEPZN"),
    ("ap-southeast-1", "Z1LMS91P8CMLE5"),
    ("ap-southeast-2", "Z1GM3OXH4ZPM65"),
    ("ap-southeast-3", "Z08888821HLRG5A9ZRTER"),
    ("ap-southeast-4", "Z09517862IB2WZLPXG76F"),
    ("ap-southeast-5", "Z06010284QMVVW7WO5J"),
    ("ap-southeast-6", "Z023301818UFJ50CIO0MV"),
    ("ap-southeast-7", "Z0390008CMBRTHFGWBCB"),
    ("ca-central-1", "ZQSVJUPU6J1EY"),
    ("ca-west-1", "Z06473681N0SF6OS049SD"),
    ("cn-north-1", "Z1GDH35T77C1KE"),
    ("cn-northwest-1", "ZM7IZAIOVVDZF"),
    ("eu-central-1", "Z215JYRZR1TBD5"),
    ("eu-central-2", "Z06391101F2ZOEP8P5EB3"),
    ("eu-north-1", "Z23TAZ6LKFMNIO"),
    ("eu-south-1", "Z3ULH7SSC9OV64"),
    ("eu-south-2", "Z0956581394HF5D5LXGAP"),
    ("eu-west-1", "Z32O12XQLNTSW2"),
    ("eu-west-2", "ZHURV8PSTC4K8"),
    ("eu-west-3", "Z3Q77PNBQS71R4"),
    ("il-central-1", "Z09170902867EHPV2DABU"),
    ("me-central-1", "Z08230872XQRWHG2XF6I"),
    ("me-south-1", "ZS929ML54UICD"),
    ("mx-central-1", "Z023552324OKD1BB28BH5"),
    ("sa-east-1", "Z2P70J7HTTTPLU"),
    ("us-east-1", "Z35SXDOTRQ7X7K"),
    ("us-east-2", "Z3AADJGX6KTTL2"),
    ("us-gov-east-1", "Z166TLBEWOO7G0"),
    ("us-gov-west-1", "Z33AYJ8TM3BH4J"),
    ("us-west-1", "Z368ELLRRE2KJ0"),
    ("us-west-2", "Z1H1FL5HABSF5"),
];

/// Canonical zones of Network Load Balancers; never the same as those of [`ALB`].
///
/// Source: <https://docs.aws.amazon.com/general/latest/gr/elb.html> by way of terraform-provider-aws `elbv2` and a second
/// table (read 2026-11-22). Confirmed least: ap-east-2, ap-southeast-6.
const NLB: Table = &[
    ("af-south-1", "Z203XCE67M25HM"),
    ("ap-east-1", "Z12Y7K3UBGUAD1"),
    ("ap-east-2", "Z09176273OC2HWIAUNYW"),
    ("ap-northeast-1", "Z31USIVHYNEOWT"),
    ("ap-northeast-2", "ZIBE1TIR4HY56"),
    ("ap-northeast-3", "Z1GWIQ4HH19I5X"),
    ("ap-south-1", "ZVDDRBQ08TROA"),
    ("ap-south-2", "Z0711778386UTO08407HT"),
    ("ap-southeast-1", "ZKVM4W9LS7TM"),
    ("ap-southeast-2", "ZCT6FZBF4DROD"),
    ("ap-southeast-3", "Z01971771FYVNCOVWJU1G"),
    ("ap-southeast-4", "Z01156963G8MIIL7X90IV"),
    ("ap-southeast-5", "Z026317210H9ACVTRO6FB"),
    ("ap-southeast-6", "Z01392953RKV2Q3RBP0KU"),
    ("ap-southeast-7", "Z054363131YWATEMWRG5L"),
    ("ca-central-1", "Z2EPGBW3API2WT"),
    ("ca-west-1", "Z02754302KBB00W2LKWZ9"),
    ("cn-north-1", "Z3QFB96KMJ7ED6"),
    ("cn-northwest-1", "ZQEIKTCZ8352D"),
    ("eu-central-1", "Z3F0SRJ5LGBH90"),
    ("eu-central-2", "Z02239872DOALSIDCX66S"),
    ("eu-north-1", "Z1UDT6IFJ4EJM"),
    ("eu-south-1", "Z23146JA1KNAFP"),
    ("eu-south-2", "Z1011216NVTVYADP1SSV"),
    ("eu-west-1", "Z2IFOLAFXWLO4F"),
    ("eu-west-2", "ZD4D7Y8KGAS4G"),
    ("eu-west-3", "Z1CMS0P5QUZ6D5"),
    ("il-central-1", "Z0313266YDI6ZRHTGQY4"),
    ("me-central-1", "Z00282643NTTLPANJJG2P"),
    ("me-south-1", "Z3QSRYVP46NYYV"),
    ("mx-central-1", "Z02031231H3ID6HYJ9A7U"),
    ("sa-east-1", "ZTK26PT1VY4CU"),
    ("us-east-1", "Z26RNL4JYFTOTI"),
    ("us-east-2", "ZLMOA37VPKANP"),
    ("us-gov-east-1", "Z1ZSMQQ6Q24QQ8"),
    ("us-gov-west-1", "ZMG1MZ2THAWF1"),
    ("us-west-1", "Z24FKFUX50B4VW"),
    ("us-west-2", "Z18D5FSROUN65G"),
];

/// Zones of regional custom domains of API Gateway.
///
/// Source: <https://docs.aws.amazon.com/general/latest/gr/apigateway.html> as copied on 2026-10-03 and two independent
/// tables (read 2026-11-22).
const API_GATEWAY_REGIONAL: Table = &[
    ("af-south-1", "Z2DHW2332DAMTN"),
    ("ap-east-1", "Z3FD1VL90ND7K5"),
    ("ap-east-2", "Z02909591O7FG9Q56HWB1"),
    ("ap-northeast-1", "Z1YSHQZHG15GKL"),
    ("ap-northeast-2", "Z20JF4UZKIW1U8"),
    ("ap-northeast-3", "Z22ILHG95FLSZ2"),
    ("ap-south-1", "Z3VO1THU9YC4UR"),
    ("ap-south-2", "Z0853509Q1135NJ66RUH"),
    ("ap-southeast-1", "ZL327KTPIQFUL"),
    ("ap-southeast-2", "Z2RPCDW04V8134"),
    ("ap-southeast-3", "Z10132843TYUYSLUG4HA3"),
    ("ap-southeast-4", "Z092189423Y7RJK61311D"),
    ("ap-southeast-5", "Z0314042F0KBUTZ3X5HF"),
    ("ap-southeast-7", "Z048508712PZLK5NKG8R0"),
    ("ca-central-1", "Z19DQILCV0OWEC"),
    ("ca-west-1", "Z04745493436AWVTG1OQY"),
    ("eu-central-1", "Z1U9ULNL0V5AJ3"),
    ("eu-central-2", "Z09222482MK253X48U76H"),
    ("eu-north-1", "Z3UWIKFBOOGXPP"),
    ("eu-south-1", "Z3BT4WSQ9TDYZV"),
    ("eu-south-2", "Z02499852UI5HEQ5JVWX3"),
    ("eu-west-1", "ZLY8HYME6SFDD"),
    ("eu-west-2", "ZJ5UAJN8Y3Z2Q"),
    ("eu-west-3", "Z3KY65QIEKYHQQ"),
    ("il-central-1", "Z07264553HBI44N5X2CKP"),
    ("me-central-1", "Z08780021BKYYY8U0YHTV"),
    ("me-south-1", "Z20ZBPC0SS8806"),
    ("mx-central-1", "Z00020171WIGL5M88SHRM"),
    ("sa-east-1", "ZCMLWB8V5SYIT"),
    ("us-east-1", "Z1UJRXOUMOOFQ8"),
    ("us-east-2", "ZOJJZC49E0EPZ"),
    ("us-gov-east-1", "Z3SE9ATJYCRCZJ"),
    ("us-gov-west-1", "Z1K6XKP9SAGWDV"),
    ("us-west-1", "Z2MUQ32089INYE"),
    ("us-west-2", "Z2OJLYMUO9EFXC"),
];

/// Zones of S3 website endpoints.
///
/// Source: <https://docs.aws.amazon.com/general/latest/gr/s3.html> by way of terraform-provider-aws and aws-cdk-lib 2.276.0
/// `region-info` (read 2026-11-22). Confirmed least: ap-southeast-6, mx-central-1. Absent because the sources
/// disagree: af-south-1, eu-south-1.
const S3_WEBSITE: Table = &[
    ("ap-east-1", "ZNB98KWMFR0R6"),
    ("ap-east-2", "Z064739330DAH7WJVOO93"),
    ("ap-northeast-1", "Z2M4EHUR26P7ZW"),
    ("ap-northeast-2", "Z3W03O7B5YMIYP"),
    ("ap-northeast-3", "Z2YQB5RD63NC85"),
    ("ap-south-1", "Z11RGJOFQNVJUP"),
    ("ap-south-2", "Z02976202B4EZMXIPMXF7"),
    ("ap-southeast-1", "Z3O0J2DXBE1FTB"),
    ("ap-southeast-2", "Z1WCIGYICN2BYD"),
    ("ap-southeast-3", "Z01846753K324LI26A3VV"),
    ("ap-southeast-4", "Z0312387243XT5FE14WFO"),
    ("ap-southeast-5", "Z08660063OXLMA7F1FJHU"),
    ("ap-southeast-6", "Z05686083R66JX5C163TC"),
    ("ap-southeast-7", "Z0031014GXUMRZG6I14G"),
    ("ca-central-1", "Z1QDHH18159H29"),
    ("ca-west-1", "Z03565811Z33SLEZTHOUL"),
    ("cn-north-1", "Z5CN8UMXT92WN"),
    ("cn-northwest-1", "Z282HJ1KT0DH03"),
    ("eu-central-1", "Z21DNDUVLTQW6Q"),
    ("eu-central-2", "Z030506016YDQGETNASS"),
    ("eu-north-1", "Z3BAZG2TWCNX0D"),
    ("eu-south-2", "Z0081959F7139GRJC19J"),
    ("eu-west-1", "Z1BKCTXD74EZPE"),
    ("eu-west-2", "Z3GKZC51ZF0DB4"),
    ("eu-west-3", "Z3R1K369G5AVDG"),
    ("il-central-1", "Z09640613K4A3MN55U7GU"),
    ("me-central-1", "Z06143092I8HRXZRUZROF"),
    ("me-south-1", "Z1MPMWCPA7YB62"),
    ("mx-central-1", "Z057606446ZNVQJJ8WOP"),
    ("sa-east-1", "Z7KQH4QJS55SO"),
    ("us-east-1", "Z3AQBSTGFYJSTF"),
    ("us-east-2", "Z2O1EMRO9K5GLX"),
    ("us-gov-east-1", "Z2NIFVYYW2VKV1"),
    ("us-gov-west-1", "Z31GFT0UA1I2HV"),
    ("us-west-1", "Z2F56UZL2M1ACD"),
    ("us-west-2", "Z3BJ6K6RIION7M"),
];

/// Zones of interface VPC endpoints.
///
/// AWS publishes no table. Source: one derived table in external-dns,
/// <https://github.com/kubernetes-sigs/external-dns/issues/3429> (read 2026-11-22); prefer the endpoint's own
/// `DnsEntries[].HostedZoneId`.
const VPC_ENDPOINT: Table = &[
    ("af-south-1", "Z09302161J80N9A7UTP7U"),
    ("ap-east-1", "Z2LIHJ7PKBEMWN"),
    ("ap-northeast-1", "Z2E726K9Y6RL4W"),
    ("ap-northeast-2", "Z27UANNT0PRK1T"),
    ("ap-northeast-3", "Z376B5OMM2JZL2"),
    ("ap-south-1", "Z2KVTB3ZLFM7JR"),
    ("ap-south-2", "Z0952991RWSF5AHIQDIY"),
    ("ap-southeast-1", "Z18LLCSTV4NVNL"),
    ("ap-southeast-2", "ZDK2GCRPAFKGO"),
    ("ap-southeast-3", "Z03881013RZ9BYYZO8N5W"),
    ("ap-southeast-4", "Z07508191CO1RNBX3X3AU"),
    ("ca-central-1", "ZRCXCF510Y6P9"),
    ("eu-central-1", "Z273ZU8SZ5RJPC"),
    ("eu-central-2", "Z045369019J4FUQ4S272E"),
    ("eu-north-1", "Z3OWWK6JFDEDGC"),
    ("eu-south-1", "Z2A5FDNRLY7KZG"),
    ("eu-south-2", "Z014396544HENR57XQCJ"),
    ("eu-west-1", "Z38GZ743OKFT7T"),
    ("eu-west-2", "Z7K1066E3PUKB"),
    ("eu-west-3", "Z1DWHTMFP0WECP"),
    ("me-central-1", "Z07122992YCEUCB9A9570"),
    ("me-south-1", "Z3B95P3VBGEQGY"),
    ("sa-east-1", "Z2LXUWEVLCVZIB"),
    ("us-east-1", "Z7HUB22UULQXV"),
    ("us-east-2", "ZC8PG0KIFKBRI"),
    ("us-gov-east-1", "Z2MU5TEIGO9WXB"),
    ("us-gov-west-1", "Z12529ZODG2B6H"),
    ("us-west-1", "Z12I86A8N7VCZO"),
    ("us-west-2", "Z1YSA3EXCYUU9Z"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_unique_and_hold_ids_of_known_regions() {
        for service in Service::ALL {
            assert!(!service.source().is_empty());
            let table = service.table();
            assert!(table.is_sorted_by(|a, b| a.0 < b.0), "{service:?}");
            for (region, zone) in table {
                assert!(regions::find(region).is_some(), "{region}");
                let upper = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit();
                assert!(zone.starts_with('Z') && zone.len() <= 32 && zone.bytes().all(upper), "{zone}");
                assert_eq!(owners(zone), [(service, *region)]);
            }
        }
    }

    #[test]
    fn zones_depend_on_service_region_and_partition() {
        let zone = |service, region: &str| alias_zone(service, region);
        assert_eq!(zone(Service::Alb, "us-west-2"), Some("Z1H1FL5HABSF5"));
        assert_eq!(zone(Service::Nlb, "us-west-2"), Some("Z18D5FSROUN65G"));
        assert_eq!(zone(Service::ApiGatewayRegional, "eu-west-1"), Some("ZLY8HYME6SFDD"));
        assert_eq!(zone(Service::CloudFront, "eu-west-1"), Some("Z2FDTNDATAQYW2"));
        assert_eq!(zone(Service::CloudFront, "cn-north-1"), Some("Z3RFFRIM2A3IF5"));
        assert_eq!(zone(Service::CognitoDomain, "eu-west-1"), Some("Z2FDTNDATAQYW2"));
        assert_eq!(zone(Service::GlobalAccelerator, "us-east-1"), Some("Z2BJ6XQ5FK7U4H"));
    }

    #[test]
    fn a_disputed_or_unknown_zone_is_none() {
        assert_eq!(alias_zone(Service::S3Website, "af-south-1"), None);
        assert_eq!(alias_zone(Service::S3Website, "eu-south-1"), None);
        assert_eq!(alias_zone(Service::Alb, "eusc-de-east-1"), None);
        assert_eq!(alias_zone(Service::CloudFront, "us-gov-west-1"), None);
        assert_eq!(alias_zone(Service::Alb, "nowhere"), None);
    }

    #[test]
    fn an_id_tells_its_owner() {
        assert_eq!(owners("Z18D5FSROUN65G"), [(Service::Nlb, "us-west-2")]);
        assert_eq!(owners(CLOUDFRONT), [(Service::CloudFront, "global"), (Service::CognitoDomain, "global")]);
        assert_eq!(owners("Z0"), []);
    }
}
