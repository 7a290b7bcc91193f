//! Opening Cloud Data Transfer. Its pages list no codes: these are those of other products' orders.

use cloud_error::rules;

use super::{Call, Rule};

pub(super) const RULES: &[Rule] = rules! { Call:
    AlreadyThere on OpenCdtService | OpenCdtCbService: "ORDER.OPEND" | "ORDER.OPENED" | "OrderOpend" | "OrderOpened" | "*HasOpened*"
        | "*AlreadyOpen*"
        => "CDT is open already.";
    Commercial on OpenCdtService | OpenCdtCbService: "*NotEnoughBalance*" | "InsufficientBalance" | "NoRealNameAuthentication"
        => "The account cannot place the order: it has too little credit, or nobody has verified its owner. Settle that in the \
            console, then open CDT there.";
};
