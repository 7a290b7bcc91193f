//! An endpoint that is off because it was decided so: by a person, by a rule, or as its time was up; or because its owner cut it
//! in the cloud. No step connects it anew, so a repair that tried would make the connection fail.

use approval::decision::{DecisionContent, EndpointState, subject_of};
use connection::finding::FindingKind;
use connection::record::Record;
use connection::words::{Side, StepName};
use drift::findings::{Observed, StepFinding};
use engine::kind::private_link::endpoint::recorded;
use engine::kind::private_link::service::service_id;
use engine::services::Services;
use engine::step::SideContext;
use store::{Newest, StoreError};

/// Leaves to a person what was decided against.
///
/// # Errors
/// When the store fails.
pub async fn respect(services: &Services, record: &Record, observed: &mut Observed) -> Result<(), StoreError> {
    let is_off = |seen: &&mut StepFinding| seen.finding.kind == FindingKind::EndpointConnectionOff;
    if observed.seen.iter_mut().find(is_off).is_none() {
        return Ok(());
    }
    let Some(side) = SideContext::of(record, Side::Provider, StepName::ApproveEndpoint, services) else {
        return Ok(());
    };
    let (Ok(service), Ok(endpoint)) = (service_id(&side, side.outputs()), recorded(&side.peer().outputs)) else {
        return Ok(());
    };
    let subject = subject_of(&service, endpoint);
    let newest = services.store.newest_entry::<DecisionContent>(&subject, services.audit.trusted()).await?;
    // An endpoint that is gone is made anew, and that one nobody has cut.
    let is_there = observed.seen.iter().all(|seen| seen.finding.kind != FindingKind::EndpointMissing);
    let stays = |state: &EndpointState| state.keeps_off() || is_there && state.was_cut_elsewhere();
    let keeps_off = match newest {
        Newest::Trusted(entry) => entry.is_some_and(|entry| stays(&entry.state)),
        // Nothing is done about it until a person decides.
        Newest::Untrusted(_) => true,
    };
    if keeps_off {
        observed.seen.iter_mut().filter(is_off).for_each(|seen| seen.finding.repairable = false);
    }
    Ok(())
}
