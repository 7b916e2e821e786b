//! Values of emitted documents: literals, and what is known only after deployment.

use std::borrow::Cow;

use serde::ser::{Serialize, SerializeMap, SerializeSeq, Serializer};

use crate::names::LogicalId;

/// Where a resource lives: the part of a stack in its own region, or the part split off to us-east-1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// Index of the stack in the definition.
    pub stack: u16,
    /// Whether this is the us-east-1 part of a stack whose own region is another one.
    pub edge: bool,
}

/// Names one resource of one template.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Handle {
    /// The template.
    pub place: Place,
    /// The logical id in it.
    pub id: LogicalId,
}

impl Handle {
    /// Returns what `Ref` gives for this resource.
    pub fn reference(&self) -> Expr {
        Expr::Ref(self.clone())
    }

    /// Returns an attribute of this resource (`Fn::GetAtt`).
    pub fn att(&self, name: &'static str) -> Expr {
        Expr::Att(self.clone(), Cow::Borrowed(name))
    }

    /// Returns the `Arn` attribute.
    pub fn arn(&self) -> Expr {
        self.att("Arn")
    }
}

/// CloudFormation's pseudo parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pseudo {
    /// `AWS::AccountId`
    AccountId,
    /// `AWS::Partition`
    Partition,
    /// `AWS::Region`
    Region,
    /// `AWS::NotificationARNs`
    NotificationArns,
    /// `AWS::StackId`
    StackId,
    /// `AWS::StackName`
    StackName,
    /// `AWS::URLSuffix`
    UrlSuffix,
}

impl Pseudo {
    /// Every one that has a value; `AWS::NoValue` has none.
    ///
    /// Source: <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/pseudo-parameter-reference.html> (read
    /// 2026-11-23).
    pub const ALL: [Self; 7] = [
        Self::AccountId,
        Self::NotificationArns,
        Self::Partition,
        Self::Region,
        Self::StackId,
        Self::StackName,
        Self::UrlSuffix,
    ];

    /// Reads a name as CloudFormation spells it.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|pseudo| pseudo.as_str() == name)
    }

    /// Returns the name as CloudFormation spells it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::AccountId => "AWS::AccountId",
            Self::Partition => "AWS::Partition",
            Self::Region => "AWS::Region",
            Self::NotificationArns => "AWS::NotificationARNs",
            Self::StackId => "AWS::StackId",
            Self::StackName => "AWS::StackName",
            Self::UrlSuffix => "AWS::URLSuffix",
        }
    }
}

/// Keys and values in the order in which they are emitted; an absent value is never stored.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Object(Vec<(Cow<'static, str>, Expr)>);

impl Object {
    /// Appends a key unless the value is absent; a key that is there already gets the new value.
    pub fn set(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Expr>) {
        let (key, value) = (key.into(), value.into());
        if value == Expr::Absent {
            return;
        }
        if let Some(slot) = self.get_mut(&key) {
            *slot = value;
        } else {
            self.0.push((key, value));
        }
    }

    /// Appends a key without looking for an earlier one; for the `object!` macro, whose keys are unique.
    #[doc(hidden)]
    pub fn push(&mut self, key: impl Into<Cow<'static, str>>, value: impl Into<Expr>) {
        let value = value.into();
        if value != Expr::Absent {
            self.0.push((key.into(), value));
        }
    }

    /// Makes room for `additional` keys.
    #[doc(hidden)]
    pub fn with_capacity(capacity: usize) -> Self {
        Self(Vec::with_capacity(capacity))
    }

    /// Returns the value of a key.
    pub fn get(&self, key: &str) -> Option<&Expr> {
        self.0.iter().find(|(k, _)| k == key).map(|(_, v)| v)
    }

    /// Returns the value of a key for change.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Expr> {
        self.0.iter_mut().find(|(k, _)| k == key).map(|(_, v)| v)
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &str) {
        self.0.retain(|(known, _)| known != key);
    }

    /// Returns keys and values in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Expr)> {
        self.0.iter().map(|(k, v)| (k.as_ref(), v))
    }

    /// Returns keys and values in order, for change.
    pub fn iter_mut(&mut self) -> impl Iterator<Item = (&str, &mut Expr)> {
        self.0.iter_mut().map(|(key, value)| {
            let key: &str = key;
            (key, value)
        })
    }

    /// Returns whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl IntoIterator for Object {
    type Item = (Cow<'static, str>, Expr);
    type IntoIter = std::vec::IntoIter<Self::Item>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<K: Into<Cow<'static, str>>, V: Into<Expr>> FromIterator<(K, V)> for Object {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(iter: I) -> Self {
        let mut object = Self::default();
        for (key, value) in iter {
            object.push(key, value);
        }
        object
    }
}

