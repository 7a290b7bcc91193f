//! What goes wrong with a call: the one error of all clouds, with the codes of these products.

use alicloud::wire::General;
use alicloud::{Effect, Region};
use cloud_error::{CloudCall, Kind, Table, rules};

use crate::call::Call;

/// A call that did not succeed: which, where, what the cloud said, and what kind of failure it is.
pub type Error = cloud_error::Error<Call>;

type Rule = cloud_error::Rule<Call>;

const SIGN_IN: &[Rule] = rules! { Call:
    Denied at 400 on AssumeRoleWithOIDC
        => "The identity provider's token was refused. Check that it is fresh, and that the role trusts its provider.";
};

impl CloudCall for Call {
    type Region = Region;
    const TABLE: Table<Self> = Table {
        rules: &[SIGN_IN, General::<Self>::RULES],
        doubted: &[Kind::Busy, Kind::Refused, Kind::RuledOut, Kind::Gone],
        advice: &[(Kind::Denied, "Grant the missing permission to the user or role that runs this command.")],
    };

    fn service(self) -> &'static str {
        self.product().name()
    }

    fn effect(self) -> Effect {
        self.effect()
    }
}
