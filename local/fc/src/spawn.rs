//! Instances that are processes of the real bootstrap program, each on a loopback port of its own.
//!
//! # Guarantees
//! No process outlives this one, not even when this one is killed with SIGKILL. Each bootstrap is started through a shell
//! that leaves a guard behind and then becomes the bootstrap. The guard reads a pipe whose other end only we hold: when the
//! kernel closes it, the guard kills the bootstrap. The guard also passes SIGTERM on, so no process is ever signalled by an
//! id that may belong to somebody else by now.
//!
//! A bootstrap runs in a process group of its own: Ctrl-C at the terminal reaches us alone, and we stop it in good order.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use futures::FutureExt as _;
use futures::future::{BoxFuture, Shared, join_all};
use http::header::{CONNECTION, HOST, HeaderValue};
use http::{Request, Response};
use http_body_util::{BodyExt as _, Full};
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncBufReadExt as _, AsyncRead, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::{Child, ChildStdin, Command};
use tokio::sync::{Mutex, watch};
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

use super::FunctionConfig;
use super::launcher::{Exited, Instance, LaunchError, Launcher, Said};
use super::tasks::stopped;

/// How long a program may take to listen (docs/reference/function-compute.md, section 1.1).
const READY: Duration = Duration::from_secs(120);

/// How long a program may take to end after SIGTERM.
const GRACE: Duration = Duration::from_secs(5);

/// How long we wait for the end of a program whose connection broke, to learn how it ended, and then for its last words.
const AUTOPSY: Duration = Duration::from_millis(500);

/// How many lines of a program are kept, in case it ends by itself, and how many characters of each.
const LAST_LINES: usize = 20;
const LONGEST_LINE: usize = 1000;

/// What the shell does before it becomes the program. `$$` is the id that the program will have.
const GUARD: &str = r#"
exec 3<&0
{
  while read -r word <&3; do
    case $word in
      stop) kill -TERM $$ ;;
      *) exit 0 ;;
    esac
  done
  kill -KILL $$
} </dev/null >/dev/null 2>&1 &
exec "$@" 3<&- </dev/null
"#;

/// Starts one program as a process for each instance, whatever its function: the environment says which one it is.
pub struct SpawnLauncher {
    program: PathBuf,
    environment: BTreeMap<String, String>,
    sink: LineSink,
}

/// Takes the lines that functions print.
pub type LineSink = Arc<dyn Fn(OutputLine<'_>) + Send + Sync>;

/// A line that a function printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OutputLine<'a> {
    /// The function.
    pub function: &'a str,
    /// The line, without its end.
    pub line: &'a str,
    /// Whether it came by stderr.
    pub is_error: bool,
}

impl SpawnLauncher {
    /// Starts `program`. Its output goes to tracing, target `function`.
    pub fn new(program: impl Into<PathBuf>) -> Self {
        Self { program: program.into(), environment: BTreeMap::new(), sink: Arc::new(trace) }
    }

    /// Adds a variable to the environment of every process. A function's own variables come before these.
    #[must_use]
    pub fn with_variable(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.environment.insert(name.into(), value.into());
        self
    }

    /// Sends what processes print to `sink` instead of tracing.
    #[must_use]
    pub fn with_sink(mut self, sink: LineSink) -> Self {
        self.sink = sink;
        self
    }

    fn command(
        &self,
        program: &Path,
        arguments: &[String],
        environment: BTreeMap<String, String>,
        port: u16,
    ) -> Command {
        let mut command = Command::new("/bin/sh");
        command.arg("-c").arg(GUARD).arg("guard").arg(program).args(arguments);
        // A function in the cloud inherits nothing of us; a few names make tools work.
        command.env_clear();
        for name in ["PATH", "HOME", "TMPDIR"] {
            if let Some(value) = std::env::var_os(name) {
                command.env(name, value);
            }
        }
        command.envs(&self.environment).envs(environment);
        for name in ["FC_SERVER_PORT", "FC_CUSTOM_LISTEN_PORT"] {
            command.env(name, port.to_string());
        }
        // In the cloud a function listens on every address; here it must not.
        command.env("FC_SERVER_HOST", Ipv4Addr::LOCALHOST.to_string());
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.process_group(0).kill_on_drop(true);
        command
    }
}

