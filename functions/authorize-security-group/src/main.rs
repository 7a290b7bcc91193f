//! Starts the function.

fn main() -> std::process::ExitCode {
    function::start(authorize_security_group::build)
}
