//! Resources that are named by the text of their physical name.

use std::collections::BTreeMap;

use super::{Prop, Resource, View};
use crate::artifacts::Expr;
use crate::facts::resource_types;

/// Properties that name a resource and of which the facts about types do not say so: type, path, type and property that
/// are named.
///
/// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/AWS_IAM.html>, the pages of each type
/// (read 2026-11-30).
const NAMING: &[(&str, &str, &str, &str)] = &[
    ("AWS::IAM::ManagedPolicy", "Groups.*", "AWS::IAM::Group", "GroupName"),
    ("AWS::IAM::ManagedPolicy", "Roles.*", "AWS::IAM::Role", "RoleName"),
    ("AWS::IAM::ManagedPolicy", "Users.*", "AWS::IAM::User", "UserName"),
    ("AWS::IAM::Policy", "Groups.*", "AWS::IAM::Group", "GroupName"),
    ("AWS::IAM::Policy", "Roles.*", "AWS::IAM::Role", "RoleName"),
    ("AWS::IAM::Policy", "Users.*", "AWS::IAM::User", "UserName"),
    ("AWS::IAM::GroupPolicy", "GroupName", "AWS::IAM::Group", "GroupName"),
    ("AWS::IAM::InstanceProfile", "Roles.*", "AWS::IAM::Role", "RoleName"),
    ("AWS::IAM::RolePolicy", "RoleName", "AWS::IAM::Role", "RoleName"),
    ("AWS::IAM::UserPolicy", "UserName", "AWS::IAM::User", "UserName"),
    ("AWS::Lambda::EventSourceMapping", "FunctionName", "AWS::Lambda::Function", "FunctionName"),
    ("AWS::Lambda::Permission", "FunctionName", "AWS::Lambda::Function", "FunctionName"),
    ("AWS::Lambda::Url", "TargetFunctionArn", "AWS::Lambda::Function", "FunctionName"),
    ("AWS::S3::BucketPolicy", "Bucket", "AWS::S3::Bucket", "BucketName"),
];

/// Which values are the names of which resources.
#[derive(Debug, Default)]
pub(super) struct Named {
    /// Resources by the place in memory of the value that names them, which stays where it is as long as the view.
    values: BTreeMap<usize, u32>,
    to: BTreeMap<u32, Vec<u32>>,
}

/// The physical names of a property of a type.
#[derive(Default)]
struct Names<'v> {
    known: BTreeMap<String, Vec<u32>>,
    /// Names that the deployment puts together; the same expression of the same stack is the same name.
    open: Vec<(u32, Prop<'v>)>,
}

impl<'v> Names<'v> {
    fn of(view: &'v View<'v>, kind: &str, property: &str) -> Self {
        let mut names = Self::default();
        for resource in view.of(kind) {
            let Some(name) = resource.get(property) else { continue };
            match (name.text(), name.expr()) {
                (Some(text), _) => names.known.entry(text.into_owned()).or_default().push(resource.index()),
                (None, Expr::Concat(_) | Expr::Parameter(_)) => names.open.push((resource.index(), name)),
                (None, _) => {}
            }
        }
        names
    }

    fn is_empty(&self) -> bool {
        self.known.is_empty() && self.open.is_empty()
    }

    /// Finds the one resource that a value of `user` names.
    fn find(&self, user: &Resource<'v>, value: &Prop<'v>) -> Option<u32> {
        let candidates: Vec<u32> = match value.expr() {
            Expr::Text(_) | Expr::Concat(_) | Expr::Parameter(_) => match value.text() {
                Some(text) => self.known.get(text.as_ref()).cloned().unwrap_or_default(),
                None => {
                    self.open.iter().filter(|(_, name)| name.is_same_expression(value)).map(|(at, _)| *at).collect()
                }
            },
            _ => return None,
        };
        let view = user.view();
        let fits = |at: &&u32| {
            view.resource(**at).is_some_and(|it| {
                let (one, other) = (it.stack(), user.stack());
                one.region().is_none_or(|region| other.region().is_none_or(|other| region == other))
                    && one.account().is_none_or(|account| other.account().is_none_or(|other| account == other))
            })
        };
        let near = |at: &&u32| view.resource(**at).is_some_and(|it| it.stack() == user.stack());
        let fitting: Vec<&u32> = candidates.iter().filter(fits).collect();
        let own: Vec<&u32> = fitting.iter().copied().filter(near).collect();
        match (own.as_slice(), fitting.as_slice()) {
            ([one], _) | ([], [one]) => Some(**one).filter(|at| *at != user.index()),
            _ => None,
        }
    }
}

impl Named {
    pub(super) fn of<'v>(view: &'v View<'v>) -> Self {
        let mut named = Self::default();
        let mut by_property: BTreeMap<(&str, &str), Names<'v>> = BTreeMap::new();
        for (kind, resources) in view.kinds() {
            let known = resource_types::find(kind).into_iter().flat_map(resource_types::ResourceType::relations);
            let known =
                known.flat_map(|(path, targets)| targets.map(move |target| (path, target.kind, target.property)));
            let own =
                NAMING.iter().filter(|(user, ..)| *user == kind).map(|(_, path, kind, name)| (*path, *kind, *name));
            let paths: Vec<_> = known.chain(own).filter(|(_, target, _)| view.of(target).next().is_some()).collect();
            let mut useful = Vec::new();
            for (path, target, property) in paths {
                let known = by_property.entry((target, property)).or_insert_with(|| Names::of(view, target, property));
                if !known.is_empty() {
                    useful.push((path, target, property));
                }
            }
            if useful.is_empty() {
                continue;
            }
            for user in resources {
                for (path, target, property) in &useful {
                    let Some(known) = by_property.get(&(*target, *property)) else { continue };
                    each(user.properties(), path, &mut |value| {
                        if let Some(found) = known.find(&user, &value) {
                            named.add(user.index(), &value, found);
                        }
                    });
                }
            }
        }
        named.to.values_mut().for_each(|list| {
            list.sort_unstable();
            list.dedup();
        });
        named
    }

    fn add(&mut self, user: u32, value: &Prop<'_>, found: u32) {
        self.values.insert(std::ptr::from_ref(value.expr()).addr(), found);
        self.to.entry(found).or_default().push(user);
    }

    pub(super) fn value(&self, value: &Expr) -> Option<u32> {
        self.values.get(&std::ptr::from_ref(value).addr()).copied()
    }

    pub(super) fn to(&self, at: u32) -> &[u32] {
        self.to.get(&at).map_or(&[], Vec::as_slice)
    }
}

/// Calls `found` with every value at a dotted path, where `*` stands for each item of a list.
fn each<'v>(prop: Prop<'v>, path: &str, found: &mut impl FnMut(Prop<'v>)) {
    match path.split_once('.').unwrap_or((path, "")) {
        ("", _) => found(prop),
        ("*", rest) => prop.items().for_each(|item| each(item, rest, found)),
        (name, rest) => prop.key(name).into_iter().for_each(|value| each(value, rest, found)),
    }
}

impl<'v> View<'v> {
    pub(super) fn named(&'v self) -> &'v Named {
        self.named.get_or_init(|| Named::of(self))
    }
}
