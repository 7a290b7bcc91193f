//! What no schema checks of template.yml: its wiring, held against the chains and the crates.
//!
//! Each check is proven by breaking the template: a test that could not fail would prove nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bootstrap::functions;
use causeway_cli::deployment::{BASE, TEMPLATE};
use causeway_local::ram::Trust;
use causeway_local::ros::resource::{Function, Role, TriggerConfig};
use causeway_local::ros::{Pseudo, Resource, RosError, Stack, Template};
use connection::account::Need;
use connection::chain::{chain, leads_to};
use connection::queue::Queue;
use connection::words::{Kind, StepName};
use serde_json::{Value, json};

const ACCOUNT: &str = "1000000000000000";
const REGION: &str = "cn-hangzhou";
/// Functions that send to every step: one where a connection begins or is resumed, one where a message was lost.
const SEND_TO_ALL: [&str; 3] = ["webhook", "sweep", "check-drift"];
/// Who sends something else than a connection to carry on. Events are told by all: something happens in every function.
const SEND_TO_OTHERS: [(&str, &[Queue]); 4] = [
    ("webhook", &[Queue::Step(StepName::ApproveEndpoint), Queue::SweepEndpoints, Queue::CheckDrift]),
    ("check-drift", &[Queue::CheckDrift]),
    ("sweep-endpoints", &[Queue::Step(StepName::ApproveEndpoint)]),
    ("approve-endpoint", &[Queue::Step(StepName::ApproveEndpoint)]),
];
/// What everything of the stack is called first.
const PREFIX: &str = "causeway-";
/// What the template is given as the keys of JD Cloud.
const KEYS: &str = "the-keys-of-jd-cloud";
/// What it is given as the key of the logs, and as the keys that verify them.
const AUDIT_KEY: &str = "the-key-of-the-logs";
const VERIFIERS: &str = "the-keys-that-verify";
/// What it is given as the key of links.
const LINK_KEY: &str = "the-key-of-links";
/// Functions that decide, and sign what they decide: a person's word and acts, endpoints, repairs, checkpoints.
const DECIDES: [&str; 4] = ["webhook", "approve-endpoint", "check-drift", "sweep"];
/// Functions that go by what was decided.
const VERIFIES: [&str; 1] = ["sweep-endpoints"];
/// Who writes below these in the store, and nobody else.
const WRITERS: [(&str, &[&str]); 6] = [
    ("decisions/", &["webhook", "approve-endpoint"]),
    ("acts/", &["webhook", "check-drift"]),
    ("policy/", &["webhook"]),
    ("audit/pending/", &["webhook", "approve-endpoint", "check-drift"]),
    ("audit/checkpoints/", &["sweep"]),
    ("config/", &["webhook"]),
];
/// Below these nobody deletes.
const KEPT: [&str; 6] = ["decisions/", "acts/", "policy/", "audit/checkpoints/", "config/", "records/"];
/// What the bucket with the copies of checkpoints is called, and who may read and write what in it. Nobody may do more there.
const COPIES: &str = "causeway-checkpoints-1000000000000000-cn-hangzhou";
const COPIER: (&str, &str) = ("sweep", "audit/checkpoints/*");
/// The longest policy that RAM takes (docs/reference/deploy-apis.md, section 2.1).
const LONGEST_POLICY: usize = 6144;
/// The largest environment of a function, in bytes (docs/reference/deploy-apis.md, section 8).
const LARGEST_ENVIRONMENT: usize = 4096;
/// The one queue that feeds no function.
const DEAD_LETTERS: &str = "dead-letter";

/// Every step of every chain, with all that its function may send to.
fn steps() -> BTreeMap<StepName, BTreeSet<StepName>> {
    let steps = Kind::ALL.into_iter().flat_map(chain).map(|stage| stage.step);
    steps.map(|step| (step, leads_to(step))).collect()
}

/// The functions that have a crate.
fn crates() -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../functions");
    let folders = std::fs::read_dir(folder).expect("the folder of the functions is there").flatten();
    let crates = folders.filter(|entry| entry.path().join("Cargo.toml").is_file());
    crates.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect()
}

/// Everything that is wrong with a template.
fn problems(text: &str) -> Vec<String> {
    match stack(text, "causeway", &Kind::ALL) {
        // Dangling references, and what a trigger's configuration may not hold, are found while the template is read.
        Err(error) => vec![error.to_string()],
        Ok(stack) => [
            crates_and_functions(&stack),
            queues(&stack),
            own_things(&stack),
            logs(&stack),
            rights_to_send(&stack),
            keys(&stack),
            audit_keys(&stack),
            link_keys(&stack),
            rights_in_the_store(&stack),
            rights_in_the_copies(&stack),
            limits(&stack),
            rights_to_assume(&stack),
        ]
        .concat(),
    }
}

/// What a template describes, for a stack of this name with these kinds in use.
fn stack(text: &str, name: &str, kinds: &[Kind]) -> Result<Stack, RosError> {
    Template::parse(text)?.resolve(&parameters(kinds), &Pseudo::new(ACCOUNT, REGION, name))
}

