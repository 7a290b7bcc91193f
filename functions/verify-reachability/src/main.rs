//! Starts the function.

fn main() -> std::process::ExitCode {
    function::start(verify_reachability::build)
}
