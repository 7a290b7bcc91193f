//! Routes of other connections that meet those that one wants, in one route table. Pure.
//!
//! A table has one route to a range, and of several that fit the narrowest wins. So an equal range cannot be shared, and a narrower
//! one takes traffic away: from the other connection, or from this one.

use std::fmt;

use ipnet::Ipv4Net;

use crate::mark::Mark;
use crate::words::ConnectionName;

/// A route of another connection that has addresses in common with a range that is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Overlap {
    /// Whose it is.
    pub connection: ConnectionName,
    /// Where it leads to.
    pub theirs: Ipv4Net,
    /// The range that is wanted.
    pub wanted: Ipv4Net,
}

/// The first route of another connection that meets a range of `wanted`, for each of these ranges. `standing` are the routes of a
/// table, each with its description. Connections that are `allowed` may overlap, but for a range that is the very same.
pub fn overlaps<'a>(
    standing: impl Iterator<Item = (&'a str, Ipv4Net)> + Clone + 'a,
    own: Option<&'a Mark>,
    wanted: &'a [Ipv4Net],
    allowed: &'a [ConnectionName],
) -> impl Iterator<Item = Overlap> + 'a {
    let meets = |wanted: &Ipv4Net, theirs: &Ipv4Net| wanted.contains(theirs) || theirs.contains(wanted);
    wanted.iter().filter_map(move |wanted| {
        standing.clone().filter(|(_, theirs)| meets(wanted, theirs)).find_map(|(description, theirs)| {
            let connection = match own {
                Some(own) => own.other_on(description)?,
                None => Mark::maker(description)?,
            }
            .connection;
            let is_allowed = theirs != *wanted && allowed.contains(&connection);
            (!is_allowed).then_some(Overlap { connection, theirs, wanted: *wanted })
        })
    })
}

impl Overlap {
    /// What to do, where `peer` is the side whose ranges are routed.
    #[must_use]
    pub fn advice(&self, peer: impl fmt::Display) -> String {
        let Self { connection, theirs, wanted } = self;
        let leave_out = if wanted == theirs {
            format!("name cidr_blocks of the {peer} that leave {theirs} out")
        } else {
            format!("name cidr_blocks of the {peer} that do not overlap {theirs}")
        };
        if wanted == theirs {
            format!("{leave_out}; or change or remove {connection} first")
        } else {
            format!("{leave_out}; or put {connection} into overlaps_with of this side, if the narrower route shall win")
        }
    }
}

impl fmt::Display for Overlap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { connection, theirs, wanted } = self;
        if theirs == wanted {
            write!(f, "connection {connection} routes {theirs}")
        } else if wanted.contains(theirs) {
            write!(
                f,
                "connection {connection} routes {theirs}, which would take a part of the traffic meant for {wanted}"
            )
        } else {
            write!(
                f,
                "connection {connection} routes {theirs}, and a route to {wanted} would take a part of its traffic"
            )
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SPOKE: &str = "causeway connection=spoke-1 uid=u-1";

    fn net(text: &str) -> Ipv4Net {
        text.parse().unwrap()
    }

    fn found(standing: &[(&str, &str)], wanted: &[&str], allowed: &[&str]) -> Vec<String> {
        let standing: Vec<_> = standing.iter().map(|(text, range)| (*text, net(range))).collect();
        let wanted: Vec<_> = wanted.iter().map(|range| net(range)).collect();
        let allowed: Vec<ConnectionName> = allowed.iter().map(|name| name.parse().unwrap()).collect();
        let own = Mark::of_connection(&"mine".parse().unwrap(), "u-0");
        overlaps(standing.iter().copied(), Some(&own), &wanted, &allowed).map(|overlap| overlap.to_string()).collect()
    }

    #[test]
    fn equal_narrower_and_wider_routes_of_another_connection_are_named() {
        let spoke = [(SPOKE, "10.200.0.0/16")];
        assert_eq!(found(&spoke, &["10.200.0.0/16"], &[]), ["connection spoke-1 routes 10.200.0.0/16"]);
        let narrower = found(&spoke, &["10.20.0.0/16", "10.200.7.0/24"], &[]);
        assert_eq!(narrower.len(), 1);
        assert!(narrower[0].ends_with("a route to 10.200.7.0/24 would take a part of its traffic"), "{narrower:?}");
        let wider = found(&spoke, &["10.0.0.0/8"], &[]);
        assert!(wider[0].ends_with("would take a part of the traffic meant for 10.0.0.0/8"), "{wider:?}");
        assert_eq!(found(&spoke, &["10.201.0.0/16"], &[]), Vec::<String>::new());
    }

    #[test]
    fn what_is_allowed_by_name_may_overlap_but_not_be_the_same() {
        let spoke = [(SPOKE, "10.200.0.0/16")];
        assert_eq!(found(&spoke, &["10.200.7.0/24", "10.0.0.0/8"], &["spoke-1"]), Vec::<String>::new());
        assert_eq!(found(&spoke, &["10.200.7.0/24"], &["spoke-2"]).len(), 1);
        assert_eq!(found(&spoke, &["10.200.0.0/16"], &["spoke-1"]).len(), 1);
    }

    #[test]
    fn own_routes_and_those_of_nobody_are_somebody_elses_business() {
        let standing =
            [("causeway connection=mine uid=u-0", "10.0.0.0/8"), ("by hand", "10.0.0.0/8"), ("", "10.0.0.0/8")];
        assert_eq!(found(&standing, &["10.0.0.0/8", "10.1.0.0/16"], &[]), Vec::<String>::new());
    }
}
