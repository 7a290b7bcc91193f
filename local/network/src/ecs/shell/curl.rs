//! `curl`, as far as checks use it: one plain HTTP request, with its output and exit codes.

use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::time::Duration;

use super::super::reach::name as number_of;
use super::{Machine, Ran};
use crate::privatelink::reach::{Dialled, Reply, dial, reason};

/// How long the kernel tries to connect before it gives up: seven attempts, each after twice the pause.
const KERNEL_PATIENCE: Duration = Duration::from_secs(127);

/// What a web server takes to think.
const THINKING: Duration = Duration::from_micros(800);

/// What the arguments ask for.
#[derive(Debug, Default)]
struct Options {
    is_silent: bool,
    shows_errors: bool,
    /// The answer's body is not wanted.
    drops_body: bool,
    only_head: bool,
    /// An answer that tells of trouble is trouble.
    fails: bool,
    format: String,
    connect_timeout: Option<Duration>,
    most: Option<Duration>,
    url: String,
}

/// Where a URL leads.
struct Target {
    host: String,
    port: u16,
}

/// Exit code and message.
type Refusal = (u8, String);

/// What became of the request.
struct Done {
    exit: u8,
    error: String,
    code: u16,
    address: Option<Ipv4Addr>,
    body: String,
    connected: Duration,
    total: Duration,
}

pub(super) fn run(machine: &Machine<'_>, arguments: &[String], patience: Duration) -> Ran {
    let (asked, target) = match read(arguments).and_then(|asked| target(&asked.url).map(|target| (asked, target))) {
        Ok(both) => both,
        Err((exit, message)) => {
            return Ran { output: format!("curl: ({exit}) {message}\n"), exit, took: Duration::ZERO };
        }
    };
    let done = request(machine, &asked, &target);
    if done.total > patience {
        return Ran { output: String::new(), exit: done.exit, took: done.total };
    }
    let mut output = String::new();
    if done.exit == 0 && asked.only_head {
        let (code, reason) = (done.code, reason(done.code));
        let _ = write!(
            output,
            "HTTP/1.1 {code} {reason}\r\nContent-Length: {}\r\nContent-Type: text/plain\r\n\r\n",
            done.body.len()
        );
    } else if done.exit == 0 && !asked.drops_body {
        output += &done.body;
    }
    if done.exit != 0 && (!asked.is_silent || asked.shows_errors) {
        let _ = writeln!(output, "curl: ({}) {}", done.exit, done.error);
    }
    output += &written(&asked.format, &asked, &target, &done);
    Ran { output, exit: done.exit, took: done.total }
}

fn read(arguments: &[String]) -> Result<Options, Refusal> {
    let mut asked = Options::default();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if let Some(option) = argument.strip_prefix("--") {
            let mut value = || rest.next().map(String::as_str).ok_or_else(|| needs_value(argument));
            match option {
                "silent" => asked.is_silent = true,
                "show-error" => asked.shows_errors = true,
                "head" => asked.only_head = true,
                "fail" => asked.fails = true,
                "location" | "ipv4" | "http1.1" | "insecure" => {}
                "output" => asked.drops_body = value()? != "-",
                "write-out" => value()?.clone_into(&mut asked.format),
                "connect-timeout" => asked.connect_timeout = Some(seconds(value()?)?),
                "max-time" => asked.most = Some(seconds(value()?)?),
                "header" | "request" => {
                    value()?;
                }
                _ => return Err(unknown(argument)),
            }
        } else if let Some(options) = argument.strip_prefix('-').filter(|options| !options.is_empty()) {
            for (place, option) in options.char_indices() {
                match option {
                    's' => asked.is_silent = true,
                    'S' => asked.shows_errors = true,
                    'I' => asked.only_head = true,
                    'f' => asked.fails = true,
                    'L' | '4' | 'k' => {}
                    'o' | 'w' | 'm' | 'H' | 'X' => {
                        // The value is the rest of the word, or the next word.
                        let attached = &options[place + option.len_utf8()..];
                        let value = if attached.is_empty() { rest.next().map(String::as_str) } else { Some(attached) };
                        let value = value.ok_or_else(|| needs_value(argument))?;
                        match option {
                            'o' => asked.drops_body = value != "-",
                            'w' => value.clone_into(&mut asked.format),
                            'm' => asked.most = Some(seconds(value)?),
                            _ => {}
                        }
                        break;
                    }
                    _ => return Err(unknown(argument)),
                }
            }
        } else if asked.url.is_empty() {
            asked.url.clone_from(argument);
        } else {
            return Err((2, "only one URL at a time is known here".to_owned()));
        }
    }
    if asked.url.is_empty() { Err((2, "no URL specified!".to_owned())) } else { Ok(asked) }
}

fn needs_value(option: &str) -> Refusal {
    (2, format!("option {option}: requires parameter"))
}

fn unknown(option: &str) -> Refusal {
    (2, format!("option {option}: is unknown"))
}

fn seconds(value: &str) -> Result<Duration, Refusal> {
    let read = value.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
    read.ok_or_else(|| (2, format!("expected a proper numerical parameter, not {value}")))
}

