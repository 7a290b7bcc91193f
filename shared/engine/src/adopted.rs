//! What joins two sides and was made by hand: marked as the connection's, and given back.
//!
//! Its description becomes the connection's mark; everything else stays. What the description was is recorded before it is changed, so
//! a process that dies in between forgets nothing, and changes it again to what it is already.

use std::time::Duration;

use connection::not_done::NotDone;
use connection::outputs::Outputs;

use crate::step::SideContext;

/// How soon to look at it again.
const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// The description of what had none: the cloud takes no empty one.
const NO_DESCRIPTION: &str = "no longer a connection of Causeway";

/// Something that joins the two sides.
#[derive(Debug, Clone, Copy)]
pub struct Found<'a> {
    /// Its id.
    pub id: &'a str,
    /// What its description says.
    pub description: Option<&'a str>,
}

impl Found<'_> {
    /// Whether the spec takes it over.
    #[must_use]
    pub fn is_adopted(self, side: &SideContext<'_>) -> bool {
        side.record().spec.adopted(side.side()).is_some_and(|id| id.as_str() == self.id)
    }

    /// Whether the spec would take it over, and another connection has: it carries that one's mark.
    #[must_use]
    pub fn is_anothers(self, side: &SideContext<'_>) -> bool {
        self.is_adopted(side) && side.mark().other_on(self.text()).is_some()
    }

    /// Whether the spec takes it over, and it does not carry the connection's mark yet.
    #[must_use]
    pub fn is_to_be_marked(self, side: &SideContext<'_>) -> bool {
        self.is_adopted(side) && !side.mark().is_on(self.text())
    }

    /// Marks it, if it is taken over and is not marked.
    ///
    /// # Errors
    /// A wait after each step of it.
    pub async fn mark(
        self,
        side: &SideContext<'_>,
        outputs: &mut Outputs,
        describe: impl AsyncFnOnce(String) -> Result<(), alicloud::Error>,
    ) -> Result<(), NotDone> {
        if !self.is_to_be_marked(side) {
            return Ok(());
        }
        if outputs.former_description.is_none() {
            outputs.former_description = Some(self.text().to_owned());
            return Err(NotDone::retry(Duration::ZERO, format!("the description of {} to be recorded", self.id)));
        }
        describe(side.mark().description().to_owned()).await?;
        Err(NotDone::retry(LOOK_AGAIN, format!("the description of {} to change", self.id)))
    }

    /// Takes the mark away, if it is there.
    ///
    /// # Errors
    /// A wait after it.
    pub async fn give_back(
        self,
        side: &SideContext<'_>,
        outputs: &Outputs,
        describe: impl AsyncFnOnce(String) -> Result<(), alicloud::Error>,
    ) -> Result<(), NotDone> {
        if !side.mark().is_on(self.text()) {
            return Ok(());
        }
        let former = outputs.former_description.clone().filter(|text| !text.is_empty());
        describe(former.unwrap_or_else(|| NO_DESCRIPTION.to_owned())).await?;
        Err(NotDone::retry(LOOK_AGAIN, format!("the description of {} to change", self.id)))
    }

    fn text(&self) -> &str {
        self.description.unwrap_or_default()
    }
}

/// Whether what the spec takes over stays on the way back: it says so, or nothing was taken over yet.
#[must_use]
pub fn stays(side: &SideContext<'_>, outputs: &Outputs) -> bool {
    let was_taken = [outputs, &side.peer().outputs].iter().any(|outputs| outputs.former_description.is_some());
    side.leaves_adopted() || side.record().spec.adopted(side.side()).is_some() && !was_taken
}

/// Fails where there is nothing to take over: none is made in its place, unless it was taken over before and had to give way.
///
/// # Errors
/// When the spec takes over what is not there.
pub fn refuse_to_make(side: &SideContext<'_>, outputs: &Outputs) -> Result<(), NotDone> {
    match side.record().spec.adopted(side.side()) {
        Some(id) if outputs.former_description.is_none() => Err(NotDone::failed(
            format!("{id}, which the spec takes over, is gone, or another connection has taken it over"),
            "look at its description; remove the connection, and post it without adopt to have a new one made",
        )),
        _ => Ok(()),
    }
}