fn parameters(kinds: &[Kind]) -> BTreeMap<String, Value> {
    let kinds = kinds.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(",");
    let parameters = [
        ("CodeBucket", "code"),
        ("Release", "r1"),
        ("StoreBucket", "records"),
        ("WebhookSecrets", "whsec_x"),
        ("AuditKey", AUDIT_KEY),
        ("AuditVerifiers", VERIFIERS),
        ("JdcloudKeys", KEYS),
        ("ConsentLinkKey", LINK_KEY),
        ("CheckpointRetentionDays", "365"),
        ("Kinds", &kinds),
    ];
    parameters.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect()
}

/// A name without that of the stack, which it has to begin with.
fn own(name: &str) -> String {
    name.strip_prefix(PREFIX).map_or_else(|| format!("{name} (without the stack's name)"), str::to_owned)
}

fn difference(what: &str, expected: &BTreeSet<String>, found: &BTreeSet<String>) -> Vec<String> {
    let missing = expected.difference(found).map(|name| format!("{what} {name} is missing"));
    missing.chain(found.difference(expected).map(|name| format!("{what} {name} is too much"))).collect()
}

/// Every crate is deployed, and nothing else. The courier is there before: it brings the package.
fn crates_and_functions(stack: &Stack) -> Vec<String> {
    let deployed = stack.functions().map(|function| own(&function.function_name)).collect();
    let mut expected = crates();
    expected.remove("courier");
    difference("function", &expected, &deployed)
}

/// Every step, and every other function that is fed from a queue, has its queue, and a trigger that feeds it from there;
/// there is no other queue.
fn queues(stack: &Stack) -> Vec<String> {
    let steps: BTreeSet<String> = Queue::all().map(|queue| queue.name().to_owned()).collect();
    let mut expected = steps.clone();
    expected.insert(DEAD_LETTERS.to_owned());
    let queues = stack.queues().map(|queue| own(&queue.queue_name)).collect();
    let mut found = difference("queue", &expected, &queues);
    let mut fed = BTreeSet::new();
    for trigger in stack.triggers() {
        let TriggerConfig::EventBridge(source) = &trigger.config else { continue };
        if source.queue != trigger.function_name {
            found.push(format!("queue {} feeds function {}", own(&source.queue), own(&trigger.function_name)));
        }
        if !source.enabled || source.asynchronous || !source.base64_decode {
            let queue = own(&source.queue);
            found.push(format!("the trigger of {queue} is off, asynchronous or leaves base64 to others"));
        }
        let dead_letters = format!("acs:mns:{REGION}:{ACCOUNT}:/queues/{PREFIX}{DEAD_LETTERS}");
        if source.run.dead_letter.as_ref() != Some(&dead_letters) {
            found.push(format!("the trigger of {} has no dead-letter queue", own(&source.queue)));
        }
        fed.insert(own(&source.queue));
    }
    found.extend(difference("the trigger of queue", &steps, &fed));
    for queue in stack.queues().filter(|queue| steps.contains(&own(&queue.queue_name))) {
        let function = stack.functions().find(|function| function.function_name == queue.queue_name);
        if function.is_some_and(|function| queue.visibility_timeout <= function.timeout) {
            found.push(format!("a message of {} comes again while its function may still run", own(&queue.queue_name)));
        }
    }
    found
}

/// Every function has the one package and names its handler in it, has a role of its own and a log, and finds the store.
fn own_things(stack: &Stack) -> Vec<String> {
    let check = |function: &Function| {
        let name = own(&function.function_name);
        let package = function.code.as_ref().and_then(|code| code.oss_object_name.clone());
        let variable = |name| function.environment_variables.get(name).map(String::as_str);
        let checks = [
            (package.as_deref() == Some("r1/functions.zip"), "package"),
            (function.custom_runtime_config.command == ["/code/bootstrap"], "command"),
            (function.handler == name, "handler"),
            (function.role == Some(format!("acs:ram::{ACCOUNT}:role/causeway-{name}")), "role"),
            (function.log_config.is_some(), "log"),
            (variable("CAUSEWAY_STORE") == Some("oss://records"), "store"),
            (variable("CAUSEWAY_QUEUE_PREFIX") == Some(PREFIX), "prefix of queues"),
        ];
        let wrong = checks.into_iter().filter(|(is_right, _)| !is_right);
        wrong.map(|(_, what)| format!("the {what} of {name} is wrong")).collect::<Vec<_>>()
    };
    stack.functions().flat_map(check).collect()
}

/// The platform writes every function's log with the function's own role, into its own log store.
fn logs(stack: &Stack) -> Vec<String> {
    let expected = format!("acs:log:{REGION}:{ACCOUNT}:project/causeway-{ACCOUNT}-{REGION}/logstore/functions");
    let may_write = |role: &Role| resources_of(role, "log:PostLogStoreLogs") == BTreeSet::from([expected.clone()]);
    let without = stack.roles().filter(|role| !may_write(role));
    without.map(|role| format!("{} may not write its log, or others", role.role_name)).collect()
}

