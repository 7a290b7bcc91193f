//! Starts the function.

fn main() -> std::process::ExitCode {
    function::start(approve_endpoint::build)
}
