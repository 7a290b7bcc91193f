//! The processes of functions, found by what stands in their environment.

use std::fs;
use std::path::Path;
use std::process::Command;

/// A process that belongs to a function: its program, or the guard beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// The process's id.
    pub id: u32,
    /// The function's name.
    pub name: String,
    /// Whether it is the program, not its guard.
    pub is_program: bool,
}

/// Every process that was started for a function of the local cloud at `gateway`, wherever its parents are.
///
/// # Panics
/// On a system without `/proc`.
#[must_use]
pub fn functions_of(gateway: &str) -> Vec<Function> {
    let processes = fs::read_dir("/proc").expect("these tests look into /proc");
    processes
        .filter_map(|entry| {
            let path = entry.ok()?.path();
            let id = path.file_name()?.to_str()?.parse().ok()?;
            function(id, &path, gateway)
        })
        .collect()
}

/// What is gone, or not ours to read, or has ended and not been waited for, is no such process.
fn function(id: u32, folder: &Path, gateway: &str) -> Option<Function> {
    let environment = fs::read(folder.join("environ")).ok()?;
    let variable = |name: &str| {
        let entries = environment.split(|byte| *byte == 0).filter_map(|entry| std::str::from_utf8(entry).ok());
        entries
            .filter_map(|entry| entry.split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value.to_owned())
    };
    if variable("CAUSEWAY_ENDPOINT")? != gateway {
        return None;
    }
    let name = variable("FC_FUNCTION_NAME")?.strip_prefix("causeway-")?.to_owned();
    let program = fs::read_link(folder.join("exe")).ok()?;
    let is_program = program.file_name().is_some_and(|file| file == "bootstrap");
    Some(Function { id, name, is_program })
}

/// Sends a signal, such as `KILL`, to a process that this test started or had started. A process that is gone needs none.
///
/// # Panics
/// When there is no shell.
pub fn kill(id: u32, signal: &str) {
    // The shell's own kill: there may be no program of that name.
    let script = "kill -s \"$1\" \"$2\" 2>/dev/null || true";
    let status = Command::new("/bin/sh").args(["-c", script, "kill", signal, &id.to_string()]).status();
    assert!(status.expect("sh runs").success());
}
