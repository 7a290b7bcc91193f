//! `causeway logs`: what the functions of a deployment logged.
//!
//! | file | what it holds |
//! | --- | --- |
//! | `line` | a line of the log store, as far as it can be read |
//! | `reader` | page after page, each line once |

mod line;
mod reader;

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::sleep;

use crate::args::{Logs, Since};
use crate::operator::{self, Operator, OperatorError};
use crate::render::say;
use line::{Line, Wanted};
use reader::{Page, Reader};

/// The log store of a deployment, in the project that template.yml names.
const STORE: &str = "functions";
/// Whoever follows looks this often while lines come, and more and more seldom while none do.
const SOON: Duration = Duration::from_secs(2);
const SELDOM: Duration = Duration::from_secs(30);
/// How many pages are read at most, unless somebody follows.
const MOST_LOOKS: u32 = 1000;
/// How far ahead the newest line may lie: clocks differ.
const AHEAD: Duration = Duration::from_secs(60);

/// Why logs cannot be shown.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum LogsError {
    /// There is no operator.
    #[error(transparent)]
    #[diagnostic(transparent)]
    Operator(#[from] OperatorError),
    #[error("the log store {STORE} of project {project} cannot be read")]
    #[diagnostic(help("{}", advice(.source)))]
    Unread { project: String, source: Box<operate::Error> },
    #[error("--since is too long ago")]
    #[diagnostic(help("name a time that there was; the log store keeps lines for 30 days"))]
    TooLongAgo,
}

fn advice(error: &operate::Error) -> String {
    match error.code() {
        Some("ProjectNotExist" | "LogStoreNotExist") => {
            "there is no deployment of this name in this region: name it with --stack and --region".to_owned()
        }
        _ => error.advice(),
    }
}

/// `causeway logs`. Ends with 0 whatever was found.
///
/// # Errors
/// When there are no keys, or the log store cannot be read.
pub async fn logs(args: &Logs) -> Result<bool, LogsError> {
    let operator = operator::connect(&args.operator).await?;
    let now = operator.io.clock.now();
    let from = match args.since {
        Since::At(at) => at,
        Since::Ago(ago) => now.checked_sub(ago).map_err(|_| LogsError::TooLongAgo)?,
    };
    let project = format!("{}-{}-{}", operator.stack, operator.identity.account, operator.region);
    let wanted = Wanted {
        connection: args.name.as_ref().map(ToString::to_string),
        function: args.function.as_ref().map(|name| qualified(&operator.stack, name)),
        level: args.level,
    };
    let sls = operator.client.sls(&operator.region);
    let reader = Reader::new(sls, project.clone(), STORE.to_owned(), wanted, from);
    let unread = |source| LogsError::Unread { project, source: Box::new(source) };
    show(args, &operator, reader).await.map_err(unread)
}

/// The function's name in the cloud, which begins with the deployment's.
fn qualified(stack: &str, name: &str) -> String {
    if name.starts_with(&format!("{stack}-")) { name.to_owned() } else { format!("{stack}-{name}") }
}

async fn show(args: &Logs, operator: &Operator, mut reader: Reader) -> Result<bool, operate::Error> {
    let prefix = format!("{}-", operator.stack);
    let (mut shown, mut pause, mut looks) = (0, SOON, 0);
    loop {
        if !args.follow && looks == MOST_LOOKS {
            eprintln!(
                "stopped after {MOST_LOOKS} requests: name a connection or a function, or begin later with --since"
            );
            return Ok(true);
        }
        looks += 1;
        let until = later(operator.io.clock.now());
        let Page { lines, is_last, is_complete } = reader.next(until).await?;
        if !is_complete {
            eprintln!("warning: the log service had not gone through all lines of a page; some may be missing here");
        }
        let left = if args.follow { usize::MAX } else { args.limit - shown };
        for line in lines.iter().take(left) {
            print(line, &prefix, args.json);
        }
        if lines.len() > left || (lines.len() == left && !is_last) {
            eprintln!("there are more lines: raise --limit, or begin later with --since");
            return Ok(true);
        }
        shown += lines.len();
        match (is_last, args.follow) {
            (false, _) => {}
            (true, false) => return Ok(true),
            (true, true) => {
                pause = if lines.is_empty() { (pause * 2).min(SELDOM) } else { SOON };
                sleep(pause).await;
            }
        }
    }
}

fn later(now: Timestamp) -> Timestamp {
    now.checked_add(AHEAD).unwrap_or(now)
}

fn print(line: &Line, prefix: &str, as_json: bool) {
    if as_json {
        say!("{}", line.json(prefix));
    } else {
        say!("{}", line.text(prefix));
    }
}