/// Every function may send exactly to the steps that its own can lead to, and to what else it wakes.
fn rights_to_send(stack: &Stack) -> Vec<String> {
    let all: BTreeSet<StepName> = steps().into_keys().collect();
    let mut found = Vec::new();
    for function in stack.functions() {
        let name = &own(&function.function_name);
        let step = steps().into_iter().find(|(step, _)| step.word() == name);
        let to = match step {
            Some((_, led_to)) => led_to,
            None if SEND_TO_ALL.contains(&name.as_str()) => all.clone(),
            None => BTreeSet::new(),
        };
        let others = SEND_TO_OTHERS.iter().find(|(sender, _)| sender == name).map_or(&[][..], |(_, others)| others);
        let queues = to.into_iter().map(Queue::Step).chain(others.iter().copied()).chain([Queue::Notify]);
        let expected =
            queues.map(|queue| format!("acs:mns:{REGION}:{ACCOUNT}:/queues/{PREFIX}{queue}/messages")).collect();
        let role = stack.roles().find(|role| role.role_name == format!("causeway-{name}"));
        let allowed = role.map(|role| resources_of(role, "mns:SendMessage")).unwrap_or_default();
        found.extend(difference(&format!("{name}'s right to send to"), &expected, &allowed));
    }
    found
}

/// The keys of JD Cloud are with the functions that call it, and with no other.
fn keys(stack: &Stack) -> Vec<String> {
    let steps = chain(Kind::JdcloudPeering).iter().map(|stage| stage.step.word());
    let callers = steps.chain(["webhook", "check-drift"]).map(str::to_owned).collect();
    let has_keys = |function: &&Function| {
        let values = &function.environment_variables;
        values.contains_key("CAUSEWAY_JDCLOUD_KEYS") || values.values().any(|value| value.contains(KEYS))
    };
    let holders = stack.functions().filter(has_keys).map(|function| own(&function.function_name)).collect();
    difference("the key of JD Cloud at function", &callers, &holders)
}

/// The key of the logs is with the functions that decide, and the keys that verify with those and whoever goes by what they decide.
fn audit_keys(stack: &Stack) -> Vec<String> {
    let with = |name: &str, value: &str| -> BTreeSet<String> {
        let has = |function: &&Function| {
            let values = &function.environment_variables;
            values.contains_key(name) || values.values().any(|held| held.contains(value))
        };
        stack.functions().filter(has).map(|function| own(&function.function_name)).collect()
    };
    let signs: BTreeSet<String> = DECIDES.map(str::to_owned).into();
    let verifies = signs.iter().cloned().chain(VERIFIES.map(str::to_owned)).collect();
    let signing = difference("the key of the logs at function", &signs, &with("CAUSEWAY_AUDIT_KEY", AUDIT_KEY));
    let verifying = with("CAUSEWAY_AUDIT_VERIFIERS", VERIFIERS);
    signing.into_iter().chain(difference("the keys that verify at function", &verifies, &verifying)).collect()
}

/// The key of the links for owners is with who makes them and who reads them.
fn link_keys(stack: &Stack) -> Vec<String> {
    let has = |function: &&Function| function.environment_variables.values().any(|value| value.contains(LINK_KEY));
    let holders = stack.functions().filter(has).map(|function| own(&function.function_name)).collect();
    difference("the key of links at function", &["notify", "webhook"].map(str::to_owned).into(), &holders)
}

/// Whether a pattern covers something below a folder.
fn reaches(pattern: &str, folder: &str) -> bool {
    let pattern = pattern.trim_end_matches('*');
    pattern.starts_with(folder) || folder.starts_with(pattern)
}

/// What is evidence is written by those whose business it is, and deleted by nobody; what the operator configures nobody writes.
fn rights_in_the_store(stack: &Stack) -> Vec<String> {
    let below = |role: &Role, action: &str| -> Vec<String> {
        let place = format!("acs:oss:*:{ACCOUNT}:records/");
        let copies = format!("acs:oss:*:{ACCOUNT}:{COPIES}/");
        let rights = resources_of(role, action).into_iter().filter(|resource| !resource.starts_with(&copies));
        rights.map(|resource| resource.strip_prefix(&place).map_or_else(|| "*".to_owned(), str::to_owned)).collect()
    };
    let mut found = Vec::new();
    for (folder, writers) in WRITERS {
        let may = |role: &&Role| below(role, "oss:PutObject").iter().any(|pattern| reaches(pattern, folder));
        let writing = stack.roles().filter(may).map(|role| own(&role.role_name)).collect();
        let expected = writers.iter().map(|name| (*name).to_owned()).collect();
        found.extend(difference(&format!("the right to write {folder} of"), &expected, &writing));
    }
    for role in stack.roles() {
        let deletes = below(role, "oss:DeleteObject");
        let kept = KEPT.iter().filter(|folder| deletes.iter().any(|pattern| reaches(pattern, folder)));
        found.extend(kept.map(|folder| format!("{} may delete in {folder}", own(&role.role_name))));
        let reads = below(role, "oss:GetObject");
        let name = own(&role.role_name);
        if reads.iter().any(|pattern| reaches(pattern, "config/sinks.json")) && !["notify", "webhook"].contains(&&*name)
        {
            found.push(format!("{name} may read config/sinks.json"));
        }
    }
    found
}

