//! The whole cloud in one value.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response, Uri};
use jiff::Timestamp;
use local_core::calls::Call;
use local_core::clock::Clock;
use local_core::coverage::Coverage;
use local_core::delays::Delays;
use local_core::ram::Role;
use local_core::rpc::service::Rpc;
use local_core::shared::Shared;
use local_core::table::{Storage, StorageError};
use local_fc::Fc;
use local_jd::Jd;
use local_mns::Mns;
use local_mns::open::{self, MnsOpen};
use local_network::cdt::{self, Cdt};
use local_network::clb::{self, Clb};
use local_network::ecs::{self, Ecs};
use local_network::nlb_alb::NlbAlb;
use local_network::privatelink::{self, PrivateLink};
use local_network::vpc::{self, Vpc};
use local_network::vpcpeer::{self, VpcPeer};
use local_ops::opening::{self, Bss, EventBridge, FcOpen, OssOpen, ResourceManager};
use local_ops::ram::{self, Ram};
use local_ops::ros::{self, Ros};
use local_oss::Oss;
use local_sls::Sls;
use tokio::net::TcpListener;

use crate::console::Console;
use crate::gateway::{self, Admin, Dropped, Gateway};
use crate::memory::Memory;
use crate::seed::{Provider, Seed};
use crate::server::{self, ServeError};
use crate::sts::{self, Sts};

/// What a cloud is opened with.
#[derive(Debug, Clone)]
pub struct Options {
    /// What a cloud that was never opened before holds.
    pub seed: Seed,
    /// Where its state is kept.
    pub storage: Storage,
    /// Wall time at the start.
    pub wall: Timestamp,
    /// How many times faster than real time the cloud runs.
    pub speed: f64,
    /// Everything random follows from this.
    pub random_seed: u64,
    /// How long state changes take.
    pub delays: Delays,
}

impl Options {
    /// A cloud in memory, at real speed from the system's time on, with the usual delays.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the local cloud's time begins at the system's")]
    pub fn new(seed: Seed) -> Self {
        Self {
            seed,
            storage: Storage::in_memory(),
            wall: Timestamp::now(),
            speed: 1.0,
            random_seed: 0,
            delays: Delays::default(),
        }
    }
}

/// A cloud. Clones are the same cloud.
#[derive(Clone)]
pub struct Cloud(Arc<Inner>);

struct Inner {
    shared: Shared,
    gateway: Gateway,
    vpc: Vpc,
    ecs: Ecs,
    vpc_peer: VpcPeer,
    ros: Ros,
    memory: Memory,
}

impl Cloud {
    /// Opens the cloud that `storage` holds, or a new one from the seed. Functions do not run before they are deployed:
    /// see [`Cloud::fc`].
    ///
    /// # Errors
    /// When the state cannot be read or written.
    ///
    /// # Panics
    /// When `speed` is not a positive number.
    pub fn open(options: Options) -> Result<Self, StorageError> {
        let Options { seed, storage, wall, speed, random_seed, delays } = options;
        let memory = Memory::open(&storage, seed)?;
        let seed = memory.seed();
        let clock = Clock::new(wall, wall.max(memory.cloud_time_before()), speed);
        let shared = Shared::open(storage, clock, seed.home.clone(), delays, random_seed, memory.runs_before())?;
        for account in &seed.accounts {
            let secret = account.access_key_secret.clone().into();
            let (id, key) = (&account.account_id, &account.access_key_id);
            match account.cloud {
                Provider::Alicloud => shared.identities.add_account(id, key, secret),
                Provider::Jdcloud => shared.identities.add_jd_account(id, key, secret),
            }
        }
        let vpc = Vpc::open(&shared)?;
        let (ecs, vpc_peer) = (Ecs::new(&vpc), VpcPeer::new(&vpc));
        let jd = Jd::open(&shared)?;
        if memory.runs_before() == 0 {
            for account in &seed.accounts {
                for role in &account.roles {
                    let made = Role::new(&account.account_id, &role.name, role.trust.clone());
                    shared.identities.put_role(Role { policies: role.policies.clone(), ..made })?;
                }
                match account.cloud {
                    Provider::Alicloud => vpc.plant(&account.account_id, &account.vpcs)?,
                    Provider::Jdcloud => jd.plant(&account.account_id, &account.vpcs)?,
                }
            }
        }
        memory.begin_run(&shared.clock)?;

        let mns = Mns::open(&shared)?;
        let oss = Oss::open(&shared)?;
        let sls = Sls::open(&shared)?;
        let fc = Fc::open(&shared, &mns, &oss, &sls)?;
        let ram = Ram::new(&shared);
        let ros = Ros::open(&shared, &ram, &mns, &oss, &sls, &fc)?;
        let (nlb, alb) = (NlbAlb::nlb(&vpc), NlbAlb::alb(&vpc));
        let rpc = Rpc::new(
            shared.clone(),
            vec![
                (vpc::VERSION, Arc::new(vpc.clone())),
                (ecs::VERSION, Arc::new(ecs.clone())),
                (vpcpeer::VERSION, Arc::new(vpc_peer.clone())),
                (clb::VERSION, Arc::new(Clb::new(&vpc))),
                (nlb.version(), Arc::new(nlb)),
                (alb.version(), Arc::new(alb)),
                (privatelink::VERSION, Arc::new(PrivateLink::new(&vpc))),
                (cdt::VERSION, Arc::new(Cdt::new(&vpc))),
                (sts::VERSION, Arc::new(Sts::new(shared.clone()))),
                (ram::VERSION, Arc::new(ram.clone())),
                (ros::VERSION, Arc::new(ros.clone())),
                (opening::RESOURCE_MANAGER, Arc::new(ResourceManager::new(&shared, &ram))),
                (opening::EVENT_BRIDGE, Arc::new(EventBridge::new(&shared, &fc))),
                (opening::BSS, Arc::new(Bss::new(&shared))),
                (opening::OSS_OPEN, Arc::new(OssOpen::new(&shared))),
                (open::VERSION, Arc::new(MnsOpen::new(mns.clone()))),
            ],
        );
        let admin = Admin {
            shared: shared.clone(),
            vpc: vpc.clone(),
            ecs: ecs.clone(),
            vpc_peer: vpc_peer.clone(),
            jd: jd.clone(),
            oss: oss.clone(),
            ram,
            ros: ros.clone(),
            fc: fc.clone(),
            sls: sls.clone(),
            seed,
        };
        let fc_open = FcOpen::new(&shared);
        let gateway = Gateway { rpc, fc_open, mns, oss, sls, fc, jd, admin, calls: shared.calls.clone() };
        Ok(Self(Arc::new(Inner { shared, gateway, vpc, ecs, vpc_peer, ros, memory })))
    }

