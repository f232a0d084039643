//! The folder of an array that is being written. Values are not brought to the disk one by one, which takes milliseconds for each:
//! whoever needs them there waits for the file system once.

use std::fs::File;
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use zarrs::storage::byte_range::{ByteRangeIterator, extract_byte_ranges};
use zarrs::storage::{
    Bytes, MaybeBytes, MaybeBytesIterator, OffsetBytesIterator, ReadableStorageTraits, StorageError,
    StoreKey, StorePrefix, WritableStorageTraits, store_set_partial_many,
};

/// A folder with a file for each key.
#[derive(Debug)]
pub(super) struct Folder(PathBuf);

impl Folder {
    pub(super) fn new(path: &Path) -> Self {
        Self(path.to_owned())
    }

    fn path(&self, key: &StoreKey) -> PathBuf {
        self.0.join(key.as_str())
    }
}

/// That a file or folder is not there is `None`.
fn found<T>(result: io::Result<T>) -> Result<Option<T>, StorageError> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(e) if e.kind() == ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e.into()),
    }
}

impl ReadableStorageTraits for Folder {
    fn get(&self, key: &StoreKey) -> Result<MaybeBytes, StorageError> {
        Ok(found(std::fs::read(self.path(key)))?.map(Bytes::from))
    }

    fn get_partial_many<'a>(
        &'a self,
        key: &StoreKey,
        ranges: ByteRangeIterator<'a>,
    ) -> Result<MaybeBytesIterator<'a>, StorageError> {
        let Some(bytes) = self.get(key)? else { return Ok(None) };
        let parts = extract_byte_ranges(&bytes, ranges)?;
        Ok(Some(Box::new(parts.into_iter().map(|part| Ok(Bytes::from(part))))))
    }

    fn size_key(&self, key: &StoreKey) -> Result<Option<u64>, StorageError> {
        Ok(found(self.path(key).metadata())?.map(|found| found.len()))
    }

    fn supports_get_partial(&self) -> bool {
        false
    }
}

impl WritableStorageTraits for Folder {
    fn set(&self, key: &StoreKey, value: Bytes) -> Result<(), StorageError> {
        let path = self.path(key);
        let mut file = match File::create(&path) {
            Err(e) if e.kind() == ErrorKind::NotFound => {
                path.parent().map_or(Ok(()), std::fs::create_dir_all)?;
                File::create(&path)?
            }
            file => file?,
        };
        file.write_all(&value)?;
        // Elsewhere a file system cannot be waited for as a whole.
        #[cfg(not(target_os = "linux"))]
        file.sync_all()?;
        Ok(())
    }

    fn set_partial_many(&self, key: &StoreKey, values: OffsetBytesIterator<'_>) -> Result<(), StorageError> {
        store_set_partial_many(self, key, values)
    }

    fn erase(&self, key: &StoreKey) -> Result<(), StorageError> {
        found(std::fs::remove_file(self.path(key))).map(|_| ())
    }

    fn erase_prefix(&self, prefix: &StorePrefix) -> Result<(), StorageError> {
        found(std::fs::remove_dir_all(self.0.join(prefix.as_str()))).map(|_| ())
    }

    fn supports_set_partial(&self) -> bool {
        false
    }
}