#[async_trait]
impl Launcher for SpawnLauncher {
    async fn launch(
        &self,
        function: &FunctionConfig,
        environment: BTreeMap<String, String>,
    ) -> Result<Arc<dyn Instance>, LaunchError> {
        self.start(&function.function_name, &self.program, &[], environment).await
    }
}

impl SpawnLauncher {
    /// Starts a program for a function, and returns once it takes connections.
    pub(super) async fn start(
        &self,
        function: &str,
        program: &Path,
        arguments: &[String],
        environment: BTreeMap<String, String>,
    ) -> Result<Arc<dyn Instance>, LaunchError> {
        let name = function.to_owned();
        let path = program.display().to_string();
        if !program.is_file() {
            return Err(LaunchError::Missing { function: name, path });
        }
        let failed = |reason| LaunchError::Start { function: name.clone(), path: path.clone(), reason };
        let port = free_port().await.map_err(failed)?;
        let mut child = self.command(program, arguments, environment, port).spawn().map_err(failed)?;
        let output = Output::of(&mut child, &name, &self.sink);
        let process = Process::watch(child, SocketAddr::from((Ipv4Addr::LOCALHOST, port)), output);
        match timeout(READY, process.ready()).await {
            Ok(Ok(())) => Ok(Arc::new(process)),
            Ok(Err(exited)) => {
                let status = exited.status.unwrap_or_else(|| "unknown status".to_owned());
                Err(LaunchError::Ended { function: name, port, status, said: exited.said })
            }
            Err(_) => {
                process.stop().await;
                Err(LaunchError::NotReady { function: name, port, seconds: READY.as_secs() })
            }
        }
    }
}

/// A port that was free a moment ago.
async fn free_port() -> io::Result<u16> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?.local_addr()?.port())
}

pub(super) fn trace(output: OutputLine<'_>) {
    let OutputLine { function, line, is_error } = output;
    if is_error {
        tracing::warn!(target: "function", function, "{line}");
    } else {
        tracing::info!(target: "function", function, "{line}");
    }
}

/// What a program prints.
struct Output {
    last: LastLines,
    /// Ends when the program has closed both of its streams.
    read: Shared<BoxFuture<'static, ()>>,
}

type LastLines = Arc<std::sync::Mutex<VecDeque<String>>>;

impl Output {
    /// Reads the streams of `child` in the background.
    fn of(child: &mut Child, function: &str, sink: &LineSink) -> Self {
        let last = LastLines::default();
        let streams = [
            (child.stdout.take().map(|stream| Box::new(stream) as Box<dyn AsyncRead + Send + Unpin>), false),
            (child.stderr.take().map(|stream| Box::new(stream) as Box<dyn AsyncRead + Send + Unpin>), true),
        ];
        let readers = streams.into_iter().filter_map(|(stream, is_error)| {
            let (last, sink, function) = (Arc::clone(&last), Arc::clone(sink), function.to_owned());
            Some(tokio::spawn(forward(stream?, function, is_error, sink, last)))
        });
        let read = join_all(readers.collect::<Vec<_>>()).map(|_| ()).boxed().shared();
        Self { last, read }
    }

    /// The last lines of a program that has ended.
    async fn last(&self) -> Said {
        // Whoever the program left behind may hold its streams open.
        let _ = timeout(AUTOPSY, self.read.clone()).await;
        Said(self.last.lock().unwrap_or_else(PoisonError::into_inner).iter().cloned().collect())
    }
}

/// Hands on what a program prints, line by line. Bytes that are not text are replaced.
async fn forward(stream: impl AsyncRead + Unpin, function: String, is_error: bool, sink: LineSink, last: LastLines) {
    let mut reader = BufReader::new(stream);
    let mut bytes = Vec::new();
    while reader.read_until(b'\n', &mut bytes).await.is_ok_and(|read| read > 0) {
        let line = String::from_utf8_lossy(&bytes);
        let line = line.trim_end_matches(['\n', '\r']);
        sink(OutputLine { function: &function, line, is_error });
        let mut last = last.lock().unwrap_or_else(PoisonError::into_inner);
        if last.len() == LAST_LINES {
            last.pop_front();
        }
        last.push_back(line.chars().take(LONGEST_LINE).collect());
        drop(last);
        bytes.clear();
    }
}

