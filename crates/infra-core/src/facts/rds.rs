//! Memory of database instance classes, and how many connections follow from it.
//!
//! Depends on `facts::limits` for the form of a range.

/// Where the memory sizes were read.
pub const SOURCE: &str = "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Concepts.DBInstanceClass.Summary.html \
     (from memory; t4g, r6g, r7g and r8g agree with two public copies read 2026-11-22)";

/// Bytes of instance memory per connection in the default of `max_connections` for PostgreSQL.
///
/// Source: <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/CHAP_Limits.html#RDS_Limits.MaxConnections> (read
/// 2026-11-22).
pub const POSTGRES_BYTES_PER_CONNECTION: u64 = 9_531_392;

/// Most connections that the default for PostgreSQL ever gives.
///
/// Source: as [`POSTGRES_BYTES_PER_CONNECTION`].
pub const POSTGRES_MAX_CONNECTIONS: u64 = 5_000;

/// Bytes of instance memory per connection in the default of `max_connections` for `MySQL` and `MariaDB`.
///
/// Source: as [`POSTGRES_BYTES_PER_CONNECTION`].
pub const MYSQL_BYTES_PER_CONNECTION: u64 = 12_582_880;

/// `ConnectionBorrowTimeout` of an RDS Proxy that does not set it.
///
/// Unit: seconds.
/// Source: <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/API_ConnectionPoolConfiguration.html> (read
/// 2026-11-22).
pub const PROXY_BORROW_TIMEOUT: u64 = 120;

/// Memory of the burstable sizes (`t3`, `t4g`), sorted by size. Unit: GiB.
const BURSTABLE: &[(&str, u64)] =
    &[("2xlarge", 32), ("large", 8), ("medium", 4), ("micro", 1), ("small", 2), ("xlarge", 16)];

/// GiB of memory per virtual CPU of the other families, sorted by family.
const GIB_PER_CPU: &[(&str, u64)] = &[
    ("m5", 4),
    ("m6g", 4),
    ("m6i", 4),
    ("m7g", 4),
    ("m7i", 4),
    ("m8g", 4),
    ("r5", 8),
    ("r6g", 8),
    ("r6i", 8),
    ("r7g", 8),
    ("r7i", 8),
    ("r8g", 8),
];

/// Virtual CPUs of a size outside the burstable families, sorted by size.
const CPUS: &[(&str, u64)] = &[
    ("12xlarge", 48),
    ("16xlarge", 64),
    ("2xlarge", 8),
    ("4xlarge", 16),
    ("8xlarge", 32),
    ("large", 2),
    ("xlarge", 4),
];

/// PostgreSQL of a database that does not name a version: one that RDS and Aurora both offer.
///
/// Source: cfn-lint 1.58.0 (2026-10-20), which takes a bare `17` of RDS for a version that cannot be created any more.
pub const POSTGRES_DEFAULT: &str = "17.11";

/// Major versions of PostgreSQL that RDS and Aurora offer, sorted, each with the end of its standard support.
///
/// Source: versions from cfn-lint 1.58.0; dates from
/// <https://docs.aws.amazon.com/AmazonRDS/latest/PostgreSQLReleaseNotes/postgresql-release-calendar.html> (from memory).
const POSTGRES_SUPPORT: &[(u32, &str)] = &[
    (13, "2026-02-28"),
    (14, "2027-02-28"),
    (15, "2028-02-29"),
    (16, "2029-02-28"),
    (17, "2030-02-28"),
    (18, "2031-02-28"),
];

/// Major versions of `MySQL` that RDS offers or offered, sorted, each with the end of its standard support.
///
/// Source: <https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/MySQL.Concepts.VersionMgmt.html> (8.0 confirmed by a
/// public report read 2026-11-23, the others from memory).
const MYSQL_SUPPORT: &[(&str, &str)] = &[("5.7", "2024-02-29"), ("8.0", "2026-07-31")];

/// End of the year after which these tables were read: what ends until then is worth a warning.
const SOON: &str = "2027-11-22";

