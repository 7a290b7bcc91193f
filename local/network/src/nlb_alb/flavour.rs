//! Which of the two products, and what is its own.

use local_core::calls::Product;
use local_core::rpc::RpcRequest;
use serde::{Deserialize, Serialize};

/// A product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Flavour {
    /// Passes connections on.
    Nlb,
    /// Passes requests on.
    Alb,
}

impl Flavour {
    /// The product that is called.
    pub(super) fn of(request: &RpcRequest) -> Self {
        if request.product == Product::Alb { Self::Alb } else { Self::Nlb }
    }

    pub(super) fn product(self) -> Product {
        match self {
            Self::Nlb => Product::Nlb,
            Self::Alb => Product::Alb,
        }
    }

    pub(super) fn version(self) -> &'static str {
        match self {
            Self::Nlb => "2022-04-30",
            Self::Alb => "2020-06-16",
        }
    }

    /// What ids of its load balancers begin with, and a label of their domains.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Nlb => "nlb",
            Self::Alb => "alb",
        }
    }

    /// How one of the product's things is spelled in its codes. NLB begins most of them small.
    pub(super) fn spells<'a>(self, nlb: &'a str, alb: &'a str) -> &'a str {
        match self {
            Self::Nlb => nlb,
            Self::Alb => alb,
        }
    }
}
