//! Fills a serde type from a node tree and reports every mistake of it, not only the first.
//!
//! Depends on the node tree and `diag`. serde stops at the first mistake; here a value that fails is reported,
//! taken away, and the type is filled again from what is left, until nothing new fails.
//! Invariants: without a mistake there is one pass and no allocation of our own;
//! a place is reported once; what follows from a value that was taken away is not reported.
//! Limit: of several missing keys of one mapping the first is named, because serde tells no more.

mod context;
mod mistake;
#[cfg(test)]
mod tests;

use serde::Deserializer;
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{
    DeserializeOwned, DeserializeSeed, EnumAccess, IntoDeserializer, MapAccess, SeqAccess, VariantAccess, Visitor,
};

use self::context::Context;
use self::mistake::Mistake;
use super::scalar::{self, Scalar};
use super::{Node, Pair, Span, Value};
use crate::diag::Diagnostics;

/// Most values of one entry that are reported before the rest is left for the next run.
const MAX_ROUNDS: usize = 200;

/// Fills `T` from a node.
///
/// Reports every mistake to `diags`, and returns `None` if there was one. Unknown keys of a struct are mistakes.
pub fn from_node<T: DeserializeOwned>(node: &Node, diags: &mut Diagnostics) -> Option<T> {
    from_part(node, &[], diags)
}

/// Fills `T` from a node out of which other keys were taken; where allowed keys are listed, these are among them.
pub fn from_part<T: DeserializeOwned>(
    node: &Node,
    taken: &'static [&'static str],
    diags: &mut Diagnostics,
) -> Option<T> {
    let cx = Context::beside(node, taken);
    let root = De { node, key: None, cx: &cx };
    let mut filled = None;
    for _ in 0..MAX_ROUNDS {
        let known = cx.removed_count();
        match T::deserialize(root) {
            Ok(value) => {
                filled = Some(value);
                break;
            }
            Err(mistake) => {
                cx.settle(root, mistake);
            }
        }
        if cx.removed_count() == known || cx.is_removed(node) {
            break;
        }
    }
    let found = cx.into_found();
    let clean = found.is_empty();
    for diagnostic in found {
        diags.push(diagnostic);
    }
    filled.filter(|_| clean)
}

/// A node being read.
#[derive(Clone, Copy)]
struct De<'a> {
    node: &'a Node,
    /// The key that leads to the node.
    key: Option<Span>,
    cx: &'a Context,
}

impl<'a> De<'a> {
    fn of_pair(pair: &'a Pair, cx: &'a Context) -> Self {
        Self { node: &pair.value, key: Some(pair.key_span), cx }
    }

    /// Returns the place that stands for the node: a scalar itself, a container's key.
    fn place(&self) -> Span {
        match &self.node.value {
            Value::Plain(_) | Value::Quoted(_) => self.node.span,
            Value::List(_) | Value::Map(_) => self.key.unwrap_or(self.node.span),
        }
    }

    fn wrong(&self, wanted: &str) -> Mistake {
        mistake::wrong_type(wanted, self.node)
    }

    fn text(&self, wanted: &str) -> Result<&'a str, Mistake> {
        match &self.node.value {
            Value::Quoted(text) => Ok(text),
            Value::Plain(text) if scalar::read(text) == Scalar::Text => Ok(text),
            Value::Plain(_) | Value::List(_) | Value::Map(_) => Err(self.wrong(wanted)),
        }
    }

    fn whole(&self, min: i128, max: i128) -> Result<i128, Mistake> {
        let Value::Plain(text) = &self.node.value else {
            return Err(self.wrong("a number"));
        };
        match scalar::read(text) {
            Scalar::Int(number) if (min..=max).contains(&number) => Ok(number),
            Scalar::Int(_) => Err(mistake::out_of_range(text, min, max)),
            Scalar::Float(number) if number.is_infinite() => Err(mistake::out_of_range(text, min, max)),
            Scalar::Float(_) => Err(mistake::not_whole(text)),
            Scalar::Null | Scalar::Bool(_) | Scalar::Ambiguous | Scalar::NotFinite | Scalar::Text => {
                Err(self.wrong("a number"))
            }
        }
    }

    fn list<V: Visitor<'a>>(self, length: Option<usize>, visitor: V) -> Result<V::Value, Mistake> {
        let Value::List(items) = &self.node.value else {
            return Err(self.wrong("a list"));
        };
        if let Some(length) = length
            && length != items.len()
        {
            return Err(mistake::wrong_length(length, items.len()));
        }
        visitor.visit_seq(Items { items: items.iter(), cx: self.cx })
    }

    fn map<V: Visitor<'a>>(self, fields: Option<&'static [&'static str]>, visitor: V) -> Result<V::Value, Mistake> {
        let Value::Map(pairs) = &self.node.value else {
            return Err(self.wrong("a mapping"));
        };
        visitor.visit_map(Entries { parent: self.node, pairs: pairs.iter(), current: None, fields, cx: self.cx })
    }

    fn variant(self, variants: &[&str]) -> Result<Variant<'a>, Mistake> {
        let pairs = match &self.node.value {
            Value::Plain(_) | Value::Quoted(_) => {
                return Ok(Variant { name: self.text("a string")?, pair: None, cx: self.cx });
            }
            Value::List(_) => return Err(mistake::not_a_variant("a list", variants)),
            Value::Map(pairs) => pairs,
        };
        let mut left = pairs.iter().filter(|pair| !self.cx.is_removed(&pair.value));
        match (left.next(), left.count()) {
            (Some(pair), 0) => Ok(Variant { name: &pair.key, pair: Some(pair), cx: self.cx }),
            (None, _) => Err(mistake::not_a_variant("an empty mapping", variants)),
            (Some(_), more) => Err(mistake::several_variants(more + 1, variants)),
        }
    }
}

