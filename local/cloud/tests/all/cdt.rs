//! Cloud Data Transfer through the gateway.

use causeway_local::cdt::{Settings, State, VERSION};
use causeway_local::cloud::{Cloud, Options};
use causeway_local::ram::{Role, Trust};
use causeway_local::seed::Seed;
use causeway_local::table::Storage;
use serde_json::{Value, json};

use crate::testing::{Client, Refusal, cloud, refused};

impl Client {
    async fn cdt(&self, action: &str) -> Result<Value, Refusal> {
        self.call(VERSION, action, &[]).await
    }

    /// Whether the account has opened CDT within the border, and across it.
    async fn opened(&self) -> (Value, Value) {
        let within = self.cdt("GetCdtServiceStatus").await.unwrap();
        let across = self.cdt("GetCdtCbServiceStatus").await.unwrap();
        (within["Enabled"].clone(), across["Enabled"].clone())
    }
}

#[tokio::test(start_paused = true)]
async fn each_part_is_opened_by_itself_and_for_the_calling_account_alone() {
    let cloud = cloud();
    let (a, b) = (Client::new(&cloud, "a"), Client::new(&cloud, "b"));
    assert_eq!(a.opened().await, (json!(true), json!(true)), "at first");
    for client in [&a, &b] {
        cloud.cdt().set(&client.account_id, State::Closed).unwrap();
    }
    let order = a.cdt("OpenCdtService").await.unwrap();
    assert!(order["OrderId"].as_str().unwrap().parse::<u64>().is_ok(), "{order}");
    assert_eq!(a.opened().await, (json!(true), json!(false)));
    a.cdt("OpenCdtCbService").await.unwrap();
    assert_eq!(a.opened().await, (json!(true), json!(true)));
    b.cdt("OpenCdtCbService").await.unwrap();
    assert_eq!(b.opened().await, (json!(false), json!(true)));
    b.cdt("OpenCdtService").await.unwrap();
    assert_eq!(b.opened().await, (json!(true), json!(true)));
}

/// What the real one says is not confirmed.
#[tokio::test(start_paused = true)]
async fn opening_what_is_open_is_refused_or_answered_as_it_is_set() {
    let cloud = cloud();
    let a = Client::new(&cloud, "a");
    for action in ["OpenCdtService", "OpenCdtCbService"] {
        assert_eq!(a.cdt(action).await, refused(400, "ORDER.OPEND"));
    }
    cloud.cdt().set_settings(Settings { refuses_opened: false });
    for action in ["OpenCdtService", "OpenCdtCbService"] {
        assert!(a.cdt(action).await.unwrap()["OrderId"].is_string());
    }
    assert_eq!(a.opened().await, (json!(true), json!(true)));
}

#[tokio::test(start_paused = true)]
async fn a_role_that_may_look_may_not_open() {
    let cloud = cloud();
    let a = Client::new(&cloud, "a");
    cloud.cdt().set(&a.account_id, State::Closed).unwrap();
    let reader = Role::new(&a.account_id, "cdt-reader", Trust::account(&a.account_id));
    let policy = json!({"Version": "1", "Statement": [
        {"Effect": "Allow", "Action": ["cdt:GetCdtServiceStatus"], "Resource": ["*"]}]});
    cloud.shared().identities.put_role(Role { policies: vec![policy], ..reader }).unwrap();
    let reader = a.in_role("cdt-reader");
    assert_eq!(reader.cdt("GetCdtServiceStatus").await.unwrap()["Enabled"], false);
    for action in ["GetCdtCbServiceStatus", "OpenCdtService", "OpenCdtCbService"] {
        assert_eq!(reader.cdt(action).await, refused(403, "NoPermission"), "{action}");
    }
    assert_eq!(a.opened().await, (json!(false), json!(false)), "nothing was opened");
}

#[tokio::test(start_paused = true)]
async fn what_was_opened_is_open_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let storage = Storage::in_folder(folder.path()).unwrap();
        Cloud::open(Options { storage, ..Options::new(Seed::tutorial()) }).unwrap()
    };
    {
        let a = Client::new(&open(), "a");
        a.cloud.cdt().set(&a.account_id, State::Closed).unwrap();
        a.cdt("OpenCdtCbService").await.unwrap();
    }
    assert_eq!(Client::new(&open(), "a").opened().await, (json!(false), json!(true)));
}
