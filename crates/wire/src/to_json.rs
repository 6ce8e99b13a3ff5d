//! Answers as JSON: what serde_json writes, byte for byte, for a third of the instructions.
//!
//! serde_json writes the name of a member in five pieces, and looks at each of its bytes. An answer is mostly names, which are
//! ours and have nothing to escape, and short texts, in which that is rare.

#[cfg(test)]
mod tests;

use serde::ser::{self, Error as _, Serialize};
use serde_json::{Error, Value};

/// What most answers about one record fit into.
const LEN_BYTES_USUAL: usize = 1_024;
/// The name of the struct as which serde_json shows text that is JSON already.
const RAW: &str = "$serde_json::private::RawValue";

/// The value as compact JSON.
///
/// # Errors
/// The value cannot be JSON, such as a map whose keys are no texts.
///
/// ```
/// let tags = lanekeeper_wire::to_json(&["new", "\"hot\""])?;
/// assert_eq!(tags, br#"["new","\"hot\""]"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub fn to_json(value: &(impl Serialize + ?Sized)) -> Result<Vec<u8>, Error> {
    let mut out = Out(Vec::with_capacity(LEN_BYTES_USUAL));
    value.serialize(&mut out)?;
    Ok(out.0)
}

struct Out(Vec<u8>);

impl Out {
    fn put(&mut self, bytes: &[u8]) {
        self.0.extend_from_slice(bytes);
    }

    fn text(&mut self, text: &str) {
        self.0.reserve(text.len() + 2);
        self.0.push(b'"');
        match is_plain(text) {
            true => self.put(text.as_bytes()),
            false => self.escaped(text),
        }
        self.0.push(b'"');
    }

    fn escaped(&mut self, text: &str) {
        for byte in text.bytes() {
            match byte {
                b'"' | b'\\' => self.put(&[b'\\', byte]),
                0x08 => self.put(b"\\b"),
                0x0c => self.put(b"\\f"),
                b'\n' => self.put(b"\\n"),
                b'\r' => self.put(b"\\r"),
                b'\t' => self.put(b"\\t"),
                0..0x20 => {
                    let hex = |digit: u8| b"0123456789abcdef"[usize::from(digit)];
                    self.put(&[b'\\', b'u', b'0', b'0', hex(byte >> 4), hex(byte & 0xf)]);
                }
                _ => self.0.push(byte),
            }
        }
    }

    /// What serde_json has a way of its own for.
    fn by_serde(&mut self, value: impl Serialize) -> Result<(), Error> {
        serde_json::to_writer(&mut self.0, &value)
    }

    fn open(&mut self, bracket: u8, end: &'static str) -> Members<'_> {
        self.0.push(bracket);
        Members {
            out: self,
            is_first: true,
            end,
        }
    }

    /// A variant with contents: an object whose one member has its name.
    fn variant(&mut self, name: &str) {
        self.0.push(b'{');
        self.text(name);
        self.0.push(b':');
    }
}

/// Whether there is nothing to escape. All bytes are looked at, which a processor does many at once.
fn is_plain(text: &str) -> bool {
    let is_escaped = |byte| byte < 0x20 || byte == b'"' || byte == b'\\';
    !text
        .bytes()
        .fold(false, |found, byte| found | is_escaped(byte))
}

/// The members of an array or object that is open.
struct Members<'a> {
    out: &'a mut Out,
    is_first: bool,
    /// What ends it; empty, where it has no ends of its own and its one member is JSON already.
    end: &'static str,
}

impl Members<'_> {
    fn next(&mut self) {
        if !self.is_first {
            self.out.0.push(b',');
        }
        self.is_first = false;
    }

    fn element(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        self.next();
        value.serialize(&mut *self.out)
    }

    /// A member whose name has nothing to escape.
    fn member(
        &mut self,
        name: &'static str,
        value: &(impl Serialize + ?Sized),
    ) -> Result<(), Error> {
        if self.end.is_empty() {
            return self.raw(value);
        }
        debug_assert!(is_plain(name), "{name}");
        self.out.0.reserve(name.len() + 4);
        self.next();
        self.out.0.push(b'"');
        self.out.put(name.as_bytes());
        self.out.put(b"\":");
        value.serialize(&mut *self.out)
    }

    fn raw(&mut self, value: &(impl Serialize + ?Sized)) -> Result<(), Error> {
        match serde_json::to_value(value)? {
            Value::String(json) => {
                self.out.put(json.as_bytes());
                Ok(())
            }
            _ => Err(Error::custom("JSON that is no text")),
        }
    }

    fn close(self) {
        self.out.put(self.end.as_bytes());
    }
}

