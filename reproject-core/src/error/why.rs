//! Why something failed, as the constructors of errors take it and as it travels between processes.

use super::{Error, ErrorKind};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::fmt::Display;
use std::io;

/// The reason of a failure: a text, and the system's error if that is behind it.
///
/// Made of a text, of an [`io::Error`] or of an [`Error`]. Serialised, it keeps the text, and of the system's error the number
/// and the [kind](ErrorKind).
#[derive(Debug)]
pub struct Why {
    /// For people.
    pub text: String,
    /// The system's error, if there is one.
    pub source: Option<io::Error>,
}

impl Why {
    /// A text about a failure of a known kind, which no call of the system has reported.
    pub fn of(kind: io::ErrorKind, text: impl Into<String>) -> Self {
        Self { text: text.into(), source: Some(kind.into()) }
    }

    /// The failure (`"cannot be opened"`) and its reason.
    pub fn said(failed: impl Display, why: impl Into<Why>) -> Self {
        let Why { text, source } = why.into();
        Self { text: format!("{failed}: {text}"), source }
    }
}

impl From<String> for Why {
    fn from(text: String) -> Self {
        Self { text, source: None }
    }
}

impl From<&str> for Why {
    fn from(text: &str) -> Self {
        text.to_owned().into()
    }
}

impl From<io::Error> for Why {
    fn from(said: io::Error) -> Self {
        Self { text: said.to_string(), source: Some(said) }
    }
}

/// Of an error that others hold, too: a copy with its number or its kind.
impl From<&io::Error> for Why {
    fn from(said: &io::Error) -> Self {
        Self { text: said.to_string(), source: Some(again(said)) }
    }
}

impl From<Error> for Why {
    fn from(error: Error) -> Self {
        let text = error.to_string();
        let source = match error {
            Error::File { source, .. } | Error::Block { source, .. } | Error::Worker { source, .. } => source,
            other => other.system_error().map(again),
        };
        Self { text, source }
    }
}

/// The same number or kind.
fn again(said: &io::Error) -> io::Error {
    Travelling::of(said).into()
}

/// The system's error as it is sent.
#[derive(Serialize, Deserialize)]
enum Travelling {
    Number(i32),
    Kind(ErrorKind),
}

impl Travelling {
    fn of(said: &io::Error) -> Self {
        said.raw_os_error().map_or_else(|| Self::Kind(ErrorKind::of(said.kind())), Self::Number)
    }
}

impl From<Travelling> for io::Error {
    fn from(said: Travelling) -> Self {
        match said {
            Travelling::Number(number) => io::Error::from_raw_os_error(number),
            Travelling::Kind(kind) => kind.system().into(),
        }
    }
}

impl Clone for Why {
    fn clone(&self) -> Self {
        Self { text: self.text.clone(), source: self.source.as_ref().map(again) }
    }
}

impl Serialize for Why {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        (&self.text, self.source.as_ref().map(Travelling::of)).serialize(to)
    }
}

impl<'de> Deserialize<'de> for Why {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let (text, said) = <(String, Option<Travelling>)>::deserialize(from)?;
        Ok(Self { text, source: said.map(io::Error::from) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What travels is what a copy is made of.
    #[test]
    fn a_copy_has_the_number_or_the_kind() {
        let copied = |source: io::Error| {
            let why = Why::said("cannot be opened", source).clone();
            let source = why.source.unwrap();
            (why.text, source.raw_os_error(), source.kind())
        };
        let denied = io::ErrorKind::PermissionDenied;
        assert_eq!(copied(denied.into()), ("cannot be opened: permission denied".into(), None, denied));
        let (_, number, kind) = copied(io::Error::from_raw_os_error(2));
        assert_eq!((number, kind), (Some(2), io::ErrorKind::NotFound));
        let (text, _, kind) = copied(io::Error::other("no luck"));
        assert_eq!((&*text, kind), ("cannot be opened: no luck", io::ErrorKind::Other));
    }

    #[test]
    fn kinds_lead_to_the_system_and_back() {
        use ErrorKind::*;
        for kind in [NotFound, PermissionDenied, IsADirectory, AlreadyExists, StorageFull, Busy, Other] {
            assert_eq!(ErrorKind::of(kind.system()), kind);
        }
    }
}