/// Most connections of Aurora PostgreSQL Serverless v2 by the largest capacity, sorted. Unit: ACU, connections.
///
/// Source: <https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.setting-capacity.html#aurora-serverless-v2.max-connections>
/// (1, 16 and 32 ACU agree with an article of AWS read 2026-11-22; 4 and 8 from memory).
const SERVERLESS_CONNECTIONS: &[(f64, u64)] = &[(1.0, 189), (4.0, 823), (8.0, 1_669), (16.0, 3_360), (32.0, 5_000)];

/// Most connections of Aurora PostgreSQL Serverless v2 with a smallest capacity of 0 or 0.5 ACU.
///
/// Source: as for the other capacities.
const SERVERLESS_SMALL_CONNECTIONS: u64 = 2_000;

/// Limits of RDS and RDS Proxy.
///
/// Source: `API_CreateDBInstance.html`, `API_CreateDBProxy.html` and `API_ConnectionPoolConfiguration.html` below
/// <https://docs.aws.amazon.com/AmazonRDS/latest/APIReference/> (the last read 2026-11-22, the others from memory).
pub mod limits {
    use crate::facts::limits::Bounds;

    /// Storage of an instance on gp3. Unit: GiB.
    pub const STORAGE_GIB: Bounds = Bounds::new(20, 65_536, 20);
    /// From this size on gp3 takes IOPS and throughput of one's own; below it has 3,000 IOPS and 125 MiB/s. Unit: GiB.
    pub const STORAGE_TUNABLE_GIB: u32 = 400;
    /// How long backups are kept. Unit: days. The API also takes 0, which turns backups off.
    pub const BACKUP_DAYS: Bounds = Bounds::new(1, 35, 7);
    /// Port.
    pub const PORT: Bounds = Bounds::new(1_150, 65_535, 5_432);
    /// Times between two measurements of enhanced monitoring; 0 is off. Unit: seconds.
    pub const MONITORING_INTERVALS: &[u32] = &[0, 1, 5, 10, 15, 30, 60];
    /// Instances of an Aurora cluster, the writer included.
    pub const AURORA_INSTANCES: Bounds = Bounds::new(1, 16, 2);
    /// `max_connections` of PostgreSQL.
    pub const MAX_CONNECTIONS: Bounds = Bounds::new(6, 262_143, 100);
    /// How long a proxy waits for a connection. Unit: seconds. The API also takes 0, which is for ever.
    pub const BORROW_TIMEOUT: Bounds = Bounds::new(1, 3_600, 120);
    /// How long a proxy keeps an idle client. Unit: seconds.
    pub const IDLE_CLIENT_TIMEOUT: Bounds = Bounds::new(1, 28_800, 1_800);
    /// Part of `max_connections` that a proxy opens. Unit: per cent.
    pub const PROXY_PERCENT: Bounds = Bounds::new(1, 100, 100);
    /// Longest name of a proxy. Unit: characters.
    pub const PROXY_NAME_LEN: usize = 63;
}

/// Returns the major versions of PostgreSQL that there are.
pub fn postgres_majors() -> impl Iterator<Item = u32> {
    POSTGRES_SUPPORT.iter().map(|(major, _)| *major)
}

/// Returns the day on which standard support of a major version of PostgreSQL ends, if that is past or near.
///
/// After it AWS charges for extended support.
pub fn postgres_support_ends(major: u32) -> Option<&'static str> {
    let (_, end) = POSTGRES_SUPPORT.iter().find(|(known, _)| *known == major)?;
    (*end <= SOON).then_some(*end)
}

/// Returns the last day of standard support of the major version that an engine's version belongs to.
///
/// Only for PostgreSQL and `MySQL` on RDS, and Aurora PostgreSQL, which keeps to the dates of RDS where it is listed.
pub fn standard_support(engine: &str, version: &str) -> Option<&'static str> {
    match engine {
        "aurora-postgresql" | "postgres" => {
            let major: u32 = version.split('.').next()?.parse().ok()?;
            POSTGRES_SUPPORT.iter().find(|(known, _)| *known == major).map(|(_, end)| *end)
        }
        "mysql" => MYSQL_SUPPORT
            .iter()
            .find(|(major, _)| version.strip_prefix(major).is_some_and(|rest| rest.is_empty() || rest.starts_with('.')))
            .map(|(_, end)| *end),
        _ => None,
    }
}