/// Name of the function that stands for a parameter of SSM until it is linked; no template has it.
const SSM_PARAMETER: &str = "infra::SsmParameter";

/// A value of an emitted document.
#[derive(Clone, Debug, PartialEq)]
pub enum Expr {
    /// No value: the key that would hold it is left out.
    Absent,
    /// A boolean.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A finite number with a fraction.
    Float(f64),
    /// Text that is known now.
    Text(Cow<'static, str>),
    /// A list.
    List(Vec<Expr>),
    /// A mapping.
    Object(Object),
    /// What `Ref` gives for a resource.
    Ref(Handle),
    /// An attribute of a resource.
    Att(Handle, Cow<'static, str>),
    /// A pseudo parameter.
    Pseudo(Pseudo),
    /// Parts put together to one text.
    Concat(Vec<Expr>),
    /// Any other intrinsic function and its argument.
    Call(Cow<'static, str>, Box<Expr>),
    /// A template parameter whose value is not known; linking makes these, and templates of others have them.
    Parameter(String),
}

impl Expr {
    /// Puts parts together to one text.
    pub fn concat(parts: impl IntoIterator<Item = Expr>) -> Self {
        Self::Concat(parts.into_iter().collect())
    }

    /// Returns `Fn::Select` of `index` from `list`.
    pub fn select(index: usize, list: Expr) -> Self {
        let index = i64::try_from(index).unwrap_or(i64::MAX);
        Self::Call(Cow::Borrowed("Fn::Select"), Box::new(Self::List(vec![Self::Int(index), list])))
    }

    /// Returns what a parameter of SSM in a region holds when a stack is deployed; linking makes a parameter of each
    /// template that uses it.
    pub fn ssm_parameter(name: &str, region: &str) -> Self {
        let argument = Self::List(vec![name.to_owned().into(), region.to_owned().into()]);
        Self::Call(Cow::Borrowed(SSM_PARAMETER), Box::new(argument))
    }

    /// Returns name and region, if this is a parameter of SSM that is not linked yet.
    pub fn as_ssm_parameter(&self) -> Option<(&str, &str)> {
        let [Self::Text(name), Self::Text(region)] = self.arguments(SSM_PARAMETER)? else { return None };
        Some((name, region))
    }

    /// Returns a part of a text that is parted by `separator` (`Fn::Select` of `Fn::Split`).
    pub fn part(index: usize, separator: &str, whole: Expr) -> Self {
        let argument = Self::List(vec![separator.to_owned().into(), whole]);
        Self::select(index, Self::Call(Cow::Borrowed("Fn::Split"), Box::new(argument)))
    }

    /// Returns index, separator and the whole text, if this is a part of one.
    pub fn as_part(&self) -> Option<(usize, &str, &Self)> {
        let [Self::Int(index), split] = self.arguments("Fn::Select")? else { return None };
        let [Self::Text(separator), whole] = split.arguments("Fn::Split")? else { return None };
        Some((usize::try_from(*index).ok()?, separator, whole))
    }

    /// Returns the arguments of a function that takes a list of them.
    fn arguments(&self, function: &str) -> Option<&[Self]> {
        let Self::Call(name, argument) = self else { return None };
        match &**argument {
            Self::List(parts) if name == function => Some(parts),
            _ => None,
        }
    }

    /// Returns the zones of the stack's region (`Fn::GetAZs`).
    pub fn zones() -> Self {
        Self::Call(Cow::Borrowed("Fn::GetAZs"), Box::new(Self::Text(Cow::Borrowed(""))))
    }

    /// Returns the text, if this is text that is known now.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            Self::Absent
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::List(_)
            | Self::Object(_)
            | Self::Ref(_)
            | Self::Att(..)
            | Self::Pseudo(_)
            | Self::Concat(_)
            | Self::Call(..)
            | Self::Parameter(_) => None,
        }
    }

    /// Returns the text that a literal has inside other text; nothing for what is not known now, lists and objects.
    pub fn literal(&self) -> Option<Cow<'_, str>> {
        match self {
            Self::Text(text) => Some(Cow::Borrowed(text)),
            Self::Bool(value) => Some(Cow::Borrowed(if *value { "true" } else { "false" })),
            Self::Int(value) => Some(Cow::Owned(value.to_string())),
            Self::Float(value) => Some(Cow::Owned(value.to_string())),
            Self::Absent
            | Self::List(_)
            | Self::Object(_)
            | Self::Ref(_)
            | Self::Att(..)
            | Self::Pseudo(_)
            | Self::Concat(_)
            | Self::Call(..)
            | Self::Parameter(_) => None,
        }
    }

