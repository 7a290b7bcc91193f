//! Starts the function.

fn main() -> std::process::ExitCode {
    function::start(check_drift::build)
}
