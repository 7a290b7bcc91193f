//! What is changed by hand, and what a check must find of it: no more and no less.

use std::collections::BTreeSet;

use api::drift::DriftFindings;
use connection::finding::FindingKind;
use connection::record::Record;
use connection::words::{Kind, Side};
use drift::findings::Subject;

use super::shape::{HUBS, join};
use crate::manual_edits::{Edit, ManualEdits};
use crate::system::System;

/// One connection in so many is edited.
const ONE_IN: usize = 500;
/// And at least so many, but never two of one hub: edits of one VPC at the same time get in each other's way.
const LEAST: usize = 12;

/// The edits, one after the other. Each has consequences that are known to the last finding.
const EDITS: [Edit; 12] = [
    Edit::DeleteRoute(Side::Initiator),
    Edit::DeleteRoute(Side::Acceptor),
    Edit::RevokeRule(Side::Initiator),
    Edit::RevokeRule(Side::Acceptor),
    Edit::WidenRule(Side::Acceptor),
    Edit::ChangeRule(Side::Initiator),
    Edit::DropRule(Side::Acceptor),
    Edit::SwitchOff(Side::Acceptor),
    Edit::Resize,
    Edit::DeleteJoint(Side::Initiator),
    Edit::StrayInterface(Side::Initiator),
    Edit::StrayRoute(Side::Acceptor),
];

/// What one finding is about, its kind, and its side.
pub type Found = (Subject, FindingKind, Side);

/// Edits some connections, and returns what a check must find, in order.
///
/// # Panics
/// When the cloud refuses an edit.
pub async fn edit(system: &System, records: &[Record]) -> (usize, Vec<Found>) {
    let chosen = chosen(records.len());
    let mut expected = Vec::new();
    for (edit, number) in &chosen {
        expected.extend(consequences(*edit, &records[*number]));
    }
    expected.sort();
    let editors: Vec<ManualEdits> =
        chosen.iter().map(|(_, number)| ManualEdits::of(system, records[*number].name().as_str())).collect();
    let done = futures::future::join_all(
        editors.iter().zip(&chosen).map(|(manual_edits, (edit, _))| manual_edits.does(*edit)),
    )
    .await;
    for (done, (edit, number)) in done.into_iter().zip(&chosen) {
        assert!(done, "{edit:?} of {} was refused", records[*number].name());
    }
    (chosen.len(), expected)
}

/// Which connections are edited, each of another hub and another spoke, and how.
fn chosen(connections: usize) -> Vec<(Edit, usize)> {
    let wanted = (connections / ONE_IN).clamp(LEAST, HUBS);
    let (mut chosen, mut hubs, mut spokes) = (Vec::new(), BTreeSet::new(), BTreeSet::new());
    for number in 0..wanted {
        let from = number * connections / wanted;
        let is_free = |number: &usize| !hubs.contains(&join(*number).hub) && !spokes.contains(&join(*number).spoke);
        let edit = EDITS[number % EDITS.len()];
        let fits = |number: &usize| {
            edit.fits(join(*number).kind) && (edit != Edit::Resize || join(*number).kind == Kind::RouterInterface)
        };
        if let Some(found) = (from..connections).chain(0..from).filter(is_free).find(fits) {
            hubs.insert(join(found).hub);
            spokes.insert(join(found).spoke);
            chosen.push((edit, found));
        }
    }
    chosen
}

/// What a check must find of an edit.
fn consequences(edit: Edit, record: &Record) -> Vec<Found> {
    let of = |kind: FindingKind, side: Side| (Subject::Connection(record.name().clone()), kind, side);
    // What nobody owns has no side of its own.
    let stray = |kind: FindingKind, side: Side| {
        vec![(Subject::Account(record.spec.place(side).account.clone()), kind, Side::Initiator)]
    };
    match (edit, record.spec.kind()) {
        (Edit::DeleteRoute(side), _) => vec![of(FindingKind::RouteMissing, side)],
        (Edit::RevokeRule(side), _) => vec![of(FindingKind::RuleMissing, side)],
        (Edit::WidenRule(side), _) => vec![of(FindingKind::RuleWider, side)],
        // Its protocol and its ports.
        (Edit::ChangeRule(side), _) => vec![of(FindingKind::RuleChanged, side), of(FindingKind::RuleChanged, side)],
        (Edit::DropRule(side), _) => vec![of(FindingKind::RuleOverruled, side)],
        (Edit::SwitchOff(side), _) => vec![of(FindingKind::InterfaceInactive, side)],
        (Edit::Resize, _) => vec![of(FindingKind::InterfaceOtherSpec, Side::Initiator)],
        // A peering goes for both sides, and takes the routes to it with it.
        (Edit::DeleteJoint(_), Kind::VpcPeering) => {
            let sides = [Side::Initiator, Side::Acceptor].into_iter();
            sides
                .flat_map(|side| [of(FindingKind::PeeringMissing, side), of(FindingKind::RouteMissing, side)])
                .collect()
        }
        (Edit::DeleteJoint(side), _) => {
            vec![
                of(FindingKind::InterfaceMissing, side),
                of(FindingKind::RouteMissing, side),
                of(FindingKind::InterfaceInactive, side.peer()),
            ]
        }
        (Edit::StrayInterface(side), _) => stray(FindingKind::OrphanInterface, side),
        (Edit::StrayRoute(side), _) => stray(FindingKind::OrphanRoute, side),
        (edit, kind) => unreachable!("{edit:?} of a {kind} is none of the edits here"),
    }
}

/// What the API shows as found, in order.
#[must_use]
pub fn found(rows: &[DriftFindings]) -> Vec<Found> {
    let of = |row: &DriftFindings| {
        let subject = row.subject.clone();
        row.findings.iter().map(move |finding| (subject.clone(), finding.kind, finding.side)).collect::<Vec<_>>()
    };
    let mut found: Vec<Found> = rows.iter().flat_map(of).collect();
    found.sort();
    found
}
