//! Whose a stack or an object is, by what it says itself: read each time, remembered nowhere.

use serde_json::Value;

use super::DeployedStack;
use super::objects::{ENVIRONMENT, ID, PART_OF, PROJECT, PROJECT_ID, set_id};

/// Who something belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Holder {
    /// This project and environment.
    Ours,
    /// Nobody who says so. Somebody made it all the same.
    Nobody,
    /// Another: a project and environment, or the id of a set.
    Other(String),
}

/// An environment, as what it makes names it: in tags of stacks, in labels and annotations of objects.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Owner {
    /// Name of the project.
    pub project: String,
    /// Name of the environment.
    pub environment: String,
    /// Id of the project, which no other project has, whatever its name; `None` while it has none.
    pub id: Option<String>,
}

/// An environment that a stack names: the project's name, and the environment's.
pub type Named = (String, String);

impl Owner {
    /// Who a stack belongs to, by its tags. One that was made before the project had an id has none.
    pub fn of_stack(&self, stack: &DeployedStack) -> Holder {
        let tag = |key: &str| stack.tags.get(&format!("infra:{key}")).map(String::as_str);
        match (tag("project"), tag("environment")) {
            (None, _) => Holder::Nobody,
            // What environments share has neither environment nor id.
            (Some(of), None) if of == self.project => Holder::Ours,
            (Some(of), None) => Holder::Other(format!("project {of}")),
            (Some(of), Some(within)) if of != self.project || within != self.environment => {
                Holder::Other(format!("environment {within} of project {of}"))
            }
            (Some(_), Some(_)) => self.or_namesake(tag("id")),
        }
    }

    /// Who an object of a cluster belongs to.
    pub fn of_object(&self, live: &Value) -> Holder {
        let text = |pointer: String| live.pointer(&pointer).and_then(Value::as_str);
        let label = |key: &str| text(format!("/metadata/labels/{}", key.replace('/', "~1")));
        let annotation = |key: &str| text(format!("/metadata/annotations/{}", key.replace('/', "~1")));
        match label(PART_OF).or_else(|| label(ID)) {
            None => Holder::Nobody,
            Some(id) if id != set_id(&self.project, &self.environment) => Holder::Other(format!("the set {id}")),
            Some(_) => match (annotation(PROJECT), annotation(ENVIRONMENT)) {
                (Some(of), Some(within)) if of != self.project || within != self.environment => {
                    Holder::Other(format!("environment {within} of project {of}"))
                }
                (_, _) => self.or_namesake(label(PROJECT_ID)),
            },
        }
    }

    /// What carries our names is ours unless it carries another id.
    fn or_namesake(&self, id: Option<&str>) -> Holder {
        match (id, &self.id) {
            (Some(theirs), Some(ours)) if theirs != ours => {
                Holder::Other(format!("another project called {} (its id is {theirs})", self.project))
            }
            (Some(theirs), None) => Holder::Other(format!(
                "a project called {} with the id {theirs}, and infra.yaml has no id",
                self.project
            )),
            (Some(_), Some(_)) | (None, _) => Holder::Ours,
        }
    }

    /// The environment that a stack belongs to, if that is another one of this very project, or was one before the
    /// project or the environment was renamed.
    pub fn relative(&self, stack: &DeployedStack) -> Option<Named> {
        let tag = |key: &str| stack.tags.get(&format!("infra:{key}"));
        let (project, environment) = (tag("project")?, tag("environment")?);
        let related = match (tag("id"), &self.id) {
            (Some(theirs), Some(ours)) => theirs == ours,
            (_, _) => *project == self.project,
        };
        let another = *project != self.project || *environment != self.environment;
        (related && another).then(|| (project.clone(), environment.clone()))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::diff::testing::stack;

    fn owner(id: Option<&str>) -> Owner {
        Owner { project: "shop".to_owned(), environment: "dev".to_owned(), id: id.map(str::to_owned) }
    }

    /// A stack with tags: project, environment, id.
    fn tagged(tags: &[(&str, &str)]) -> DeployedStack {
        let mut there = stack(json!({}), &[], &[]);
        there.tags = tags.iter().map(|(key, value)| (format!("infra:{key}"), (*value).to_owned())).collect();
        there
    }

    #[test]
    fn a_stack_of_the_same_names_is_told_apart_by_the_id() {
        let named = [("project", "shop"), ("environment", "dev")];
        let with = |id| tagged(&[named[0], named[1], ("id", id)]);
        let other = |text: &str| Holder::Other(text.to_owned());
        assert_eq!(owner(None).of_stack(&tagged(&named)), Holder::Ours);
        assert_eq!(owner(Some("k1")).of_stack(&tagged(&named)), Holder::Ours, "made before there was an id");
        assert_eq!(owner(Some("k1")).of_stack(&with("k1")), Holder::Ours);
        assert_eq!(owner(Some("k1")).of_stack(&with("k2")), other("another project called shop (its id is k2)"));
        assert_eq!(
            owner(None).of_stack(&with("k2")),
            other("a project called shop with the id k2, and infra.yaml has no id")
        );
        assert_eq!(owner(Some("k1")).of_stack(&tagged(&[])), Holder::Nobody);
        assert_eq!(owner(Some("k1")).of_stack(&tagged(&named[..1])), Holder::Ours, "what environments share");
    }

    #[test]
    fn what_was_renamed_is_known_by_the_id_and_an_environment_by_the_name_of_its_project() {
        let relative = |id, tags: &[(&str, &str)]| owner(id).relative(&tagged(tags));
        let named = |project: &str, environment: &str| Some((project.to_owned(), environment.to_owned()));
        assert_eq!(
            relative(Some("k"), &[("project", "old"), ("environment", "dev"), ("id", "k")]),
            named("old", "dev")
        );
        assert_eq!(
            relative(Some("k"), &[("project", "shop"), ("environment", "old"), ("id", "k")]),
            named("shop", "old")
        );
        assert_eq!(relative(None, &[("project", "shop"), ("environment", "old")]), named("shop", "old"));
        assert_eq!(relative(Some("k"), &[("project", "shop"), ("environment", "old"), ("id", "other")]), None);
        assert_eq!(relative(Some("k"), &[("project", "shop"), ("environment", "dev"), ("id", "k")]), None);
        assert_eq!(relative(None, &[("project", "old"), ("environment", "dev")]), None);
    }
}
