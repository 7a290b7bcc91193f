//! Connected accounts: whether they let Causeway in, and the commands that connect them.

mod commands;
mod groups;
mod webhook;
