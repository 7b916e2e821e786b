//! The runtimes of Lambda and the days on which they end.

/// One runtime. Days are written as `2026-11-30` and empty where AWS names none.
#[derive(Debug)]
pub struct Runtime {
    /// Its identifier, such as `nodejs24.x`.
    pub name: &'static str,
    /// From this day on it gets no security updates.
    pub deprecated: &'static str,
    /// From this day on no function can be made with it.
    pub create_block: &'static str,
    /// From this day on no function with it can be changed.
    pub update_block: &'static str,
    /// What AWS names in its place; empty where nothing is named.
    pub successor: &'static str,
}

/// The runtimes that this version knows, sorted by name; a runtime that is not here may be newer.
///
/// Source: <https://docs.aws.amazon.com/lambda/latest/dg/lambda-runtimes.html>, by way of `LmbdRuntimeLifecycle.json` of cfn-lint
/// 1.58.0 (read 2026-11-30).
pub const RUNTIMES: &[Runtime] = &[
    Runtime {
        name: "dotnet10",
        deprecated: "2028-11-14",
        create_block: "2028-12-14",
        update_block: "2029-01-15",
        successor: "",
    },
    Runtime {
        name: "dotnet6",
        deprecated: "2024-12-20",
        create_block: "2027-02-01",
        update_block: "2027-03-03",
        successor: "dotnet10",
    },
    Runtime {
        name: "dotnet8",
        deprecated: "2026-11-10",
        create_block: "2027-02-01",
        update_block: "2027-03-03",
        successor: "dotnet10",
    },
    Runtime { name: "dotnet9", deprecated: "2026-11-10", create_block: "", update_block: "", successor: "dotnet10" },
    Runtime {
        name: "dotnetcore1.0",
        deprecated: "2019-06-27",
        create_block: "2019-06-30",
        update_block: "2019-07-30",
        successor: "dotnet10",
    },
    Runtime {
        name: "dotnetcore2.0",
        deprecated: "2019-05-30",
        create_block: "2019-04-30",
        update_block: "2019-05-30",
        successor: "dotnet10",
    },
    Runtime {
        name: "dotnetcore2.1",
        deprecated: "2022-01-05",
        create_block: "2022-01-05",
        update_block: "2022-04-13",
        successor: "dotnet10",
    },
    Runtime {
        name: "dotnetcore3.1",
        deprecated: "2023-04-03",
        create_block: "2023-04-03",
        update_block: "2023-05-03",
        successor: "dotnet10",
    },
    Runtime {
        name: "go1.x",
        deprecated: "2024-01-08",
        create_block: "2024-02-08",
        update_block: "2027-03-03",
        successor: "provided.al2023",
    },
    Runtime {
        name: "java11",
        deprecated: "2027-06-30",
        create_block: "2027-07-31",
        update_block: "2027-08-31",
        successor: "java25",
    },
    Runtime {
        name: "java17",
        deprecated: "2027-06-30",
        create_block: "2027-07-31",
        update_block: "2027-08-31",
        successor: "java25",
    },
    Runtime {
        name: "java21",
        deprecated: "2029-06-30",
        create_block: "2029-07-31",
        update_block: "2029-08-31",
        successor: "java25",
    },
    Runtime {
        name: "java25",
        deprecated: "2029-06-30",
        create_block: "2029-07-31",
        update_block: "2029-08-31",
        successor: "",
    },
    Runtime {
        name: "java8",
        deprecated: "2024-01-08",
        create_block: "2024-02-08",
        update_block: "2027-03-03",
        successor: "java25",
    },
    Runtime {
        name: "java8.al2",
        deprecated: "2027-06-30",
        create_block: "2027-07-31",
        update_block: "2027-08-31",
        successor: "java25",
    },
    Runtime {
        name: "nodejs",
        deprecated: "2016-08-30",
        create_block: "2016-09-30",
        update_block: "2016-10-31",
        successor: "nodejs24.x",
    },
    Runtime {
        name: "nodejs10.x",
        deprecated: "2021-07-30",
        create_block: "2021-07-30",
        update_block: "2022-02-14",
        successor: "nodejs24.x",
    },
    Runtime {
        name: "nodejs12.x",
        deprecated: "2023-03-31",
        create_block: "2023-03-31",
        update_block: "2023-04-30",
        successor: "nodejs24.x",
    },
    Runtime {
        name: "nodejs14.x",
        deprecated: "2023-12-04",
        create_block: "2024-01-09",
        update_block: "2027-03-03",
        successor: "nodejs24.x",
    },
    Runtime {
        name: "nodejs16.x",
        deprecated: "2024-06-12",
        create_block: "2027-02-01",
        update_block: "2027-03-03",
        successor: "nodejs24.x",
    },
    Runtime {
        name: "nodejs18.x",
        deprecated: "2025-09-01",
        create_block: "2027-02-01",
        update_block: "2027-03-03",
        successor: "nodejs24.x",
    },
    Runtime {
        name: "nodejs20.x",
        deprecated: "2026-04-30",
        create_block: "2027-02-01",
        update_block: "2027-03-03",
        successor: "nodejs24.x",
    },
    Runtime {
        name: "nodejs22.x",
        deprecated: "2027-04-30",
        create_block: "2027-06-01",
        update_block: "2027-07-01",
        successor: "nodejs24.x",
    },
    Runtime {
        name: "nodejs24.x",
        deprecated: "2028-04-30",
        create_block: "2028-06-01",
        update_block: "2028-07-01",
        successor: "",
    },
    Runtime {
        name: "nodejs4.3",
        deprecated: "2020-03-05",
        create_block: "2020-02-03",
        update_block: "2020-03-05",
        successor: "nodejs24.x",
    },
    Runtime {
        name: "nodejs4.3-edge",
        deprecated: "2020-03-05",
        create_block: "2019-03-31",
        update_block: "2019-04-30",
        successor: "nodejs24.x",
    },
    Runtime {
        name: "nodejs6.10",
        deprecated: "2019-08-12",
        create_block: "2019-07-12",
        update_block: "2019-08-12",
        successor: "nodejs24.x",
    },
    Runtime {
        name: "nodejs8.10",
        deprecated: "2020-03-06",
        create_block: "2020-02-04",
        update_block: "2020-03-06",
        successor: "nodejs24.x",
    },
    Runtime {
        name: "provided",
        deprecated: "2024-01-08",
        create_block: "2024-02-08",
        update_block: "2027-03-03",
        successor: "provided.al2023",
    },
    Runtime {
        name: "provided.al2",
        deprecated: "2026-07-31",
        create_block: "2027-02-01",
        update_block: "2027-03-03",
        successor: "provided.al2023",
    },
    Runtime {
        name: "provided.al2023",
        deprecated: "2029-06-30",
        create_block: "2029-07-31",
        update_block: "2029-08-31",
        successor: "",
    },
    Runtime {
        name: "python2.7",
        deprecated: "2021-07-15",
        create_block: "2021-07-15",
        update_block: "2022-05-30",
        successor: "python3.14",
    },
    Runtime {
        name: "python3.10",
        deprecated: "2026-10-31",
        create_block: "2027-02-01",
        update_block: "2027-03-03",
        successor: "python3.14",
    },
    Runtime {
        name: "python3.11",
        deprecated: "2027-06-30",
        create_block: "2027-07-31",
        update_block: "2027-08-31",
        successor: "python3.14",
    },
    Runtime {
        name: "python3.12",
        deprecated: "2028-10-31",
        create_block: "2028-11-30",
        update_block: "2029-01-10",
        successor: "python3.14",
    },
    Runtime {
        name: "python3.13",
        deprecated: "2029-06-30",
        create_block: "2029-07-31",
        update_block: "2029-08-31",
        successor: "python3.14",
    },
    Runtime {
        name: "python3.14",
        deprecated: "2029-06-30",
        create_block: "2029-07-31",
        update_block: "2029-08-31",
        successor: "",
    },
    Runtime {
        name: "python3.6",
        deprecated: "2022-07-18",
        create_block: "2022-07-18",
        update_block: "2022-08-29",
        successor: "python3.14",
    },
    Runtime {
        name: "python3.7",
        deprecated: "2023-12-04",
        create_block: "2024-01-09",
        update_block: "2027-03-03",
        successor: "python3.14",
    },
    Runtime {
        name: "python3.8",
        deprecated: "2024-10-14",
        create_block: "2027-02-01",
        update_block: "2027-03-03",
        successor: "python3.14",
    },
    Runtime {
        name: "python3.9",
        deprecated: "2025-12-15",
        create_block: "2027-02-01",
        update_block: "2027-03-03",
        successor: "python3.14",
    },
    Runtime {
        name: "ruby2.5",
        deprecated: "2021-07-30",
        create_block: "2021-07-30",
        update_block: "2022-03-31",
        successor: "ruby4.0",
    },
    Runtime {
        name: "ruby2.7",
        deprecated: "2023-12-07",
        create_block: "2024-01-09",
        update_block: "2027-03-03",
        successor: "ruby4.0",
    },
    Runtime {
        name: "ruby3.2",
        deprecated: "2026-03-31",
        create_block: "2027-02-01",
        update_block: "2027-03-03",
        successor: "ruby4.0",
    },
    Runtime {
        name: "ruby3.3",
        deprecated: "2027-03-31",
        create_block: "2027-04-30",
        update_block: "2027-05-31",
        successor: "ruby4.0",
    },
    Runtime {
        name: "ruby3.4",
        deprecated: "2028-03-31",
        create_block: "2028-04-30",
        update_block: "2028-05-31",
        successor: "ruby4.0",
    },
    Runtime {
        name: "ruby4.0",
        deprecated: "2029-03-31",
        create_block: "2029-04-30",
        update_block: "2029-05-31",
        successor: "",
    },
];

/// Finds a runtime by its identifier.
pub fn find(name: &str) -> Option<&'static Runtime> {
    let at = RUNTIMES.binary_search_by_key(&name, |runtime| runtime.name).ok()?;
    RUNTIMES.get(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runtimes_are_sorted_and_their_days_follow_each_other() {
        assert!(RUNTIMES.is_sorted_by(|a, b| a.name < b.name));
        assert!(RUNTIMES.iter().all(|it| it.update_block.is_empty() || it.create_block <= it.update_block));
        assert!(find("nodejs12.x").is_some() && find("nodejs99.x").is_none());
    }
}
