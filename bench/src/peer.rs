//! A server under measurement: a process of its own, on a core of its own where the machine has two.

use std::ffi::OsString;
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use std::{fs, io};

use crate::load::Connection;

/// The core that servers run on; the load runs on core 1, see `scripts/bench`.
const CORE: &str = "0";

/// How to start a server. It listens on the port in `FC_SERVER_PORT`, as Function Compute has it.
#[derive(Debug, Clone)]
pub struct Peer {
    /// What the table calls it.
    pub name: &'static str,
    /// Program and arguments.
    pub command: Vec<OsString>,
}

/// A server that runs, until it is dropped.
#[derive(Debug)]
pub struct Running {
    child: Child,
    /// Where it listens.
    pub address: SocketAddr,
    /// From its spawn to its first answer.
    pub cold_start: Duration,
}

impl Peer {
    /// A server of this name.
    pub fn new(name: &'static str, command: impl IntoIterator<Item = impl Into<OsString>>) -> Self {
        Self { name, command: command.into_iter().map(Into::into).collect() }
    }

    /// Starts it and waits for its first answer to `request`.
    ///
    /// # Errors
    /// When it cannot be started, ends, or answers wrongly.
    pub async fn start(&self, request: &[u8], answer: &[u8]) -> io::Result<Running> {
        let address = free_address()?;
        let start = Instant::now();
        let child = Command::new("taskset")
            .args(["--cpu-list", CORE])
            .args(&self.command)
            .env("FC_SERVER_PORT", address.port().to_string())
            .env("FC_SERVER_HOST", address.ip().to_string())
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .spawn()?;
        let mut running = Running { child, address, cold_start: Duration::ZERO };
        let mut connection = loop {
            match Connection::to(address).await {
                Ok(connection) => break connection,
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {}
                Err(error) => return Err(error),
            }
            if let Some(status) = running.child.try_wait()? {
                return Err(io::Error::other(format!("{} ended with {status}", self.name)));
            }
            std::thread::sleep(Duration::from_micros(200));
        };
        connection.exchange(request, answer).await?;
        running.cold_start = start.elapsed();
        Ok(running)
    }
}

impl Running {
    /// The most memory that it held so far, in MB.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn peak_memory(&self) -> io::Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.child.id()))?;
        let kilobytes = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next());
        let kilobytes = kilobytes.and_then(|kilobytes| kilobytes.parse::<f64>().ok());
        kilobytes.map(|kilobytes| kilobytes / 1024.0).ok_or_else(|| io::Error::other("no VmHWM"))
    }

    /// The processor time that its threads took so far.
    ///
    /// # Errors
    /// When the system does not say.
    pub fn processor_time(&self) -> io::Result<Duration> {
        let mut nanoseconds = 0;
        for task in fs::read_dir(format!("/proc/{}/task", self.child.id()))? {
            // "on the processor, waiting for it, turns"; a thread that ended meanwhile is left out.
            let Ok(schedule) = fs::read_to_string(task?.path().join("schedstat")) else { continue };
            nanoseconds += schedule.split(' ').next().and_then(|first| first.parse::<u64>().ok()).unwrap_or(0);
        }
        Ok(Duration::from_nanos(nanoseconds))
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Either it runs and can be killed, or it has ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_address() -> io::Result<SocketAddr> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))?.local_addr()
}
