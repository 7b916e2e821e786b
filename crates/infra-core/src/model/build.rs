//! The Rust front door: the same definition as from YAML, with wrong combinations refused by the compiler.

use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::panic::Location;

use super::{Any, Common, Definition, Entry, Environment, Mark, Origin, Ref, ReferenceMode, Stack};
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
            references: ReferenceMode::default(),
        })
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
            unread: std::collections::BTreeSet::new(),
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