    /// Returns the resource whose `Ref` (no name) or attribute this is.
    pub fn target(&self) -> Option<(&Handle, Option<&str>)> {
        match self {
            Self::Ref(handle) => Some((handle, None)),
            Self::Att(handle, name) => Some((handle, Some(name))),
            Self::Absent
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::Text(_)
            | Self::List(_)
            | Self::Object(_)
            | Self::Pseudo(_)
            | Self::Concat(_)
            | Self::Call(..)
            | Self::Parameter(_) => None,
        }
    }

    /// Calls `visit` on this value and everything below it, outermost first.
    pub fn walk_mut(&mut self, visit: &mut impl FnMut(&mut Expr)) {
        visit(self);
        match self {
            Self::List(items) | Self::Concat(items) => items.iter_mut().for_each(|item| item.walk_mut(visit)),
            Self::Object(object) => object.iter_mut().for_each(|(_, value)| value.walk_mut(visit)),
            Self::Call(_, argument) => argument.walk_mut(visit),
            Self::Absent
            | Self::Bool(_)
            | Self::Int(_)
            | Self::Float(_)
            | Self::Text(_)
            | Self::Ref(_)
            | Self::Att(..)
            | Self::Pseudo(_)
            | Self::Parameter(_) => {}
        }
    }

    /// Turns plain data into an expression; nulls become absent.
    pub fn from_json(value: &serde_json::Value) -> Self {
        match value {
            serde_json::Value::Null => Self::Absent,
            serde_json::Value::Bool(b) => Self::Bool(*b),
            serde_json::Value::Number(n) => match (n.as_i64(), n.as_f64()) {
                (Some(int), _) => Self::Int(int),
                (None, Some(float)) => Self::Float(float),
                (None, None) => Self::Text(Cow::Owned(n.to_string())),
            },
            serde_json::Value::String(text) => Self::Text(Cow::Owned(text.clone())),
            serde_json::Value::Array(items) => Self::List(items.iter().map(Self::from_json).collect()),
            serde_json::Value::Object(map) => {
                Self::Object(map.iter().map(|(k, v)| (k.clone(), Self::from_json(v))).collect())
            }
        }
    }
}

impl Serialize for Object {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.iter())
    }
}

/// Writes the expression as a template has it: every handle must be one of the same template.
impl Serialize for Expr {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Absent => serializer.serialize_none(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Int(value) => serializer.serialize_i64(*value),
            Self::Float(value) => serializer.serialize_f64(*value),
            Self::Text(value) => serializer.serialize_str(value),
            Self::List(items) => {
                let mut seq = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| seq.serialize_element(item))?;
                seq.end()
            }
            Self::Object(object) => object.serialize(serializer),
            Self::Ref(handle) => one(serializer, "Ref", handle.id.as_str()),
            Self::Att(handle, name) => one(serializer, "Fn::GetAtt", &[handle.id.as_str(), name.as_ref()]),
            Self::Pseudo(pseudo) => one(serializer, "Ref", pseudo.as_str()),
            Self::Concat(parts) => serialize_concat(parts, serializer),
            Self::Call(name, argument) => one(serializer, name, argument),
            Self::Parameter(name) => one(serializer, "Ref", name),
        }
    }
}

fn one<S: Serializer>(serializer: S, key: &str, value: &(impl Serialize + ?Sized)) -> Result<S::Ok, S::Error> {
    let mut map = serializer.serialize_map(Some(1))?;
    map.serialize_entry(key, value)?;
    map.end()
}