/// Returns the most connections of Aurora PostgreSQL Serverless v2 with these capacities in ACU.
///
/// Between two capacities of the table the smaller one counts.
pub fn serverless_max_connections(min: f64, max: f64) -> Option<u64> {
    let (_, connections) = SERVERLESS_CONNECTIONS.iter().rfind(|(capacity, _)| *capacity <= max)?;
    Some(if min < 1.0 { (*connections).min(SERVERLESS_SMALL_CONNECTIONS) } else { *connections })
}

/// Returns the memory of an instance class such as `db.t4g.medium`.
///
/// Unit: GiB. Returns `None` for families and sizes that are not in the tables; does not check that RDS offers the
/// combination for an engine or a region.
/// Source: [`SOURCE`].
pub fn memory_gib(class: &str) -> Option<u64> {
    let (family, size) = class.strip_prefix("db.")?.split_once('.')?;
    match family {
        "t3" | "t4g" => look_up(BURSTABLE, size),
        _ => Some(look_up(GIB_PER_CPU, family)? * look_up(CPUS, size)?),
    }
}

/// Returns the most connections that PostgreSQL on `class` accepts by default.
///
/// This is `LEAST({DBInstanceClassMemory/9531392}, 5000)` over the nominal memory. RDS subtracts what its own processes
/// need, so the real number is somewhat smaller.
pub fn postgres_max_connections(class: &str) -> Option<u64> {
    let bytes = memory_gib(class)? << 30;
    Some((bytes / POSTGRES_BYTES_PER_CONNECTION).min(POSTGRES_MAX_CONNECTIONS))
}

/// Returns the most connections that `MySQL` on `class` accepts by default; see [`postgres_max_connections`].
pub fn mysql_max_connections(class: &str) -> Option<u64> {
    Some((memory_gib(class)? << 30) / MYSQL_BYTES_PER_CONNECTION)
}

fn look_up(table: &[(&str, u64)], key: &str) -> Option<u64> {
    let idx = table.binary_search_by_key(&key, |&(name, _)| name).ok()?;
    table.get(idx).map(|&(_, value)| value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tables_are_sorted_and_unique() {
        assert!(!SOURCE.is_empty());
        for table in [BURSTABLE, GIB_PER_CPU, CPUS] {
            assert!(table.is_sorted_by(|a, b| a.0 < b.0));
        }
    }

    #[test]
    fn classes_have_the_memory_of_their_size() {
        assert_eq!(memory_gib("db.t4g.micro"), Some(1));
        assert_eq!(memory_gib("db.m7g.large"), Some(8));
        assert_eq!(memory_gib("db.r7g.4xlarge"), Some(128));
        assert_eq!(memory_gib("db.x2g.large"), None);
        assert_eq!(memory_gib("t4g.micro"), None);
    }

    #[test]
    fn support_that_ends_is_told() {
        assert_eq!(postgres_support_ends(13), Some("2026-02-28"));
        assert_eq!(postgres_support_ends(17), None);
        assert!(postgres_majors().any(|major| POSTGRES_DEFAULT.starts_with(&format!("{major}."))));
    }

    #[test]
    fn support_ends_by_major_version() {
        assert_eq!(standard_support("postgres", "14.9"), Some("2027-02-28"));
        assert_eq!(standard_support("mysql", "8.0.42"), Some("2026-07-31"));
        assert_eq!(standard_support("mysql", "8.4.1"), None);
        assert_eq!(standard_support("aurora-mysql", "8.0.mysql_aurora.3.10.0"), None);
    }

    #[test]
    fn serverless_connections_follow_the_largest_capacity() {
        assert_eq!(serverless_max_connections(0.5, 1.0), Some(189));
        assert_eq!(serverless_max_connections(1.0, 6.0), Some(823));
        assert_eq!(serverless_max_connections(0.5, 64.0), Some(2_000));
        assert_eq!(serverless_max_connections(2.0, 256.0), Some(5_000));
    }

    #[test]
    fn connections_follow_memory_up_to_the_limit() {
        assert_eq!(postgres_max_connections("db.t4g.medium"), Some(450));
        assert_eq!(postgres_max_connections("db.r7g.4xlarge"), Some(5_000));
        assert_eq!(mysql_max_connections("db.t4g.medium"), Some(341));
    }
}
