//! The Rust front door: the same definition as from YAML, with wrong combinations refused by the compiler.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::panic::Location;

use super::{Any, Approvals, Common, Definition, Entry, Environment, Mark, Origin, Ref, ReferenceMode, Stack};
use crate::kinds::Sectioned;
use crate::names::{AccountId, DomainName, Name, Region};

/// Why a definition cannot be built.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum BuildError {
    /// A text is not what it must be.
    #[error("{0}")]
    Text(String),
    /// Two entries of a section have one name.
    #[error("stack `{stack}` has two entries `{name}` in `{section}`")]
    Twice {
        /// The stack.
        stack: Name,
        /// The section.
        section: &'static str,
        /// The name.
        name: Name,
    },
}

impl BuildError {
    /// Wraps the reason why a text is not what it must be.
    pub(crate) fn text(reason: impl std::fmt::Display) -> Self {
        Self::Text(reason.to_string())
    }
}

fn parse<T: TryFrom<String>>(text: &str) -> Result<T, BuildError>
where
    T::Error: std::fmt::Display,
{
    T::try_from(text.to_owned()).map_err(BuildError::text)
}

impl Environment {
    /// Makes an environment without tags and protection.
    ///
    /// # Errors
    /// If a text is not a name, an account id, a region or a domain name.
    pub fn new(name: &str, account: &str, region: &str, domain: &str) -> Result<Self, BuildError> {
        Ok(Self {
            name: parse(name)?,
            account: parse::<AccountId>(account)?,
            region: parse::<Region>(region)?,
            domain: parse::<DomainName>(domain)?,
            tags: std::collections::BTreeMap::new(),
            protected: false,
            variables: std::collections::BTreeMap::new(),
            references: ReferenceMode::default(),
            endpoint_url: None,
            project_id: None,
            template_bucket: None,
            approvals: Approvals::default(),
            clusters: std::collections::BTreeMap::new(),
        })
    }

    /// The same environment, of a project with an id; `infra id` makes one.
    ///
    /// # Errors
    /// If `id` is no id.
    pub fn with_project_id(mut self, id: &str) -> Result<Self, BuildError> {
        self.project_id = Some(parse(id)?);
        Ok(self)
    }
}

impl Definition {
    /// Starts a definition without stacks.
    ///
    /// # Errors
    /// If `project` is not a name.
    pub fn new(project: &str, environment: Environment) -> Result<Self, BuildError> {
        Ok(Self {
            project: parse(project)?,
            environment,
            stacks: std::collections::BTreeMap::new(),
            unread: super::Unread::default(),
            flawed: false,
        })
    }

    /// Opens a stack, which is made when it is not there yet.
    ///
    /// # Errors
    /// If `name` is not a name.
    pub fn stack(&mut self, name: &str) -> Result<StackBuilder<'_>, BuildError> {
        let name: Name = parse(name)?;
        let stack = self.stacks.entry(name.clone()).or_default();
        Ok(StackBuilder { name, stack })
    }
}

/// Adds entries to one stack.
#[derive(Debug)]
pub struct StackBuilder<'a> {
    name: Name,
    stack: &'a mut Stack,
}

impl StackBuilder<'_> {
    /// Says what the stack is for.
    pub fn describe(&mut self, text: &str) -> &mut Self {
        self.stack.description = Some(text.to_owned());
        self
    }

    /// Puts the stack into a region of its own.
    ///
    /// # Errors
    /// If `region` is not a region.
    pub fn region(&mut self, region: &str) -> Result<&mut Self, BuildError> {
        self.stack.region = Some(parse(region)?);
        Ok(self)
    }

    /// Adds an entry and returns the reference to it.
    ///
    /// # Errors
    /// If `name` is not a name, or the section has it already.
    #[track_caller]
    pub fn add<A: Authored>(&mut self, name: &str, spec: A) -> Result<Ref<A::Kind, A::Mark>, BuildError> {
        self.add_with(name, spec, Common::default())
    }

    /// Adds an entry with what every entry may carry: tags, overrides, a former name.
    ///
    /// # Errors
    /// As [`StackBuilder::add`].
    #[track_caller]
    pub fn add_with<A: Authored>(
        &mut self,
        name: &str,
        spec: A,
        common: Common,
    ) -> Result<Ref<A::Kind, A::Mark>, BuildError> {
        let name: Name = parse(name)?;
        let caller = Location::caller();
        let origin = Origin::Caller { file: caller.file(), line: caller.line() };
        let section = A::Kind::section_mut(&mut self.stack.sections);
        if section.contains_key(&name) {
            let section = <A::Kind as crate::kinds::Kind>::SECTION;
            return Err(BuildError::Twice { stack: self.name.clone(), section, name });
        }
        let reference = Ref::new(format!("{}.{name}", self.name));
        section.insert(name, Entry { spec: spec.into_kind(), common, origin });
        section.sort_unstable_keys();
        Ok(reference)
    }
}