/// Writes `Fn::Sub` where every part can stand in one, else `Fn::Join`.
fn serialize_concat<S: Serializer>(parts: &[Expr], serializer: S) -> Result<S::Ok, S::Error> {
    let mut text = String::new();
    let mut plain = true;
    for part in flat(parts) {
        match part {
            Expr::Text(part) => literal(&mut text, part),
            Expr::Int(part) => text.push_str(&part.to_string()),
            Expr::Ref(handle) => substitute(&mut text, &mut plain, &[handle.id.as_str()]),
            Expr::Att(handle, name) => substitute(&mut text, &mut plain, &[handle.id.as_str(), ".", name]),
            Expr::Pseudo(pseudo) => substitute(&mut text, &mut plain, &[pseudo.as_str()]),
            Expr::Parameter(name) => substitute(&mut text, &mut plain, &[name]),
            Expr::Absent => {}
            Expr::Bool(_) | Expr::Float(_) | Expr::List(_) | Expr::Object(_) | Expr::Concat(_) | Expr::Call(..) => {
                let parts: Expr = flat(parts).cloned().collect();
                let join = Expr::List(vec![Expr::Text(Cow::Borrowed("")), parts]);
                return one(serializer, "Fn::Join", &join);
            }
        }
    }
    if plain { serializer.serialize_str(&text.replace("${!", "${")) } else { one(serializer, "Fn::Sub", &text) }
}

/// Gives the parts with texts inside texts taken apart.
fn flat(parts: &[Expr]) -> Box<dyn Iterator<Item = &Expr> + '_> {
    Box::new(parts.iter().flat_map(|part| match part {
        Expr::Concat(inner) => flat(inner),
        part => Box::new(std::iter::once(part)),
    }))
}

/// Adds text in which `${` means nothing, be it in one part or where two parts meet.
fn literal(text: &mut String, part: &str) {
    let meets = text.ends_with('$').then(|| part.strip_prefix('{')).flatten();
    if meets.is_some() {
        text.push_str("{!");
    }
    text.push_str(&meets.unwrap_or(part).replace("${", "${!"));
}

fn substitute(text: &mut String, plain: &mut bool, parts: &[&str]) {
    *plain = false;
    text.push_str("${");
    parts.iter().for_each(|part| text.push_str(part));
    text.push('}');
}

impl From<&'static str> for Expr {
    fn from(value: &'static str) -> Self {
        Self::Text(Cow::Borrowed(value))
    }
}

impl From<String> for Expr {
    fn from(value: String) -> Self {
        Self::Text(Cow::Owned(value))
    }
}

impl From<&String> for Expr {
    fn from(value: &String) -> Self {
        Self::Text(Cow::Owned(value.clone()))
    }
}

impl From<bool> for Expr {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

macro_rules! from_int {
    ($($int:ty),*) => { $(impl From<$int> for Expr {
        fn from(value: $int) -> Self {
            Self::Int(i64::from(value))
        }
    })* };
}
from_int!(i32, i64, u8, u16, u32);

impl From<usize> for Expr {
    fn from(value: usize) -> Self {
        Self::Int(i64::try_from(value).unwrap_or(i64::MAX))
    }
}

impl From<f64> for Expr {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl From<Object> for Expr {
    fn from(value: Object) -> Self {
        Self::Object(value)
    }
}

impl From<Pseudo> for Expr {
    fn from(value: Pseudo) -> Self {
        Self::Pseudo(value)
    }
}

impl<T: Into<Expr>> From<Option<T>> for Expr {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Absent, Into::into)
    }
}

impl<T: Into<Expr>> From<Vec<T>> for Expr {
    fn from(value: Vec<T>) -> Self {
        Self::List(value.into_iter().map(Into::into).filter(|item| *item != Self::Absent).collect())
    }
}

impl<T: Into<Expr>> FromIterator<T> for Expr {
    fn from_iter<I: IntoIterator<Item = T>>(iter: I) -> Self {
        Self::List(iter.into_iter().map(Into::into).filter(|item| *item != Self::Absent).collect())
    }
}

/// Builds an object expression: `object! { "QueueName" => name, "Tags" => list }`; absent values are left out.
#[macro_export]
macro_rules! object {
    ($($key:expr => $value:expr),* $(,)?) => {{
        #[allow(unused_mut, clippy::allow_attributes)]
        let mut object = $crate::artifacts::Object::with_capacity(const { <[()]>::len(&[$($crate::object!(@unit $key)),*]) });
        $(object.push($key, $value);)*
        $crate::artifacts::Expr::Object(object)
    }};
    (@unit $key:expr) => { () };
}

