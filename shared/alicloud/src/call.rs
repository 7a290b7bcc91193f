//! Every call this crate makes, as an enum: errors name it, the table of codes matches on it.

use std::fmt;

pub use cloud_error::Effect;

use crate::params::Style;

macro_rules! products {
    ($($(#[$doc:meta])* $product:ident = $name:literal $version:literal $style:ident;)+) => {
        /// A product of Alibaba Cloud.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Product {
            $($(#[$doc])* $product,)+
        }

        impl Product {
            /// The product's code, in lower case.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$product => $name,)+ }
            }

            /// The version of its API that this crate speaks.
            #[must_use]
            pub const fn version(self) -> &'static str {
                match self { $(Self::$product => $version,)+ }
            }

            /// Where the parameters of its calls travel.
            pub(crate) const fn style(self) -> Style {
                match self { $(Self::$product => Style::$style,)+ }
            }
        }
    };
}

products! {
    /// Virtual Private Cloud, router interfaces and route tables included.
    Vpc = "vpc" "2016-04-28" Query;
    /// Security Token Service.
    Sts = "sts" "2015-04-01" Query;
    /// Message Service, also called SMQ.
    Mns = "mns" "2015-06-06" Query;
    /// Elastic Compute Service: servers, security groups, Cloud Assistant.
    Ecs = "ecs" "2014-05-26" Query;
    /// VPC peering connections.
    VpcPeer = "vpcpeer" "2022-01-01" Form;
    /// PrivateLink: endpoint services and endpoints.
    PrivateLink = "privatelink" "2020-04-15" Query;
    /// Classic load balancers.
    Slb = "slb" "2014-05-15" Query;
    /// Network load balancers.
    Nlb = "nlb" "2022-04-30" Query;
    /// Application load balancers.
    Alb = "alb" "2020-06-16" Query;
    /// Cloud Data Transfer: what traffic between regions is billed by.
    Cdt = "cdt" "2021-08-13" Query;
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The cloud's name for a call: its own name, unless two products have calls of one name.
#[doc(hidden)]
#[macro_export]
macro_rules! action_of {
    ($call:ident) => {
        stringify!($call)
    };
    ($call:ident $action:literal) => {
        $action
    };
}

/// An enum `Call` of calls by product and effect, for an enum `Product` in scope.
#[doc(hidden)]
#[macro_export]
macro_rules! calls {
    ($($product:ident { $($effect:ident { $($call:ident $(= $action:literal)?),+ $(,)? })+ })+) => {
        /// One call of one product. Displays as the cloud's own name for it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Call {
            $($($(#[doc = concat!("`", $crate::action_of!($call $($action)?), "`")] $call,)+)+)+
        }

        impl Call {
            /// Every call there is.
            pub const ALL: &'static [Self] = &[$($($(Self::$call,)+)+)+];

            /// The product it belongs to.
            #[must_use]
            pub const fn product(self) -> Product {
                match self { $($($(Self::$call)|+)|+ => Product::$product,)+ }
            }

            /// What it does to the cloud.
            #[must_use]
            pub const fn effect(self) -> $crate::Effect {
                match self { $($($(Self::$call)|+ => $crate::Effect::$effect,)+)+ }
            }

            /// The cloud's name for it: the action of an RPC call, the operation of an MNS call.
            #[must_use]
            pub const fn action(self) -> &'static str {
                match self { $($($(Self::$call => $crate::action_of!($call $($action)?),)+)+)+ }
            }
        }

        impl std::fmt::Display for Call {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.action())
            }
        }
    };
}

calls! {
    Vpc {
        Reads {
            DescribeRouterInterfaces,
            DescribeVpcs,
            DescribeVpcAttribute,
            DescribeRouteTableList,
            DescribeVSwitches,
            DescribeRouteEntryList,
        }
        Creates { CreateRouterInterface, CreateRouteEntry, CreateVSwitch }
        Changes {
            ModifyRouterInterfaceAttribute,
            ModifyRouterInterfaceSpec,
            ConnectRouterInterface,
            ActivateRouterInterface,
            DeactivateRouterInterface,
            ModifyVSwitchAttribute,
        }
        Deletes { DeleteRouterInterface, DeleteRouteEntry, DeleteVSwitch }
    }
    Ecs {
        Reads {
            DescribeSecurityGroups,
            DescribeSecurityGroupAttribute,
            DescribeInstances,
            DescribeCloudAssistantStatus,
            DescribeInvocationResults,
        }
        Creates { AuthorizeSecurityGroup, RunCommand }
        Changes { ModifySecurityGroupRule }
        Deletes { RevokeSecurityGroup }
    }
    VpcPeer {
        Reads { GetVpcPeerConnectionAttribute, ListVpcPeerConnections }
        Creates { CreateVpcPeerConnection }
        Changes { AcceptVpcPeerConnection, RejectVpcPeerConnection, ModifyVpcPeerConnection }
        Deletes { DeleteVpcPeerConnection }
    }
    PrivateLink {
        Reads {
            CheckProductOpen,
            DescribeZones,
            GetVpcEndpointServiceAttribute,
            ListVpcEndpointServices,
            ListVpcEndpointServicesByEndUser,
            ListVpcEndpointServiceResources,
            ListVpcEndpointServiceUsers,
            ListVpcEndpointConnections,
            GetVpcEndpointAttribute,
            ListVpcEndpoints,
            ListVpcEndpointZones,
            ListVpcEndpointSecurityGroups,
        }
        Creates { OpenPrivateLinkService, CreateVpcEndpointService, CreateVpcEndpoint }
        Changes {
            UpdateVpcEndpointServiceAttribute,
            AttachResourceToVpcEndpointService,
            DetachResourceFromVpcEndpointService,
            AddUserToVpcEndpointService,
            RemoveUserFromVpcEndpointService,
            EnableVpcEndpointConnection,
            DisableVpcEndpointConnection,
            UpdateVpcEndpointConnectionAttribute,
            EnableVpcEndpointZoneConnection,
            UpdateVpcEndpointAttribute,
            AddZoneToVpcEndpoint,
            RemoveZoneFromVpcEndpoint,
            AttachSecurityGroupToVpcEndpoint,
            DetachSecurityGroupFromVpcEndpoint,
            TagService = "TagResources",
        }
        Deletes { DeleteVpcEndpointService, DeleteVpcEndpoint }
    }
    Slb {
        Reads {
            DescribeLoadBalancers,
            DescribeLoadBalancerAttribute,
            DescribeLoadBalancerTCPListenerAttribute,
            DescribeLoadBalancerHTTPListenerAttribute,
            DescribeHealthStatus,
        }
        Creates { CreateLoadBalancer, CreateLoadBalancerTCPListener, CreateLoadBalancerHTTPListener }
        Changes {
            StartLoadBalancerListener,
            AddBackendServers,
            SetBackendServers,
            RemoveBackendServers,
            TagLoadBalancer = "TagResources",
        }
        Deletes { DeleteLoadBalancer }
    }
    Nlb {
        Reads { GetNetworkLoadBalancer = "GetLoadBalancerAttribute", ListNetworkListeners = "ListListeners" }
    }
    Alb {
        Reads { GetApplicationLoadBalancer = "GetLoadBalancerAttribute", ListApplicationListeners = "ListListeners" }
    }
    Cdt {
        Reads { GetCdtServiceStatus, GetCdtCbServiceStatus }
        Creates { OpenCdtService, OpenCdtCbService }
    }
    Sts {
        // Each call makes a token, but one that nobody received harms nobody.
        Reads { AssumeRole }
    }
    Mns {
        Reads { GetQueueAttributes, PeekMessage, BatchPeekMessage }
        Creates { CreateQueue, SendMessage }
        Changes { ReceiveMessage, BatchReceiveMessage, ChangeMessageVisibility }
        Deletes { DeleteQueue, DeleteMessage }
    }
}

impl Call {
    /// The permission that it takes, as policies name it: `vpc:CreateRouteEntry`. Peering belongs to the VPC product there.
    #[must_use]
    pub fn permission(self) -> String {
        let code = match self.product() {
            Product::VpcPeer => Product::Vpc,
            product => product,
        };
        format!("{code}:{self}")
    }
}
