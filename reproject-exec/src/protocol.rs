//! What this process and its workers say to each other: postcard messages in frames (a length, then as many bytes) over a pair
//! of connected sockets, of which a worker has one as its standard input.
//!
//! The pair has no name, so nothing of it can be left behind; the end of either process is the end of the stream for the other;
//! and every wait has a limit. A named socket with a blocking first message (as in `ipc-channel`, 0.23) has none of the three.

use crate::output::Output;
use reproject_core::Region;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use std::io::{self, ErrorKind, Read, Write};
use std::marker::PhantomData;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

/// To be raised when a message changes.
pub(crate) const VERSION: u32 = 1;

/// The environment variable that makes a program a worker; its value is the process id of the one it works for.
pub(crate) const MARK: &str = "REPROJECT_WORKER_OF";

/// From the process to a worker.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Order {
    /// Where to show signs of life, and where slots for tiles are.
    Board(PathBuf),
    /// A new run, by number: the registered name of the job, the job, and where tiles go.
    Job { run: u64, name: String, job: Vec<u8>, output: Output },
    /// A block to compute.
    Block { run: u64, task: u64, block: Region, slot: u64 },
    /// Blocks of this run are not wanted any more.
    Cancel { run: u64 },
    /// The run is over: its memory can be freed.
    Rest,
    /// End.
    Stop,
}

/// From a worker to the process.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Reply {
    /// The first words of a worker.
    Hello { version: u32, release: String, jobs: Vec<String> },
    /// A block is done and stored, or why not, and how many bytes of input it took.
    Done { run: u64, task: u64, read: u64, result: Result<(), Trouble> },
}

/// Why a block is not done.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Trouble {
    Cancelled,
    /// The job itself could not be set up.
    Job(String),
    Block(String),
}

/// One end of the pair.
#[derive(Debug)]
pub(crate) struct Wire<In> {
    stream: UnixStream,
    /// Bytes received that are no whole message yet.
    waiting: Vec<u8>,
    limit: Option<Duration>,
    messages: PhantomData<fn() -> In>,
}

/// No message is longer: what says so is no message.
const LONGEST: usize = 1 << 30;

impl<In: DeserializeOwned> Wire<In> {
    pub(crate) fn new(stream: UnixStream) -> Self {
        Self { stream, waiting: Vec::new(), limit: None, messages: PhantomData }
    }

    /// Another hand on the same end, to send while the first waits.
    pub(crate) fn sender(&self) -> io::Result<UnixStream> {
        self.stream.try_clone()
    }

    /// The next message; `None` if none has come within `limit`.
    pub(crate) fn receive(&mut self, limit: Option<Duration>) -> io::Result<Option<In>> {
        if self.limit != limit {
            self.stream.set_read_timeout(limit)?;
            self.limit = limit;
        }
        let mut piece = [0; 1 << 14];
        loop {
            if let Some(message) = self.whole()? {
                return Ok(Some(message));
            }
            match self.stream.read(&mut piece) {
                Ok(0) => return Err(ErrorKind::UnexpectedEof.into()),
                Ok(n) => self.waiting.extend_from_slice(&piece[..n]),
                Err(e) if e.kind() == ErrorKind::Interrupted => {}
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => return Ok(None),
                Err(e) => return Err(e),
            }
        }
    }

    fn whole(&mut self) -> io::Result<Option<In>> {
        let Some((length, rest)) = self.waiting.split_first_chunk() else { return Ok(None) };
        let length = u32::from_le_bytes(*length) as usize;
        if length > LONGEST {
            return Err(io::Error::new(ErrorKind::InvalidData, format!("a message of {length} bytes")));
        }
        let Some(body) = rest.get(..length) else { return Ok(None) };
        let message = postcard::from_bytes(body).map_err(|e| io::Error::new(ErrorKind::InvalidData, e))?;
        self.waiting.drain(..size_of::<u32>() + length);
        Ok(Some(message))
    }
}

/// Sends a message.
pub(crate) fn send(mut stream: &UnixStream, message: &impl Serialize) -> io::Result<()> {
    let mut frame = vec![0; size_of::<u32>()];
    frame = postcard::to_extend(message, frame).map_err(|e| io::Error::new(ErrorKind::InvalidData, e))?;
    let length = frame.len() - size_of::<u32>();
    if length > LONGEST {
        let why = format!("a message of {length} bytes; a job holds handles, not pixels (see `share`)");
        return Err(io::Error::new(ErrorKind::InvalidInput, why));
    }
    frame[..size_of::<u32>()].copy_from_slice(&(length as u32).to_le_bytes());
    stream.write_all(&frame)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_arrive_whole_and_in_order_and_the_end_is_seen() {
        let (a, b) = UnixStream::pair().unwrap();
        let mut wire = Wire::<Order>::new(b);
        assert!(wire.receive(Some(Duration::from_millis(1))).unwrap().is_none());
        let block = Region::new([1, 2], [3, 4]);
        let sender = std::thread::spawn(move || {
            for task in 0..100 {
                send(&a, &Order::Block { run: 7, task, block: block.clone(), slot: task % 2 }).unwrap();
                send(&a, &Order::Board(vec!["x"; 20_000].concat().into())).unwrap();
            }
        });
        for wanted in 0..100 {
            match wire.receive(None).unwrap().unwrap() {
                Order::Block { run: 7, task, block, .. } => {
                    assert_eq!((task, block.shape), (wanted, vec![3, 4]))
                }
                other => panic!("{other:?}"),
            }
            assert!(matches!(wire.receive(None).unwrap().unwrap(), Order::Board(_)));
        }
        sender.join().unwrap();
        assert_eq!(wire.receive(None).unwrap_err().kind(), ErrorKind::UnexpectedEof);
    }

    #[test]
    fn noise_is_an_error() {
        let (mut a, b) = UnixStream::pair().unwrap();
        a.write_all(b"\xff\xff\xff\xffhello").unwrap();
        assert_eq!(Wire::<Order>::new(b).receive(None).unwrap_err().kind(), ErrorKind::InvalidData);
    }
}
