//! `causeway up` as a process of its own, and what a user of it can see and do: over loopback HTTP and by signals.
//!
//! Whatever becomes of the test, dropping an [`Up`] kills its process, and with it the functions.

#![allow(clippy::disallowed_methods, reason = "a process of its own takes real time")]

mod api;
mod functions;

use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use causeway_cli::up::{Ready, WebhookAddress};
use transport::Io;

pub use api::{Answer, Api};
pub use functions::{Function, functions_of, kill};

/// How long `causeway up` may take until it is ready. Generous, for a machine that compiles something else meanwhile.
const READY: Duration = Duration::from_secs(60);
/// How long it may take to end after a signal.
const END: Duration = Duration::from_secs(20);

/// The built `causeway`, beside the test's own program.
///
/// # Panics
/// When it was not built.
#[must_use]
pub fn causeway() -> PathBuf {
    let test = std::env::current_exe().expect("a test knows its own program");
    // target/debug/deps/end_to_end-… → target/debug/causeway
    let folder = test.ancestors().nth(2).expect("tests lie in target/PROFILE/deps");
    let program = folder.join("causeway");
    assert!(program.is_file(), "{} is missing: cargo build --workspace --bins first", program.display());
    program
}

/// How to start `causeway up`.
#[derive(Debug, Clone)]
pub struct Options {
    /// The functions as processes.
    pub spawn: bool,
    /// Where state is kept.
    pub state: Option<PathBuf>,
    /// The gateway's port; 0 for any.
    pub port: u16,
    /// Template parameters, `NAME=VALUE`.
    pub parameters: Vec<String>,
    /// How many times faster than real time the cloud works.
    pub speed: f64,
    /// Everything that is worth a log line goes to stderr.
    pub trace: bool,
}

impl Default for Options {
    /// A fast cloud that keeps nothing, with functions in process, whose sweep finds a lost message after five seconds.
    fn default() -> Self {
        let parameters = vec!["SweepGraceSeconds=5".to_owned()];
        Self { spawn: false, state: None, port: 0, parameters, speed: 20.0, trace: false }
    }
}

impl Options {
    /// The default, with functions as processes.
    #[must_use]
    pub fn spawning() -> Self {
        Self { spawn: true, ..Self::default() }
    }

    /// The same with state in `folder`.
    #[must_use]
    pub fn with_state(self, folder: &Path) -> Self {
        Self { state: Some(folder.to_owned()), ..self }
    }

    /// The command line.
    #[must_use]
    pub fn command(&self) -> Command {
        let mut command = Command::new(causeway());
        command.args(["up", "--json", "--speed", &self.speed.to_string(), "--port", &self.port.to_string()]);
        if self.trace {
            command.env("CAUSEWAY_LOG", "trace");
        }
        if self.spawn {
            command.arg("--spawn");
        }
        if let Some(folder) = &self.state {
            command.arg("--state").arg(folder);
        }
        for parameter in &self.parameters {
            command.args(["--parameter", parameter]);
        }
        command
    }
}

/// A running `causeway up`.
pub struct Up {
    child: Process,
    /// The line of JSON that it printed once it was ready, as it stands.
    pub line: String,
    /// The same, read.
    pub ready: Arc<Ready>,
    io: Io,
    more: mpsc::Receiver<String>,
    complaints: Arc<Mutex<String>>,
}

impl Up {
    /// Starts it and waits until it is ready.
    ///
    /// # Panics
    /// When it does not become ready.
    #[must_use]
    pub fn start(options: &Options) -> Self {
        let mut child = options
            .command()
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("causeway starts");
        let complaints = Arc::new(Mutex::new(String::new()));
        collect(child.stderr.take().expect("stderr is a pipe"), complaints.clone());
        let more = lines(child.stdout.take().expect("stdout is a pipe"));
        let io = Io::system().expect("the system has a clock and randomness");
        // From here on a panic kills the process.
        let child = Process(child);
        let line = match more.recv_timeout(READY) {
            Ok(line) => line,
            Err(error) => panic!("causeway up is not ready: {error}; it says: {}", text_of(&complaints)),
        };
        let ready = serde_json::from_str(&line).expect("causeway up --json prints what it says");
        Self { child, line, ready: Arc::new(ready), io, more, complaints }
    }

    /// The address of the gateway, `http://127.0.0.1:PORT`.
    #[must_use]
    pub fn gateway(&self) -> &str {
        &self.ready.gateway
    }

    /// How to speak to the webhook.
    ///
    /// # Panics
    /// When nothing is deployed.
    #[must_use]
    pub fn webhook(&self) -> &WebhookAddress {
        self.ready.webhook.as_ref().expect("Causeway is deployed")
    }

    /// The key that verifies the logs.
    ///
    /// # Panics
    /// When nothing is deployed.
    #[must_use]
    pub fn verifier(&self) -> &str {
        self.ready.verifier.as_ref().expect("Causeway is deployed")
    }

    /// A client of everything that it serves.
    #[must_use]
    pub fn api(&self) -> Api {
        Api::new(self.ready.clone(), self.io.clone())
    }

    /// The process's id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.0.id()
    }

    /// What it has written to stderr so far.
    #[must_use]
    pub fn complaints(&self) -> String {
        text_of(&self.complaints)
    }

    /// Sends a signal, such as `INT`.
    ///
    /// # Panics
    /// When it cannot be sent.
    pub fn signal(&self, name: &str) {
        kill(self.id(), name);
    }

    /// Waits for the end. Returns how it ended, and what it had printed after its first line.
    ///
    /// # Panics
    /// When it does not end.
    #[must_use]
    pub fn ended(mut self) -> (ExitStatus, Vec<String>) {
        let begun = Instant::now();
        let status = loop {
            if let Some(status) = self.child.0.try_wait().expect("a child can be waited for") {
                break status;
            }
            assert!(begun.elapsed() < END, "causeway up does not end; it says: {}", self.complaints());
            std::thread::sleep(Duration::from_millis(10));
        };
        let mut printed = Vec::new();
        loop {
            match self.more.recv_timeout(END) {
                Ok(line) => printed.push(line),
                Err(RecvTimeoutError::Disconnected) => return (status, printed),
                Err(RecvTimeoutError::Timeout) => panic!("somebody still holds the stdout of causeway up"),
            }
        }
    }

    /// Kills it with SIGKILL and waits until it is gone.
    pub fn kill(self) {
        drop(self);
    }
}

/// A process that ends with its test.
pub struct Process(pub Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn text_of(complaints: &Mutex<String>) -> String {
    complaints.lock().unwrap_or_else(PoisonError::into_inner).clone()
}

/// Lines as they come. The channel closes when the stream ends.
fn lines(stream: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (tell, heard) = mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            if tell.send(line).is_err() {
                return;
            }
        }
    });
    heard
}

fn collect(stream: impl Read + Send + 'static, into: Arc<Mutex<String>>) {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines().map_while(Result::ok) {
            let mut text = into.lock().unwrap_or_else(PoisonError::into_inner);
            text.push_str(&line);
            text.push('\n');
        }
    });
}
