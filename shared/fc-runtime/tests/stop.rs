//! Stopping: calls in flight are answered, others end, and the process exits in order.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(clippy::disallowed_methods, reason = "a test on a real socket waits for real")]

mod support;

use std::io::{BufRead, BufReader, Read};
use std::net::TcpStream;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

use fc_runtime::{Environment, Error, Event, Runtime, ServeError, service_fn};
use support::{Client, Request, Server};

/// Takes as many milliseconds as it is told.
fn slow() -> Runtime {
    Runtime::new(service_fn(async |event: Event<u64>| {
        tokio::time::sleep(Duration::from_millis(event.payload)).await;
        Ok::<_, Error>("slept")
    }))
}

#[test]
fn a_call_in_flight_is_answered_and_then_the_runtime_returns() {
    let mut server = Server::start(slow());
    let mut idle = server.connect();
    assert_eq!(idle.send(&Request::event("1-a", "0")).text(), "\"slept\"");
    let mut busy = server.connect();
    busy.write(&Request::event("1-b", "300").bytes());
    server.lines.wait_for("FC Invoke Start RequestId: 1-b");
    let address = server.address;
    server.tell_to_stop();
    assert_eq!(idle.rest(), b"", "an idle connection is closed");
    let reply = busy.reply();
    assert_eq!((reply.status, reply.text()), (200, "\"slept\""));
    assert!(server.result().is_ok());
    assert!(TcpStream::connect(address).is_err(), "nobody listens any more");
}

#[test]
fn a_call_that_outlasts_the_grace_period_is_dropped_and_counted() {
    let server = Server::start(slow().grace(Duration::from_millis(100)));
    let mut busy = server.connect();
    busy.write(&Request::event("1-c", "60000").bytes());
    server.lines.wait_for("FC Invoke Start RequestId: 1-c");
    let lines = server.lines.clone();
    let begun = Instant::now();
    let result = server.result();
    assert!(matches!(result, Err(ServeError::Unfinished { connections: 1, .. })), "{result:?}");
    assert!(begun.elapsed() < Duration::from_secs(10));
    lines.wait_for("FC Invoke End RequestId: 1-c, Error: Unhandled function error");
}

/// The process of the tests below: a whole function as its `main` would start it.
#[test]
#[ignore = "runs as the child process of other tests"]
fn child() {
    let build = |environment: Environment| -> Result<Runtime, Error> {
        environment.get("TEST_BUILDS").ok_or("told not to build")?;
        Ok(slow())
    };
    assert_eq!(format!("{:?}", fc_runtime::start(build)), format!("{:?}", std::process::ExitCode::SUCCESS));
}

#[test]
fn a_function_that_cannot_be_built_says_why_where_nothing_is_logged_too() {
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "child", "--ignored", "--nocapture"])
        .envs([("FC_SERVER_HOST", "127.0.0.1"), ("LOG_LEVEL", "off")])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!output.status.success() && said.contains("the function stops: told not to build"), "{said}");
}

struct Process {
    child: Child,
    stdout: BufReader<ChildStdout>,
    port: u16,
}

impl Process {
    fn start(variables: &[(&str, &str)]) -> Self {
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "child", "--ignored", "--nocapture"])
            .envs([("FC_SERVER_HOST", "127.0.0.1"), ("FC_CUSTOM_LISTEN_PORT", &port.to_string())])
            .envs(variables.iter().copied())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        Self { child, stdout, port }
    }

    /// Reads stdout up to a line with this text. Lines count as soon as they are written: nothing is buffered on their side.
    fn line_with(&mut self, text: &str) -> String {
        loop {
            let mut line = String::new();
            assert_ne!(self.stdout.read_line(&mut line).unwrap(), 0, "no line with {text:?}");
            if line.contains(text) {
                return line.trim_end().to_owned();
            }
        }
    }

    fn signal(&self, name: &str) {
        let told = Command::new("kill").args([format!("-{name}"), self.child.id().to_string()]).status().unwrap();
        assert!(told.success());
    }

    fn exit(mut self) -> (bool, String) {
        let mut rest = String::new();
        self.stdout.read_to_string(&mut rest).unwrap();
        (self.child.wait().unwrap().success(), rest)
    }
}

#[test]
fn on_sigterm_and_sigint_the_process_finishes_its_call_and_exits_with_0() {
    for (name, payload) in [("TERM", "400"), ("INT", "400")] {
        let mut process = Process::start(&[("TEST_BUILDS", "1")]);
        process.line_with("FunctionCompute fc-runtime runtime inited.");
        let mut client = Client::connect(([127, 0, 0, 1], process.port).into());
        client.write(&Request::event("1-d", payload).bytes());
        assert_eq!(process.line_with("Invoke Start"), "FC Invoke Start RequestId: 1-d");
        process.signal(name);
        assert_eq!(client.reply().text(), "\"slept\"");
        assert_eq!(process.line_with("Invoke End"), "FC Invoke End RequestId: 1-d");
        let (succeeded, rest) = process.exit();
        assert!(succeeded, "SIG{name}: {rest}");
    }
}

#[test]
fn a_function_that_cannot_be_built_or_started_says_why_and_exits_with_an_error() {
    let mut unbuilt = Process::start(&[]);
    let line = unbuilt.line_with("told not to build");
    assert!(line.starts_with('{') && line.contains(r#""level":"ERROR""#), "{line}");
    assert!(!unbuilt.exit().0);

    let mut misplaced = Process::start(&[("TEST_BUILDS", "1"), ("FC_SERVER_PORT", "many")]);
    misplaced.line_with("FC_SERVER_PORT");
    assert!(!misplaced.exit().0);

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let mut shut_out = Process::start(&[("TEST_BUILDS", "1"), ("FC_SERVER_PORT", &port)]);
    shut_out.line_with("could not listen on 127.0.0.1");
    assert!(!shut_out.exit().0);
}
