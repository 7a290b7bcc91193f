//! `ping` of iputils: the same options, output and exit codes, as far as checks use them.

use local_core::refuse_if;

use std::fmt::Write as _;
use std::net::Ipv4Addr;
use std::time::Duration;

use super::super::reach::name as number_of;
use super::super::reach::{Distance, Reached, Traffic, reach};
use super::{Machine, Ran};

/// How long it waits for the last answer if none has come at all (its own `-W`).
const LINGER: Duration = Duration::from_secs(10);

/// No pause is shorter: a flood is for nobody here.
const SHORTEST_PAUSE: f64 = 0.002;

/// No more requests are sent, whatever the arguments say.
const MOST: u64 = 100_000;

/// What the arguments ask for.
struct Options {
    /// Without a number it goes on until it is stopped.
    count: Option<u64>,
    pause: Duration,
    linger: Duration,
    deadline: Option<Duration>,
    size: u32,
    is_quiet: bool,
    to: Ipv4Addr,
}

/// Exit code and message of arguments that will not do.
type Refusal = (u8, String);

pub(super) fn run(machine: &Machine<'_>, arguments: &[String], patience: Duration) -> Ran {
    match read(arguments) {
        Ok(asked) => ping(machine, &asked, patience),
        Err((exit, message)) => Ran { output: format!("ping: {message}\n"), exit, took: Duration::ZERO },
    }
}

fn read(arguments: &[String]) -> Result<Options, Refusal> {
    let mut asked = Options {
        count: None,
        pause: Duration::from_secs(1),
        linger: LINGER,
        deadline: None,
        size: 56,
        is_quiet: false,
        to: Ipv4Addr::UNSPECIFIED,
    };
    let mut destination = None;
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let Some(options) = argument.strip_prefix('-').filter(|options| !options.is_empty()) else {
            destination = Some(argument);
            continue;
        };
        for (place, option) in options.char_indices() {
            if "nq4".contains(option) {
                asked.is_quiet |= option == 'q';
                continue;
            }
            refuse_if!(!"cWiwst".contains(option), (2, format!("invalid option -- '{option}'")));
            // The value is the rest of the word, or the next word.
            let attached = &options[place + 1..];
            let value = if attached.is_empty() { rest.next().map(String::as_str) } else { Some(attached) };
            let value = value.ok_or_else(|| (2, format!("option requires an argument -- '{option}'")))?;
            set(&mut asked, option, value)?;
            break;
        }
    }
    let destination = destination.ok_or_else(|| (1, "usage error: Destination address required".to_owned()))?;
    asked.to = destination.parse().map_err(|_| (2, format!("{destination}: Name or service not known")))?;
    Ok(asked)
}

fn set(asked: &mut Options, option: char, value: &str) -> Result<(), Refusal> {
    match option {
        'c' => asked.count = Some(whole(value, 1, i64::MAX.unsigned_abs())?),
        'W' => asked.linger = seconds(value).ok_or_else(|| (2, format!("bad linger time: {value}")))?,
        'i' => {
            let pause = seconds(value).filter(|pause| pause.as_secs_f64() >= SHORTEST_PAUSE);
            asked.pause = pause.ok_or_else(|| (2, format!("bad timing interval: {value}")))?;
        }
        'w' => asked.deadline = Some(Duration::from_secs(whole(value, 0, i32::MAX.unsigned_abs().into())?)),
        's' => asked.size = u32::try_from(whole(value, 0, 65_507)?).unwrap_or(56),
        // A lifetime does not matter on so short a way.
        _ => {
            whole(value, 1, 255)?;
        }
    }
    Ok(())
}

fn whole(value: &str, low: u64, high: u64) -> Result<u64, Refusal> {
    let number: u64 = value.parse().map_err(|_| (1, format!("invalid argument: '{value}'")))?;
    let refusal = || (1, format!("invalid argument: '{value}': out of range: {low} <= value <= {high}"));
    if (low..=high).contains(&number) { Ok(number) } else { Err(refusal()) }
}

