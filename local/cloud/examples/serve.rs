//! The tutorial's cloud on a port: prints the port and the accounts, and serves until Ctrl-C.
//!
//! `cargo run -p causeway-local --example serve -- [PORT]`

use std::time::Duration;

use causeway_local::seed::Seed;
use causeway_local::{Cloud, Options};
use tokio::net::TcpListener;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let port = std::env::args().nth(1).map_or(Ok(0), |port| port.parse())?;
    let cloud = Cloud::open(Options { speed: 10.0, ..Options::new(Seed::tutorial()) })?;
    let listener = TcpListener::bind(("127.0.0.1", port)).await?;
    println!("{}", listener.local_addr()?);
    println!("{}", serde_json::to_string(&cloud.console())?);
    let stop = async { drop(tokio::signal::ctrl_c().await) };
    cloud.serve(listener, stop, Duration::from_secs(5)).await?;
    Ok(())
}
