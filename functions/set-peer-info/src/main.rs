//! Starts the function.

fn main() -> std::process::ExitCode {
    function::start(set_peer_info::build)
}
