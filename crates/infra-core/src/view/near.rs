//! Which Kubernetes objects stand beside each other, by kind, name and label: found once for the whole view.

use std::collections::BTreeMap;

use super::{Object, Pods, Prop, View, index, nth};

/// Number of a cluster and namespace.
type Place = u32;

/// A label: key and value.
type Pair = (String, String);

/// The objects of a view by where they stand.
#[derive(Debug, Default)]
pub(super) struct Near {
    /// The place of each object.
    place: Vec<Place>,
    /// The objects of each place.
    places: Vec<Vec<u32>>,
    kinds: BTreeMap<(Place, String), Vec<u32>>,
    names: BTreeMap<(Place, String, String), u32>,
    /// Workloads by the labels of their pods.
    labelled: BTreeMap<(Place, Pair), Vec<u32>>,
    /// Services and network policies by the rarest label that they ask for, those that ask for none under none.
    asking: BTreeMap<(Place, &'static str, Option<Pair>), Vec<u32>>,
}

/// Kinds that select pods, and where they say which.
const SELECTORS: [(&str, &str); 2] = [("NetworkPolicy", "spec.podSelector"), ("Service", "spec.selector")];

impl Near {
    pub(super) fn of<'v>(view: &'v View<'v>) -> Self {
        let mut near = Self::default();
        let mut numbers: BTreeMap<(String, String), Place> = BTreeMap::new();
        for (at, object) in (0_u32..).zip(view.objects()) {
            let next = index(numbers.len());
            let place = *numbers.entry((object.cluster().to_owned(), object.namespace().into_owned())).or_insert(next);
            if place == next {
                near.places.push(Vec::new());
            }
            near.place.push(place);
            near.places.get_mut(place as usize).into_iter().for_each(|objects| objects.push(at));
            let kind = object.kind().to_owned();
            near.names.entry((place, kind.clone(), object.name().into_owned())).or_insert(at);
            near.kinds.entry((place, kind)).or_default().push(at);
            let labels = object.pods().map(|pods| pods.labels()).unwrap_or_default();
            for (key, value) in labels {
                near.labelled.entry((place, (key.to_owned(), value.into_owned()))).or_default().push(at);
            }
        }
        for (at, object) in (0_u32..).zip(view.objects()) {
            let Some((kind, path)) = SELECTORS.into_iter().find(|(kind, _)| *kind == object.kind()) else { continue };
            let place = near.place.get(at as usize).copied().unwrap_or_default();
            let rarest = object.get(path).and_then(|selector| near.rarest(place, &selector));
            near.asking.entry((place, kind, rarest)).or_default().push(at);
        }
        near
    }

    /// Returns the label of a selector that the fewest pods carry.
    fn rarest(&self, place: Place, selector: &Prop<'_>) -> Option<Pair> {
        let pairs = pairs(selector);
        pairs.into_iter().min_by_key(|pair| self.labelled.get(&(place, pair.clone())).map_or(0, Vec::len))
    }

    fn place(&self, at: u32) -> Place {
        self.place.get(at as usize).copied().unwrap_or(Place::MAX)
    }

    /// Returns the objects beside one, itself included.
    pub(super) fn beside(&self, at: u32) -> &[u32] {
        nth(&self.places, self.place(at)).map_or(&[], Vec::as_slice)
    }

    /// Returns the objects of a kind beside one.
    pub(super) fn of_kind(&self, at: u32, kind: &str) -> &[u32] {
        self.kinds.get(&(self.place(at), kind.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// Returns the object of a kind and name beside one.
    pub(super) fn named(&self, at: u32, kind: &str, name: &str) -> Option<u32> {
        self.names.get(&(self.place(at), kind.to_owned(), name.to_owned())).copied()
    }

    /// Returns the objects of a kind that may select pods; each is still to be asked.
    pub(super) fn asking(&self, pods: &Pods<'_>, kind: &'static str) -> Vec<u32> {
        let place = self.place(pods.workload.index());
        let own = pods.labels().into_iter().map(|(key, value)| Some((key.to_owned(), value.into_owned())));
        let keys = own.chain([None]).map(|pair| (place, kind, pair));
        let mut found: Vec<u32> = keys.filter_map(|key| self.asking.get(&key)).flatten().copied().collect();
        found.sort_unstable();
        found
    }

    /// Returns the workloads whose pods a selector may select; each is still to be asked.
    pub(super) fn asked(&self, at: u32, selector: &Prop<'_>) -> &[u32] {
        let place = self.place(at);
        match self.rarest(place, selector) {
            Some(pair) => self.labelled.get(&(place, pair)).map_or(&[], Vec::as_slice),
            None => self.beside(at),
        }
    }
}

/// The labels that a selector asks for by equality and that are known.
fn pairs(selector: &Prop<'_>) -> Vec<Pair> {
    let full = selector.key("matchLabels").is_some() || selector.key("matchExpressions").is_some();
    let labels = if full { selector.key("matchLabels") } else { Some(*selector) };
    let labels = labels.into_iter().flat_map(|labels| labels.entries());
    labels.filter_map(|(key, value)| Some((key.to_owned(), value.text()?.into_owned()))).collect()
}

/// Workloads by index, each with what scales it.
pub(super) fn scalers<'v>(view: &'v View<'v>) -> BTreeMap<u32, u32> {
    let mut found = BTreeMap::new();
    for kind in ["HorizontalPodAutoscaler", "ScaledObject"] {
        for scaler in view.objects_of(kind) {
            if let Some(scaled) = scaler.scaled() {
                found.entry(scaled.index()).or_insert(scaler.index());
            }
        }
    }
    found
}

impl<'v> View<'v> {
    pub(super) fn near(&'v self) -> &'v Near {
        self.near.get_or_init(|| Near::of(self))
    }

    pub(super) fn object(&'v self, at: u32) -> Option<Object<'v>> {
        nth(&self.objects, at).map(|data| Object::new(self, at, data.kind))
    }
}
