//! Parts of change batches that Route 53 takes: the one place that splits.

use crate::facts::limits::route53;

/// How much of a change batch's limits something takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Weight {
    /// `ResourceRecord` elements.
    pub values: usize,
    /// Characters of all values.
    pub chars: usize,
}

impl Weight {
    /// Whether it is within the limits of one batch.
    pub fn fits(self) -> bool {
        self.values <= route53::BATCH_VALUES && self.chars <= route53::BATCH_CHARACTERS
    }

    /// The weight of the same values in an UPSERT.
    pub fn upsert(self) -> Self {
        Self { values: self.values * route53::UPSERT_WEIGHT, chars: self.chars * route53::UPSERT_WEIGHT }
    }
}

impl std::ops::Add for Weight {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self { values: self.values + other.values, chars: self.chars + other.chars }
    }
}

impl std::iter::Sum for Weight {
    fn sum<I: Iterator<Item = Self>>(weights: I) -> Self {
        weights.fold(Self::default(), std::ops::Add::add)
    }
}

/// Splits groups into batches in their order; a group stays together, what fits is one batch.
///
/// A group that is over the limits by itself stands alone: to split it would break what its name answers.
pub fn split<T>(groups: impl IntoIterator<Item = Vec<T>>, weight: impl Fn(&T) -> Weight) -> Vec<Vec<T>> {
    let mut batches: Vec<Vec<T>> = Vec::new();
    let mut total = Weight::default();
    for group in groups {
        let more: Weight = group.iter().map(&weight).sum();
        match batches.last_mut() {
            Some(batch) if (total + more).fits() => {
                batch.extend(group);
                total = total + more;
            }
            Some(_) | None if group.is_empty() => {}
            Some(_) | None => {
                batches.push(group);
                total = more;
            }
        }
    }
    batches
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_stays_together_and_an_oversized_one_stands_alone() {
        let weight = |values: &usize| Weight { values: *values, chars: 0 };
        let split = |groups: &[&[usize]]| split(groups.iter().map(|group| group.to_vec()), weight);
        assert_eq!(split(&[&[400], &[600]]), [vec![400, 600]]);
        assert_eq!(split(&[&[400], &[300, 301]]), [vec![400], vec![300, 301]]);
        assert_eq!(split(&[&[1], &[1_001], &[1]]), [vec![1], vec![1_001], vec![1]]);
        assert_eq!(split(&[&[], &[]]), Vec::<Vec<usize>>::new());
        assert_eq!(super::split(vec![vec![1]; 5], |_| Weight { values: 0, chars: 8_000 }).len(), 2);
    }
}
