//! Starts the function.

fn main() -> std::process::ExitCode {
    function::start(fn_accept_peering::build)
}
