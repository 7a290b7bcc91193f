//! Starts the function.

fn main() -> std::process::ExitCode {
    function::start(add_route::build)
}
