//! Where workers knock: how channels of `ipc-channel` come about between this process and its workers without a file that could be
//! left behind and without a wait that could last for ever.
//!
//! `ipc-channel` 0.23 joins processes by `IpcOneShotServer` and `IpcSender::connect`. The server keeps a socket in a temporary
//! folder until `accept` returns (`platform/unix/mod.rs`, `OsIpcOneShotServer`), `accept` has no deadline, and a `connect` that
//! fails loses a descriptor. Here a worker connects to a socket of ours instead, whose file is unlinked before any worker is told of it: what
//! remains is a descriptor, and `/proc/PID/fd/N` leads to the socket as long as this process lives. The worker's first message,
//! which brings the parent's ends of its channels, is taken from that socket without waiting and passed on, as it is, to a
//! channel within this process. A worker that dies leaves nothing; one that cannot connect ends.
//!
//! The file exists between `bind` and `unlink`, some 30 µs once for each [`Door`]. Workers are started before that: should this
//! process be killed just then, they see their standard input end before they are told where to knock, and remove it.

use crate::processes::protocol::{Greeting, told};
use ipc_channel::ipc::{self, IpcReceiver, IpcSender};
use rustix::fd::{AsFd, AsRawFd, BorrowedFd, OwnedFd};
use rustix::fs::{Mode, OFlags, open};
use rustix::io::Errno;
use rustix::net::{
    AddressFamily, RecvAncillaryBuffer, RecvAncillaryMessage, RecvFlags, ReturnFlags, SendAncillaryBuffer,
    SendAncillaryMessage, SendFlags, SocketAddrUnix, SocketFlags, SocketType, accept_with, bind, listen,
    recvmsg, sendmsg, socket_with, sockopt::socket_peercred,
};
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::io::{self, ErrorKind, IoSlice, IoSliceMut};
use std::mem::MaybeUninit;
use std::os::unix::fs::FileTypeExt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

/// Bytes of a first message, at most: names of jobs.
const LONGEST: usize = 1 << 17;

/// Descriptors that a first message brings.
const ENDS: usize = 2;

/// Workers that may knock at once.
const QUEUE: i32 = 256;

/// The place where the workers of one [`Processes`](crate::Processes) knock.
#[derive(Debug)]
pub(crate) struct Door {
    name: String,
    open: Mutex<Option<Open>>,
}

impl Door {
    /// A door that is opened when it is first asked for.
    pub(crate) fn new() -> Self {
        let random = RandomState::new().hash_one(std::process::id());
        Self { name: format!("{PREFIX}{:x}-{random:016x}", std::process::id()), open: Mutex::default() }
    }

    /// The name that its file has for a moment.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The address that a worker connects to.
    pub(crate) fn path(&self, _of: u32) -> io::Result<String> {
        let mut open = self.lock();
        let open = match &mut *open {
            Some(open) => open,
            none => none.insert(Open::new(&self.name)?),
        };
        Ok(path(&open.handle))
    }

    /// The greeting of the worker with this process id, if it has come.
    pub(crate) fn greeting(&self, of: u32) -> io::Result<Option<Greeting>> {
        match &mut *self.lock() {
            Some(open) => open.greeting(of),
            None => Ok(None),
        }
    }