macro_rules! whole_numbers {
    ($($method:ident $visit:ident $type:ty),* $(,)?) => {$(
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
            let number = self.whole(<$type>::MIN.into(), <$type>::MAX.into())?;
            visitor.$visit(<$type>::try_from(number).map_err(<Mistake as serde::de::Error>::custom)?)
        }
    )*};
}

impl<'de> Deserializer<'de> for De<'de> {
    type Error = Mistake;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        let text = match &self.node.value {
            Value::List(_) => return self.list(None, visitor),
            Value::Map(_) => return self.map(None, visitor),
            Value::Quoted(text) => return visitor.visit_borrowed_str(text),
            Value::Plain(text) => text,
        };
        match scalar::read(text) {
            Scalar::Null => visitor.visit_unit(),
            Scalar::Bool(value) => visitor.visit_bool(value),
            Scalar::Int(number) => match (u64::try_from(number), i64::try_from(number)) {
                (Ok(number), _) => visitor.visit_u64(number),
                (_, Ok(number)) => visitor.visit_i64(number),
                (Err(_), Err(_)) => Err(mistake::out_of_range(text, i64::MIN.into(), u64::MAX.into())),
            },
            Scalar::Float(number) if number.is_finite() => visitor.visit_f64(number),
            Scalar::Float(_) => Err(mistake::out_of_range(text, i64::MIN.into(), u64::MAX.into())),
            Scalar::Ambiguous | Scalar::NotFinite => Err(self.wrong("a number")),
            Scalar::Text => visitor.visit_borrowed_str(text),
        }
    }

    whole_numbers! {
        deserialize_i8 visit_i8 i8, deserialize_i16 visit_i16 i16, deserialize_i32 visit_i32 i32, deserialize_i64 visit_i64 i64,
        deserialize_u8 visit_u8 u8, deserialize_u16 visit_u16 u16, deserialize_u32 visit_u32 u32, deserialize_u64 visit_u64 u64,
    }

    fn deserialize_bool<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match &self.node.value {
            Value::Plain(text) if text == "true" => visitor.visit_bool(true),
            Value::Plain(text) if text == "false" => visitor.visit_bool(false),
            Value::Plain(_) | Value::Quoted(_) | Value::List(_) | Value::Map(_) => Err(self.wrong("a boolean")),
        }
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        let Value::Plain(text) = &self.node.value else {
            return Err(self.wrong("a number"));
        };
        match scalar::read(text) {
            Scalar::Int(_) | Scalar::Float(_) => match text.parse::<f64>() {
                Ok(number) if number.is_finite() => visitor.visit_f64(number),
                Ok(_) => Err(mistake::too_large(text)),
                Err(_) => Err(mistake::not_decimal(text)),
            },
            Scalar::Null | Scalar::Bool(_) | Scalar::Ambiguous | Scalar::NotFinite | Scalar::Text => {
                Err(self.wrong("a number"))
            }
        }
    }

    fn deserialize_f32<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        self.deserialize_f64(visitor)
    }

    fn deserialize_str<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_borrowed_str(self.text("a string")?)
    }

    fn deserialize_string<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        self.deserialize_str(visitor)
    }

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        self.deserialize_str(visitor)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match &self.node.value {
            Value::Plain(text) if scalar::read(text) == Scalar::Null => visitor.visit_none(),
            Value::Plain(_) | Value::Quoted(_) | Value::List(_) | Value::Map(_) => visitor.visit_some(self),
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        match &self.node.value {
            Value::Plain(text) if scalar::read(text) == Scalar::Null => visitor.visit_unit(),
            Value::Plain(_) | Value::Quoted(_) | Value::List(_) | Value::Map(_) => Err(self.wrong("nothing")),
        }
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Mistake> {
        self.deserialize_unit(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        self.list(None, visitor)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Mistake> {
        self.list(Some(length), visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        length: usize,
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        self.list(Some(length), visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        self.map(None, visitor)
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        self.map(Some(fields), visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        visitor.visit_enum(self.variant(variants)?)
    }

    fn deserialize_identifier<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        self.deserialize_str(visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_unit()
    }

    serde::forward_to_deserialize_any! { bytes byte_buf i128 u128 }
}

/// The items of a list that were not taken away.
struct Items<'a> {
    items: std::slice::Iter<'a, Node>,
    cx: &'a Context,
}

impl<'de> SeqAccess<'de> for Items<'de> {
    type Error = Mistake;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Mistake> {
        let cx = self.cx;
        let Some(node) = self.items.find(|item| !cx.is_removed(item)) else {
            return Ok(None);
        };
        let de = De { node, key: None, cx };
        seed.deserialize(de).map(Some).map_err(|mistake| cx.settle(de, mistake))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

/// The pairs of a mapping that were not taken away.
struct Entries<'a> {
    parent: &'a Node,
    pairs: std::slice::Iter<'a, Pair>,
    current: Option<&'a Pair>,
    /// The keys of the struct, if one is filled.
    fields: Option<&'static [&'static str]>,
    cx: &'a Context,
}

impl<'de> MapAccess<'de> for Entries<'de> {
    type Error = Mistake;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Mistake> {
        for pair in self.pairs.by_ref() {
            if self.cx.is_removed(&pair.value) {
                continue;
            }
            if let Some(fields) = self.fields
                && !fields.contains(&pair.key.as_str())
            {
                self.cx.unknown_key(self.parent, pair, fields);
                continue;
            }
            self.current = Some(pair);
            let key = seed.deserialize(KeyDe(pair)).map_err(|mistake| self.cx.settle_key(pair, mistake));
            return key.map(Some);
        }
        Ok(None)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Mistake> {
        let Some(pair) = self.current.take() else {
            return Err(serde::de::Error::custom(
                "internal error: a value was asked for before its key; this is a bug in infra",
            ));
        };
        let de = De::of_pair(pair, self.cx);
        seed.deserialize(de).map_err(|mistake| self.cx.settle(de, mistake))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.pairs.len())
    }
}

/// A key being read: always a string, possibly wrapped in a newtype or naming a variant.
struct KeyDe<'a>(&'a Pair);

impl<'de> Deserializer<'de> for KeyDe<'de> {
    type Error = Mistake;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_borrowed_str(&self.0.key)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_some(self)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Mistake> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Mistake> {
        visitor.visit_enum(self.0.key.as_str().into_deserializer())
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map struct identifier ignored_any
    }
}

