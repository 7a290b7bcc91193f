//! What a message advises is done, and then what was refused works. Each row of the clouds' tables of codes that has advice of
//! its own is told by a story, or is among those that the local cloud cannot show.
//!
//! A story meets the refusal with the typed clients, does what it is told to as the owner of the account would, and returns the
//! refusal.

mod balancers;
mod callers;
mod general;
mod groups;
mod interfaces;
mod jd;
mod links;
mod peerings;
mod routes;
mod services;
mod steps;
mod unshown;

use std::collections::BTreeSet;
use std::time::Duration;

use causeway_local::console::ConsoleVpc;
use causeway_tests::system::{System, in_world};
use cloud_error::{CloudCall, Error, Kind};
use futures::future::LocalBoxFuture;

/// Longer than any one change of a cloud takes.
const SETTLED: Duration = Duration::from_secs(12);

/// A row of a table, and what happens to whoever follows it.
struct Story<C: CloudCall> {
    name: &'static str,
    call: C,
    code: &'static str,
    kind: Kind,
    /// What the advice tells to do, as it stands there.
    says: &'static str,
    follow: for<'a> fn(&'a System) -> LocalBoxFuture<'a, Error<C>>,
}

/// The stories of a module, a line each: the call, the code, its kind, what the advice says; and who follows it, a test by that
/// name.
macro_rules! stories {
    ($calls:ty; $($call:ident $code:literal $kind:ident $says:literal => $follow:ident;)+) => {
        pub(super) const STORIES: &[$crate::advice::Story<$calls>] = &[$(
            $crate::advice::Story {
                name: stringify!($follow),
                call: <$calls>::$call,
                code: $code,
                kind: cloud_error::Kind::$kind,
                says: $says,
                follow: |system| Box::pin($follow(system)),
            }
        ),+];

        mod followed {
            $(#[test]
            fn $follow() {
                $crate::advice::tell(super::STORIES, stringify!($follow));
            })+
        }
    };
}
use stories;

fn tell<C: CloudCall>(stories: &[Story<C>], name: &str) {
    let Story { call, code, kind, says, follow, .. } = stories.iter().find(|story| story.name == name).unwrap();
    let refused = in_world(async |system| follow(system).await);
    assert_eq!((refused.call(), refused.code(), refused.kind()), (*call, Some(*code), *kind), "{refused}");
    assert!(refused.advice().contains(says), "{refused}: {}", refused.advice());
}

/// The table says nothing that is neither told nor known to be out of the local cloud's reach; and each of both is one row's.
fn is_told<C: CloudCall>(stories: &[&[Story<C>]], unshown: &[(&'static str, &str)]) {
    let mut left: BTreeSet<&str> = C::TABLE.advised().collect();
    let all = left.clone();
    let rows = |says: &str| all.iter().copied().filter(|advice| advice.contains(says)).collect::<Vec<_>>();
    for story in stories.iter().copied().flatten() {
        let [row] = rows(story.says)[..] else { panic!("{:?} is not in one row: {:?}", story.says, rows(story.says)) };
        left.remove(row);
    }
    for (says, _) in unshown {
        let [row] = rows(says)[..] else { panic!("{says:?} is not in one row: {:?}", rows(says)) };
        assert!(left.remove(row), "there is a story of {row:?}");
    }
    assert_eq!(left, BTreeSet::new(), "nobody follows this");
}

#[test]
fn all_advice_of_alibaba_cloud_is_followed() {
    let stories = [
        interfaces::STORIES,
        routes::STORIES,
        peerings::STORIES,
        groups::STORIES,
        links::STORIES,
        services::STORIES,
        balancers::STORIES,
        general::STORIES,
        callers::STORIES,
    ];
    is_told(&stories, unshown::ALICLOUD);
}

#[test]
fn all_advice_of_jd_cloud_is_followed() {
    is_told(&[jd::STORIES], unshown::JDCLOUD);
}

async fn settle() {
    tokio::time::sleep(SETTLED).await;
}

/// The account's VPC of the tutorial: in Qingdao for `a`, in Beijing for `b`.
fn vpc<'a>(system: &'a System, alias: &str) -> &'a ConsoleVpc {
    let region = if alias == "a" { "cn-qingdao" } else { "cn-beijing" };
    system.account(alias).vpcs.iter().find(|vpc| vpc.region_id == region).unwrap()
}

/// The account's own VPC product where that is.
fn vpc_client(system: &System, alias: &str) -> alicloud::vpc::Vpc {
    system.client(alias).vpc(&vpc(system, alias).region_id.parse().unwrap())
}