fn seconds(value: &str) -> Option<Duration> {
    value.parse().ok().and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}

fn ping(machine: &Machine<'_>, asked: &Options, patience: Duration) -> Ran {
    let Options { to, size, pause, .. } = asked;
    let mut output = format!("PING {to} ({to}) {size}({}) bytes of data.\n", size + 28);
    let answer = reach(machine.view, machine.host, *to, Traffic::Icmp).ok();
    // The first request goes out at once, the others after a pause each, as far as time allows.
    let end = asked.deadline.unwrap_or(Duration::MAX);
    let allowed = u64::try_from(end.min(patience).as_nanos() / pause.as_nanos()).unwrap_or(u64::MAX).saturating_add(1);
    let wanted = asked.count.unwrap_or(u64::MAX);
    let sent = wanted.min(allowed).min(MOST);
    let last_sent = pause.saturating_mul(u32::try_from(sent - 1).unwrap_or(u32::MAX));
    let times: Vec<Duration> = match &answer {
        Some(reached) => (1..=sent).map(|sequence| round_trip(machine, reached, sequence)).collect(),
        None => Vec::new(),
    };
    if let (Some(reached), false) = (&answer, asked.is_quiet) {
        let lifetime = if reached.host.vpc_id == machine.host.vpc_id { 64 } else { 62 };
        for (sequence, time) in (1..).zip(&times) {
            let _ = writeln!(
                output,
                "{} bytes from {to}: icmp_seq={sequence} ttl={lifetime} time={} ms",
                size + 8,
                shown(*time)
            );
        }
    }
    let waits = times.last().copied().unwrap_or(asked.linger);
    let ends = if sent == wanted { last_sent.saturating_add(waits).min(end) } else { end };
    if ends <= patience {
        statistics(&mut output, *to, sent, &times, last_sent);
    }
    Ran { output, exit: u8::from(times.is_empty()), took: ends }
}

fn round_trip(machine: &Machine<'_>, reached: &Reached, sequence: u64) -> Duration {
    let distance: Distance = reached.distance;
    distance.round_trip(number_of(&machine.host.id) ^ number_of(&reached.host.id).rotate_left(1), sequence)
}

fn statistics(output: &mut String, to: Ipv4Addr, sent: u64, times: &[Duration], last_sent: Duration) {
    let received = times.len() as u64;
    let loss = (sent - received) * 100 / sent;
    // Each pause is a little longer than asked for.
    let time = last_sent.as_millis() + u128::from(sent - 1);
    let _ = write!(
        output,
        "\n--- {to} ping statistics ---\n\
         {sent} packets transmitted, {received} received, {loss}% packet loss, time {time}ms\n"
    );
    if let (Some(least), Some(most)) = (times.iter().min(), times.iter().max()) {
        let micros: Vec<u128> = times.iter().map(Duration::as_micros).collect();
        let count = micros.len() as u128;
        let mean = micros.iter().sum::<u128>() / count;
        let square = micros.iter().map(|time| time * time).sum::<u128>() / count;
        let deviation = square.saturating_sub(mean * mean).isqrt();
        let part = |micros: u128| format!("{}.{:03}", micros / 1000, micros % 1000);
        let _ = write!(
            output,
            "rtt min/avg/max/mdev = {}/{}/{}/{} ms",
            part(least.as_micros()),
            part(mean),
            part(most.as_micros()),
            part(deviation)
        );
    }
    output.push('\n');
}

/// Three digits that count, as `ping` shows a time.
fn shown(time: Duration) -> String {
    let micros = time.as_micros();
    let (whole, rest) = (micros / 1000, micros % 1000);
    match micros {
        100_000.. => format!("{whole}"),
        10_000.. => format!("{whole}.{}", rest / 100),
        1_000.. => format!("{whole}.{:02}", rest / 10),
        _ => format!("{whole}.{rest:03}"),
    }
}
