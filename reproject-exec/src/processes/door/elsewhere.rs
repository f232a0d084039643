//! Where workers knock on systems without `/proc`: at a server of `ipc-channel` for each worker, whose blocking `accept` is left to
//! a thread of its own. A parent killed while a worker starts may leave that server's socket to the system's clearing of
//! temporary files.

use crate::processes::protocol::{Greeting, told};
use ipc_channel::ipc::{IpcOneShotServer, IpcSender};
use std::collections::HashMap;
use std::io::{self, ErrorKind};
use std::sync::{Mutex, MutexGuard};
use std::thread::JoinHandle;

/// Bytes of a temporary folder's path, at most: a socket's path has room for about a hundred.
const LONGEST: usize = 70;

/// The place where the workers of one [`Processes`](crate::Processes) knock.
#[derive(Debug, Default)]
pub(crate) struct Door(Mutex<HashMap<u32, Guest>>);

/// A worker that is expected.
#[derive(Debug)]
struct Guest {
    path: String,
    thread: JoinHandle<io::Result<Greeting>>,
}

impl Door {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// There is nothing that a worker could remove.
    pub(crate) fn name(&self) -> &str {
        ""
    }

    /// The address that the worker with this process id connects to.
    pub(crate) fn path(&self, of: u32) -> io::Result<String> {
        let folder = std::env::temp_dir();
        if folder.as_os_str().len() > LONGEST {
            let why =
                format!("{} is too long a path for sockets; set TMPDIR to a shorter one", folder.display());
            return Err(io::Error::new(ErrorKind::InvalidFilename, why));
        }
        let (server, path) = IpcOneShotServer::<Greeting>::new()?;
        let accept = move || server.accept().map(|(_, greeting)| greeting).map_err(told);
        let thread = std::thread::Builder::new().name("reproject-door".into()).spawn(accept)?;
        self.lock().insert(of, Guest { path: path.clone(), thread });
        Ok(path)
    }

    /// The greeting of the worker with this process id, if it has come.
    pub(crate) fn greeting(&self, of: u32) -> io::Result<Option<Greeting>> {
        let mut guests = self.lock();
        if !guests.get(&of).is_some_and(|guest| guest.thread.is_finished()) {
            return Ok(None);
        }
        match guests.remove(&of).map(|guest| guest.thread.join()) {
            Some(Ok(greeting)) => greeting.map(Some),
            _ => Err(io::Error::new(ErrorKind::InvalidData, "no message of a worker")),
        }
    }

    /// Forgets a worker that has died: the thread that waits for it is told by a connection that says nothing.
    pub(crate) fn forget(&self, worker: u32) {
        if let Some(guest) = self.lock().remove(&worker) {
            // Where nobody listens any more, nobody waits.
            let _ = IpcSender::<Greeting>::connect(guest.path);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<u32, Guest>> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// Removes nothing: what a parent left has no name that a worker could know.
#[cfg(not(target_os = "linux"))]
pub(crate) fn clear(_: &str) {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::processes::protocol::{Reply, Request, VERSION, send, wait};
    use ipc_channel::ipc;
    use std::time::Duration;

    #[test]
    fn a_greeting_brings_both_channels_and_a_dead_worker_keeps_no_thread() {
        let door = Door::new();
        let (path, dead) = (door.path(1).unwrap(), door.path(2).unwrap());
        assert!(door.name().is_empty() && path != dead && door.greeting(1).unwrap().is_none());
        let (requests, from) = ipc::channel::<Request>().unwrap();
        let (to, replies) = ipc::channel::<Reply>().unwrap();
        let greeting = Greeting { version: VERSION, release: "1".into(), jobs: vec![], requests, replies };
        IpcSender::connect(path).unwrap().send(greeting).unwrap();
        let greeting = (0..2000).find_map(|_| {
            std::thread::sleep(Duration::from_millis(1));
            door.greeting(1).unwrap()
        });
        send(&greeting.unwrap().requests, &Request::Rest).unwrap();
        assert!(matches!(wait(&from).unwrap(), Request::Rest));
        drop(to);
        door.forget(2);
        assert!(door.lock().is_empty());
        let gone = (0..2000).any(|_| {
            std::thread::sleep(Duration::from_millis(1));
            !std::path::Path::new(&dead).exists()
        });
        assert!(gone, "the thread still waits");
    }
}
