//! Starts the function.

fn main() -> std::process::ExitCode {
    function::start(fn_set_peer_info::build)
}