macro_rules! whole_numbers {
    ($($method:ident: $number:ty),*) => {
        $(fn $method(self, number: $number) -> Result<(), Error> {
            self.put(itoa::Buffer::new().format(number).as_bytes());
            Ok(())
        })*
    };
}

macro_rules! by_serde {
    ($($method:ident: $value:ty),*) => {
        $(fn $method(self, value: $value) -> Result<(), Error> {
            self.by_serde(value)
        })*
    };
}

impl<'a> ser::Serializer for &'a mut Out {
    type Ok = ();
    type Error = Error;
    type SerializeSeq = Members<'a>;
    type SerializeTuple = Members<'a>;
    type SerializeTupleStruct = Members<'a>;
    type SerializeTupleVariant = Members<'a>;
    type SerializeMap = Members<'a>;
    type SerializeStruct = Members<'a>;
    type SerializeStructVariant = Members<'a>;

    whole_numbers!(serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64);
    whole_numbers!(serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64);
    by_serde!(serialize_f32: f32, serialize_f64: f64, serialize_char: char, serialize_bytes: &[u8]);

    fn serialize_bool(self, value: bool) -> Result<(), Error> {
        self.put(if value { b"true" } else { b"false" });
        Ok(())
    }

    fn serialize_str(self, text: &str) -> Result<(), Error> {
        self.text(text);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Error> {
        self.put(b"null");
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), Error> {
        self.serialize_unit()
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
    ) -> Result<(), Error> {
        self.serialize_str(name)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        value: &T,
    ) -> Result<(), Error> {
        self.variant(name);
        value.serialize(&mut *self)?;
        self.put(b"}");
        Ok(())
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Members<'a>, Error> {
        Ok(self.open(b'[', "]"))
    }

    fn serialize_tuple(self, _: usize) -> Result<Members<'a>, Error> {
        Ok(self.open(b'[', "]"))
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Members<'a>, Error> {
        Ok(self.open(b'[', "]"))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Members<'a>, Error> {
        self.variant(name);
        Ok(self.open(b'[', "]}"))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Members<'a>, Error> {
        Ok(self.open(b'{', "}"))
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Members<'a>, Error> {
        if name == RAW {
            return Ok(Members {
                out: self,
                is_first: true,
                end: "",
            });
        }
        Ok(self.open(b'{', "}"))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        name: &'static str,
        _: usize,
    ) -> Result<Members<'a>, Error> {
        self.variant(name);
        Ok(self.open(b'{', "}}"))
    }
}

macro_rules! elements {
    ($($kind:ident: $method:ident),*) => {
        $(impl ser::$kind for Members<'_> {
            type Ok = ();
            type Error = Error;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
                self.element(value)
            }

            fn end(self) -> Result<(), Error> {
                self.close();
                Ok(())
            }
        })*
    };
}

elements!(
    SerializeSeq: serialize_element, SerializeTuple: serialize_element,
    SerializeTupleStruct: serialize_field, SerializeTupleVariant: serialize_field
);

macro_rules! members {
    ($($kind:ident),*) => {
        $(impl ser::$kind for Members<'_> {
            type Ok = ();
            type Error = Error;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), Error> {
                self.member(name, value)
            }

            fn end(self) -> Result<(), Error> {
                self.close();
                Ok(())
            }
        })*
    };
}

members!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Members<'_> {
    type Ok = ();
    type Error = Error;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Error> {
        self.next();
        let begin = self.out.0.len();
        key.serialize(&mut *self.out)?;
        match self.out.0.get(begin) {
            Some(b'"') => Ok(()),
            _ => Err(Error::custom("a key that is no text")),
        }
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Error> {
        self.out.0.push(b':');
        value.serialize(&mut *self.out)
    }

    fn end(self) -> Result<(), Error> {
        self.close();
        Ok(())
    }
}
