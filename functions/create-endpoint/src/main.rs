//! Starts the function.

fn main() -> std::process::ExitCode {
    function::start(create_endpoint::build)
}
