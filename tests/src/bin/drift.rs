//! `scripts/bench drift`: a drift check of many connections between twenty accounts, beside the page requests that there have
//! to be. On virtual time, in which every request takes its time; `seconds` and memory are this machine's, and include the
//! local cloud.
//!
//! Ends with 1 when the check did not find what was edited by hand and nothing else, or asked for too many pages.

#![allow(clippy::disallowed_methods, reason = "it measures how long this machine takes")]

use std::process::ExitCode;
use std::time::{Duration, Instant};

use causeway_tests::on_virtual_time;
use causeway_tests::scale::documents::{Sizes, sizes};
use causeway_tests::scale::{Checked, Scale, shape};
use serde_json::json;

/// The fewest connections among which there is room for all edits.
const FEWEST: usize = 200;
const USUAL: usize = 500;

fn main() -> ExitCode {
    let connections = match connections(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(connections) => connections,
        Err(problem) => {
            eprintln!("{problem}");
            return ExitCode::from(2);
        }
    };
    let run = on_virtual_time(run(connections));
    tell(&run);
    let wrong = [run.checked.mistakes(), run.checked.excesses()].concat();
    for what in &wrong {
        eprintln!("{what}");
    }
    if wrong.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn connections(args: &[String]) -> Result<usize, String> {
    match args {
        [] => Ok(USUAL),
        [flag, number] if flag == "--connections" => match number.parse() {
            Ok(number) if (FEWEST..=shape::MOST).contains(&number) => Ok(number),
            _ => Err(format!("--connections takes a number from {FEWEST} to {}, not {number:?}", shape::MOST)),
        },
        _ => Err("usage: scripts/bench drift [--connections N]".to_owned()),
    }
}

/// What was measured.
struct Run {
    checked: Checked,
    sizes: Sizes,
    built_in: Duration,
    seconds: Duration,
    /// Before and after the check.
    memory: Option<(Memory, Memory)>,
}

async fn run(connections: usize) -> Run {
    let began = Instant::now();
    let scale = Scale::stand(connections).await;
    let built_in = began.elapsed();
    let before = Memory::now();
    Memory::forget_peak();
    let began = Instant::now();
    let checked = scale.check(None).await;
    let (seconds, after) = (began.elapsed(), Memory::now());
    let memory = before.zip(after);
    let sizes = sizes(&scale, &checked).await.expect("the store shows its documents");
    scale.system.end().await;
    Run { checked, sizes, built_in, seconds, memory }
}

/// The resident memory of this process in KiB, as Linux tells it.
#[derive(Clone, Copy)]
struct Memory {
    now: u64,
    peak: u64,
}

impl Memory {
    fn now() -> Option<Self> {
        let status = std::fs::read_to_string("/proc/self/status").ok()?;
        let of = |name: &str| {
            let line = status.lines().find_map(|line| line.strip_prefix(name))?;
            line.trim().strip_suffix(" kB")?.trim().parse().ok()
        };
        Some(Self { now: of("VmRSS:")?, peak: of("VmHWM:")? })
    }

    /// From now on the peak is that of what comes. Where Linux does not let it be forgotten, it is that of everything.
    fn forget_peak() {
        let _ = std::fs::write("/proc/self/clear_refs", "5");
    }
}

#[expect(clippy::cast_precision_loss, reason = "figures for people to read")]
fn tell(run: &Run) {
    let Run { checked, sizes, .. } = run;
    let messages: usize = checked.invocations.iter().map(|invocation| invocation.messages).sum();
    let mib = |bytes: usize| bytes as f64 / f64::from(1 << 20);
    println!("a drift check of {} connections, {} of them edited by hand", checked.connections, checked.edited);
    println!("  accounts                    {:>8}", checked.accounts);
    println!("  accounts and regions        {:>8}", checked.account_regions);
    println!("  page requests               {:>8}", checked.counted.pages);
    println!("  unavoidable ones            {:>8}", checked.unavoidable);
    println!("  ratio                       {:>8.3}", checked.ratio());
    println!("  findings, all by hand       {:>8} of {}", checked.found.len(), checked.expected.len());
    println!("  in the cloud's time         {:>8.1} s", checked.took.as_secs_f64());
    println!(
        "  on this machine             {:>8.1} s, after {:.1} s of building",
        run.seconds.as_secs_f64(),
        run.built_in.as_secs_f64()
    );
    println!("  messages                    {:>8} in {} invocations", messages, checked.invocations.len());
    println!("  longest invocation          {:>8.1} s of the cloud's time", checked.longest().as_secs_f64());
    println!("  requests to the store       {:>8}", checked.counted.store);
    println!(
        "  documents of the check      {:>8.1} MiB in {}, the largest {:.2} MiB",
        mib(sizes.all),
        sizes.documents,
        mib(sizes.largest)
    );
    println!("  read to compare a batch     {:>8.2} MiB at the most", mib(sizes.largest_batch));
    if let Some((before, after)) = run.memory {
        let (peak, before) = (after.peak / 1024, before.now / 1024);
        println!(
            "  peak memory                 {peak:>8} MiB, of which the local cloud had {before} MiB before the check"
        );
    }
    let rounded = |figure: f64| (figure * 1000.0).round() / 1000.0;
    let line = json!({
        "bench": "drift",
        "ratio": rounded(checked.ratio()),
        "of": "page requests / page requests that there have to be",
        "connections": checked.connections,
        "accounts": checked.accounts,
        "calls": checked.counted.pages,
        "unavoidable": checked.unavoidable,
        "findings": checked.found.len(),
        "seconds": rounded(run.seconds.as_secs_f64()),
        "virtual_seconds": rounded(checked.took.as_secs_f64()),
        "memory_mib": run.memory.map(|(_, after)| after.peak / 1024),
        "memory_mib_before": run.memory.map(|(before, _)| before.now / 1024),
        "batch_mib": rounded(mib(sizes.largest_batch)),
    });
    println!("{line}");
}