/// Copies of checkpoints are written and read by the function that makes checkpoints, and deleted by nobody.
fn rights_in_the_copies(stack: &Stack) -> Vec<String> {
    let place = format!("acs:oss:*:{ACCOUNT}:{COPIES}");
    let right = |action: &str, below: &str| (action.to_owned(), format!("{place}{below}"));
    let mut found = Vec::new();
    for role in stack.roles() {
        let name = own(&role.role_name);
        let all = rights(role).filter(|(_, resource)| resource.starts_with(&place));
        let may: BTreeSet<String> = all.map(|(action, resource)| format!("{action} on {resource}")).collect();
        let below = format!("/{}", COPIER.1);
        let needed = [right("oss:ListObjects", ""), right("oss:GetObject", &below), right("oss:PutObject", &below)];
        let needed = needed.into_iter().filter(|_| name == COPIER.0);
        let needed = needed.map(|(action, resource)| format!("{action} on {resource}")).collect();
        found.extend(difference(&format!("{name}'s right to copies,"), &needed, &may));
    }
    found
}

/// What a function needs of connected accounts of Alibaba Cloud.
fn needs(function: &str) -> &'static [Need] {
    match StepName::ALL.iter().find(|step| step.word() == function) {
        Some(StepName::VerifyReachability) => &[Need::Read, Need::Command],
        // A rule about ranges looks at the consumer's VPC.
        Some(StepName::ApproveEndpoint) => &[Need::Read, Need::Network],
        Some(_) => &[Need::Network],
        None if ["webhook", "check-drift", "sweep-endpoints"].contains(&function) => &[Need::Read],
        None => &[],
    }
}

/// Every function may assume the roles of its needs, and they trust it; no other does either.
fn rights_to_assume(stack: &Stack) -> Vec<String> {
    let mut found = Vec::new();
    for role in stack.roles() {
        let name = own(&role.role_name);
        let expected = needs(&name).iter().map(|need| format!("acs:ram::*:role/causeway-{}", need.word())).collect();
        let allowed = resources_of(role, "sts:AssumeRole");
        found.extend(difference(&format!("{name}'s right to assume"), &expected, &allowed));
    }
    found
}

/// Policies and environments are within what the cloud takes, secrets not counted.
fn limits(stack: &Stack) -> Vec<String> {
    let policies = stack.roles().flat_map(|role| role.policies.iter().map(move |policy| (role, policy)));
    let long = policies.filter(|(_, policy)| policy.policy_document.to_string().len() > LONGEST_POLICY);
    let long = long.map(|(role, _)| format!("the policy of {} is longer than {LONGEST_POLICY}", own(&role.role_name)));
    let size = |function: &&Function| -> usize {
        function.environment_variables.iter().map(|(name, value)| name.len() + value.len()).sum()
    };
    // Half of it is left to secrets and keys.
    let large = stack.functions().filter(|function| size(function) > LARGEST_ENVIRONMENT / 2);
    let large = large.map(|function| format!("the environment of {} leaves no room", own(&function.function_name)));
    long.chain(large).collect()
}

/// Each action that a role may call, with each resource.
fn rights(role: &Role) -> impl Iterator<Item = (String, String)> {
    let statements =
        role.policies.iter().flat_map(|policy| policy.policy_document["Statement"].as_array().into_iter().flatten());
    statements.flat_map(|statement| {
        let texts = |part: &str| -> Vec<String> {
            let list = statement[part].as_array().into_iter().flatten();
            list.filter_map(|text| text.as_str().map(str::to_owned)).collect()
        };
        let resources = texts("Resource");
        texts("Action")
            .into_iter()
            .flat_map(move |action| resources.clone().into_iter().map(move |resource| (action.clone(), resource)))
    })
}

/// On which resources a role may call an action.
fn resources_of(role: &Role, action: &str) -> BTreeSet<String> {
    rights(role).filter(|(allowed, _)| allowed == action).map(|(_, resource)| resource).collect()
}

#[test]
fn the_template_fits_chains_and_crates() {
    assert_eq!(problems(TEMPLATE), Vec::<String>::new());
    let known = functions().map(|(name, _)| name.to_owned()).collect();
    assert_eq!(crates(), known, "the command knows every crate");
}

/// The template with its first `from` after `behind` replaced.
fn broken(behind: &str, from: &str, to: &str) -> String {
    let start = TEMPLATE.find(behind).unwrap_or_else(|| panic!("the template has no {behind:?}"));
    let (head, tail) = TEMPLATE.split_at(start);
    assert!(tail.contains(from), "behind {behind:?} there is no {from:?}");
    format!("{head}{}", tail.replacen(from, to, 1))
}

