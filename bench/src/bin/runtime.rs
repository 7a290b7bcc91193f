//! fc-runtime's event call beside the same work done with hyper alone, and beside Go and Node where they are installed.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;
use std::{env, io};

use causeway_bench::load::{self, Turn};
use causeway_bench::peer::{Peer, Running};
use causeway_bench::report::{self, Headline, rounded};
use causeway_bench::stats::{median, median_ratio, percentile};
use serde::Serialize;

/// An event as Function Compute sends it, all its headers included.
const REQUEST: &[u8] = b"POST /invoke HTTP/1.1\r\n\
    Host: 127.0.0.1\r\n\
    User-Agent: Go-http-client/1.1\r\n\
    Content-Length: 24\r\n\
    Content-Type: application/octet-stream\r\n\
    X-Fc-Access-Key-Id: \r\n\
    X-Fc-Access-Key-Secret: \r\n\
    X-Fc-Account-Id: 1234567890123456\r\n\
    X-Fc-Control-Path: /invoke\r\n\
    X-Fc-Function-Handler: handler\r\n\
    X-Fc-Function-Memory: 512\r\n\
    X-Fc-Function-Name: orders\r\n\
    X-Fc-Function-Timeout: 60\r\n\
    X-Fc-Qualifier: LATEST\r\n\
    X-Fc-Region: cn-hangzhou\r\n\
    X-Fc-Request-Id: 1-65aa0b07-1520aa26-bf73aabb1b69\r\n\
    X-Fc-Retry-Count: 0\r\n\
    X-Fc-Security-Token: \r\n\
    X-Fc-Service-Logproject: \r\n\
    X-Fc-Service-Logstore: \r\n\
    X-Fc-Version-Id: \r\n\
    \r\n\
    {\"item\":\"tea\",\"count\":2}";
const ANSWER: &[u8] = b"{\"text\":\"2 x tea\"}";

const CONNECTIONS: usize = 16;
const TURN: Duration = Duration::from_millis(500);
const COLD_STARTS: usize = 15;
const DEFAULT_ROUNDS: usize = 15;

/// What was measured of one peer, turn by turn.
#[derive(Default)]
struct Measured {
    rate: Vec<f64>,
    p50: Vec<f64>,
    p99: Vec<f64>,
    processor: Vec<f64>,
    cold: Vec<f64>,
    memory: Vec<f64>,
}

impl Measured {
    fn note(&mut self, turn: &Turn, processor: Duration) {
        self.rate.push(turn.rate());
        self.p50.extend(percentile(&turn.latencies, 0.50));
        self.p99.extend(percentile(&turn.latencies, 0.99));
        self.processor.push(processor.as_secs_f64() * 1e6 / turn.latencies.len() as f64);
    }

    fn all(&self) -> [&[f64]; 6] {
        [&self.rate, &self.p50, &self.p99, &self.processor, &self.cold, &self.memory]
    }
}

/// The figures of one peer, or what ours are in proportion to them.
#[derive(Serialize)]
struct Figures {
    name: &'static str,
    requests_per_second: f64,
    p50_microseconds: f64,
    p99_microseconds: f64,
    processor_microseconds: f64,
    cold_start_milliseconds: f64,
    peak_memory_mb: f64,
}

impl Figures {
    fn of(name: &'static str, each: impl Fn(usize) -> Option<f64>) -> Self {
        let figure = |index| rounded(each(index).unwrap_or(f64::NAN));
        Self {
            name,
            requests_per_second: figure(0),
            p50_microseconds: figure(1),
            p99_microseconds: figure(2),
            processor_microseconds: figure(3),
            cold_start_milliseconds: figure(4),
            peak_memory_mb: figure(5),
        }
    }

    fn row(&self, name: String, decimals: [usize; 6]) -> Vec<String> {
        let figures = [
            self.requests_per_second,
            self.p50_microseconds,
            self.p99_microseconds,
            self.processor_microseconds,
            self.cold_start_milliseconds,
            self.peak_memory_mb,
        ];
        let cells = figures.iter().zip(decimals).map(|(figure, decimals)| format!("{figure:.decimals$}"));
        std::iter::once(name).chain(cells).collect()
    }
}

#[derive(Serialize)]
struct All {
    rounds: usize,
    peers: Vec<Figures>,
    ratios: Vec<Figures>,
}

