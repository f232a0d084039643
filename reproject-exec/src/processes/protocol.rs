//! Messages between this process and its workers, over two channels of `ipc-channel` for each worker. Control only: jobs,
//! tiles and arrays lie in shared memory, so that no message is long and none waits for its reader.
//!
//! The end of either process closes its ends of the channels, which the other notices at once. How the channels come about is
//! told in `door/linux.rs`.

use super::delivery::Delivery;
use ipc_channel::ipc::{IpcReceiver, IpcSender};
use ipc_channel::{IpcError, TryRecvError};
use reproject_core::{Region, Why};
use serde::{Deserialize, Serialize};
use std::io::{self, ErrorKind};
use std::path::PathBuf;
use std::time::Duration;

/// To be raised when a message changes.
pub(crate) const VERSION: u32 = 3;

/// The environment variable that makes a program a worker; its value is the process id of the one it works for.
pub(crate) const MARK: &str = "REPROJECT_WORKER_OF";

/// The environment variable with the file name that the parent's socket may have for a moment.
pub(crate) const DOOR: &str = "REPROJECT_WORKER_DOOR";

/// The first words of a worker, with the parent's ends of both channels.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Greeting {
    pub(crate) version: u32,
    pub(crate) release: String,
    pub(crate) jobs: Vec<String>,
    pub(crate) requests: IpcSender<Request>,
    pub(crate) replies: IpcReceiver<Reply>,
}

/// From the process to a worker.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Request {
    /// Where to show signs of life, and where slots for tiles are.
    Board(PathBuf),
    /// A new run, by number: the registered name of the job, where the job is, and where tiles go.
    Job { run: u64, name: String, job: PathBuf, delivery: Delivery },
    /// A block to compute.
    Block { run: u64, block: u64, region: Region, slot: u64 },
    /// Blocks of this run are not wanted any more.
    Cancel { run: u64 },
    /// The run is over: its memory can be freed.
    Rest,
    /// End.
    Stop,
}

/// From a worker to the process: a block is done and stored, or why not, and how many bytes of input it took.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Reply {
    pub(crate) run: u64,
    pub(crate) block: u64,
    pub(crate) read: u64,
    pub(crate) result: Result<(), Trouble>,
}

/// Why a block is not done.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) enum Trouble {
    Cancelled,
    /// The job itself could not be set up.
    Job(Why),
    Block(Why),
}

/// Sends a message.
pub(crate) fn send<T: Serialize + Clone>(to: &IpcSender<T>, message: &T) -> io::Result<()> {
    loop {
        match to.send(message.clone()) {
            // A signal came; the message is one packet, sent whole or not at all.
            Err(IpcError::Io(e)) if e.kind() == ErrorKind::Interrupted => {}
            other => return other.map_err(told),
        }
    }
}

/// The next message; `None` if none has come within `limit`.
pub(crate) fn receive<T>(from: &IpcReceiver<T>, limit: Duration) -> io::Result<Option<T>>
where
    T: Serialize + for<'de> Deserialize<'de>,
{
    match from.try_recv_timeout(limit) {
        Ok(message) => Ok(Some(message)),
        Err(TryRecvError::Empty) => Ok(None),
        Err(TryRecvError::IpcError(IpcError::Io(e))) if e.kind() == ErrorKind::Interrupted => Ok(None),
        Err(TryRecvError::IpcError(e)) => Err(told(e)),
    }
}

/// The next message, however long it takes.
pub(crate) fn wait<T>(from: &IpcReceiver<T>) -> io::Result<T>
where
    T: Serialize + for<'de> Deserialize<'de>,
{
    loop {
        match from.recv() {
            Err(IpcError::Io(e)) if e.kind() == ErrorKind::Interrupted => {}
            other => return other.map_err(told),
        }
    }
}

pub(crate) fn told(error: IpcError) -> io::Error {
    match error {
        IpcError::Io(error) => error,
        IpcError::Disconnected => ErrorKind::UnexpectedEof.into(),
        IpcError::SerializationError(error) => io::Error::new(ErrorKind::InvalidData, error),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ipc_channel::ipc;

    #[test]
    fn messages_arrive_whole_and_in_order_and_the_end_is_seen() {
        let (sender, receiver) = ipc::channel::<Request>().unwrap();
        assert!(receive(&receiver, Duration::from_millis(1)).unwrap().is_none());
        let region = Region::new([1, 2], [3, 4]);
        let thread = std::thread::spawn(move || {
            for block in 0..100 {
                send(&sender, &Request::Block { run: 7, block, region: region.clone(), slot: block % 2 })
                    .unwrap();
                send(&sender, &Request::Board(vec!["x"; 20_000].concat().into())).unwrap();
            }
        });
        for wanted in 0..100 {
            match wait(&receiver).unwrap() {
                Request::Block { run: 7, block, region, .. } => {
                    assert_eq!((block, region.shape), (wanted, vec![3, 4]))
                }
                other => panic!("{other:?}"),
            }
            assert!(matches!(
                receive(&receiver, Duration::from_secs(60)).unwrap(),
                Some(Request::Board(path)) if path.as_os_str().len() == 20_000
            ));
        }
        thread.join().unwrap();
        assert_eq!(wait(&receiver).unwrap_err().kind(), ErrorKind::UnexpectedEof);
    }

    #[test]
    fn noise_is_an_error() {
        let (sender, receiver) = ipc::channel::<Reply>().unwrap();
        let noise: IpcSender<Vec<u8>> = sender.to_opaque().to();
        noise.send(vec![0xff; 40]).unwrap();
        let error = receive(&receiver, Duration::from_secs(60)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::InvalidData);
    }
}