/// The template without the lines from the one that begins with `first` up to the one that begins with `last`.
fn without(first: &str, last: &str) -> String {
    let start = TEMPLATE.find(&format!("\n  {first}:\n")).unwrap_or_else(|| panic!("the template has no {first}")) + 1;
    let length =
        TEMPLATE[start..].find(&format!("\n  {last}:\n")).unwrap_or_else(|| panic!("no {last} behind {first}"));
    format!("{}{}", &TEMPLATE[..start], &TEMPLATE[start + length + 1..])
}

#[test]
fn each_kind_of_mistake_is_found() {
    let send = "mns:SendMessage";
    for (text, words) in [
        (broken("  Store:", "{Ref: StoreBucket}", "{Ref: StorBucket}"), "StorBucket"),
        (
            broken("ConnectFunction:", "{'Fn::GetAtt': [ConnectRole, Arn]}", "{'Fn::GetAtt': [ConectRole, Arn]}"),
            "ConectRole",
        ),
        (broken("ConnectFunction:", "[ConnectRole, Arn]", "[ConnectRole, ARN]"), "ARN"),
        (broken("Outputs:", "WebhookTrigger, UrlInternet", "WebhookTriger, UrlInternet"), "WebhookTriger"),
        (broken("ConnectTrigger:", "errorsTolerance", "errorTolerance"), "errorTolerance"),
        (broken("ConnectTrigger:", "QueueName:", "queueName:"), "queueName"),
        (broken("ConnectTrigger:", "deadLetterQueue:", "DeadLetterQueue:"), "DeadLetterQueue"),
        (broken("ConnectTrigger:", "BACKOFF_RETRY", "BACK_OFF"), "BACK_OFF"),
        (broken("ConnectTrigger:", "CountBasedWindow: 10", "CountBasedWindow: 0"), "CountBasedWindow"),
        (broken("SweepTrigger:", "cronExpression", "CronExpression"), "CronExpression"),
        (broken("SweepTrigger:", "@every 1m", "@every minute"), "cronExpression"),
        (broken("WebhookTrigger:", "disableURLInternet", "disableUrlInternet"), "disableUrlInternet"),
        (broken("WebhookTrigger:", "TriggerType: http", "TriggerType: https"), "https"),
        (broken("ConnectFunction:", "custom.debian12", "custom.debian13"), "custom.debian13"),
        (
            broken("ConnectRole:", "Effect: Allow\n                Action", "Effekt: Allow\n                Action"),
            "Effekt",
        ),
        (without("ConnectTrigger", "AddRouteQueue"), "the trigger of queue connect is missing"),
        (
            without("SweepFunction", "SweepTrigger")
                .replace("[SweepFunction, FunctionName]", "[ConnectFunction, FunctionName]"),
            "function sweep is missing",
        ),
        (broken("ConnectFunction:", "StackName}-connect", "StackName}-conect"), "function conect is too much"),
        (broken("ConnectQueue:", "StackName}-connect", "StackName}-conect"), "queue connect is missing"),
        (
            broken("ConnectTrigger:", "[ConnectQueue, QueueName]", "[AddRouteQueue, QueueName]"),
            "queue add-route feeds function connect",
        ),
        (broken("ConnectTrigger:", "triggerEnable: true", "triggerEnable: false"), "the trigger of connect is off"),
        (
            broken("ConnectTrigger:", "[DeadLetterQueue, ARN.WithSlash]", "[ConnectQueue, ARN.WithSlash]"),
            "has no dead-letter queue",
        ),
        (broken("ConnectQueue:", "VisibilityTimeout: 90", "VisibilityTimeout: 60"), "may still run"),
        (broken("ConnectFunction:", "functions.zip", "connect.zip"), "the package of connect is wrong"),
        (broken("ConnectFunction:", "/code/bootstrap", "/code/connect"), "the command of connect is wrong"),
        (broken("ConnectFunction:", "Handler: connect", "Handler: add-route"), "the handler of connect is wrong"),
        (broken("ConnectFunction:", "[ConnectRole, Arn]", "[SweepRole, Arn]"), "the role of connect"),
        (broken("ConnectRole:", "-add-route/messages", "-create-interface/messages"), "connect's right to send to"),
        (
            broken("ConnectRole:", "log:PostLogStoreLogs", "log:GetLogStoreLogs"),
            "causeway-connect may not write its log",
        ),
        (broken("SweepRole:", send, "mns:PeekMessage"), "sweep's right to send to"),
        (
            broken("WebhookRole:", "${AssumedRole}-read", "${AssumedRole}-network"),
            "webhook's right to assume acs:ram::*:role/causeway-network is too much",
        ),
        (
            broken("VerifyReachabilityRole:", "${AssumedRole}-command", "${AssumedRole}-network"),
            "verify-reachability's right to assume acs:ram::*:role/causeway-command is missing",
        ),
        (
            broken("ApproveEndpointRole:", "-approve-endpoint/messages", "-connect/messages"),
            "approve-endpoint's right to send to",
        ),
        (broken("NotifyRole:", "-notify/messages", "-connect/messages"), "notify's right to send to"),
        (
            broken("AddRouteFunction:", "CAUSEWAY_JDCLOUD_KEYS: {'Fn::If'", "CAUSEWAY_NO_KEYS: {'Fn::Join'")
                .replace("{'Fn::Join': [HasJdcloudKeys, {Ref: JdcloudKeys}, {Ref: 'ALIYUN::NoValue'}]}", "none"),
            "the key of JD Cloud at function add-route is missing",
        ),
        (
            broken(
                "ConnectFunction:",
                "{'Fn::If': [HasEndpoint, {Ref: Endpoint}",
                "{'Fn::If': [HasJdcloudKeys, {Ref: JdcloudKeys}",
            ),
            "the key of JD Cloud at function connect is too much",
        ),
        (
            broken("SweepEndpointsFunction:", "{Ref: AuditVerifiers}", "{Ref: AuditKey}"),
            "the key of the logs at function sweep-endpoints is too much",
        ),
        (
            broken("ApproveEndpointFunction:", "CAUSEWAY_AUDIT_KEY: {Ref: AuditKey}", "CAUSEWAY_NO_KEY: none"),
            "the key of the logs at function approve-endpoint is missing",
        ),
        (
            broken("NotifyFunction:", "CAUSEWAY_STORE", "CAUSEWAY_AUDIT_VERIFIERS: x\n        CAUSEWAY_STORE"),
            "the keys that verify at function notify is too much",
        ),
        (broken("NotifyRole:", "/notices/deliveries/*", "/decisions/*"), "the right to write decisions/ of notify"),
        (broken("NotifyRole:", "/notices/deliveries/*", "/*"), "the right to write config/ of notify"),
        (broken("ConnectRole:", "/records/*", "/policy/*"), "the right to write policy/ of connect"),
        (broken("SweepRole:", "/audit/pending/*", "/audit/*"), "sweep may delete in audit/checkpoints/"),
        (
            broken("SweepRole:", "Region}/audit/checkpoints/*", "Region}/*"),
            "sweep's right to copies, oss:PutObject on acs:oss:*:1000000000000000:causeway-checkpoints-",
        ),
        (
            broken(
                "SweepRole:",
                "PutObject]\n                    Res",
                "PutObject, oss:DeleteObject]\n                    Res",
            ),
            "sweep's right to copies, oss:DeleteObject",
        ),
        (
            broken(
                "ConnectRole:",
                "${StoreBucket}/records/*",
                "${ALIYUN::StackName}-checkpoints-${ALIYUN::AccountId}-${ALIYUN::Region}/*",
            ),
            "connect's right to copies, oss:",
        ),
        (broken("ConnectRole:", "/open/*", "/records/*"), "connect may delete in records/"),
        (broken("ConnectRole:", "/config/accounts.json", "/config/*"), "connect may read config/sinks.json"),
        (
            broken("ConnectRole:", "StoreBucket}/records/*", &format!("StoreBucket}}/records/{}", "x".repeat(6000))),
            "the policy of connect is longer",
        ),
        (without("SweepEndpointsTrigger", "SweepEndpointsTimer"), "the trigger of queue sweep-endpoints is missing"),
    ] {
        let found = problems(&text);
        assert!(found.iter().any(|problem| problem.contains(words)), "{words}: {found:#?}");
    }
}

