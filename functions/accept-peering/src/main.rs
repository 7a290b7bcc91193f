//! Starts the function.

fn main() -> std::process::ExitCode {
    function::start(accept_peering::build)
}