    /// Forgets a worker that has died.
    pub(crate) fn forget(&self, worker: u32) {
        if let Some(open) = &mut *self.lock() {
            open.guests.remove(&worker);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Option<Open>> {
        self.open.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// Folders for the file, the best first.
fn folders() -> [PathBuf; 2] {
    [std::env::temp_dir(), "/dev/shm".into()]
}

/// The beginning of the names of doors.
const PREFIX: &str = "reproject-";

/// Removes the file of a parent that has died before it could: a socket with the name of a door. The name comes from the
/// environment, where anything can stand.
pub(crate) fn clear(name: &str) {
    let digits = name.strip_prefix(PREFIX).and_then(|rest| rest.split_once('-'));
    let number = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_hexdigit());
    if !digits.is_some_and(|(parent, random)| number(parent) && number(random) && random.len() == 16) {
        return;
    }
    for path in folders().map(|folder| folder.join(name)) {
        // Nearly always there is none.
        if std::fs::symlink_metadata(&path).is_ok_and(|found| found.file_type().is_socket()) {
            let _ = std::fs::remove_file(path);
        }
    }
}

#[derive(Debug)]
struct Open {
    listener: OwnedFd,
    /// Refers to the socket's file, which has no name any more.
    handle: OwnedFd,
    /// The end whose messages arrive at `greetings`.
    feed: OwnedFd,
    greetings: IpcReceiver<Greeting>,
    /// Workers that have knocked and not yet greeted.
    guests: HashMap<u32, OwnedFd>,
}

fn path(fd: &OwnedFd) -> String {
    format!("/proc/{}/fd/{}", std::process::id(), fd.as_raw_fd())
}

impl Open {
    fn new(name: &str) -> io::Result<Self> {
        let [first, second] = folders();
        let (listener, handle) =
            unnamed(&first, name).or_else(|error| unnamed(&second, name).map_err(|_| error))?;
        // A channel within this process, of which we hold the descriptor that feeds it: sent through the door, it comes out.
        let inside = IpcSender::<IpcSender<Greeting>>::connect(path(&handle))?;
        let outside = accept_with(&listener, SocketFlags::CLOEXEC)?;
        let (feed, greetings) = ipc::channel()?;
        inside.send(feed).map_err(told)?;
        let (_, ends) = take(outside.as_fd())?;
        let [feed] = <[OwnedFd; 1]>::try_from(ends).map_err(|_| ErrorKind::InvalidData)?;
        Ok(Self { listener, handle, feed, greetings, guests: HashMap::new() })
    }

    fn greeting(&mut self, of: u32) -> io::Result<Option<Greeting>> {
        loop {
            match accept_with(&self.listener, SocketFlags::CLOEXEC) {
                Ok(guest) => {
                    let id = socket_peercred(&guest)?.pid;
                    self.guests.insert(id.as_raw_nonzero().get() as u32, guest);
                }
                Err(Errno::INTR | Errno::CONNABORTED) => {}
                Err(Errno::AGAIN) => break,
                Err(error) => return Err(error.into()),
            }
        }
        let Some(guest) = self.guests.get(&of) else { return Ok(None) };
        let (message, ends) = match take(guest.as_fd()) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(None),
            taken => taken?,
        };
        self.guests.remove(&of);
        if ends.len() != ENDS {
            let why = format!("{} channels instead of {ENDS}", ends.len());
            return Err(io::Error::new(ErrorKind::InvalidData, why));
        }
        // `ipc-channel` panics over a message whose descriptors it had no room for.
        drop([UnixStream::pair()?, UnixStream::pair()?]);
        pass(self.feed.as_fd(), &message, &ends)?;
        crate::processes::protocol::receive(&self.greetings, Duration::from_secs(1))
    }
}

/// A listening socket, and a handle on its file, which has been unlinked.
fn unnamed(folder: &Path, name: &str) -> io::Result<(OwnedFd, OwnedFd)> {
    let (flags, none) = (SocketFlags::CLOEXEC | SocketFlags::NONBLOCK, Mode::empty());
    let socket = socket_with(AddressFamily::UNIX, SocketType::SEQPACKET, flags, None)?;
    // The folder's descriptor stands for its path, which may be too long for a socket.
    let folder = open(folder, OFlags::PATH | OFlags::DIRECTORY | OFlags::CLOEXEC, none)?;
    let file = format!("{}/{name}", path(&folder));
    bind(&socket, &SocketAddrUnix::new(&*file)?)?;
    let handle = open(&*file, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, none);
    std::fs::remove_file(&file)?;
    listen(&socket, QUEUE)?;
    Ok((socket, handle?))
}

/// Takes a message from a socket, if one is there: its bytes and descriptors.
fn take(from: BorrowedFd<'_>) -> io::Result<(Vec<u8>, Vec<OwnedFd>)> {
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(2 * ENDS))];
    let mut control = RecvAncillaryBuffer::new(&mut space);
    let mut bytes = vec![0; LONGEST];
    let flags = RecvFlags::DONTWAIT | RecvFlags::CMSG_CLOEXEC;
    let got = loop {
        match recvmsg(from, &mut [IoSliceMut::new(&mut bytes)], &mut control, flags) {
            Err(Errno::INTR) => {}
            got => break got?,
        }
    };
    let mut ends = Vec::new();
    for message in control.drain() {
        if let RecvAncillaryMessage::ScmRights(all) = message {
            ends.extend(all);
        }
    }
    if got.bytes == 0 {
        return Err(ErrorKind::UnexpectedEof.into());
    }
    if got.flags.contains(ReturnFlags::CTRUNC) && ends.len() < ENDS {
        // There were no descriptors left to take them.
        return Err(Errno::MFILE.into());
    }
    if got.flags.intersects(ReturnFlags::TRUNC | ReturnFlags::CTRUNC) {
        return Err(io::Error::new(ErrorKind::InvalidData, format!("more than {LONGEST} bytes")));
    }
    bytes.truncate(got.bytes);
    Ok((bytes, ends))
}