/// The names of everything that has one in the account, by type.
fn names(stack: &Stack) -> BTreeSet<(&'static str, String)> {
    stack.resources.iter().map(|(_, resource)| (resource.kind(), resource.identity())).collect()
}

#[test]
fn two_stacks_of_one_account_share_no_name_but_the_bucket_that_they_are_given() {
    let of = |name| names(&stack(TEMPLATE, name, &Kind::ALL).unwrap());
    let shared: Vec<_> = of("causeway").intersection(&of("test")).cloned().collect();
    assert_eq!(shared, [("ALIYUN::OSS::Bucket", "records".to_owned())]);
    let nameless: Vec<_> = of("causeway").into_iter().filter(|(_, name)| !name.starts_with(PREFIX)).collect();
    assert_eq!(nameless, [("ALIYUN::OSS::Bucket", "records".to_owned())]);
}

#[test]
fn the_records_outlive_the_stack_and_the_log_which_was_there_before_can_be_searched() {
    let retained: BTreeSet<_> = Template::parse(TEMPLATE).unwrap().retained().into_iter().map(str::to_owned).collect();
    assert_eq!(retained, ["CheckpointCopies", "CheckpointRetention", "Store"].map(str::to_owned).into());
    let base = [("Deployment", "causeway"), ("CodeBucket", "causeway-code")];
    let base = base.map(|(name, value)| (name.to_owned(), json!(value))).into_iter().collect();
    let pseudo = Pseudo::new(ACCOUNT, REGION, "causeway-base");
    let all = names(&Template::parse(BASE).unwrap().resolve(&base, &pseudo).unwrap());
    assert!(all.iter().all(|(_, name)| name.starts_with(PREFIX)), "{all:?}");
    let of = |kind| all.iter().filter(|(known, _)| *known == kind).count();
    assert_eq!((of("ALIYUN::SLS::Logstore"), of("ALIYUN::SLS::Index")), (1, 1));
}

