//! What the local cloud cannot show, and why not.

/// The beginning of a row's advice, and why nobody can follow it here.
type Row = (&'static str, &'static str);

pub(super) const ALICLOUD: &[Row] = &[
    (
        "Something else joins these VPCs already",
        "no document says that a peering keeps a pair away; here it keeps none",
    ),
    (
        "A prepaid interface cannot be deleted",
        "the local cloud keeps no calendar of subscriptions, and refunds nothing",
    ),
    (
        "The two accounts belong to different sites (China and international) and",
        "no code is known to come before a pair is connected",
    ),
    ("These two regions cannot be joined", "every region of the local cloud can be joined with every other"),
    (
        "The two accounts belong to different sites (China and international), or",
        "`refused_early` shows it by a webhook's answer",
    ),
    ("No document explains this code.", "`refused_early` shows it by a connection, and follows it"),
    ("This link type is not offered here", "the local cloud offers both link types everywhere"),
    ("The VPC is shared", "the local cloud shares no VPC"),
    ("Another product of the cloud keeps this connection", "the local cloud has no product that does"),
    ("Another product of the cloud keeps this security group", "the local cloud has no product that does"),
    ("The same call is still being carried out", "the local cloud answers a call at once"),
    ("This charge type or spec is not sold", "the local cloud sells everything"),
    ("It belongs to another account.", "the local cloud says of what others own that it does not exist"),
    ("This was only a dry run", "the client takes the answer of a dry run for success"),
    ("PrivateLink is open already", "the client takes this for success"),
    ("CDT is open already", "the client takes this for success"),
    ("The account cannot place the order", "the local cloud takes every order"),
    ("The account is on the whitelist already", "the local cloud passes over a second entry; no code is documented"),
    ("The account is not on the whitelist.", "the local cloud passes over a missing entry; no code is documented"),
    ("Another product of the cloud keeps this endpoint", "none of the typed calls makes one that a role keeps"),
    ("The role that PrivateLink itself works with", "the local cloud works without it"),
    ("PrivateLink is not offered to this kind of account", "the local cloud offers it to all"),
    (
        "One of the servers is behind the load balancer already",
        "the local cloud refuses it as a parameter; no code is documented",
    ),
];

pub(super) const JDCLOUD: &[Row] = &[];
