//! Starts the function that the environment names.

fn main() -> std::process::ExitCode {
    function::start(bootstrap::build)
}