#[test]
fn checkpoints_are_copied_only_where_somebody_says_for_how_many_days() {
    let with = |days: Option<&str>| {
        let mut parameters = parameters(&Kind::ALL);
        match days {
            Some(days) => parameters.insert("CheckpointRetentionDays".to_owned(), json!(days)),
            None => parameters.remove("CheckpointRetentionDays"),
        };
        let pseudo = Pseudo::new(ACCOUNT, REGION, "causeway");
        Template::parse(TEMPLATE).and_then(|template| template.resolve(&parameters, &pseudo))
    };
    for days in [None, Some("0")] {
        let stack = with(days).unwrap();
        assert_eq!((stack.buckets().count(), stack.worms().count()), (1, 0));
        for function in stack.functions() {
            assert!(!function.environment_variables.contains_key("CAUSEWAY_CHECKPOINT_COPIES"), "{function:?}");
        }
        assert!(stack.roles().flat_map(rights).all(|(_, resource)| !resource.contains("-checkpoints-")));
    }
    let stack = with(Some("365")).unwrap();
    let [worm] = &stack.worms().collect::<Vec<_>>()[..] else { panic!("it has one policy") };
    assert_eq!((worm.bucket.as_str(), worm.retention_period_in_days), (COPIES, 365));
    let copies = stack.buckets().find(|bucket| bucket.bucket_name == COPIES).unwrap();
    assert_eq!((copies.versioning(), copies.block_public_access), (None, Some(true)));
    let named = stack.functions().filter_map(|function| {
        let place = function.environment_variables.get("CAUSEWAY_CHECKPOINT_COPIES")?;
        Some((own(&function.function_name), place.clone()))
    });
    assert_eq!(named.collect::<Vec<_>>(), [("sweep".to_owned(), format!("oss://{COPIES}"))]);
    assert!(with(Some("25551")).is_err() && with(Some("-1")).is_err());
}

#[test]
fn whoever_names_a_contact_group_is_told_of_dead_letters() {
    let alarms = |group: &str| {
        let mut parameters = parameters(&Kind::ALL);
        parameters.insert("AlarmContactGroup".to_owned(), json!(group));
        let pseudo = Pseudo::new(ACCOUNT, REGION, "causeway");
        let stack = Template::parse(TEMPLATE).and_then(|template| template.resolve(&parameters, &pseudo)).unwrap();
        let alarms = stack.resources.into_iter().filter_map(|(_, resource)| match resource {
            Resource::Alarm(alarm) => Some((alarm.resources, alarm.contact_groups)),
            _ => None,
        });
        alarms.collect::<Vec<_>>()
    };
    assert_eq!(alarms(""), []);
    let queue = json!({"userId": ACCOUNT, "region": REGION, "queue": "causeway-dead-letter"});
    assert_eq!(alarms("night-shift"), [(vec![queue], vec!["night-shift".to_owned()])]);
}

#[test]
fn only_the_kinds_in_use_have_functions_and_queues() {
    let always = ["webhook", "sweep", "notify", "check-drift"];
    for kind in Kind::ALL {
        let stack = stack(TEMPLATE, "causeway", &[kind]).unwrap();
        let mut expected: BTreeSet<String> = chain(kind).iter().map(|stage| stage.step.word().to_owned()).collect();
        expected.extend(always.map(str::to_owned));
        if kind == Kind::PrivateLink {
            expected.insert("sweep-endpoints".to_owned());
        }
        let deployed: BTreeSet<String> = stack.functions().map(|function| own(&function.function_name)).collect();
        assert_eq!(deployed, expected, "{kind}");
        let webhook = stack.functions().find(|function| own(&function.function_name) == "webhook").unwrap();
        assert_eq!(webhook.environment_variables["CAUSEWAY_KINDS"], kind.word());
    }
}

#[test]
fn a_number_and_an_empty_value_are_no_environment_of_a_function() {
    for (from, to, problem) in [
        ("{'Fn::Sub': '${SweepGraceSeconds}'}", "{Ref: SweepGraceSeconds}", "must be a text"),
        ("{'Fn::If': [HasEndpoint, {Ref: Endpoint}, {Ref: 'ALIYUN::NoValue'}]}", "{Ref: Endpoint}", "is empty"),
    ] {
        let found = problems(&broken("SweepFunction:", from, to));
        assert!(found.len() == 1 && found[0].contains(problem), "{found:#?}");
    }
}