/// The host and the port of an `http` URL, whose scheme may be left out.
fn target(url: &str) -> Result<Target, Refusal> {
    let rest = match url.split_once("://") {
        Some(("http", rest)) => rest,
        Some((scheme, _)) => return Err((1, format!("Protocol \"{scheme}\" not supported or disabled in libcurl"))),
        None => url,
    };
    let malformed = || (3, "URL using bad/illegal format or missing URL".to_owned());
    let authority = rest.split(['/', '?', '#']).next().filter(|text| !text.is_empty()).ok_or_else(malformed)?;
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) => {
            (host, port.parse().map_err(|_| (3, "Port number ended with an unknown sign".to_owned()))?)
        }
        None => (authority, 80),
    };
    if host.is_empty() { Err(malformed()) } else { Ok(Target { host: host.to_owned(), port }) }
}

fn request(machine: &Machine<'_>, asked: &Options, target: &Target) -> Done {
    let Target { host, port } = target;
    let none = Done {
        exit: 0,
        error: String::new(),
        code: 0,
        address: None,
        body: String::new(),
        connected: Duration::ZERO,
        total: Duration::ZERO,
    };
    let Some(address) = machine.view.address_of(machine.host, host) else {
        // What it takes to be told that there is no such name.
        let total = Duration::from_millis(3);
        return Done { exit: 6, error: format!("Could not resolve host: {host}"), total, ..none };
    };
    let seed = number_of(&machine.host.id) ^ u64::from(u32::from(address));
    match dial(machine.view, machine.host, address, *port) {
        Dialled::Connected(distance, reply) => {
            let connected = distance.round_trip(seed, 1);
            let after = if let Reply::Http { after, .. } = &reply { *after } else { Duration::ZERO };
            let total = connected + distance.round_trip(seed, 2) + THINKING + after;
            let there = Done { address: Some(address), connected, total, ..none };
            match (asked.most.filter(|most| *most < total), reply) {
                (Some(most), _) => timed_out("Operation", most, there),
                (None, Reply::Nothing) => Done { exit: 52, error: "Empty reply from server".to_owned(), ..there },
                (None, Reply::Http { status, .. }) if asked.fails && status >= 400 => {
                    let error = format!("The requested URL returned error: {status}");
                    Done { exit: 22, error, code: status, ..there }
                }
                (None, Reply::Http { status, body, .. }) => Done { code: status, body, ..there },
            }
        }
        Dialled::Refused(distance) => Done {
            exit: 7,
            error: format!("Failed to connect to {host} port {port}: Connection refused"),
            total: distance.round_trip(seed, 1),
            ..none
        },
        Dialled::Silence => {
            let own = [asked.connect_timeout, asked.most].into_iter().flatten().min();
            match own.filter(|own| *own < KERNEL_PATIENCE) {
                Some(own) => timed_out("Connection", own, none),
                None => Done {
                    exit: 7,
                    error: format!("Failed to connect to {host} port {port}: Connection timed out"),
                    total: KERNEL_PATIENCE,
                    ..none
                },
            }
        }
    }
}

/// A timer is never early, and a little late.
fn timed_out(what: &str, after: Duration, none: Done) -> Done {
    let total = after + Duration::from_millis(1);
    let error = format!("{what} timed out after {} milliseconds", total.as_millis());
    Done { exit: 28, error, total, ..none }
}

/// What `-w` asks to be written.
fn written(format: &str, asked: &Options, target: &Target, done: &Done) -> String {
    let mut text = String::new();
    let mut rest = format;
    while let Some(sign) = rest.chars().next() {
        if let Some((variable, after)) = rest.strip_prefix("%{").and_then(|inner| inner.split_once('}')) {
            text += &value(variable, asked, target, done);
            rest = after;
            continue;
        }
        let (piece, length) = match rest.get(..2) {
            Some("\\n") => ('\n', 2),
            Some("\\r") => ('\r', 2),
            Some("\\t") => ('\t', 2),
            Some("%%") => ('%', 2),
            _ => (sign, sign.len_utf8()),
        };
        text.push(piece);
        rest = &rest[length..];
    }
    text
}

fn value(variable: &str, asked: &Options, target: &Target, done: &Done) -> String {
    let time = |time: Duration| format!("{:.6}", time.as_secs_f64());
    match variable {
        "http_code" | "response_code" => format!("{:03}", done.code),
        "remote_ip" => done.address.map(|address| address.to_string()).unwrap_or_default(),
        "remote_port" => if done.address.is_some() { target.port } else { 0 }.to_string(),
        "time_connect" => time(done.connected),
        "time_total" => time(done.total),
        "size_download" => if asked.only_head { 0 } else { done.body.len() }.to_string(),
        "num_connects" => u8::from(done.address.is_some()).to_string(),
        "exitcode" => done.exit.to_string(),
        "errormsg" => done.error.clone(),
        "url" | "url_effective" => asked.url.clone(),
        _ => String::new(),
    }
}