#[derive(Debug, thiserror::Error)]
enum Failure {
    #[error("usage: scripts/bench runtime [ROUNDS]")]
    Usage(#[from] std::num::ParseIntError),
    #[error("a measurement failed")]
    Measuring(#[from] io::Error),
    #[error("the figures could not be written")]
    Writing(#[from] serde_json::Error),
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Failure> {
    let rounds = env::args().nth(1).map_or(Ok(DEFAULT_ROUNDS), |rounds| rounds.parse())?;
    let peers = peers(&env::current_exe()?)?;
    let measured = measure(&peers, rounds).await?;

    let figures: Vec<Figures> = peers
        .iter()
        .zip(&measured)
        .map(|(peer, measured)| Figures::of(peer.name, |figure| median(measured.all()[figure])))
        .collect();
    let ratios: Vec<Figures> = peers
        .iter()
        .zip(&measured)
        .skip(1)
        .map(|(peer, theirs)| {
            Figures::of(peer.name, |figure| median_ratio(measured[0].all()[figure], theirs.all()[figure]))
        })
        .collect();

    let head = ["", "requests/s", "p50 µs", "p99 µs", "CPU µs/request", "cold start ms", "peak MB"];
    let absolute = figures.iter().map(|figures| figures.row(figures.name.to_owned(), [0, 0, 0, 2, 2, 1]));
    let relative = ratios.iter().map(|ratio| ratio.row(format!("ours / {}", ratio.name), [3; 6]));
    println!("{}", report::table(&head, absolute.chain(relative).collect()));

    let ratio = ratios.first().map_or(f64::NAN, |ratio| ratio.requests_per_second);
    let headline = Headline {
        bench: "runtime",
        ratio,
        of: "requests/s, fc-runtime / bare hyper",
        figures: All { rounds, peers: figures, ratios },
    };
    println!("{}", serde_json::to_string(&headline)?);
    Ok(())
}

/// Ours first, bare hyper second, then what else this machine can run.
fn peers(this: &Path) -> io::Result<Vec<Peer>> {
    let beside = |name: &str| this.with_file_name(name);
    let mut peers = vec![
        Peer::new("fc-runtime", [beside("serve-fc-runtime")]),
        Peer::new("bare hyper", [beside("serve-bare-hyper")]),
    ];
    let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("peers");
    if is_installed("go", "version") {
        let program = beside("serve-go");
        let built = Command::new("go").arg("build").arg("-o").arg(&program).current_dir(sources.join("go")).status()?;
        if !built.success() {
            return Err(io::Error::other("go build failed"));
        }
        peers.push(Peer::new("Go", [program]));
    } else {
        println!("Go is not installed: left out");
    }
    if is_installed("node", "--version") {
        peers.push(Peer::new("Node", [PathBuf::from("node"), sources.join("node/server.js")]));
    } else {
        println!("Node is not installed: left out");
    }
    Ok(peers)
}

fn is_installed(program: &str, argument: &str) -> bool {
    Command::new(program).arg(argument).output().is_ok_and(|output| output.status.success())
}

async fn measure(peers: &[Peer], rounds: usize) -> io::Result<Vec<Measured>> {
    let mut measured: Vec<Measured> = peers.iter().map(|_| Measured::default()).collect();
    for _ in 0..COLD_STARTS {
        for (peer, measured) in peers.iter().zip(&mut measured) {
            let running = peer.start(REQUEST, ANSWER).await?;
            measured.cold.push(running.cold_start.as_secs_f64() * 1e3);
        }
    }
    let mut servers = Vec::new();
    for peer in peers {
        servers.push(peer.start(REQUEST, ANSWER).await?);
    }
    for server in &servers {
        // Caches, and what a just-in-time compiler does.
        load::turn(server.address, REQUEST, ANSWER, CONNECTIONS, TURN).await?;
    }
    for round in 0..rounds {
        // Whoever goes first in one round goes last in the next.
        let mut order: Vec<usize> = (0..servers.len()).collect();
        if round % 2 == 1 {
            order.reverse();
        }
        for index in order {
            let (turn, processor) = one_turn(&servers[index]).await?;
            measured[index].note(&turn, processor);
        }
    }
    for (server, measured) in servers.iter().zip(&mut measured) {
        measured.memory.push(server.peak_memory()?);
    }
    Ok(measured)
}

async fn one_turn(server: &Running) -> io::Result<(Turn, Duration)> {
    let before = server.processor_time()?;
    let turn = load::turn(server.address, REQUEST, ANSWER, CONNECTIONS, TURN).await?;
    Ok((turn, server.processor_time()?.saturating_sub(before)))
}