#[test]
fn an_installation_with_accounts_of_one_role_names_it_and_every_function_that_needs_one_may_assume_it() {
    let mut parameters = parameters(&Kind::ALL);
    parameters.insert("SingleRole".to_owned(), json!("everything"));
    let pseudo = Pseudo::new(ACCOUNT, REGION, "causeway");
    let stack = Template::parse(TEMPLATE).and_then(|template| template.resolve(&parameters, &pseudo)).unwrap();
    for role in stack.roles() {
        let name = own(&role.role_name);
        let may = resources_of(role, "sts:AssumeRole").contains("acs:ram::*:role/everything");
        assert_eq!(may, !needs(&name).is_empty(), "{name}");
    }
}

/// A document of `policies/connected-account` for the stack `causeway` of this account.
fn policy(name: &str) -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/connected-account").join(name);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text.replace("OPERATOR_ACCOUNT_ID", ACCOUNT).replace("STACK", "causeway")).unwrap()
}

#[test]
fn the_roles_of_a_connected_account_trust_the_functions_that_need_them() {
    for need in Need::ALL {
        let trust = policy(&format!("trust-{}.json", need.word()));
        let [statement] = &trust["Statement"].as_array().unwrap()[..] else { panic!("{need:?}: {trust}") };
        let trusted: BTreeSet<String> = serde_json::from_value(statement["Principal"]["RAM"].clone()).unwrap();
        let functions = functions().map(|(name, _)| name).filter(|name| needs(name).contains(&need));
        let expected = functions.map(|name| format!("acs:ram::{ACCOUNT}:role/causeway-{name}")).collect();
        assert_eq!(difference("the trust in", &expected, &trusted), Vec::<String>::new(), "{need:?}");
    }
}

/// The stack that an owner makes in a connected account, whose operator has these kinds in use.
fn connected_account(kinds: &[Kind], external_id: &str) -> Stack {
    const OWNER: &str = "1000000000000001";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../policies/connected-account/roles.yml");
    let text = std::fs::read_to_string(path).expect("the template is there");
    let kinds = kinds.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(",");
    let parameters = [("OperatorAccountId", ACCOUNT), ("Kinds", &kinds), ("ExternalId", external_id)];
    let parameters = parameters.into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
    let pseudo = Pseudo::new(OWNER, REGION, "causeway-roles");
    Template::parse(&text).and_then(|template| template.resolve(&parameters, &pseudo)).expect("it resolves")
}

fn role_of(stack: &Stack, need: Need) -> Option<&Role> {
    stack.roles().find(|role| role.role_name == format!("causeway-{}", need.word()))
}

#[test]
fn the_template_for_connected_accounts_makes_the_roles_of_the_documents() {
    let stack = connected_account(&Kind::ALL, "");
    assert_eq!(stack.roles().count(), Need::ALL.len());
    for need in Need::ALL {
        let role = role_of(&stack, need).unwrap_or_else(|| panic!("there is no role for {need:?}"));
        let statements = |document: &Value| document["Statement"].as_array().unwrap().clone();
        let made: Vec<_> = role.policies.iter().flat_map(|policy| statements(&policy.policy_document)).collect();
        assert_eq!(made, statements(&policy(&format!("{}.json", need.word()))), "{need:?}");
        for policy in &role.policies {
            let length = policy.policy_document.to_string().len();
            assert!(length <= 2048, "{}: {length} characters", policy.policy_name);
        }
        let trust = serde_json::to_value(&role.assume_role_policy_document).unwrap();
        let expected: Trust = serde_json::from_value(policy(&format!("trust-{}.json", need.word()))).unwrap();
        assert_eq!(trust, serde_json::to_value(expected).unwrap(), "{need:?}");
    }
    for role in connected_account(&Kind::ALL, "shared-word").roles() {
        let condition = role.assume_role_policy_document.statement[0].condition.clone();
        assert_eq!(condition, Some(json!({"StringEquals": {"sts:ExternalId": "shared-word"}})), "{}", role.role_name);
    }
}

#[test]
fn the_roles_of_a_connected_account_trust_only_functions_that_are_deployed() {
    for kind in Kind::ALL {
        let operator = stack(TEMPLATE, "causeway", &[kind]).unwrap();
        let deployed: BTreeSet<_> = operator.roles().map(|role| own(&role.role_name)).collect();
        let connected = connected_account(&[kind], "");
        for need in Need::ALL {
            // Nobody is trusted by a role that is not made.
            let statements = role_of(&connected, need).map(|role| role.assume_role_policy_document.statement.clone());
            let principals = statements.into_iter().flatten().flat_map(|statement| statement.principal.ram.0);
            let trusted: BTreeSet<_> = principals.collect();
            let expected = deployed.iter().filter(|name| needs(name).contains(&need));
            let expected = expected.map(|name| format!("acs:ram::{ACCOUNT}:role/causeway-{name}")).collect();
            assert_eq!(difference("the trust in", &expected, &trusted), Vec::<String>::new(), "{kind} {need:?}");
        }
    }
}
