//! Which of the two products, and what is its own.

use local_core::calls::Product;
use local_core::rpc::RpcRequest;
use serde::{Deserialize, Serialize};

/// A product.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) enum Flavour {
    /// NLB: passes connections on.
    Network,
    /// ALB: passes requests on.
    Application,
}

impl Flavour {
    /// The product that is called.
    pub(super) fn of(request: &RpcRequest) -> Self {
        if request.product == Product::Alb { Self::Application } else { Self::Network }
    }

    pub(super) fn product(self) -> Product {
        match self {
            Self::Network => Product::Nlb,
            Self::Application => Product::Alb,
        }
    }

    pub(super) fn version(self) -> &'static str {
        match self {
            Self::Network => "2022-04-30",
            Self::Application => "2020-06-16",
        }
    }

    /// What ids of its load balancers begin with, and a label of their domains.
    pub(super) fn label(self) -> &'static str {
        match self {
            Self::Network => "nlb",
            Self::Application => "alb",
        }
    }

    /// How one of the product's things is spelled in its codes. NLB begins most of them small.
    pub(super) fn spells<'a>(self, network: &'a str, application: &'a str) -> &'a str {
        match self {
            Self::Network => network,
            Self::Application => application,
        }
    }
}
