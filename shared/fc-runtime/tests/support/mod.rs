//! A served runtime and a client that sees every byte.

#![allow(clippy::unwrap_used, reason = "a test may panic")]
#![allow(dead_code, reason = "each test binary uses its own part")]
#![allow(clippy::disallowed_methods, reason = "a test on a real socket waits for real")]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use fc_runtime::{LogLines, Runtime, ServeError};
use http::{HeaderMap, HeaderName, HeaderValue};
use serde_json::Value;
use tokio::sync::oneshot;

/// The marker lines of a runtime, as they come.
#[derive(Clone, Default)]
pub struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    pub fn sink(&self) -> LogLines {
        let lines = self.0.clone();
        LogLines::to(move |line| lines.lock().unwrap().push(line.to_owned()))
    }

    pub fn all(&self) -> Vec<String> {
        self.0.lock().unwrap().clone()
    }

    /// The lines of one call.
    pub fn of(&self, request_id: &str) -> Vec<String> {
        self.all().into_iter().filter(|line| line.contains(request_id)).collect()
    }

    /// Waits for a line that comes after the answer, or without any.
    pub fn wait_for(&self, wanted: &str) {
        self.wait_until(wanted, |line| line == wanted);
    }

    fn wait_until(&self, wanted: &str, is_it: impl Fn(&str) -> bool) {
        for _ in 0..1000 {
            if self.all().iter().any(|line| is_it(line)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        panic!("no line {wanted:?} among {:#?}", self.all());
    }
}

/// A runtime on a loopback socket, in a thread of its own.
pub struct Server {
    pub address: SocketAddr,
    pub lines: Lines,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<Result<(), ServeError>>>,
}

impl Server {
    pub fn start(runtime: Runtime) -> Self {
        let lines = Lines::default();
        let runtime = runtime.log_lines(lines.sink());
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let address = listener.local_addr().unwrap();
        let (stop, stopped) = oneshot::channel();
        let thread = std::thread::spawn(move || {
            let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            tokio.block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).unwrap();
                runtime.serve(listener, async { drop(stopped.await) }).await
            })
        });
        Self { address, lines, stop: Some(stop), thread: Some(thread) }
    }

    pub fn connect(&self) -> Client {
        Client::connect(self.address)
    }

    /// One request on a connection of its own.
    pub fn send(&self, request: &Request) -> Reply {
        self.connect().send(request)
    }

    pub fn tell_to_stop(&mut self) {
        drop(self.stop.take());
    }

    pub fn result(mut self) -> Result<(), ServeError> {
        self.tell_to_stop();
        self.thread.take().unwrap().join().unwrap()
    }
}

/// A request as FC, or a client through FC, sends it.
#[derive(Clone)]
pub struct Request {
    line: String,
    headers: Vec<(String, String)>,
    body: Vec<u8>,
}

impl Request {
    pub fn new(method: &str, target: &str) -> Self {
        Self {
            line: format!("{method} {target} HTTP/1.1"),
            headers: vec![("Host".into(), "127.0.0.1".into())],
            body: Vec::new(),
        }
    }

    /// An event as FC sends it.
    pub fn event(request_id: &str, body: impl Into<Vec<u8>>) -> Self {
        Self::new("POST", "/invoke")
            .header("X-Fc-Control-Path", "/invoke")
            .header("X-Fc-Request-Id", request_id)
            .header("Content-Type", "application/octet-stream")
            .body(body)
    }

    /// An HTTP client's request as FC passes it on.
    pub fn http(request_id: &str, method: &str, target: &str) -> Self {
        Self::new(method, target).header("X-Fc-Control-Path", "/http-invoke").header("X-Fc-Request-Id", request_id)
    }

    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        let length = self.body.len().to_string();
        self.header("Content-Length", &length)
    }

    pub fn bytes(&self) -> Vec<u8> {
        let mut text = format!("{}\r\n", self.line);
        for (name, value) in &self.headers {
            text.push_str(&format!("{name}: {value}\r\n"));
        }
        text.push_str("\r\n");
        [text.as_bytes(), &self.body].concat()
    }
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

impl Reply {
    pub fn outcome(&self) -> &str {
        self.headers.get("x-fc-status").map_or("none", |value| value.to_str().unwrap())
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap()
    }

    /// Asserts that the call failed as FC wants to be told, and returns type and message.
    pub fn failure(&self) -> (String, String) {
        assert_eq!((self.status, self.outcome()), (404, "404"), "{self:?}");
        let json = self.json();
        (json["errorType"].as_str().unwrap().to_owned(), json["errorMessage"].as_str().unwrap().to_owned())
    }
}