/// Builds a list expression; absent values are left out.
#[macro_export]
macro_rules! list {
    ($($value:expr),* $(,)?) => {
        $crate::artifacts::Expr::from(vec![$($crate::artifacts::Expr::from($value)),*])
    };
}

/// Builds one text of parts: `text!["arn:", Pseudo::Partition, ":sqs"]`.
#[macro_export]
macro_rules! text {
    ($($value:expr),* $(,)?) => {
        $crate::artifacts::Expr::Concat(vec![$($crate::artifacts::Expr::from($value)),*])
    };
}

#[cfg(test)]
mod tests {
    use super::*;

    fn handle(id: &str) -> Handle {
        Handle { place: Place { stack: 0, edge: false }, id: id.parse().unwrap() }
    }

    fn written(expr: &Expr) -> String {
        serde_json::to_string(expr).unwrap()
    }

    #[test]
    fn text_and_references_become_one_substitution() {
        let expr = text!["arn:", Pseudo::Partition, ":s3:::", handle("Files").reference(), "/", handle("Key").arn(), 7];
        assert_eq!(written(&expr), r#"{"Fn::Sub":"arn:${AWS::Partition}:s3:::${Files}/${Key.Arn}7"}"#);
    }

    #[test]
    fn what_looks_like_a_substitution_is_escaped() {
        let expr = text!["${stage}/", Pseudo::Region];
        assert_eq!(written(&expr), r#"{"Fn::Sub":"${!stage}/${AWS::Region}"}"#);
    }

    #[test]
    fn what_looks_like_a_substitution_across_two_parts_is_escaped() {
        let expr = text!["$", "{stage}/", Pseudo::Region];
        assert_eq!(written(&expr), r#"{"Fn::Sub":"${!stage}/${AWS::Region}"}"#);
    }

    #[test]
    fn a_dollar_before_a_reference_stays_a_dollar() {
        assert_eq!(written(&text!["$", Pseudo::Region]), r#"{"Fn::Sub":"$${AWS::Region}"}"#);
    }

    #[test]
    fn text_alone_is_written_as_it_is() {
        assert_eq!(written(&text!["${!a}", "${b}", "$", "{!c}"]), r#""${!a}${b}${!c}""#);
    }

    #[test]
    fn texts_inside_texts_are_taken_apart() {
        let inner = text!["b", text!["c", Pseudo::AccountId]];
        assert_eq!(written(&text!["a", inner, "d"]), r#"{"Fn::Sub":"abc${AWS::AccountId}d"}"#);
    }

    #[test]
    fn a_function_inside_text_makes_it_a_join_without_escapes() {
        let expr = text!["${a}", text![Expr::select(0, Expr::zones()), "b"]];
        assert_eq!(written(&expr), r#"{"Fn::Join":["",["${a}",{"Fn::Select":[0,{"Fn::GetAZs":""}]},"b"]]}"#);
    }

    #[test]
    fn absent_values_leave_no_trace() {
        let expr = object! { "A" => Expr::Absent, "B" => list![1, None::<i32>], "C" => None::<&'static str> };
        assert_eq!(written(&expr), r#"{"B":[1]}"#);
        assert_eq!(written(&text!["a", None::<&'static str>, Pseudo::Region]), r#"{"Fn::Sub":"a${AWS::Region}"}"#);
    }

    #[test]
    fn setting_a_key_again_keeps_its_place() {
        let mut object: Object = [("A", 1), ("B", 2)].into_iter().collect();
        object.set("A", 3);
        object.set("B", Expr::Absent);
        assert_eq!(written(&object.into()), r#"{"A":3,"B":2}"#);
    }

    #[test]
    fn plain_data_keeps_its_numbers() {
        let value = serde_json::json!({ "a": 1, "b": 1.5, "c": [true, "x"], "d": null, "e": -3 });
        assert_eq!(written(&Expr::from_json(&value)), r#"{"a":1,"b":1.5,"c":[true,"x"],"e":-3}"#);
    }

    #[test]
    fn a_walk_reaches_everything() {
        let mut expr = object! { "A" => list![text!["a", Expr::select(1, handle("B").arn())]] };
        let mut seen = 0;
        expr.walk_mut(&mut |value| seen += usize::from(matches!(value, Expr::Att(..))));
        assert_eq!(seen, 1);
    }
}
