//! Every check there is, and the page that describes them.

use std::time::Duration;

use super::check::{Check, Moment, Needs};
use super::{after, before};

macro_rules! checks {
    ($($group:literal: { $(
        $id:literal $needs:ident $moment:ident $seconds:literal $title:literal, $meaning:literal, $remedy:literal => $room:ident::$run:ident;
    )+ })+) => {
        /// Every check, in the order in which they are listed.
        pub const CHECKS: &[Check] = &[$($(
            Check {
                id: $id,
                group: $group,
                title: $title,
                needs: Needs::$needs,
                moment: Moment::$moment,
                limit: Duration::from_secs($seconds),
                meaning: $meaning,
                remedy: $remedy,
                run: |patient| Box::pin($room::$run(patient)),
            },
        )+)+];
    };
}

checks! {
    "account": {
        "identity" Keys Before 20 "it is known who deploys",
            "Asks STS whose the keys are. Without an answer nothing else can be looked at.",
            "Name a profile with --profile. [Credentials](credentials.md) says where keys are looked for." => before::identity;
        "clock" Keys Before 20 "the clock is right",
            "Compares the clock of this machine with the date of the cloud's answer. From a minute on it warns; from 15 minutes on, requests are refused.",
            "Let the machine follow a time server: `timedatectl set-ntp true`." => before::clock;
        "region" Keys Before 30 "the region has every product",
            "Calls Function Compute, EventBridge and Message Service by their hosts of the region. Any answer will do.",
            "Choose another region with --region." => before::region;
    }
    "rights and products": {
        "rights" Keys Before 30 "whoever deploys may make everything",
            "Asks ROS which permissions are missing to make the stack of the template.",
            "Grant the permissions that are listed to the user or role that deploys. `aliyun ros GenerateTemplatePolicy` prints a whole policy." => before::rights;
        "products" Keys Before 30 "the products of the template are open",
            "Asks ROS which products the template needs and the account has not opened.",
            "`causeway deploy --open` opens them, which places orders in the account's name." => before::products;
        "event-bridge" Keys Before 20 "EventBridge is open",
            "Calls EventBridge, which ROS does not count among the products.",
            "`causeway deploy --open` opens it." => before::event_bridge;
        "service-linked-roles" Keys Before 30 "EventBridge may feed functions",
            "Looks for the three service-linked roles by which EventBridge takes from queues and calls functions.",
            "`causeway deploy` makes those that are missing." => before::linked_roles;
    }
    "object storage": {
        "object-storage" Keys Before 30 "object storage is open",
            "Lists the buckets of the account. Refused where OSS is not opened, bills are outstanding, or the user is disabled.",
            "Open OSS in the console, settle the bills, or enable the user." => before::object_storage;
        "public-hosts" Keys Ever 20 "it is known how objects get in",
            "An account that opened OSS since 2025-03-20 cannot reach objects in mainland China from outside. This is no failure.",
            "Nothing to do: the courier, a function, carries objects." => before::public_hosts;
        "buckets" Keys Before 30 "the buckets belong to the account",
            "Names of buckets are the same for all accounts. Looks at owner and region of those that the deployment uses.",
            "Deploy under another name: `causeway deploy --stack OTHER-NAME`." => before::buckets;
        "versioning" Keys Before 20 "the bucket for records never had versioning",
            "In a bucket with versioning OSS ignores the condition by which one writer of a record wins.",
            "Deploy under another name. A bucket that had versioning once cannot be used." => before::versioning;
    }
    "names and sizes": {
        "names" Nothing Before 60 "the names are free",
            "Before the first deployment: looks for roles, functions and queues of the names that the template uses.",
            "Deploy under another name, or remove what is in the way." => before::names_free;
        "quotas" Keys Before 60 "the quotas leave room",
            "Counts stacks and event streams.",
            "Raise the quota in the console, or remove what is not needed." => before::quotas;
        "environment" Keys Before 10 "every function's variables fit",
            "Computes the size of each function's environment, which has 4 KB. Secrets of a deployment are hidden, so doctor counts them as short; a deployment counts them all.",
            "Use fewer or shorter secrets, or the variables that name files." => before::environment;
        "policies" Keys Before 10 "every policy fits",
            "Computes the length of each policy of the template: RAM takes 6144 characters.",
            "Use the template as it was released." => before::policies;
    }
    "deployment": {
        "stacks" Keys After 10 "the stacks are complete",
            "Shows the state of both stacks, and the call that failed if one did.",
            "Correct what the cloud names, and run `causeway deploy` again." => after::stacks;
        "drift" Deployment Ever 90 "nobody changed what the stack made",
            "Lets ROS compare the stack with the products. The local cloud cannot; then it is not known.",
            "Set the named properties back by hand." => after::drift;
        "code" Deployment After 30 "every function runs the same code",
            "Compares the checksums of all functions with each other, and with the package that --package names.",
            "`causeway deploy` brings the package again." => after::code;
        "triggers" Deployment After 60 "every function is called",
            "Looks for triggers that are missing or off, and for event streams that are paused.",
            "`causeway deploy` sets triggers as the template has them; a stream is started in the console." => after::triggers;
        "queues" Deployment After 60 "messages are taken",
            "Peeks into each queue. A message that has been waiting for 15 minutes is one that nobody takes. Nothing is sent or taken.",
            "Look at `triggers`, `event-bridge` and `service-linked-roles`, then at the function's log." => after::queues;
        "dead-letters" Deployment After 20 "there are no dead letters",
            "Counts the messages that were given up.",
            "Look at them, and send them again when their cause is gone." => after::dead_letters;
        "logs" Deployment Ever 30 "the functions' logs can be read",
            "Reads a line of the last hour. Timers call some functions each minute, so there is one.",
            "Where it is refused: grant the permission that is named." => after::logs;
    }
    "webhook": {
        "webhook" Webhook After 30 "the webhook answers",
            "Sends a signed request that changes nothing, and compares the deployment that answers with this one.",
            "Name the right context with --context. Where it does not answer, look at the webhook's log, then `causeway deploy`." => after::webhook;
        "webhook-target" Webhook Ever 30 "path and query arrive as they were sent",
            "Sends a signed request with a query. A trigger that rewrote it would break signatures: `target-unchanged` of [real-cloud](real-cloud.md).",
            "Use bearer tokens, and report it." => after::webhook_target;
    }
    "connected accounts": {
        "accounts" Webhook Ever 60 "every account lets Causeway in",
            "What `causeway accounts check` looks at: the role or key, one call of each product, and whether CDT and PrivateLink are open there.",
            "`causeway accounts add ALIAS --profile PROFILE` brings the roles up to date; with --open it opens products." => after::accounts;
    }
}

