//! Which operation a request line means, and what it needs of the caller's policies.

use http::Method;
use local_core::access::Need;
use local_core::refuse_if;
use local_core::rpc::RpcError;
use serde_json::Value;

/// An operation with everything it takes.
#[derive(Debug, Clone, PartialEq)]
#[allow(missing_docs, reason = "the names are the service's own")]
pub enum Operation {
    GetSlsService,
    OpenSlsService,
    CreateProject {
        project: String,
        description: String,
    },
    GetProject {
        project: String,
    },
    DeleteProject {
        project: String,
    },
    CreateLogStore {
        project: String,
        store: String,
        ttl: u32,
        shards: u32,
    },
    GetLogStore {
        project: String,
        store: String,
    },
    UpdateLogStore {
        project: String,
        store: String,
        ttl: u32,
    },
    DeleteLogStore {
        project: String,
        store: String,
    },
    CreateIndex {
        project: String,
        store: String,
        index: Value,
    },
    GetIndex {
        project: String,
        store: String,
    },
    UpdateIndex {
        project: String,
        store: String,
        index: Value,
    },
    DeleteIndex {
        project: String,
        store: String,
    },
    /// Lines from `from` to before `to` (seconds), that contain `query`; the newest first if `reverse`.
    GetLogs {
        project: String,
        store: String,
        from: i64,
        to: i64,
        query: String,
        line: usize,
        offset: usize,
        reverse: bool,
    },
    /// The same, answered with the lines inside of a document.
    GetLogsV2 {
        project: String,
        store: String,
        from: i64,
        to: i64,
        query: String,
        line: usize,
        offset: usize,
        reverse: bool,
    },
}

/// All of them, and which of them write.
pub(crate) const ALL: [(&str, bool); 15] = [
    ("GetSlsService", false),
    ("OpenSlsService", true),
    ("CreateProject", true),
    ("GetProject", false),
    ("DeleteProject", true),
    ("CreateLogStore", true),
    ("GetLogStore", false),
    ("UpdateLogStore", true),
    ("DeleteLogStore", true),
    ("CreateIndex", true),
    ("GetIndex", false),
    ("UpdateIndex", true),
    ("DeleteIndex", true),
    ("GetLogs", false),
    ("GetLogsV2", false),
];

