//! Who a command runs as, and in which folder (docs/reference/vpc-connection-apis.md, section 5.1).
//!
//! The agent starts the program as the user that the command names, who must be there already. Without a folder it starts in the
//! user's home, which must be there too.

use local_core::refuse_if;
use local_core::rpc::{Params, RpcError};

use super::super::instance::Instance;
use super::run::State;

/// Who commands run as that name nobody.
pub(super) const ROOT: &str = "root";
const LONGEST_USER: usize = 255;
const LONGEST_FOLDER: usize = 200;

/// The users that every image has, with their homes. Of Debian's, some are not there.
const EVERYWHERE: [(&str, &str); 4] =
    [(ROOT, "/root"), ("nobody", "/nonexistent"), ("daemon", "/usr/sbin"), ("mail", "/var/mail")];
/// The folders that every image has.
const FOLDERS: [&str; 8] = ["/", "/etc", "/home", "/root", "/tmp", "/usr", "/usr/sbin", "/var"];

/// Refuses names that the request may not have at all.
pub(super) fn check(params: &Params) -> Result<(), RpcError> {
    let user = params.get("Username").unwrap_or_default();
    refuse_if!(user.len() > LONGEST_USER, forbidden "Username.ExceedLimit",
        "The length of the username exceeds the upper limit.");
    let folder = params.get("WorkingDir").unwrap_or_default();
    refuse_if!(
        folder.len() > LONGEST_FOLDER,
        RpcError::bad("InvalidParameter.WorkingDir", "The specified parameter WorkingDir is not valid.")
    );
    Ok(())
}

/// What keeps a command from running as this user in this folder; an empty one stands for the user's home.
pub(super) fn obstacle(instance: &Instance, user: &str, folder: &str) -> Option<State> {
    let own = || instance.users.contains(user).then(|| format!("/home/{user}"));
    let home = EVERYWHERE.iter().find(|(known, _)| *known == user).map(|(_, home)| (*home).to_owned());
    let Some(home) = home.or_else(own) else { return Some(State::NoSuchUser) };
    let is_there = |folder: &str| {
        let of_own = folder.strip_prefix("/home/").is_some_and(|user| instance.users.contains(user));
        of_own || FOLDERS.contains(&folder)
    };
    let begins = if folder.is_empty() { home.as_str() } else { folder };
    (!is_there(begins)).then_some(State::NoSuchFolder)
}