/// A row of the tables in the documentation's module `wire`.
pub struct Row {
    sees: String,
    log: String,
}

impl Row {
    /// What the rows are about, in order.
    pub fn all() -> Vec<String> {
        Self::cells().map(|cells| cells[1].clone()).collect()
    }

    /// The row about this.
    pub fn of(happens: &str) -> Self {
        let cells = Self::cells().find(|cells| cells[1] == happens);
        let [_, _, sees, log, ..] = &cells.unwrap_or_else(|| panic!("no row {happens:?}"))[..] else {
            panic!("three columns")
        };
        Self { sees: sees.clone(), log: log.clone() }
    }

    fn cells() -> impl Iterator<Item = Vec<String>> {
        let rows = include_str!("../../src/wire.rs").lines().filter_map(|line| line.strip_prefix("//! |"));
        let cells = rows.map(|row| format!("|{row}").split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>());
        cells.filter(|cells| !cells[1].starts_with("what ") && !cells[1].starts_with("---"))
    }

    /// Asserts that the row names this status.
    pub fn sees(&self, status: u16) -> &Self {
        assert!(self.sees.contains(&format!("`{status}`")), "{status} is not among {:?}", self.sees);
        self
    }

    /// Asserts that the log says what the row quotes, and nothing more where it quotes nothing.
    pub fn holds_for(&self, server: &Server) {
        let quoted: Vec<_> = self.log.split('`').skip(1).step_by(2).collect();
        if quoted.is_empty() {
            assert_eq!(self.log, "nothing");
            let lines = server.lines.all();
            assert!(!lines.iter().any(|line| line.contains("[WARN]") || line.contains("rror")), "{lines:#?}");
        }
        for quote in quoted {
            server.lines.wait_until(quote, |line| {
                let mut rest = Some(line);
                for part in quote.split('…') {
                    rest = rest.and_then(|text| text.split_once(part)).map(|(_, after)| after);
                }
                rest.is_some()
            });
        }
    }
}

/// One connection.
pub struct Client {
    reader: BufReader<TcpStream>,
    /// The first line of the newest answer.
    pub status_line: String,
}

impl Client {
    pub fn connect(address: SocketAddr) -> Self {
        let stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        Self { reader: BufReader::new(stream), status_line: String::new() }
    }

    pub fn send(&mut self, request: &Request) -> Reply {
        self.write(&request.bytes());
        self.reply()
    }

    pub fn write(&mut self, bytes: &[u8]) {
        self.reader.get_mut().write_all(bytes).unwrap();
    }

    pub fn reply(&mut self) -> Reply {
        let (status, headers) = self.head();
        let mut body = Vec::new();
        if let Some(length) = headers.get("content-length") {
            body.resize(length.to_str().unwrap().parse().unwrap(), 0);
            self.reader.read_exact(&mut body).unwrap();
        } else if headers.contains_key("transfer-encoding") {
            while let Some(chunk) = self.chunk() {
                body.extend(chunk);
            }
        }
        Reply { status, headers, body }
    }

    pub fn head(&mut self) -> (u16, HeaderMap) {
        self.status_line = self.line();
        let line = &self.status_line;
        let status = line.split(' ').nth(1).unwrap_or_else(|| panic!("no status line: {line:?}")).parse().unwrap();
        let mut headers = HeaderMap::new();
        loop {
            let line = self.line();
            let Some((name, value)) = line.split_once(": ") else { break };
            headers.append(name.parse::<HeaderName>().unwrap(), HeaderValue::from_str(value).unwrap());
        }
        (status, headers)
    }

    /// The next chunk of a streamed body; `None` at its end.
    pub fn chunk(&mut self) -> Option<Vec<u8>> {
        let length = usize::from_str_radix(&self.line(), 16).unwrap();
        let mut chunk = vec![0; length];
        self.reader.read_exact(&mut chunk).unwrap();
        self.line();
        (length > 0).then_some(chunk)
    }

    /// Says that nothing more will come.
    pub fn shut(&mut self) {
        self.reader.get_mut().shutdown(Shutdown::Write).unwrap();
    }

    /// Everything until the other side closes.
    pub fn rest(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        self.reader.read_to_end(&mut rest).unwrap();
        rest
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.reader.read_line(&mut line).unwrap();
        line.trim_end().to_owned()
    }
}
