//! Starts the function.

fn main() -> std::process::ExitCode {
    function::start(notify::build)
}
