//! Memory of database instance classes, and how many connections follow from it.
//!
//! Depends on nothing.

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
    fn connections_follow_memory_up_to_the_limit() {
        assert_eq!(postgres_max_connections("db.t4g.medium"), Some(450));
        assert_eq!(postgres_max_connections("db.r7g.4xlarge"), Some(5_000));
        assert_eq!(mysql_max_connections("db.t4g.medium"), Some(341));
    }
}
