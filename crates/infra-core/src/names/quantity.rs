//! Amounts of Kubernetes, such as `500m` or `512Mi`.

/// The number of a quantity such as `500m`, `0.5` or `512Mi`; nothing if it is none.
///
/// Source: <https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/> (read 2026-11-30).
pub fn quantity(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let digits = unsigned.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(unsigned.len());
    let (number, suffix) = unsigned.split_at_checked(digits)?;
    if !number.bytes().any(|b| b.is_ascii_digit()) || number.matches('.').count() > 1 {
        return None;
    }
    let factor = match suffix {
        "" => 1.0,
        "n" => 1e-9,
        "u" => 1e-6,
        "m" => 1e-3,
        "k" => 1e3,
        "M" => 1e6,
        "G" => 1e9,
        "T" => 1e12,
        "P" => 1e15,
        "E" => 1e18,
        "Ki" => 1024.0,
        "Mi" => 1_048_576.0,
        "Gi" => 1_073_741_824.0,
        "Ti" => 1_099_511_627_776.0,
        "Pi" => 1_125_899_906_842_624.0,
        "Ei" => 1_152_921_504_606_846_976.0,
        other => {
            let exponent: i32 = other.strip_prefix(['e', 'E'])?.parse().ok()?;
            10_f64.powi(exponent)
        }
    };
    let number = number.parse::<f64>().ok()? * factor;
    Some(if text.starts_with('-') { -number } else { number })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_are_those_of_kubernetes() {
        for good in ["1", "0.5", ".5", "5.", "500m", "512Mi", "1e3", "12E", "1E3", "+1", "-1", "128974848", "1k"] {
            assert!(quantity(good).is_some(), "{good}");
        }
        for bad in ["512MB", "1 Gi", "", "m", "1.2.3", "1gi", "1K", "one", "100MiB", "1e", "0x10"] {
            assert!(quantity(bad).is_none(), "{bad}");
        }
    }
}