impl Operation {
    /// Reads a request: its line, the project that its host names, its query and its body.
    pub(crate) fn read(
        method: &Method,
        path: &str,
        project: Option<&str>,
        query: &[(String, String)],
        body: &[u8],
    ) -> Result<Self, RpcError> {
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        let document = || -> Result<Value, RpcError> {
            serde_json::from_slice(body)
                .map_err(|error| RpcError::bad("PostBodyInvalid", format!("The body is not JSON: {error}.")))
        };
        let text = |document: &Value, name: &str| -> Result<String, RpcError> {
            let text = document.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
            text.map(str::to_owned).ok_or_else(|| invalid(&format!("{name} is missing")))
        };
        let number = |document: &Value, name: &str, usual: u32| -> Result<u32, RpcError> {
            match document.get(name) {
                None => Ok(usual),
                Some(value) => value
                    .as_u64()
                    .and_then(|value| value.try_into().ok())
                    .ok_or_else(|| invalid(&format!("{name} is no number"))),
            }
        };
        let unknown = || RpcError::missing("InvalidAction.NotFound", format!("there is no operation {method} {path}"));
        let project = || project.map(str::to_owned).ok_or_else(|| invalid("the host names no project"));
        match (method.as_str(), segments.as_slice()) {
            ("GET", ["slsservice"]) => Ok(Self::GetSlsService),
            ("POST", ["slsservice"]) => Ok(Self::OpenSlsService),
            ("POST", [""]) => {
                let document = document()?;
                let description = document.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
                Ok(Self::CreateProject { project: text(&document, "projectName")?, description })
            }
            ("GET", [""]) => Ok(Self::GetProject { project: project()? }),
            ("DELETE", [""]) => Ok(Self::DeleteProject { project: project()? }),
            ("POST", ["logstores"]) => {
                let document = document()?;
                Ok(Self::CreateLogStore {
                    project: project()?,
                    store: text(&document, "logstoreName")?,
                    ttl: number(&document, "ttl", 30)?,
                    shards: number(&document, "shardCount", 2)?,
                })
            }
            (verb, ["logstores", store]) => {
                let (project, store) = (project()?, (*store).to_owned());
                match verb {
                    "GET" if query.iter().any(|(name, value)| name == "type" && value == "log") => {
                        let get =
                            |name: &str| query.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str());
                        let whole = |name: &str| {
                            get(name)
                                .map(|text| text.parse().map_err(|_| invalid(&format!("{name} is no number"))))
                                .transpose()
                        };
                        Ok(Self::GetLogs {
                            project,
                            store,
                            from: whole("from")?.ok_or_else(|| invalid("from is missing"))?,
                            to: whole("to")?.ok_or_else(|| invalid("to is missing"))?,
                            query: get("query").unwrap_or("*").to_owned(),
                            line: usize::try_from(whole("line")?.unwrap_or(100)).unwrap_or_default().min(100),
                            offset: usize::try_from(whole("offset")?.unwrap_or(0)).unwrap_or_default(),
                            reverse: get("reverse").is_some_and(|text| text.eq_ignore_ascii_case("true")),
                        })
                    }
                    "GET" => Ok(Self::GetLogStore { project, store }),
                    "PUT" => {
                        let document = document()?;
                        Ok(Self::UpdateLogStore { project, store, ttl: number(&document, "ttl", 30)? })
                    }
                    "DELETE" => Ok(Self::DeleteLogStore { project, store }),
                    _ => Err(unknown()),
                }
            }
            ("POST", ["logstores", store, "logs"]) => {
                let document = document()?;
                let whole = |name: &str| match document.get(name) {
                    None | Some(Value::Null) => Ok(None),
                    Some(value) => value.as_i64().map(Some).ok_or_else(|| invalid(&format!("{name} is no number"))),
                };
                let count = |name: &str, usual: i64| {
                    let given = whole(name)?.unwrap_or(usual);
                    usize::try_from(given).map_err(|_| invalid(&format!("{name} is below 0")))
                };
                let line = count("line", 100)?;
                refuse_if!(line > 100, invalid("line is above 100"));
                Ok(Self::GetLogsV2 {
                    project: project()?,
                    store: (*store).to_owned(),
                    from: whole("from")?.ok_or_else(|| invalid("from is missing"))?,
                    to: whole("to")?.ok_or_else(|| invalid("to is missing"))?,
                    query: document.get("query").and_then(Value::as_str).unwrap_or("*").to_owned(),
                    line,
                    offset: count("offset", 0)?,
                    reverse: document.get("reverse").and_then(Value::as_bool).unwrap_or_default(),
                })
            }
            (verb, ["logstores", store, "index"]) => {
                let (project, store) = (project()?, (*store).to_owned());
                match verb {
                    "POST" => Ok(Self::CreateIndex { project, store, index: document()? }),
                    "GET" => Ok(Self::GetIndex { project, store }),
                    "PUT" => Ok(Self::UpdateIndex { project, store, index: document()? }),
                    "DELETE" => Ok(Self::DeleteIndex { project, store }),
                    _ => Err(unknown()),
                }
            }
            _ => Err(unknown()),
        }
    }

    pub(crate) fn action(&self) -> &'static str {
        match self {
            Self::GetSlsService => "GetSlsService",
            Self::OpenSlsService => "OpenSlsService",
            Self::CreateProject { .. } => "CreateProject",
            Self::GetProject { .. } => "GetProject",
            Self::DeleteProject { .. } => "DeleteProject",
            Self::CreateLogStore { .. } => "CreateLogStore",
            Self::GetLogStore { .. } => "GetLogStore",
            Self::UpdateLogStore { .. } => "UpdateLogStore",
            Self::DeleteLogStore { .. } => "DeleteLogStore",
            Self::CreateIndex { .. } => "CreateIndex",
            Self::GetIndex { .. } => "GetIndex",
            Self::UpdateIndex { .. } => "UpdateIndex",
            Self::DeleteIndex { .. } => "DeleteIndex",
            Self::GetLogs { .. } => "GetLogs",
            Self::GetLogsV2 { .. } => "GetLogsV2",
        }
    }

    pub(crate) fn is_write(&self) -> bool {
        ALL.iter().any(|(name, writes)| *name == self.action() && *writes)
    }

    /// What it is about: nothing, a project, or a log store of one.
    fn place(&self) -> (Option<&str>, Option<&str>) {
        match self {
            Self::GetSlsService | Self::OpenSlsService => (None, None),
            Self::CreateProject { project, .. } | Self::GetProject { project } | Self::DeleteProject { project } => {
                (Some(project), None)
            }
            Self::CreateLogStore { project, store, .. }
            | Self::GetLogStore { project, store }
            | Self::UpdateLogStore { project, store, .. }
            | Self::DeleteLogStore { project, store }
            | Self::CreateIndex { project, store, .. }
            | Self::GetIndex { project, store }
            | Self::UpdateIndex { project, store, .. }
            | Self::DeleteIndex { project, store }
            | Self::GetLogs { project, store, .. }
            | Self::GetLogsV2 { project, store, .. } => (Some(project), Some(store)),
        }
    }

    pub(crate) fn resource(&self) -> Option<String> {
        match self.place() {
            (Some(project), Some(store)) => Some(format!("{project}/{store}")),
            (project, _) => project.map(str::to_owned),
        }
    }

    pub(crate) fn needs(&self, account: &str, region: &str) -> Vec<Need> {
        let place = match self.place() {
            (None, _) => "*".to_owned(),
            (Some(project), None) => format!("acs:log:{region}:{account}:project/{project}"),
            (Some(project), Some(store)) => format!("acs:log:{region}:{account}:project/{project}/logstore/{store}"),
        };
        let action = match self {
            Self::GetLogs { .. } | Self::GetLogsV2 { .. } => "GetLogStoreLogs",
            named => named.action(),
        };
        vec![Need::new(format!("log:{action}"), place)]
    }
}

fn invalid(why: &str) -> RpcError {
    RpcError::bad("ParameterInvalid", format!("{why}."))
}
