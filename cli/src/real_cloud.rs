//! What is taken for true of the real clouds and cannot be proved here: no document settles it, or nothing on a laptop can show it.
//!
//! docs/real-cloud.md is written from this table. Each row says what happens where it is wrong, and what shows it.

/// One assumption.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Assumption {
    /// Its name, for whoever refers to it.
    pub id: &'static str,
    /// What is taken for true.
    pub what: &'static str,
    /// Where it comes from: a sheet and its section.
    pub source: &'static str,
    /// What happens where it is wrong.
    pub if_wrong: &'static str,
    /// What shows whether it is.
    pub check: &'static str,
}

/// The part of the system that an assumption is about, with its assumptions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// Its name.
    pub name: &'static str,
    /// What is taken for true there.
    pub assumptions: &'static [Assumption],
}

macro_rules! parts {
    ($($name:literal: { $($id:literal: $what:literal, $source:literal, $if_wrong:literal, $check:literal;)+ })+) => {
        /// Every assumption, by part.
        pub const PARTS: &[Part] = &[$(Part {
            name: $name,
            assumptions: &[$(Assumption { id: $id, what: $what, source: $source, if_wrong: $if_wrong, check: $check }),+],
        }),+];
    };
}

parts! {
    "Deploying": {
        "event-bridge-roles": "The three service-linked roles of EventBridge are enough for a trigger that feeds a function from a queue.",
            "docs/reference/deploy-apis.md, section 2.3",
            "The stack fails at its first trigger and rolls back. Nothing is left but the bucket for records.",
            "Make the stack: ROS names the resource and the call that was refused.";
        "environment-not-empty": "A function's environment may leave a variable out. Whether it may be empty is not known, so none is.",
            "docs/reference/deploy-apis.md, section 8", "None: both are served.", "Nothing to look at.";
        "environment-4-kb": "All variables of a function together have at most 4 KB.",
            "docs/reference/deploy-apis.md, section 7.1", "Function Compute refuses the function when the stack is made.",
            "The local cloud counts too: `causeway up --parameter …` with your secrets.";
        "immutable-packages": "Function Compute copies a package when a function is made or updated, and does not follow the object.",
            "docs/reference/deploy-apis.md, section 1.6", "Code changes when an object is overwritten. `scripts/package` never gives two contents one name.",
            "GetFunction shows codeChecksum, the CRC-64 of the package.";
        "handler-variable": "Function Compute gives a custom runtime the function's handler as `FC_FUNCTION_HANDLER`.",
            "docs/reference/function-compute.md, section 1.6", "No function starts. The log of each says that the variable is not set.",
            "Make the stack, and read the functions' log.";
        "log-store-late": "A new log project may be unknown to Function Compute for some minutes.",
            "docs/reference/deploy-apis.md, section 8", "`causeway deploy` tries the courier, which logs there too, for some minutes, and says so; then it stops, and goes on when it is \
             run again.", "`causeway deploy`.";
        "zip-file": "CreateFunction takes a package of some megabytes in the request itself.",
            "docs/reference/deploy-apis.md, section 4.3", "The courier is not made; nothing else is either.", "`causeway deploy`.";
        "fetch-is-internal": "Function Compute reads a package from a bucket whose owner may not read objects from outside.",
            "docs/reference/deploy-apis.md, section 4.4", "The stack fails at its first function and rolls back.", "`causeway deploy` in an account that opened OSS since 2025-03-20.";
        "running-calls-end": "A function that is updated lets the calls end that run.",
            "docs/reference/deploy-apis.md, section 6.1", "A step is interrupted and done again, as after any other crash.", "Nothing to look at.";
        "parameters-in-the-body": "The products of RPC style take every parameter of an ACS3 request from its form. The official SDKs put most into the query, which proxies log.",
            "docs/reference/deploy-apis.md, section 1.2", "ROS or RAM refuses with MissingParameter, and nothing is made.", "The first call of a deployment.";
        "log-signature": "The log service takes the signature `LOG` with HMAC-SHA256, as its SDK sends it.",
            "docs/reference/deploy-apis.md, section 0.1", "Logs cannot be read from the command line: SignatureNotMatch. Nothing else signs so.", "Reading any log by the command line.";
    }
    "Function Compute": {
        "one-batch-at-a-time": "A stream brings the next batch of a queue when the one before was answered.",
            "docs/reference/function-compute.md, section 4.2", "Batches come side by side. Nothing depends on the order: lanes and revisions hold.",
            "Two requests of one function overlap in its log.";
        "target-unchanged": "An HTTP trigger hands path and query to a function as the client sent them.",
            "docs/reference/function-compute.md, section 2", "Signed requests whose path or query was rewritten are answered with 401. Bearer tokens go on working.",
            "`causeway list` answers, and one with `?limit=1` too.";
        "retry-and-dead-letter": "A batch that fails is tried again three times, 10 to 20 s apart, and then goes to the dead-letter queue.",
            "docs/reference/function-compute.md, section 4.1", "Messages come again sooner, later or not at all. The sweep sends those of connections that stand still.",
            "The number of messages in the queue STACK-dead-letter.";
        "credentials-36-hours": "The credentials in an instance's environment last 36 hours, and nobody renews them.",
            "docs/reference/function-compute.md, section 1.6", "An instance ends after a day, or when they were refused as expired; another starts.",
            "`this instance ends after its calls` in a function's log.";
        "idle-exit": "An instance whose process ended gets no more requests.",
            "docs/reference/function-compute.md, section 1.7", "One request a day fails on an instance that has just ended. Queues bring it again; a caller of the webhook repeats it.",
            "HTTP 502 of the webhook beside that line of the log.";
        "header-limits": "The headers of a request and those of Function Compute fit into what the runtime takes.",
            "docs/reference/function-compute.md, section 1.7", "The request is answered with 431 and a warning in the log.", "The function's log.";
        "timer-unit": "`@every 1m` calls a function once a minute.",
            "docs/reference/function-compute.md, section 3", "Lost messages are found later.", "`told` or `swept` in the logs, once a minute.";
    }
    "Store and queues": {
        "forbid-overwrite": "Of two writers of one key with `x-oss-forbid-overwrite` one alone succeeds, on a bucket that never had versioning.",
            "docs/reference/mns-signing-sts.md, section 5.1", "Two steps of one connection could be carried out at once. Each looks before it acts, so the second finds the work done.",
            "The functions ask for the bucket's versioning before they write, and refuse one that has it.";
        "retention-refuses": "A retention policy refuses to change or delete a copy of a checkpoint, and lets new ones be written.",
            "docs/reference/mns-signing-sts.md, section 5.4", "Copies are as safe as what may delete them, or none are made: `causeway.audit.uncopied` comes once a day.",
            "Delete a copy as the account's owner: 409, FileImmutable. `causeway audit verify --checkpoint oss://BUCKET` says whether the policy is locked.";
        "list-after-write": "A listing shows an object that was written before it.",
            "docs/reference/mns-signing-sts.md, section 5.1", "A connection is missing from a list for a moment; the sweep finds it a minute later.",
            "GET /v1/connections right after a POST.";
        "v1-refusal": "A bucket of today refuses version 1 of the signature. With which code is not known.",
            "docs/reference/deploy-apis.md, section 4.2", "None: Causeway signs by version 4.", "Nothing to look at.";
        "public-host-of-queues": "Functions reach queues by the public host of the region over HTTPS.",
            "docs/reference/mns-signing-sts.md, section 1.1", "Messages are not sent. Connections stay where they are and say so in the log.",
            "POST a connection, and look at its phase.";
        "dead-letter-metric": "CloudMonitor counts a queue's messages as `ActiveMessages` of `acs_mns_new`, by user, region and queue.",
            "docs/reference/deploy-apis.md, section 7.1", "The alarm never rings. Nothing else depends on it.",
            "Send a message to the dead-letter queue, and wait for the alarm.";
        "dead-letter-form": "A dead letter is the message itself, the event that carried it, or a batch of either.",
            "docs/reference/function-compute.md, section 4.2", "Dead letters do not read: they are shown as text, and can only be discarded. The sweep goes on with connections all the same.",
            "Let a message fail, and run `causeway dead-letters show ID`.";
        "batch-peek-right": "Looking at several messages takes the right mns:PeekMessage, or one of its own name. The webhook has both.",
            "docs/reference/mns-signing-sts.md, section 4.3", "`causeway dead-letters` answers that the queue service does not.", "`causeway dead-letters`.";
        "delay-seven-days": "A message may be delayed for up to seven days.",
            "docs/reference/mns-signing-sts.md, section 1.6", "A long wait is refused. The sweep sends the message after it.", "The function's log.";
    }
    "Logs": {
        "log-entries": "Function Compute writes what a function prints into the field `message`, a line or several an entry, and its name into `functionName`.",
            "docs/reference/deploy-apis.md, section 0.1", "`causeway logs NAME` finds lines by their words instead of their fields, or shows fewer; the console's queries by field find nothing.",
            "`causeway logs`, and a query of docs/observing.md in the console.";
        "log-alerts": "An alert of the log service is enabled by the state `Enabled`, and counts the entries that a search without SQL finds as `__count__`.",
            "docs/reference/deploy-apis.md, section 0.1", "The alerts of `AlertActionPolicy` never ring. Notices tell the same.", "Let a connection fail, and wait six minutes.";
    }
    "Roles": {
        "external-id": "`sts:ExternalId` is the condition key of a trust policy.",
            "docs/reference/mns-signing-sts.md, section 4.2", "A role with that condition cannot be assumed. The advice names it.",
            "A dry run of any connection of that account.";
        "resource-arns": "The policies of connected accounts name resources by `*` where no document gives the ARN of an action.",
            "docs/reference/mns-signing-sts.md, section 4.3", "A call is denied; the failure names the missing permission.", "A dry run, then a connection.";
        "narrowed-by-resource": "A session policy may name the resources of a call by the ARNs of the documents.",
            "docs/reference/mns-signing-sts.md, section 4.3", "A step's call is denied; the failure names the permission. Set `narrow_to` to `actions` for the account.",
            "A connection in that account.";
        "trusted-roles-exist": "A trust policy names roles of the operator's account that exist: its stack is made first.",
            "docs/reference/mns-signing-sts.md, section 4.3", "RAM refuses the stack of the connected account. Make the operator's stack first.",
            "Make the stack of policies/connected-account/roles.yml.";
        "command-user": "RunCommand takes the name of a user, and `nobody` exists on the instances.",
            "docs/reference/vpc-connection-apis.md, section 5.1", "The proof is not tried, and its advice names the user. Name another one as `command_user`.",
            "A connection with `verify` and two instances.";
        "group-of-members": "A service-managed stack group takes single accounts of the directory, and its parameters can be read.",
            "docs/reference/deploy-apis.md, section 1.8", "`causeway accounts add --account-id` is refused, and nothing is made: name the folder. Where the \
             parameters are not shown, a run that died is followed by one that gives all members a new word.",
            "`causeway accounts add` with one member.";
        "reading-shows-writing": "An account that may not write objects from outside may not read them either.",
            "docs/reference/deploy-apis.md, section 4.1", "The doctor says that objects can be reached. Nothing depends on it: the courier carries them.",
            "`causeway doctor`, check public-hosts.";
        "ram-takes-seconds": "A new role can be assumed after some seconds.",
            "docs/reference/deploy-apis.md, section 2.1", "The first request for the account is told that the role does not exist or does not trust the caller.",
            "Post the connection again a minute later.";
    }
    "Router interfaces": {
        "not-sold": "An account that did not use pairs between VPCs before 2019-06-20 is refused with a code that no document lists.",
            "docs/reference/vpc-connection-apis.md, section 3.5", "The refusal has a documented code, and the advice speaks of that. Nothing is left behind.",
            "The first connection of kind `router-interface` of the account.";
        "peer-not-set": "`IncorrectOppositeInterfaceInfo.NotSet` says that the other side has not set its peer yet.",
            "docs/reference/vpc-connection-apis.md, section 1.6", "The connection fails at `connect`; `retry` goes on.", "The failure's code.";
        "one-side-deactivated": "Deactivating one side may or may not deactivate the other at once.",
            "docs/reference/vpc-connection-apis.md, section 1.5", "None: both are served, and both are tested.", "Nothing to look at.";
    }
    "VPC peering": {
        "dry-run-tells": "The dry run of CreateVpcPeerConnection refuses what the call would: quotas, bills, CDT, regions, sites.",
            "docs/reference/vpc-connection-apis.md, section 3.1", "It is refused at `create-peering`, with the same advice, and nothing is left behind.",
            "`?dry_run=true` before the POST.";
        "cdt-opened-by-its-owner": "Peering between regions fails while CDT is closed in either account. Newer pages say that CreateVpcPeerConnection opens it.",
            "docs/reference/vpc-connection-apis.md, section 3.3", "The webhook refuses what the cloud would make, and an owner opens CDT once. Nobody's account places an order unasked.",
            "A connection of accounts whose role may not read CDT, with CDT closed.";
        "cdt-across-the-border": "A peering across the border of mainland China needs both parts of CDT.",
            "docs/reference/deploy-apis.md, section 3.1", "An owner is told to open a part that is not needed. It costs nothing while no traffic uses it.",
            "The same, with one part open.";
        "cdt-is-read-by-a-right": "`cdt:GetCdtServiceStatus` and `cdt:GetCdtCbServiceStatus` on `*` let a role ask whether CDT is open.",
            "docs/reference/deploy-apis.md, section 3.1", "The log of the webhook says that it could not ask, and `create-peering` is told instead.",
            "`not known whether the account has opened CDT` in the webhook's log.";
        "peering-asks-for-cdt": "CreateVpcPeerConnection between regions may ask for the right `cdt:GetCdtServiceStatus`.",
            "docs/reference/vpc-connection-apis.md, section 3.3", "None: the role has it, and the local cloud asks for it.", "Nothing to look at.";
        "no-peering-beside-a-pair": "A pair of router interfaces and a peering cannot join the same two VPCs.",
            "docs/reference/vpc-connection-apis.md, section 3.4", "A migration interrupts traffic where it would not have to.", "Nothing to look at.";
    }
    "PrivateLink": {
        "whitelist-cuts": "Taking an account from a whitelist may or may not cut its connections.",
            "docs/reference/privatelink-slb-apis.md, section 13", "None: connections are cut first.", "Nothing to look at.";
        "star-on-whitelist": "An entry `*` lets every account see a service.",
            "docs/reference/privatelink-slb-apis.md, section 6.4", "The consumer is told that the service cannot be seen.", "A dry run.";
    }
    "JD Cloud": {
        "second-half-connects": "The second half of a peering connects both.",
            "docs/reference/jdcloud-apis.md, section 2.1", "The connection is stuck at `create-peering` and says in which state each half is.", "The first connection of the kind.";
        "rejoins": "A half that was made anew connects again with one that is Disconnected.",
            "docs/reference/jdcloud-apis.md, section 2.1", "Both halves are made anew after some minutes.", "A repair of a half that was deleted.";
        "clock-and-nonce": "The cloud may check how old a request is, and whether its nonce was used.",
            "docs/reference/jdcloud-apis.md, section 1.5", "None: requests are dated and have a nonce each.", "Nothing to look at.";
    }
}