    /// Answers one request to any product.
    ///
    /// # Errors
    /// [`Dropped`] when a fault swallowed the answer.
    pub async fn handle(&self, request: Request<Bytes>) -> Result<Response<Bytes>, Dropped> {
        self.0.memory.note_time(&self.0.shared.clock);
        self.0.ros.resume();
        self.0.gateway.handle(request).await
    }

    /// Whether a request to this address reaches anybody: a host that looks like one of the clouds' own has to be one.
    #[must_use]
    pub fn is_reached_at(&self, address: &Uri) -> bool {
        gateway::exists(address)
    }

    /// Answers everything that comes to `listener` until `shutdown` ends; then lets requests on their way finish, at most
    /// `grace` of real time.
    ///
    /// # Errors
    /// When the listener is not on loopback, for the keys of this cloud are no secrets; or does not work.
    pub async fn serve(
        &self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()>,
        grace: Duration,
    ) -> Result<(), ServeError> {
        server::serve(self.clone(), listener, shutdown, grace).await
    }

    /// Accounts, keys and VPCs.
    #[must_use]
    pub fn console(&self) -> Console {
        self.0.gateway.admin.console()
    }

    /// What every product offers.
    #[must_use]
    pub fn coverage(&self) -> Vec<Coverage> {
        let Gateway { rpc, fc_open, mns, oss, sls, fc, jd, .. } = &self.0.gateway;
        let others = [fc_open.coverage(), mns.coverage(), oss.coverage(), sls.coverage(), fc.coverage(), jd.coverage()];
        rpc.coverage().chain(others).collect()
    }

    /// The newest calls, oldest first.
    #[must_use]
    pub fn calls(&self) -> Vec<Call> {
        self.0.shared.calls.snapshot()
    }

    /// What all products share: clock, faults, delays, identities.
    #[must_use]
    pub fn shared(&self) -> &Shared {
        &self.0.shared
    }

    /// Virtual private clouds.
    #[must_use]
    pub fn vpc(&self) -> &Vpc {
        &self.0.vpc
    }

    /// Security groups, instances, and commands that run on them.
    #[must_use]
    pub fn ecs(&self) -> &Ecs {
        &self.0.ecs
    }

    /// VPC peering connections.
    #[must_use]
    pub fn vpc_peer(&self) -> &VpcPeer {
        &self.0.vpc_peer
    }

    /// What traffic between regions is billed by.
    #[must_use]
    pub fn cdt(&self) -> Cdt {
        Cdt::new(&self.0.vpc)
    }

    /// Private links.
    #[must_use]
    pub fn private_link(&self) -> PrivateLink {
        PrivateLink::new(&self.0.vpc)
    }

    /// Classic load balancers.
    #[must_use]
    pub fn clb(&self) -> Clb {
        Clb::new(&self.0.vpc)
    }

    /// Network load balancers.
    #[must_use]
    pub fn nlb(&self) -> NlbAlb {
        NlbAlb::nlb(&self.0.vpc)
    }

    /// Application load balancers.
    #[must_use]
    pub fn alb(&self) -> NlbAlb {
        NlbAlb::alb(&self.0.vpc)
    }

    /// Roles and policies.
    #[must_use]
    pub fn ram(&self) -> &Ram {
        &self.0.gateway.admin.ram
    }

    /// JD Cloud.
    #[must_use]
    pub fn jd(&self) -> &Jd {
        &self.0.gateway.jd
    }

    /// Message queues.
    #[must_use]
    pub fn mns(&self) -> &Mns {
        &self.0.gateway.mns
    }

    /// Object storage.
    #[must_use]
    pub fn oss(&self) -> &Oss {
        &self.0.gateway.oss
    }

    /// Logs.
    #[must_use]
    pub fn sls(&self) -> &Sls {
        &self.0.gateway.sls
    }

    /// Functions.
    #[must_use]
    pub fn fc(&self) -> &Fc {
        &self.0.gateway.fc
    }
}
