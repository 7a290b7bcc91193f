//! Using what another connection made, and giving up what others use. The rules stand in [`connection::share`].

use std::time::Duration;

use transport::Chain;

use crate::step::SideContext;
use connection::mark::Maker;
use connection::not_done::NotDone;
use connection::outputs::Outputs;
use connection::record::{Course, Record, Status};
use connection::share::{Fate, SideRef, Thing};
use connection::words::Side;
use store::StoreError;

/// How soon to go on once the record remembers what was decided.
const REMEMBERED: Duration = Duration::from_secs(1);
/// How soon to look again at a thing that its maker is giving up.
const GIVEN_UP: Duration = Duration::from_secs(3);

/// Whether one side of a connection wants a thing.
pub type Wants<'a> = dyn Fn(&SideContext<'_>) -> bool + Send + Sync + 'a;

/// Says that this side uses `thing`, which `maker` made. Look at the thing after it, not before.
///
/// Whoever holds a lane has come past here before it took the lane, so its request was known before the maker could leave. It must not
/// wait again: the maker may need that lane to leave.
///
/// # Errors
/// A wait while the maker is giving it up, or when the store does not answer.
pub async fn rely_on(
    side: &SideContext<'_>,
    outputs: &mut Outputs,
    thing: &Thing,
    maker: &Maker,
    wants: &Wants<'_>,
) -> Result<(), NotDone> {
    note(side, outputs, thing).await?;
    match record(side, maker).await? {
        Some(record) if outputs.lane.is_none() => wait_for(side, &record, thing, wants),
        _ => Ok(()),
    }
}

/// The same of a thing that any of several connections may be about to give up.
///
/// # Errors
/// As [`rely_on`].
pub async fn rely_on_all(
    side: &SideContext<'_>,
    outputs: &mut Outputs,
    thing: &Thing,
    wants: &Wants<'_>,
) -> Result<(), NotDone> {
    note(side, outputs, thing).await?;
    for user in side.store().sharers(thing).await.map_err(no_store)? {
        let of = Maker { connection: user.connection, uid: user.uid };
        if of.uid != side.record().uid {
            rely_on(side, outputs, thing, &of, wants).await?;
        }
    }
    Ok(())
}

/// Says that this side uses `thing`: whoever gives it up finds that in the store.
///
/// # Errors
/// A wait when the store does not answer.
pub async fn note(side: &SideContext<'_>, outputs: &mut Outputs, thing: &Thing) -> Result<(), NotDone> {
    if !outputs.shares.contains(thing) {
        side.store().note_share(thing, &side.side_ref()).await.map_err(no_store)?;
        outputs.shares.insert(thing.clone());
    }
    Ok(())
}

fn wait_for(side: &SideContext<'_>, record: &Record, thing: &Thing, wants: &Wants<'_>) -> Result<(), NotDone> {
    if record.status == Status::Moving && !any_side_wants(side, record, wants) {
        let why = format!("the {thing} to be handed over by {}, which gives it up", record.name());
        return Err(NotDone::retry(GIVEN_UP, why));
    }
    Ok(())
}

/// The records of other connections that use a thing, and would go on using it.
///
/// # Errors
/// A wait when the store does not answer.
pub async fn users(side: &SideContext<'_>, thing: &Thing, wants: &Wants<'_>) -> Result<Vec<Record>, NotDone> {
    let mut users = Vec::new();
    for user in side.store().sharers(thing).await.map_err(no_store)? {
        users.extend(wanting(side, &user, wants).await?);
    }
    Ok(users)
}

/// The first of them, in the order of names.
///
/// # Errors
/// A wait when the store does not answer.
pub async fn heir(side: &SideContext<'_>, thing: &Thing, wants: &Wants<'_>) -> Result<Option<SideRef>, NotDone> {
    for user in side.store().sharers(thing).await.map_err(no_store)? {
        if wanting(side, &user, wants).await?.is_some() {
            return Ok(Some(user));
        }
    }
    Ok(None)
}

/// Something that a side gives up.
pub struct GivenUp<'a> {
    /// What it is, or belongs to.
    pub thing: Thing,
    /// Its id.
    pub id: String,
    /// Who else would want it.
    pub wants: Box<Wants<'a>>,
}

