//! Starts the function.

fn main() -> std::process::ExitCode {
    function::start(fn_sweep::build)
}
