//! Finds the references inside an entry by serializing it: YAML and Rust definitions are treated alike.

use std::fmt;

use serde::ser::{self, Serialize, Serializer};

use crate::model::REFERENCE_INDEX;
use crate::source::Step;

/// One reference and where it stands in its entry.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) route: Vec<Step>,
    pub(crate) section: &'static str,
    pub(crate) mark: &'static str,
    pub(crate) text: String,
}

impl Found {
    /// What people call the entry that is wanted.
    pub(crate) fn noun(&self) -> &'static str {
        crate::kinds::by_section(self.section).map_or(self.section, |(_, kind)| kind.noun)
    }
}

/// Collects the references of one entry after another.
#[derive(Debug, Default)]
pub(crate) struct Collector {
    route: Vec<Segment>,
    found: Vec<Found>,
    next: Next,
}

/// What the next string is.
#[derive(Debug, Default)]
enum Next {
    #[default]
    Value,
    Key,
    Reference(&'static str, &'static str),
}

/// A step that is turned into a [`Step`] only when a reference is found.
#[derive(Debug)]
enum Segment {
    Name(&'static str),
    Key(String),
    Index(usize),
}

impl Segment {
    fn to_step(&self) -> Step {
        match self {
            Self::Name(name) => Step::Key((*name).to_owned()),
            Self::Key(key) => Step::Key(key.clone()),
            Self::Index(index) => Step::Index(*index),
        }
    }
}

impl Collector {
    /// Adds the references of one entry.
    pub(crate) fn collect(&mut self, entry: &impl Serialize) {
        self.route.clear();
        // The collector never fails: every method below returns `Ok`.
        let _: Result<(), fmt::Error> = entry.serialize(self);
    }

    /// Takes what was found so far.
    pub(crate) fn drain(&mut self) -> Vec<Found> {
        std::mem::take(&mut self.found)
    }

    fn below(&mut self, segment: Segment, value: &(impl Serialize + ?Sized)) -> Result<(), fmt::Error> {
        self.route.push(segment);
        value.serialize(&mut *self)?;
        self.route.pop();
        Ok(())
    }
}

macro_rules! ignore {
    ($($method:ident: $kind:ty),* $(,)?) => { $(fn $method(self, _: $kind) -> Result<(), fmt::Error> {
        Ok(())
    })* };
}

impl<'a> Serializer for &'a mut Collector {
    type Ok = ();
    type Error = fmt::Error;
    type SerializeSeq = List<'a>;
    type SerializeTuple = List<'a>;
    type SerializeTupleStruct = List<'a>;
    type SerializeTupleVariant = ser::Impossible<(), fmt::Error>;
    type SerializeMap = Fields<'a>;
    type SerializeStruct = Fields<'a>;
    type SerializeStructVariant = Fields<'a>;

    ignore! {
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_f32: f32,
        serialize_f64: f64, serialize_char: char, serialize_bytes: &[u8], serialize_unit_struct: &'static str,
    }

    fn serialize_str(self, text: &str) -> Result<(), fmt::Error> {
        match std::mem::take(&mut self.next) {
            Next::Value => {}
            Next::Key => self.route.push(Segment::Key(text.to_owned())),
            Next::Reference(section, mark) => {
                let route = self.route.iter().map(Segment::to_step).collect();
                self.found.push(Found { route, section, mark, text: text.to_owned() });
            }
        }
        Ok(())
    }

    fn serialize_none(self) -> Result<(), fmt::Error> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), fmt::Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), fmt::Error> {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, variant: &'static str) -> Result<(), fmt::Error> {
        if matches!(std::mem::take(&mut self.next), Next::Key) {
            self.route.push(Segment::Name(variant));
        }
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(self, _: &'static str, value: &T) -> Result<(), fmt::Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        index: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<(), fmt::Error> {
        if index == REFERENCE_INDEX {
            self.next = Next::Reference(name, variant);
            value.serialize(self)
        } else {
            self.below(Segment::Name(variant), value)
        }
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<List<'a>, fmt::Error> {
        Ok(List { collector: self, index: 0 })
    }

    fn serialize_tuple(self, _: usize) -> Result<List<'a>, fmt::Error> {
        Ok(List { collector: self, index: 0 })
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<List<'a>, fmt::Error> {
        Ok(List { collector: self, index: 0 })
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, fmt::Error> {
        Err(fmt::Error)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Fields<'a>, fmt::Error> {
        Ok(Fields { collector: self, variant: false })
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Fields<'a>, fmt::Error> {
        Ok(Fields { collector: self, variant: false })
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Fields<'a>, fmt::Error> {
        self.route.push(Segment::Name(variant));
        Ok(Fields { collector: self, variant: true })
    }
}

/// Items of a list.
pub(crate) struct List<'a> {
    collector: &'a mut Collector,
    index: usize,
}

impl List<'_> {
    fn item<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), fmt::Error> {
        self.collector.below(Segment::Index(self.index), value)?;
        self.index += 1;
        Ok(())
    }
}

impl ser::SerializeSeq for List<'_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), fmt::Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), fmt::Error> {
        Ok(())
    }
}

impl ser::SerializeTuple for List<'_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), fmt::Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), fmt::Error> {
        Ok(())
    }
}

impl ser::SerializeTupleStruct for List<'_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), fmt::Error> {
        self.item(value)
    }

    fn end(self) -> Result<(), fmt::Error> {
        Ok(())
    }
}

/// Values under names or keys.
pub(crate) struct Fields<'a> {
    collector: &'a mut Collector,
    variant: bool,
}

impl Fields<'_> {
    fn finish(self) {
        if self.variant {
            self.collector.route.pop();
        }
    }
}

impl ser::SerializeMap for Fields<'_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), fmt::Error> {
        self.collector.next = Next::Key;
        key.serialize(&mut *self.collector)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), fmt::Error> {
        value.serialize(&mut *self.collector)?;
        self.collector.route.pop();
        Ok(())
    }

    fn end(self) -> Result<(), fmt::Error> {
        self.finish();
        Ok(())
    }
}

impl ser::SerializeStruct for Fields<'_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), fmt::Error> {
        self.collector.below(Segment::Name(key), value)
    }

    fn end(self) -> Result<(), fmt::Error> {
        self.finish();
        Ok(())
    }
}

impl ser::SerializeStructVariant for Fields<'_> {
    type Ok = ();
    type Error = fmt::Error;

    fn serialize_field<T: Serialize + ?Sized>(&mut self, key: &'static str, value: &T) -> Result<(), fmt::Error> {
        self.collector.below(Segment::Name(key), value)
    }

    fn end(self) -> Result<(), fmt::Error> {
        self.finish();
        Ok(())
    }
}
