//! What a restart remembers.

use causeway_local::cloud::Options;
use causeway_local::seed::Seed;
use causeway_local::table::Storage;

use super::*;

#[tokio::test(start_paused = true)]
async fn a_restart_forgets_nothing_and_plants_nothing_twice() {
    let folder = tempfile::tempdir().unwrap();
    let open = || {
        let storage = Storage::in_folder(folder.path()).unwrap();
        Cloud::open(Options { storage, ..Options::new(Seed::tutorial()) }).unwrap()
    };
    let (half, console) = {
        let cloud = open();
        let (a, b) = (Client::new(&cloud, "jd-a"), Client::new(&cloud, "jd-b"));
        (a.peer(&b).await.unwrap(), cloud.console())
    };
    let cloud = open();
    assert_eq!(cloud.console(), console);
    assert_eq!(Client::new(&cloud, "jd-a").state(&half).await, "Initiated");
}
