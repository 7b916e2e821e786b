//! Blocks of addresses.

use std::net::Ipv4Addr;
use std::str::FromStr;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Most blocks that `Fn::Cidr` gives.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/intrinsic-function-reference-cidr.html>
/// (read 2026-11-23).
const MAX_BLOCKS: usize = 256;

/// The blocks that `Fn::Cidr` cuts out of one: `count` of them, each with `bits` bits for hosts.
pub fn cut(block: &str, count: usize, bits: u8) -> Option<Vec<String>> {
    let count = Some(count).filter(|count| (1..=MAX_BLOCKS).contains(count))?;
    let blocks: Vec<String> = match block.parse().ok()? {
        IpNet::V4(net) => Ipv4Net::subnets(&net.trunc(), 32_u8.checked_sub(bits)?)
            .ok()?
            .take(count)
            .map(|net| net.to_string())
            .collect(),
        IpNet::V6(net) => Ipv6Net::subnets(&net.trunc(), 128_u8.checked_sub(bits)?)
            .ok()?
            .take(count)
            .map(|net| net.to_string())
            .collect(),
    };
    (blocks.len() == count).then_some(blocks)
}

/// An IPv4 block in CIDR notation whose host bits are zero, such as `10.0.0.0/16`.
///
/// What a service accepts (a VPC: /16 to /28) is not checked here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Cidr(Ipv4Net);

/// Why a text is not a [`Cidr`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CidrError {
    /// The text is not an address, a slash and a prefix length.
    #[error("`{0}` is not an IPv4 block: write an address and a prefix length, such as `10.0.0.0/16`")]
    Form(String),
    /// Bits after the prefix are set.
    #[error("`{text}` has host bits set; the block is `{block}`")]
    HostBits {
        /// What was written.
        text: String,
        /// The block the address lies in.
        block: Cidr,
    },
}

impl Cidr {
    /// Returns the first address.
    pub fn network(&self) -> Ipv4Addr {
        self.0.network()
    }

    /// Returns the number of leading bits that are fixed. Range: 0..=32.
    pub fn prefix_len(&self) -> u8 {
        self.0.prefix_len()
    }

    /// Returns the number of addresses, the ones that a service reserves included.
    pub fn size(&self) -> u64 {
        1_u64 << u32::from(32_u8.saturating_sub(self.prefix_len()))
    }

    /// Returns whether `other` lies in this block, as a whole.
    pub fn contains(&self, other: &Self) -> bool {
        self.0.contains(&other.0)
    }

    /// Returns whether `address` lies in this block.
    pub fn contains_address(&self, address: Ipv4Addr) -> bool {
        self.0.contains(&address)
    }

    /// Returns whether the two blocks share an address.
    pub fn overlaps(&self, other: &Self) -> bool {
        self.contains(other) || other.contains(self)
    }

    /// Cuts the block into blocks of `prefix_len`, in ascending order.
    ///
    /// Yields nothing when `prefix_len` is shorter than this block's or longer than 32.
    pub fn subnets(&self, prefix_len: u8) -> impl Iterator<Item = Self> + use<> {
        self.0.subnets(prefix_len).into_iter().flatten().map(Self)
    }
}

impl FromStr for Cidr {
    type Err = CidrError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let net: Ipv4Net = text.parse().map_err(|_| CidrError::Form(text.to_owned()))?;
        let block = Self(net.trunc());
        if net.addr() == net.network() { Ok(block) } else { Err(CidrError::HostBits { text: text.to_owned(), block }) }
    }
}

impl std::fmt::Display for Cidr {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(&self.0, f)
    }
}

text_serde!(
    Cidr, CidrError,
    expected: "an IPv4 block, such as 10.0.0.0/16",
    schema: { "pattern": r"^([0-9]{1,3}\.){3}[0-9]{1,3}/([0-9]|[12][0-9]|3[0-2])$" }
);

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn cidr(text: &str) -> Cidr {
        text.parse().unwrap()
    }

    proptest! {
        #[test]
        fn what_is_parsed_is_printed(address in any::<u32>(), prefix_len in 0_u8..=32) {
            let net = Ipv4Net::new(address.into(), prefix_len).unwrap().trunc();
            prop_assert_eq!(cidr(&net.to_string()).to_string(), net.to_string());
        }
    }

    #[test]
    fn host_bits_are_answered_with_the_block() {
        let error = "10.0.3.7/16".parse::<Cidr>().unwrap_err();
        assert_eq!(error.to_string(), "`10.0.3.7/16` has host bits set; the block is `10.0.0.0/16`");
        for text in ["10.0.0.0", "10.0.0.0/33", "10.0.0/16", "::/0", ""] {
            assert!(matches!(text.parse::<Cidr>(), Err(CidrError::Form(_))), "{text}");
        }
    }

    #[test]
    fn a_block_is_cut_in_order() {
        let subnets: Vec<String> = cidr("10.0.0.0/16").subnets(18).map(|s| s.to_string()).collect();
        assert_eq!(subnets, ["10.0.0.0/18", "10.0.64.0/18", "10.0.128.0/18", "10.0.192.0/18"]);
        assert_eq!(cidr("10.0.0.0/16").subnets(8).count(), 0);
        assert_eq!(cidr("0.0.0.0/0").size(), 1 << 32);
    }

    #[test]
    fn overlap_is_containment_either_way() {
        assert!(cidr("10.0.0.0/16").overlaps(&cidr("10.0.4.0/24")));
        assert!(cidr("10.0.4.0/24").overlaps(&cidr("10.0.0.0/16")));
        assert!(!cidr("10.0.0.0/16").overlaps(&cidr("10.1.0.0/16")));
        assert!(!cidr("10.0.4.0/24").contains(&cidr("10.0.0.0/16")));
    }
}