/// What can be added to a stack.
pub trait Authored {
    /// The kind of entry it becomes.
    type Kind: Sectioned;
    /// What its reference is known to be.
    type Mark: Mark;

    /// Returns the entry.
    fn into_kind(self) -> Self::Kind;
}

impl<K: Sectioned> Authored for K {
    type Kind = K;
    type Mark = Any;

    fn into_kind(self) -> K {
        self
    }
}

/// A `K` of which the compiler knows more than its kind, such as that it is FIFO.
#[derive(Clone, Debug)]
#[must_use]
pub struct Typed<K, M> {
    spec: K,
    mark: PhantomData<fn() -> M>,
}

impl<K, M> Typed<K, M> {
    pub(crate) fn new(spec: K) -> Self {
        Self { spec, mark: PhantomData }
    }

    /// Sets fields in passing.
    pub fn with(mut self, set: impl FnOnce(&mut K)) -> Self {
        set(&mut self.spec);
        self
    }
}

impl<K, M> Deref for Typed<K, M> {
    type Target = K;

    fn deref(&self) -> &K {
        &self.spec
    }
}

impl<K, M> DerefMut for Typed<K, M> {
    fn deref_mut(&mut self) -> &mut K {
        &mut self.spec
    }
}

impl<K: Sectioned, M: Mark> Authored for Typed<K, M> {
    type Kind = K;
    type Mark = M;