/// The page of this table.
#[must_use]
pub fn page() -> String {
    let mut page = String::from(
        "# What no test here can prove\n\n\
         Causeway has not run on the real clouds yet. This page lists what it takes for true of them although no document settles it, or\n\
         nothing on a laptop can show it: where it comes from, what happens if it is wrong, and what shows whether it is. Sources are the\n\
         sheets in [docs/reference](reference/README.md). A test writes the page from `cli/src/real_cloud.rs`.\n",
    );
    for part in PARTS {
        page.push_str(&format!(
            "\n## {}\n\n| assumption | source | if it is wrong | what shows it |\n| --- | --- | --- | --- |\n",
            part.name
        ));
        for Assumption { id, what, source, if_wrong, check } in part.assumptions {
            let (file, section) = source.split_once(", ").unwrap_or((source, ""));
            let name = file.trim_start_matches("docs/reference/");
            page.push_str(&format!(
                "| `{id}`: {what} | [{name}](reference/{name}), {section} | {if_wrong} | {check} |\n"
            ));
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    const WRITE: &str = "CAUSEWAY_WRITE";

    #[test]
    fn the_page_says_what_the_table_says() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/real-cloud.md");
        if std::env::var_os(WRITE).is_some() {
            std::fs::write(&path, page()).unwrap();
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(
            kept == page(),
            "docs/real-cloud.md is stale; write it with {WRITE}=1 cargo test -p causeway-cli real_cloud"
        );
    }

    #[test]
    fn every_assumption_has_a_name_of_its_own() {
        let names: Vec<&str> = PARTS.iter().flat_map(|part| part.assumptions).map(|one| one.id).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }
}