/// A running bootstrap.
struct Process {
    address: SocketAddr,
    output: Output,
    /// Our end of the guard's pipe. The guard acts when it closes.
    guard: Mutex<Option<ChildStdin>>,
    /// How the process ended, once it has.
    ended: watch::Receiver<Option<String>>,
    /// Kills the process when asked to.
    kill: watch::Sender<bool>,
    keeper: AbortHandle,
}

impl Process {
    /// Waits for the end of `child` in the background, so that its end is known at once and leaves no zombie.
    fn watch(mut child: Child, address: SocketAddr, output: Output) -> Self {
        let guard = Mutex::new(child.stdin.take());
        let (tell, ended) = watch::channel(None);
        let (kill, asked) = watch::channel(false);
        let keeper = tokio::spawn(async move {
            let by_itself = tokio::select! {
                status = child.wait() => Some(status),
                () = stopped(asked) => None,
            };
            let status = match by_itself {
                Some(status) => status,
                None => child.kill().await.and(child.wait().await),
            };
            tell.send_replace(Some(status.map_or_else(|error| error.to_string(), |status| status.to_string())));
        });
        Self { address, output, guard, ended, kill, keeper: keeper.abort_handle() }
    }

    /// Returns once the program takes connections.
    async fn ready(&self) -> Result<(), Exited> {
        loop {
            tokio::select! {
                biased;
                exited = self.exited() => return Err(exited),
                connected = TcpStream::connect(self.address) => if connected.is_ok() {
                    return Ok(());
                },
            }
            sleep(Duration::from_millis(5)).await;
        }
    }

    /// Returns when the process has ended. The guard need not watch then.
    async fn exited(&self) -> Exited {
        let mut ended = self.ended.clone();
        let status = match ended.wait_for(Option::is_some).await {
            Ok(status) => status.clone(),
            Err(_) => None,
        };
        self.tell_guard("done\n").await;
        Exited { status, said: self.output.last().await }
    }

    async fn tell_guard(&self, word: &str) {
        let mut guard = self.guard.lock().await;
        if let Some(pipe) = guard.as_mut() {
            // A guard that is gone needs to be told nothing.
            let _ = pipe.write_all(word.as_bytes()).await;
            let _ = pipe.flush().await;
        }
    }

    async fn exchange(
        &self,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, Box<dyn std::error::Error + Send + Sync>> {
        let stream = TcpStream::connect(self.address).await?;
        stream.set_nodelay(true)?;
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await?;
        let (parts, body) = request.into_parts();
        let mut request = Request::from_parts(parts, Full::new(body));
        let host = HeaderValue::try_from(self.address.to_string())?;
        request.headers_mut().entry(HOST).or_insert(host);
        request.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
        let answer = async {
            let (parts, body) = sender.send_request(request).await?.into_parts();
            let body = body.collect().await?.to_bytes();
            Ok::<_, hyper::Error>(Response::from_parts(parts, body))
        };
        tokio::pin!(answer, connection);
        let mut closed = false;
        loop {
            tokio::select! {
                response = &mut answer => return Ok(response?),
                // The answer may still be in the sender's hands when the connection is done.
                result = &mut connection, if !closed => {
                    result?;
                    closed = true;
                }
            }
        }
    }
}

#[async_trait]
impl Instance for Process {
    async fn call(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Exited> {
        tokio::select! {
            biased;
            answer = self.exchange(request) => match answer {
                Ok(response) => Ok(response),
                Err(error) => {
                    tracing::debug!(error = &*error as &dyn std::error::Error, "the connection to an instance broke");
                    Err(timeout(2 * AUTOPSY, self.exited()).await.unwrap_or_default())
                }
            },
            exited = self.exited() => Err(exited),
        }
    }

    fn has_ended(&self) -> bool {
        self.ended.borrow().is_some()
    }

    async fn stop(&self) {
        if self.ended.borrow().is_none() {
            self.tell_guard("stop\n").await;
            if timeout(GRACE, self.exited()).await.is_err() {
                self.kill.send_replace(true);
                self.exited().await;
            }
        }
        self.guard.lock().await.take();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Drops the child too, which kills it; the closing pipe tells the guard the same.
        self.keeper.abort();
    }
}
