//! Every call this crate makes, as an enum: errors name it, the table of codes matches on it.

macro_rules! products {
    ($($(#[$doc:meta])* $product:ident = $name:literal $version:literal $code:literal;)+) => {
        /// A product of Alibaba Cloud.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Product {
            $($(#[$doc])* $product,)+
        }

        impl Product {
            /// What errors call it.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$product => $name,)+ }
            }

            /// The version of its API that this crate speaks.
            #[must_use]
            pub const fn version(self) -> &'static str {
                match self { $(Self::$product => $version,)+ }
            }

            /// What its actions begin with in policies.
            #[must_use]
            pub const fn code(self) -> &'static str {
                match self { $(Self::$product => $code,)+ }
            }
        }
    };
}

products! {
    /// Security Token Service.
    Sts = "sts" "2015-04-01" "sts";
    /// Resource Orchestration Service: stacks.
    Ros = "ros" "2019-09-10" "ros";
    /// Roles and policies.
    Ram = "ram" "2015-05-01" "ram";
    /// Resource directories, and service-linked roles.
    ResourceManager = "resourcemanager" "2020-03-31" "ram";
    /// Event streams: what feeds queues to functions.
    EventBridge = "eventbridge" "2020-04-01" "eventbridge";
    /// Orders: opening EventBridge is one.
    Billing = "bssopenapi" "2017-12-14" "bss";
    /// Function Compute 3.
    Fc = "fc" "2023-03-30" "fc";
    /// Opening Function Compute.
    FcOpen = "fc-open" "2020-03-10" "fc";
    /// Log service.
    Sls = "sls" "2020-12-30" "log";
    /// Opening object storage.
    OssAdmin = "oss-admin" "2019-04-22" "oss";
    /// Object storage.
    Oss = "oss" "2019-05-17" "oss";
    /// Message queues.
    Mns = "mns" "2015-06-06" "mns";
}

alicloud::calls! {
    Sts {
        // Each call makes a token, but one that nobody received harms nobody.
        Reads { GetCallerIdentity, AssumeRoleWithOIDC }
    }
    Ros {
        Reads {
            GetStack,
            ListStacks,
            ListStackEvents,
            ListStackResources,
            GetTemplate,
            ValidateTemplate,
            PreviewStack,
            ListStackOperationRisks,
            GetServiceProvisions,
            GenerateTemplatePolicy,
            // It only looks, though the result is kept.
            DetectStackDrift,
            GetStackDriftDetectionStatus,
            ListStackResourceDrifts,
            GetStackGroup,
            ListStackInstances,
            GetStackGroupOperation,
        }
        Creates { CreateStack, CreateStackGroup, CreateStackInstances }
        Changes { UpdateStack, CancelUpdateStack, SetDeletionProtection, EnableServices, EnableServiceAccess, UpdateStackGroup }
        Deletes { DeleteStack, DeleteStackInstances, DeleteStackGroup }
    }
    Ram {
        Reads { GetRole, GetPolicy, GetPolicyVersion, ListPolicyVersions, ListPoliciesForRole }
        Creates { CreateRole, CreatePolicy, CreatePolicyVersion, AttachPolicyToRole, CreateServiceLinkedRole }
        Changes { UpdateRole }
        Deletes { DeleteRole, DeletePolicy, DeletePolicyVersion, DetachPolicyFromRole }
    }
    ResourceManager {
        Reads { CheckServiceLinkedRoleExistence }
        Creates { CreateLinkedRole = "CreateServiceLinkedRole" }
    }
    EventBridge {
        Reads { CheckServiceLinkedRoleForProduct, ListEventStreamings, GetEventStreaming }
        Creates { CreateServiceLinkedRoleForProduct }
        Changes { PauseEventStreaming, StartEventStreaming }
    }
    Billing {
        Creates { CreateInstance }
    }
    Fc {
        Reads { DescribeRegions, GetFunction, ListFunctions, GetTrigger, ListTriggers }
        Creates { CreateFunction, InvokeFunction }
        Changes { UpdateFunction, UpdateTrigger }
        Deletes { DeleteFunction }
    }
    FcOpen {
        Creates { OpenFcService }
    }
    Sls {
        Reads { GetSlsService, GetLogsV2 }
        Creates { OpenSlsService }
    }
    OssAdmin {
        Creates { OpenOssService }
    }
    Oss {
        Reads { ListBuckets, GetBucketInfo, GetBucketVersioning, GetObject }
        Creates { PutObject }
    }
    Mns {
        Creates { OpenService }
    }
}

impl Call {
    /// The permission that it takes, as policies name it: `ros:CreateStack`.
    #[must_use]
    pub fn permission(self) -> String {
        let action = match self {
            Self::GetLogsV2 => "GetLogStoreLogs",
            call => call.action(),
        };
        format!("{}:{action}", self.product().code())
    }
}
