//! The keys that commands sign with, as an operator keeps them, and the client that signs with them.

use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;

use alicloud::Kind;
use operate::identity::IdentityKind;
use operate::oss::Versioning;
use serde_json::json;

use crate::end_to_end::common::{reads_store_with, start};

/// What `causeway why` says of something that nobody knows: the store was read.
const READ: &str = "nothing is known of ep-1";

#[tokio::test(flavor = "multi_thread")]
async fn a_store_is_read_with_the_keys_of_a_profile_of_a_program_or_of_a_file_and_not_without() {
    let (up, api) = start();
    let operator = api.account("operator");
    let key = json!({
        "mode": "AK", "access_key_id": operator.access_key_id, "access_key_secret": operator.access_key_secret,
    });
    let home = tempfile::tempdir().unwrap();
    let put = |path: &str, text: &str| {
        let path = home.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let printed_key = put("key.json", &key.to_string());
    let mut named = key.clone();
    named["name"] = json!("named");
    let config = json!({"current": "wrong", "profiles": [
        {"name": "wrong", "mode": "AK", "access_key_id": "LTAI-nobody", "access_key_secret": "sesame"},
        named,
        {"name": "printed", "mode": "External", "process_command": format!("/bin/cat '{printed_key}'")},
        {"name": "over", "mode": "CloudSSO", "access_key_id": "a", "access_key_secret": "b", "sts_token": "c", "sts_expiration": 1},
    ]});
    put(".aliyun/config.json", &config.to_string());
    let home = home.path().to_str().unwrap();
    let why = |arguments: &[&str], variables: &[(&str, &str)]| {
        let keys: Vec<_> = variables.iter().copied().chain([("HOME", home)]).collect();
        reads_store_with(&up, &[&["why", "ep-1"], arguments].concat(), &keys)
    };
    for (arguments, variables) in [
        (&["--profile", "named"][..], &[][..]),
        (&["--profile", "printed"], &[]),
        (&[], &[("ALIBABA_CLOUD_PROFILE", "named")]),
    ] {
        let (code, printed) = why(arguments, variables);
        assert_eq!((code, printed.trim()), (Some(1), READ), "{arguments:?}");
    }
    let ini = format!(
        "[default]\ntype = access_key\naccess_key_id = {}\naccess_key_secret = {}\n",
        operator.access_key_id, operator.access_key_secret
    );
    put(".alibabacloud/credentials.ini", &ini);
    let (_, printed) = why(&[], &[("ALIBABA_CLOUD_IGNORE_PROFILE", "TRUE")]);
    assert_eq!(printed.trim(), READ);

    // The current profile's key is nobody's.
    let (code, printed) = why(&[], &[]);
    assert!(code != Some(0) && !printed.contains(READ) && !printed.contains("sesame"), "{printed}");
    let (_, printed) = why(&["--profile", "over"], &[]);
    // It is wrapped to the width of a terminal.
    let words: Vec<_> = printed.split(|sign: char| sign.is_whitespace() || sign == '│').collect();
    let words = words.into_iter().filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    assert!(words.contains("aliyun sts GetCallerIdentity --profile over"), "{printed}");
    let (_, printed) = reads_store_with(&up, &["why", "ep-1"], &[("HOME", "/nowhere")]);
    for words in ["environment: ALIBABA_CLOUD_ACCESS_KEY_ID is not set", "~/.aliyun/config.json does not exist"] {
        assert!(printed.contains(words), "{printed}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operators_client_reaches_every_product_through_the_gateway_by_its_own_host() {
    let (up, api) = start();
    let operator = api.account("operator");
    let key = alicloud::Credentials::new(&operator.access_key_id, &operator.access_key_secret);
    let gateway = operate::Gateway::new(up.gateway()).unwrap();
    let client = operate::Client::new(transport::Io::system().unwrap(), Some(gateway), Arc::new(key));
    let region = up.ready.region.parse().unwrap();

    let identity = client.identity().await.unwrap();
    assert_eq!((identity.account.as_str(), &identity.kind), (operator.account_id.as_str(), &IdentityKind::User));

    let functions = client.fc(&region).list_functions("causeway-").await.unwrap();
    assert!(functions.iter().any(|function| function.function_name == "causeway-webhook"), "{functions:?}");
    let triggers = client.fc(&region).list_triggers("causeway-webhook").await.unwrap();
    assert!(triggers.iter().any(|trigger| trigger.trigger_type.as_deref() == Some("http")), "{triggers:?}");
    assert_eq!(client.fc(&region).function("causeway-nobody").await.unwrap(), None);

    let oss = client.oss(&region);
    assert_eq!(oss.bucket_versioning("causeway-records").await.unwrap(), Versioning::Never);
    // Objects do not go through the public host of a region in mainland China.
    let put = oss.put_object("causeway-records", "probe/a b", "x".into()).await.unwrap_err();
    assert_eq!((put.kind(), put.code()), (Kind::RuledOut, Some("PublicEndpointForbidden")));

    let account = operator.account_id.parse().unwrap();
    let queue = client.networks().mns(&account, &region).queue_attributes(&"causeway-notify".parse().unwrap()).await;
    assert_eq!(queue.unwrap().name, "causeway-notify");
}
