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
struct Wish {
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
    let (wish, target) = match read(arguments).and_then(|wish| target(&wish.url).map(|target| (wish, target))) {
        Ok(both) => both,
        Err((exit, message)) => {
            return Ran { output: format!("curl: ({exit}) {message}\n"), exit, took: Duration::ZERO };
        }
    };
    let done = request(machine, &wish, &target);
    if done.total > patience {
        return Ran { output: String::new(), exit: done.exit, took: done.total };
    }
    let mut output = String::new();
    if done.exit == 0 && wish.only_head {
        let (code, reason) = (done.code, reason(done.code));
        let _ = write!(
            output,
            "HTTP/1.1 {code} {reason}\r\nContent-Length: {}\r\nContent-Type: text/plain\r\n\r\n",
            done.body.len()
        );
    } else if done.exit == 0 && !wish.drops_body {
        output += &done.body;
    }
    if done.exit != 0 && (!wish.is_silent || wish.shows_errors) {
        let _ = writeln!(output, "curl: ({}) {}", done.exit, done.error);
    }
    output += &written(&wish.format, &wish, &target, &done);
    Ran { output, exit: done.exit, took: done.total }
}

fn read(arguments: &[String]) -> Result<Wish, Refusal> {
    let mut wish = Wish::default();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        if let Some(option) = argument.strip_prefix("--") {
            let mut value = || rest.next().map(String::as_str).ok_or_else(|| needs_value(argument));
            match option {
                "silent" => wish.is_silent = true,
                "show-error" => wish.shows_errors = true,
                "head" => wish.only_head = true,
                "fail" => wish.fails = true,
                "location" | "ipv4" | "http1.1" | "insecure" => {}
                "output" => wish.drops_body = value()? != "-",
                "write-out" => value()?.clone_into(&mut wish.format),
                "connect-timeout" => wish.connect_timeout = Some(seconds(value()?)?),
                "max-time" => wish.most = Some(seconds(value()?)?),
                "header" | "request" => {
                    value()?;
                }
                _ => return Err(unknown(argument)),
            }
        } else if let Some(options) = argument.strip_prefix('-').filter(|options| !options.is_empty()) {
            for (place, option) in options.char_indices() {
                match option {
                    's' => wish.is_silent = true,
                    'S' => wish.shows_errors = true,
                    'I' => wish.only_head = true,
                    'f' => wish.fails = true,
                    'L' | '4' | 'k' => {}
                    'o' | 'w' | 'm' | 'H' | 'X' => {
                        // The value is the rest of the word, or the next word.
                        let attached = &options[place + option.len_utf8()..];
                        let value = if attached.is_empty() { rest.next().map(String::as_str) } else { Some(attached) };
                        let value = value.ok_or_else(|| needs_value(argument))?;
                        match option {
                            'o' => wish.drops_body = value != "-",
                            'w' => value.clone_into(&mut wish.format),
                            'm' => wish.most = Some(seconds(value)?),
                            _ => {}
                        }
                        break;
                    }
                    _ => return Err(unknown(argument)),
                }
            }
        } else if wish.url.is_empty() {
            wish.url.clone_from(argument);
        } else {
            return Err((2, "only one URL at a time is known here".to_owned()));
        }
    }
    if wish.url.is_empty() { Err((2, "no URL specified!".to_owned())) } else { Ok(wish) }
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

fn request(machine: &Machine<'_>, wish: &Wish, target: &Target) -> Done {
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
            match (wish.most.filter(|most| *most < total), reply) {
                (Some(most), _) => timed_out("Operation", most, there),
                (None, Reply::Nothing) => Done { exit: 52, error: "Empty reply from server".to_owned(), ..there },
                (None, Reply::Http { status, .. }) if wish.fails && status >= 400 => {
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
            let own = [wish.connect_timeout, wish.most].into_iter().flatten().min();
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
fn written(format: &str, wish: &Wish, target: &Target, done: &Done) -> String {
    let mut text = String::new();
    let mut rest = format;
    while let Some(sign) = rest.chars().next() {
        if let Some((variable, after)) = rest.strip_prefix("%{").and_then(|inner| inner.split_once('}')) {
            text += &value(variable, wish, target, done);
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

fn value(variable: &str, wish: &Wish, target: &Target, done: &Done) -> String {
    let time = |time: Duration| format!("{:.6}", time.as_secs_f64());
    match variable {
        "http_code" | "response_code" => format!("{:03}", done.code),
        "remote_ip" => done.address.map(|address| address.to_string()).unwrap_or_default(),
        "remote_port" => if done.address.is_some() { target.port } else { 0 }.to_string(),
        "time_connect" => time(done.connected),
        "time_total" => time(done.total),
        "size_download" => if wish.only_head { 0 } else { done.body.len() }.to_string(),
        "num_connects" => u8::from(done.address.is_some()).to_string(),
        "exitcode" => done.exit.to_string(),
        "errormsg" => done.error.clone(),
        "url" | "url_effective" => wish.url.clone(),
        _ => String::new(),
    }
}