/// Decides what becomes of things that are given up, and returns once the record remembers all of it, in `outputs.fates`.
///
/// # Errors
/// A wait until then.
pub async fn decide_fates(
    side: &SideContext<'_>,
    outputs: &mut Outputs,
    given_up: &[GivenUp<'_>],
) -> Result<(), NotDone> {
    let mut undecided = None;
    for GivenUp { thing, id, wants } in given_up {
        let is_decided = match outputs.fates.get(side.record(), id) {
            None => false,
            Some(Fate::Removed) => true,
            Some(Fate::HandedTo(heir)) => wanting(side, heir, wants).await?.is_some(),
        };
        if !is_decided {
            let fate = heir(side, thing, wants).await?.map_or(Fate::Removed, Fate::HandedTo);
            outputs.fates.decide(side.record(), id, fate);
            undecided = Some(thing);
        }
    }
    match undecided {
        None => Ok(()),
        Some(thing) => Err(NotDone::retry(REMEMBERED, format!("the record to remember what becomes of the {thing}"))),
    }
}

/// Decides what becomes of one thing that is given up, and returns once the record remembers it.
///
/// # Errors
/// A wait until then.
pub async fn give_up(
    side: &SideContext<'_>,
    outputs: &mut Outputs,
    thing: Thing,
    id: &str,
    wants: impl Fn(&SideContext<'_>) -> bool + Send + Sync,
) -> Result<Fate, NotDone> {
    let given_up = [GivenUp { thing, id: id.to_owned(), wants: Box::new(wants) }];
    decide_fates(side, outputs, &given_up).await?;
    Ok(outputs.fates.get(side.record(), id).cloned().unwrap_or(Fate::Removed))
}

/// Whether something that this side made, by its record, has gone over to another connection, which wants it.
///
/// # Errors
/// A wait when the store does not answer.
pub async fn is_handed_over(
    side: &SideContext<'_>,
    marked_for: Option<&Maker>,
    wants: &Wants<'_>,
) -> Result<bool, NotDone> {
    match marked_for {
        Some(other) => Ok(record(side, other).await?.is_some_and(|record| any_side_wants(side, &record, wants))),
        None => Ok(false),
    }
}

/// Forgets that this side uses anything that `is_meant`.
///
/// # Errors
/// A wait when the store does not answer.
pub async fn forget_all(
    side: &SideContext<'_>,
    outputs: &mut Outputs,
    is_meant: impl Fn(&Thing) -> bool,
) -> Result<(), NotDone> {
    let meant: Vec<_> = outputs.shares.iter().filter(|thing| is_meant(thing)).cloned().collect();
    for thing in meant {
        side.store().forget_share(&thing, &side.side_ref()).await.map_err(no_store)?;
        outputs.shares.remove(&thing);
    }
    Ok(())
}

/// The record of another connection that uses a thing, if that side of it still wants the thing.
async fn wanting(side: &SideContext<'_>, user: &SideRef, wants: &Wants<'_>) -> Result<Option<Record>, NotDone> {
    if user.uid == side.record().uid {
        return Ok(None);
    }
    let of = Maker { connection: user.connection.clone(), uid: user.uid.clone() };
    Ok(record(side, &of).await?.filter(|record| side_wants(side, record, user.side, wants)))
}

/// The record of that very connection.
async fn record(side: &SideContext<'_>, of: &Maker) -> Result<Option<Record>, NotDone> {
    let stored = side.store().read(&of.connection).await.map_err(no_store)?;
    Ok(stored.map(|stored| stored.record).filter(|record| record.uid == of.uid))
}

fn any_side_wants(side: &SideContext<'_>, record: &Record, wants: &Wants<'_>) -> bool {
    record.sides.keys().any(|other| side_wants(side, record, *other, wants))
}

fn side_wants(side: &SideContext<'_>, record: &Record, other: Side, wants: &Wants<'_>) -> bool {
    let stays = !record.phase().is_over() && !matches!(record.course, Course::RollBack | Course::Remove);
    stays && side.of_another(record, other).is_some_and(|context| wants(&context))
}

fn no_store(error: StoreError) -> NotDone {
    NotDone::retry(GIVEN_UP, format!("the store: {}", Chain(&error)))
}