/// The page of this table.
#[must_use]
pub fn page() -> String {
    let mut page = String::from(
        "# causeway doctor\n\n\
         `causeway doctor` looks at an account and at the deployment in it, and changes nothing. It can be run before anything is deployed.\n\n\
         ```\ncauseway doctor --region cn-hangzhou --profile ops\n```\n\n\
         | sign | outcome | what it means |\n| --- | --- | --- |\n\
         | ✓ | `passed` | it is as it has to be |\n\
         | ! | `warning` | it works, and somebody should look at it |\n\
         | ✗ | `failed` | it does not work: what is wrong, which permission or product, and the command that sets it right |\n\
         | ? | `unknown` | it could not be looked at, and why |\n\
         | - | `skipped` | it was not looked at, as it is not deployed yet or there is no webhook to ask |\n\n\
         It exits with 0 if nothing failed, with 2 if there are warnings or something is not known, and with 1 if something failed. `--json` prints\n\
         one document. Checks of the webhook and of connected accounts need a context or `--webhook`, as other commands do. A test writes\n\
         this page from `cli/src/doctor/table.rs`.\n",
    );
    let mut group = "";
    for check in CHECKS {
        if check.group != group {
            group = check.group;
            page.push_str(&format!("\n## {group}\n"));
        }
        page.push_str(&format!(
            "\n### {}\n\n{}.\n\n{}\n\n{}\n",
            check.id,
            sentence(check.title),
            check.meaning,
            check.remedy
        ));
    }
    page
}

fn sentence(text: &str) -> String {
    let mut signs = text.chars();
    signs.next().map(|first| first.to_uppercase().chain(signs).collect()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    const WRITE: &str = "CAUSEWAY_WRITE";

    #[test]
    fn the_page_has_an_entry_for_every_check() {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/doctor.md");
        if std::env::var_os(WRITE).is_some() {
            std::fs::write(&path, page()).unwrap();
        }
        let kept = std::fs::read_to_string(path).unwrap_or_default();
        assert!(kept == page(), "docs/doctor.md is stale; write it with {WRITE}=1 cargo test -p causeway-cli doctor");
        for check in CHECKS {
            assert!(kept.contains(&format!("\n### {}\n", check.id)), "{}", check.id);
        }
    }

    #[test]
    fn every_check_has_a_name_of_its_own() {
        let names: Vec<_> = CHECKS.iter().map(|check| check.id).collect();
        assert_eq!(names.iter().collect::<BTreeSet<_>>().len(), names.len());
    }
}