/// A variant of an enum: `name`, or `name: value`.
struct Variant<'a> {
    name: &'a str,
    pair: Option<&'a Pair>,
    cx: &'a Context,
}

impl<'a> Variant<'a> {
    /// Reads the value of the variant.
    fn value<T>(self, read: impl FnOnce(De<'a>) -> Result<T, Mistake>) -> Result<T, Mistake> {
        let Some(pair) = self.pair else {
            return Err(mistake::variant_without_value(self.name));
        };
        let de = De::of_pair(pair, self.cx);
        read(de).map_err(|mistake| self.cx.settle(de, mistake))
    }
}

impl<'de> EnumAccess<'de> for Variant<'de> {
    type Error = Mistake;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Mistake> {
        let name = seed.deserialize(BorrowedStrDeserializer::<Mistake>::new(self.name));
        let name = name.map_err(|mistake| match self.pair {
            Some(pair) => self.cx.settle_key(pair, mistake),
            None => mistake,
        })?;
        Ok((name, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'de> {
    type Error = Mistake;

    fn unit_variant(self) -> Result<(), Mistake> {
        match self.pair {
            Some(_) => {
                let name = self.name;
                self.value(|de| {
                    de.deserialize_unit(serde::de::IgnoredAny).map_err(|_| mistake::variant_with_value(name))
                })?;
                Ok(())
            }
            None => Ok(()),
        }
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Mistake> {
        self.value(|de| seed.deserialize(de))
    }

    fn tuple_variant<V: Visitor<'de>>(self, length: usize, visitor: V) -> Result<V::Value, Mistake> {
        self.value(|de| de.list(Some(length), visitor))
    }

    fn struct_variant<V: Visitor<'de>>(self, fields: &'static [&'static str], visitor: V) -> Result<V::Value, Mistake> {
        self.value(|de| de.map(Some(fields), visitor))
    }
}
