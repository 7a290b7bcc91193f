//! Starts the function.

fn main() -> std::process::ExitCode {
    function::start(sweep_endpoints::build)
}
