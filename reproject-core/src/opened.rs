//! Sources that another process opens for itself: what travels is a small handle, never pixels.

use crate::{ArraySource, Error, Pixel, Region, Result, Strided};
use ndarray::ArrayViewMutD;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::DeserializeOwned};
use std::cell::RefCell;

/// A small description of where pixels are, such as a path and an offset.
pub trait Handle: Clone + Serialize + DeserializeOwned + Send + Sync {
    /// The type of the source that it opens.
    type Source: Send + Sync;
    /// Opens the source.
    ///
    /// # Errors
    /// If it has gone or changed.
    fn open(&self) -> Result<Self::Source>;
}

/// An open source that is serialised as its handle, and opened again where it is deserialised.
#[derive(Clone, Debug)]
pub struct Opened<H: Handle> {
    handle: H,
    source: H::Source,
}

impl<H: Handle> Opened<H> {
    /// Opens a handle.
    ///
    /// # Errors
    /// Those of [`Handle::open`].
    pub fn new(handle: H) -> Result<Self> {
        Ok(Self { source: handle.open()?, handle })
    }

    /// A source that is open already, and the handle that opens the same pixels.
    pub fn with(handle: H, source: H::Source) -> Self {
        Self { handle, source }
    }

    /// The open source.
    pub fn source(&self) -> &H::Source {
        &self.source
    }
}

impl<T: Pixel, H: Handle> ArraySource<T> for Opened<H>
where
    H::Source: ArraySource<T>,
{
    fn shape(&self) -> &[usize] {
        self.source.shape()
    }
    fn read(&self, window: &Region, out: ArrayViewMutD<'_, T>) -> Result<()> {
        self.source.read(window, out)
    }
    fn resident(&self, window: &Region) -> Option<Strided<'_, T>> {
        self.source.resident(window)
    }
    fn chunks(&self) -> Option<&[usize]> {
        self.source.chunks()
    }
}

impl<H: Handle> Serialize for Opened<H> {
    fn serialize<S: Serializer>(&self, to: S) -> std::result::Result<S::Ok, S::Error> {
        self.handle.serialize(to)
    }
}

impl<'de, H: Handle> Deserialize<'de> for Opened<H> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> std::result::Result<Self, D::Error> {
        Opened::new(H::deserialize(from)?).map_err(|error| {
            let short = serde::de::Error::custom(&error);
            FAILURE.with(|slot| slot.replace(Some(error)));
            short
        })
    }
}

thread_local! {
    static FAILURE: RefCell<Option<Error>> = const { RefCell::new(None) };
}

/// The error of the last [`Opened`] that this thread could not deserialise: compact formats drop its text.
pub fn take_failure() -> Option<Error> {
    FAILURE.with(RefCell::take)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ndarray::ArrayD;
    use serde::de::IntoDeserializer;
    use serde::de::value::{Error as Short, U64Deserializer};

    /// A square of so many ones; 13 cannot be had.
    #[derive(Clone, Debug, Serialize, Deserialize)]
    #[serde(transparent)]
    struct Ones(u64);

    impl Handle for Ones {
        type Source = ArrayD<f64>;
        fn open(&self) -> Result<ArrayD<f64>> {
            match self.0 {
                13 => Err(Error::invalid("ones", "there are no 13")),
                n => Ok(ArrayD::ones(vec![n as usize; 2])),
            }
        }
    }

    #[test]
    fn a_source_is_opened_where_it_arrives_and_its_error_is_kept() {
        let open = |n: u64| {
            let from: U64Deserializer<Short> = n.into_deserializer();
            Opened::<Ones>::deserialize(from)
        };
        let source = open(3).unwrap();
        assert_eq!(ArraySource::<f64>::shape(&source), [3, 3]);
        assert!(ArraySource::<f64>::resident(&source, &Region::new([1, 0], [2, 3])).is_some());
        assert!(take_failure().is_none());
        assert!(open(13).is_err());
        assert!(take_failure().is_some_and(|e| e.to_string().contains("no 13")));
        assert!(take_failure().is_none());
    }
}
