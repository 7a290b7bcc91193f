//! Causeway's functions, inside this process.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use bytes::Bytes;
use causeway_local::fc::{
    Exited, FunctionConfig, Instance, LaunchError, Launcher, LineSink, OutputLine, PackageLauncher,
};
use fc_runtime::layers::TracingLayer;
use fc_runtime::logging::JsonLines;
use fc_runtime::{Environment, FunctionService, LogLines};
use http::{Request, Response};
use tracing::Dispatch;
use tracing::instrument::WithSubscriber as _;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::SubscriberExt as _;
use transport::{Chain, Io};

/// A zip archive without anything in it: a package that leaves the program to whoever starts its functions.
pub const NO_PACKAGE: &[u8] = b"PK\x05\x06\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0";

/// Starts each function from its own package, as the cloud does, and those whose package is empty with another launcher.
pub struct OwnPackages {
    packages: PackageLauncher,
    of_the_empty: Arc<dyn Launcher>,
}

impl OwnPackages {
    /// What programs of packages print goes to `sink`.
    #[must_use]
    pub fn new(sink: LineSink, of_the_empty: Arc<dyn Launcher>) -> Self {
        Self { packages: PackageLauncher::new(sink), of_the_empty }
    }
}

#[async_trait]
impl Launcher for OwnPackages {
    async fn launch(
        &self,
        function: &FunctionConfig,
        environment: BTreeMap<String, String>,
    ) -> Result<Arc<dyn Instance>, LaunchError> {
        // An archive begins with the record of its end where it has no files.
        let is_empty = function.package.as_ref().is_none_or(|package| package.starts_with(&NO_PACKAGE[..4]));
        if is_empty {
            self.of_the_empty.launch(function, environment).await
        } else {
            self.packages.launch(function, environment).await
        }
    }
}

/// Starts functions inside this process: the same code that the bootstrap program runs, without a socket in between.
pub struct InProcess {
    io: Io,
    sink: Option<LineSink>,
}

impl InProcess {
    /// Functions that act through `io`. What they log goes where this process logs.
    #[must_use]
    pub fn new(io: Io) -> Self {
        Self { io, sink: None }
    }

    /// Hands each line that the functions would print to `sink` instead.
    #[must_use]
    pub fn printing_to(self, sink: LineSink) -> Self {
        Self { sink: Some(sink), ..self }
    }
}

struct Running {
    service: FunctionService,
    printed: Option<Printed>,
}

#[async_trait]
impl Launcher for InProcess {
    async fn launch(
        &self,
        function: &FunctionConfig,
        environment: BTreeMap<String, String>,
    ) -> Result<Arc<dyn Instance>, LaunchError> {
        let environment: Environment = environment.into_iter().collect();
        let runtime = bootstrap::build(&environment, self.io.clone()).map_err(|error| LaunchError::Other {
            function: function.function_name.clone(),
            problem: Chain(&*error).to_string(),
        })?;
        let printed = self.sink.clone().map(|sink| Printed::new(&function.function_name, sink));
        let marks = printed.as_ref().map_or_else(LogLines::off, |printed| {
            let lines = printed.lines.clone();
            LogLines::to(move |line| lines.push(line))
        });
        let runtime = runtime.environment(environment).log_lines(marks).layer(TracingLayer::new());
        Ok(Arc::new(Running { service: runtime.into_service(), printed }))
    }
}

#[async_trait]
impl Instance for Running {
    async fn call(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Exited> {
        let answer = self.service.handle(request);
        Ok(match &self.printed {
            None => answer.await,
            Some(printed) => printed.watch(answer).await,
        })
    }

    fn has_ended(&self) -> bool {
        self.service.retirement().has_begun()
    }

    async fn stop(&self) {}
}

/// What an instance would print if it were a process.
struct Printed {
    function: String,
    /// Writes what is logged in its calls as lines of JSON, as a process does.
    log: Dispatch,
    lines: Lines,
    sink: LineSink,
}

impl Printed {
    fn new(function: &str, sink: LineSink) -> Self {
        let lines = Lines::default();
        let writer = lines.clone();
        // A process logs at this level unless it is told otherwise; whoever wants to see more here says so to this process.
        let level = LevelFilter::current().max(LevelFilter::INFO);
        let log = tracing_subscriber::registry().with(level).with(JsonLines::new(move || writer.clone()));
        Self { function: function.to_owned(), log: Dispatch::new(log), lines, sink }
    }

    /// Does `work`, and hands on what is logged on the way.
    async fn watch<T>(&self, work: impl Future<Output = T>) -> T {
        // Also where the caller hangs up.
        let _last = HandOn(self);
        let mut work = pin!(work.with_subscriber(self.log.clone()));
        poll_fn(|context| {
            let polled = work.as_mut().poll(context);
            // Not while the line is written: what the sink logs itself would be lost.
            self.hand_on();
            polled
        })
        .await
    }

    fn hand_on(&self) {
        for line in self.lines.take() {
            (self.sink)(OutputLine { function: &self.function, line: &line, is_error: false });
        }
    }
}

struct HandOn<'a>(&'a Printed);

impl Drop for HandOn<'_> {
    fn drop(&mut self) {
        self.0.hand_on();
    }
}

/// Lines that are to be handed on.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<String>>>);

impl Lines {
    fn push(&self, line: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(line.to_owned());
    }

    fn take(&self) -> Vec<String> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// Takes a line a write, which is how lines of JSON are written.
impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.push(String::from_utf8_lossy(bytes).trim_end_matches('\n'));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
