//! `nc` of nmap (`ncat`), as far as checks use it: whether a port takes connections (`-z`).

use local_core::refuse_if;

use std::time::Duration;

use super::super::reach::name as number_of;
use super::{Machine, Ran};
use crate::privatelink::reach::{Dialled, dial};

/// How long it tries to connect unless told otherwise.
const USUAL: Duration = Duration::from_secs(10);

/// What the arguments ask for.
struct Options {
    is_loud: bool,
    patience: Duration,
    host: String,
    port: u16,
}

/// What it says on any trouble with its arguments.
fn usage(what: &str) -> String {
    format!("Ncat: {what} QUITTING.\n")
}

pub(super) fn run(machine: &Machine<'_>, arguments: &[String], _: Duration) -> Ran {
    match read(arguments) {
        Ok(asked) => attempt(machine, &asked),
        Err(output) => Ran { output, exit: 2, took: Duration::ZERO },
    }
}

fn read(arguments: &[String]) -> Result<Options, String> {
    let (mut asked, mut places, mut only_knocks) =
        (Options { is_loud: false, patience: USUAL, host: String::new(), port: 0 }, Vec::new(), false);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let Some(options) = argument.strip_prefix('-').filter(|options| !options.is_empty()) else {
            places.push(argument);
            continue;
        };
        for (place, option) in options.char_indices() {
            match option {
                'z' => only_knocks = true,
                'v' => asked.is_loud = true,
                'n' | '4' | 't' => {}
                'w' => {
                    let attached = &options[place + 1..];
                    let value = if attached.is_empty() { rest.next().map(String::as_str) } else { Some(attached) };
                    let seconds = value.and_then(|value| value.trim_end_matches('s').parse().ok());
                    let read = seconds.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok());
                    asked.patience = read.ok_or_else(|| usage("Invalid connection timeout."))?;
                    break;
                }
                _ => return Err(format!("nc: invalid option -- '{option}'\n{}", usage("See the usage."))),
            }
        }
    }
    let [host, port] = places.as_slice() else {
        return Err(usage("You must specify a host and a port to connect to."));
    };
    refuse_if!(!only_knocks, usage("Only -z is known here."));
    (*host).clone_into(&mut asked.host);
    asked.port = port.parse().map_err(|_| usage(&format!("Invalid port number \"{port}\".")))?;
    Ok(asked)
}

fn attempt(machine: &Machine<'_>, asked: &Options) -> Ran {
    let Options { is_loud, patience, host, port } = asked;
    let head = if *is_loud { "Ncat: Version 7.92 ( https://nmap.org/ncat )\n" } else { "" };
    let failed = |why: &str, took| Ran { output: format!("{head}Ncat: {why}.\n"), exit: 1, took };
    let Some(address) = machine.view.address_of(machine.host, host) else {
        let why = format!("Could not resolve hostname \"{host}\": Name or service not known. QUITTING");
        return Ran { exit: 2, ..failed(&why, Duration::from_millis(3)) };
    };
    let seed = number_of(&machine.host.id) ^ u64::from(u32::from(address));
    match dial(machine.view, machine.host, address, *port) {
        Dialled::Connected(distance, _) => {
            let took = distance.round_trip(seed, 1);
            let told = format!(
                "{head}Ncat: Connected to {address}:{port}.\nNcat: 0 bytes sent, 0 bytes received in {:.2} seconds.\n",
                took.as_secs_f64()
            );
            Ran { output: if *is_loud { told } else { String::new() }, exit: 0, took }
        }
        Dialled::Refused(distance) => failed("Connection refused", distance.round_trip(seed, 1)),
        Dialled::Silence => failed("TIMEOUT", *patience),
    }
}