/// Passes a message on.
fn pass(to: BorrowedFd<'_>, message: &[u8], ends: &[OwnedFd]) -> io::Result<()> {
    let ends: Vec<_> = ends.iter().map(AsFd::as_fd).collect();
    let mut space = [MaybeUninit::uninit(); rustix::cmsg_space!(ScmRights(ENDS))];
    let mut control = SendAncillaryBuffer::new(&mut space);
    control.push(SendAncillaryMessage::ScmRights(&ends));
    loop {
        match sendmsg(to, &[IoSlice::new(message)], &mut control, SendFlags::NOSIGNAL) {
            Err(Errno::INTR) => {}
            other => return other.map(|_| ()).map_err(Into::into),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::processes::protocol::{Reply, Request, VERSION, send, wait};

    fn knock(path: &str, jobs: Vec<String>) -> (IpcReceiver<Request>, IpcSender<Reply>) {
        let door = IpcSender::<Greeting>::connect(path.into()).unwrap();
        let (requests, from) = ipc::channel().unwrap();
        let (to, replies) = ipc::channel().unwrap();
        door.send(Greeting { version: VERSION, release: "1".into(), jobs, requests, replies }).unwrap();
        (from, to)
    }

    #[test]
    fn a_greeting_brings_both_channels_and_no_file_remains() {
        let (door, own) = (Door::new(), std::process::id());
        assert!(door.greeting(own).unwrap().is_none());
        let path = door.path(own).unwrap();
        assert!(folders().iter().all(|folder| !folder.join(door.name()).exists()));
        assert!(door.greeting(own).unwrap().is_none());
        let (from, to) = knock(&path, vec!["a".into()]);
        assert!(door.greeting(own + 1).unwrap().is_none());
        let greeting = door.greeting(own).unwrap().unwrap();
        assert_eq!((greeting.version, greeting.jobs), (VERSION, vec!["a".to_owned()]));
        send(&greeting.requests, &Request::Rest).unwrap();
        assert!(matches!(wait(&from).unwrap(), Request::Rest));
        send(&to, &Reply { run: 1, block: 2, read: 3, result: Ok(()) }).unwrap();
        assert_eq!(wait(&greeting.replies).unwrap().block, 2);
        drop((from, to));
        assert!(send(&greeting.requests, &Request::Rest).is_err());
        assert_eq!(wait(&greeting.replies).unwrap_err().kind(), ErrorKind::UnexpectedEof);
    }

    /// The environment cannot make a worker remove anything but a socket with the name of a door.
    #[test]
    fn only_doors_are_cleared() {
        let folder = tempfile::tempdir().unwrap();
        let precious = folder.path().join("precious");
        std::fs::write(&precious, "precious").unwrap();
        let beside =
            std::env::temp_dir().join(format!("reproject-{:x}-0123456789abcdef", std::process::id()));
        std::fs::write(&beside, "no socket").unwrap();
        let name = beside.file_name().unwrap().to_str().unwrap();
        for name in [
            precious.to_str().unwrap(),
            "",
            ".",
            "../x",
            "reproject-1-2",
            "reproject-../x-0123456789abcdef",
            name,
        ] {
            clear(name);
        }
        assert!(precious.exists() && beside.exists());
        std::fs::remove_file(&beside).unwrap();
        let _socket = std::os::unix::net::UnixListener::bind(&beside).unwrap();
        clear(name);
        assert!(!beside.exists());
    }

    #[test]
    fn what_is_no_greeting_is_an_error() {
        let (door, own) = (Door::new(), std::process::id());
        let path = door.path(own).unwrap();
        drop(IpcSender::<u8>::connect(path.clone()).unwrap());
        assert_eq!(door.greeting(own).unwrap_err().kind(), ErrorKind::UnexpectedEof);
        door.forget(own);
        IpcSender::<Vec<u8>>::connect(path.clone()).unwrap().send(vec![1, 2, 3]).unwrap();
        assert_eq!(door.greeting(own).unwrap_err().kind(), ErrorKind::InvalidData);
        knock(&path, vec!["x".repeat(2 * LONGEST)]);
        assert_eq!(door.greeting(own).unwrap_err().kind(), ErrorKind::InvalidData);
    }

    #[test]
    fn long_paths_of_temporary_folders_are_no_obstacle() {
        let folder = tempfile::tempdir().unwrap();
        let long = folder.path().join("x".repeat(200));
        std::fs::create_dir(&long).unwrap();
        let (_listener, handle) = unnamed(&long, "socket").unwrap();
        assert_eq!(std::fs::read_dir(&long).unwrap().count(), 0);
        drop(IpcSender::<u8>::connect(path(&handle)).unwrap());
    }
}