    fn into_kind(self) -> K {
        self.spec
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::artifacts::Place;
    use crate::diag::{At, Diagnostics};
    use crate::kinds::testing::compile;
    use crate::kinds::{Queue, Raw, Record, Topic};
    use crate::source::Sources;

    fn definition() -> Definition {
        let environment = Environment::new("dev", "123456789012", "eu-west-1", "dev.example.com").unwrap();
        Definition::new("shop", environment).unwrap()
    }

    fn built(definition: Definition) -> crate::assembly::Assembly {
        let mut diags = Diagnostics::default();
        let assembly = crate::compile(definition, &[], &Sources::default(), &mut diags);
        assert!(diags.is_empty(), "{diags:#?}");
        assembly.unwrap()
    }

    #[test]
    fn texts_that_are_none_of_their_kind_are_refused() {
        assert!(Environment::new("Dev!", "123456789012", "eu-west-1", "dev.example.com").is_err());
        assert!(Environment::new("dev", "123", "eu-west-1", "dev.example.com").is_err());
        assert!(Environment::new("dev", "123456789012", "nowhere", "dev.example.com").is_err());
        assert!(Environment::new("dev", "123456789012", "eu-west-1", "..").is_err());
        assert!(definition().stack("no stack").is_err());
        assert!(definition().stack("jobs").unwrap().region("nowhere").is_err());
        assert!(definition().stack("jobs").unwrap().add("No Name", Queue::standard()).is_err());
    }

    #[test]
    fn a_name_is_given_once_per_section() {
        let mut definition = definition();
        let mut stack = definition.stack("jobs").unwrap();
        stack.add("a", Queue::standard()).unwrap();
        let error = stack.add("a", Queue::fifo()).unwrap_err();
        assert_eq!(error.to_string(), "stack `jobs` has two entries `a` in `queues`");
        assert!(stack.add("a", Topic::standard()).is_ok());
    }

    #[test]
    fn a_stack_opened_again_is_the_same() {
        let mut definition = definition();
        definition.stack("jobs").unwrap().describe("Jobs").add("a", Queue::standard()).unwrap();
        definition.stack("jobs").unwrap().add("b", Queue::standard()).unwrap();
        assert_eq!(definition.stacks.len(), 1);
        assert_eq!(built(definition).summary.resources, 8);
    }

    #[test]
    fn a_reference_names_its_stack_and_works_from_any_other() {
        let mut definition = definition();
        let jobs = definition.stack("core").unwrap().add("jobs", Queue::standard()).unwrap();
        assert_eq!(jobs.as_str(), "core.jobs");
        let topic = Topic::standard().subscribe("jobs", &jobs, |subscription| subscription.raw = Some(false)).unwrap();
        definition.stack("events").unwrap().add("orders", topic).unwrap();
        assert_eq!(built(definition).summary.templates, 2);
    }

    #[test]
    fn the_order_of_calls_changes_no_byte() {
        let make = |names: [&str; 2]| {
            let mut definition = definition();
            for name in names {
                definition.stack("jobs").unwrap().add(name, Queue::standard()).unwrap();
            }
            let mut files = built(definition).files;
            files.remove("manifest.json");
            files
        };
        assert_eq!(make(["a", "b"]), make(["b", "a"]));
    }

    #[test]
    fn rust_and_yaml_make_the_same_template() {
        let mut definition = definition();
        let mut stack = definition.stack("example").unwrap();
        let jobs =
            stack.add("jobs", Queue::fifo().with(|queue| queue.wait_time = crate::names::Seconds::new(5))).unwrap();
        stack.add("orders", Topic::fifo().subscribe("jobs", &jobs, |_| {}).unwrap()).unwrap();
        let yaml = "
queues: { jobs: { fifo: true, wait-time: 5 } }
topics: { orders: { fifo: true, subscriptions: { jobs: { queue: jobs } } } }
";
        let path = "stacks/example.eu-west-1.template.json";
        assert_eq!(
            String::from_utf8_lossy(&built(definition).files[path]),
            String::from_utf8_lossy(&compile(yaml).files[path])
        );
    }

    #[test]
    fn a_mistake_is_reported_at_the_line_that_made_it() {
        let mut definition = definition();
        let mut stack = definition.stack("jobs").unwrap();
        let line = line!() + 1;
        stack.add("a", Queue::standard().with(|queue| queue.delay = crate::names::Seconds::new(901))).unwrap();
        let mut diags = Diagnostics::default();
        assert!(crate::compile(definition, &[], &Sources::default(), &mut diags).is_none());
        let found = diags.into_sorted();
        assert_eq!(found[0].primary.as_ref().unwrap().at, At::Caller { file: file!(), line });
    }

    #[test]
    fn an_entry_may_carry_what_every_entry_may() {
        let mut definition = definition();
        let common = Common { tags: [("team".to_owned(), "orders".to_owned())].into(), ..Common::default() };
        definition.stack("jobs").unwrap().add_with("a", Queue::standard(), common).unwrap();
        let template = crate::kinds::testing::json(&built(definition), "stacks/jobs.eu-west-1.template.json");
        assert_eq!(template["Resources"]["QueueA"]["Properties"]["Tags"][0]["Value"], "orders");
    }

    #[test]
    fn a_stack_in_us_east_1_has_no_part_of_its_own_for_it() {
        let mut definition = definition();
        let raw: Raw = serde_json::from_str(r#"{ "type": "AWS::SSM::Parameter", "part": "edge" }"#).unwrap();
        definition.stack("web").unwrap().region("us-east-1").unwrap().add("a", raw).unwrap();
        let mut diags = Diagnostics::default();
        let world = crate::resolve::resolve(definition, &mut diags).unwrap();
        assert_eq!(world.edge(0), Place { stack: 0, edge: false });
    }

    #[test]
    fn a_record_is_an_alias_of_what_can_be_one() {
        let mut definition = definition();
        let mut stack = definition.stack("dns").unwrap();
        let zone: crate::kinds::HostedZone =
            serde_json::from_str(r#"{ "domain": "example.com", "existing": "Z0123456789EXAMPLE0" }"#).unwrap();
        let zone = stack.add("main", zone).unwrap();
        let values = crate::kinds::record::Values::A(vec!["192.0.2.1".parse().unwrap()]);
        let target = stack.add("target", Record::plain(&zone, "a.example.com".parse().unwrap(), values)).unwrap();
        stack.add("www", Record::alias(&zone, "www.example.com".parse().unwrap(), target)).unwrap();
        assert_eq!(built(definition).summary.records, 2);
    }
}
