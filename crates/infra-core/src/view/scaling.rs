//! What scales the workloads of the view.

use std::borrow::Cow;

use super::{Object, near};

/// How many pods a workload has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Count {
    /// The fewest.
    pub min: i64,
    /// The most.
    pub max: i64,
}

impl<'v> Object<'v> {
    /// Returns the workload that a `HorizontalPodAutoscaler` or `ScaledObject` scales, if it is of this deployment.
    pub fn scaled(&self) -> Option<Object<'v>> {
        let (kind, name) = self.scaled_name()?;
        self.sibling(&kind, &name)
    }

    /// Returns kind and name of the workload that a `HorizontalPodAutoscaler` or `ScaledObject` names.
    pub fn scaled_name(&self) -> Option<(Cow<'v, str>, Cow<'v, str>)> {
        let target = self.get("spec.scaleTargetRef")?;
        let name = target.get("name")?.text()?;
        let kind = target.get("kind").map_or(Some(Cow::Borrowed("Deployment")), |kind| kind.text())?;
        Some((kind, name))
    }

    /// Returns what scales this workload.
    pub fn scaler(&self) -> Option<Object<'v>> {
        let view = self.view();
        view.object(*view.scalers.get_or_init(|| near::scalers(view)).get(&self.index())?)
    }

    /// Returns the number of pods of a workload; `None` where it is not known.
    pub fn count(&self) -> Option<Count> {
        let int = |object: &Object<'v>, path, default| object.get(path).map_or(Some(default), |prop| prop.int());
        match self.scaler() {
            Some(scaler) if scaler.kind() == "ScaledObject" => Some(Count {
                min: int(&scaler, "spec.minReplicaCount", 0)?,
                max: int(&scaler, "spec.maxReplicaCount", 100)?,
            }),
            Some(scaler) => {
                Some(Count { min: int(&scaler, "spec.minReplicas", 1)?, max: scaler.get("spec.maxReplicas")?.int()? })
            }
            None => int(self, "spec.replicas", 1).map(|count| Count { min: count, max: count }),
        }
    }

    /// Returns the most pods that a rolling update of a Deployment adds to `count`.
    pub fn surge(&self, count: i64) -> Option<i64> {
        if self.get("spec.strategy.type").is_some_and(|kind| kind.is("Recreate")) {
            return Some(0);
        }
        match self.get("spec.strategy.rollingUpdate.maxSurge") {
            Some(surge) => share(&surge.text()?, count, true),
            None => share("25%", count, true),
        }
    }
}

/// Returns a number that is written as such or as a percentage of `count`; percentages are rounded up or down.
pub fn share(text: &str, count: i64, up: bool) -> Option<i64> {
    let Some(percent) = text.strip_suffix('%') else { return text.parse().ok() };
    let hundredths = percent.parse::<i64>().ok()?.checked_mul(count)?;
    Some(if up { (hundredths + 99).div_euclid(100) } else { hundredths.div_euclid(100) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_are_rounded_either_way() {
        assert_eq!(share("25%", 3, true), Some(1));
        assert_eq!(share("25%", 3, false), Some(0));
        assert_eq!(share("2", 3, false), Some(2));
        assert_eq!(share("many", 3, false), None);
    }
}
