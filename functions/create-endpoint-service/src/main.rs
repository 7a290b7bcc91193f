//! Starts the function.

fn main() -> std::process::ExitCode {
    function::start(fn_create_endpoint_service::build)
}
