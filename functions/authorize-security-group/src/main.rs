//! Starts the function.

fn main() -> std::process::ExitCode {
    function::start(fn_authorize_security_group::build)
}
