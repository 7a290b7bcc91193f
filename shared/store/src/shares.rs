//! Which connections use a thing that one of them made.
//!
//! A use is an object of its own, so that noting one never meets another. It is put before the thing is relied on and taken away
//! after the last of it is given up. Dying in between leaves a use too many: whoever looks holds it against the record.

use futures::TryStreamExt as _;

use super::{Store, StoreError};
use connection::share::{SideRef, Thing};
use connection::words::Side;

fn folder(thing: &Thing) -> String {
    format!("shares/{}/", thing.as_str())
}

fn key(thing: &Thing, user: &SideRef) -> String {
    format!("{}{}/{}-{}", folder(thing), user.connection, user.uid, user.side)
}

fn user_of(key: &str) -> Option<SideRef> {
    let (connection, rest) = key.split_once('/')?;
    let (uid, side) = rest.rsplit_once('-')?;
    Some(SideRef { connection: connection.parse().ok()?, uid: uid.to_owned(), side: Side::of_word(side)? })
}

impl Store {
    /// Notes that a side uses a thing.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn note_share(&self, thing: &Thing, user: &SideRef) -> Result<(), StoreError> {
        self.create(&key(thing, user), user.to_string().into_bytes()).await.map(|_| ())
    }

    /// Forgets that a side uses a thing.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn forget_share(&self, thing: &Thing, user: &SideRef) -> Result<(), StoreError> {
        self.delete(&key(thing, user)).await
    }

    /// Who uses a thing, in the order of names; whoever made it need not be among them.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sharers(&self, thing: &Thing) -> Result<Vec<SideRef>, StoreError> {
        let folder = folder(thing);
        let service = |source| StoreError::Service { doing: format!("list who uses the {thing}"), source };
        let entries: Vec<_> = match self.operator.lister_with(&folder).recursive(true).await {
            Ok(lister) => lister.try_collect().await.map_err(service)?,
            Err(error) if error.kind() == opendal::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(service(error)),
        };
        let mut users: Vec<_> =
            entries.iter().filter_map(|entry| user_of(entry.path().strip_prefix(&folder)?)).collect();
        users.sort_unstable();
        Ok(users)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn whoever_uses_a_thing_is_listed_until_it_is_forgotten() {
        let (store, thing) = (Store::in_memory(), Thing::security_group("sg-1"));
        let user =
            |name: &str| SideRef { connection: name.parse().unwrap(), uid: "u-1".to_owned(), side: Side::Consumer };
        assert_eq!(store.sharers(&thing).await.unwrap(), []);
        for name in ["b", "a-b", "b"] {
            store.note_share(&thing, &user(name)).await.unwrap();
        }
        store.note_share(&Thing::security_group("sg-10"), &user("c")).await.unwrap();
        assert_eq!(store.sharers(&thing).await.unwrap(), [user("a-b"), user("b")]);
        store.forget_share(&thing, &user("b")).await.unwrap();
        assert_eq!(store.sharers(&thing).await.unwrap(), [user("a-b")]);
    }
}
