//! Reading router interfaces.

use super::{HERE, Pair, THERE, create};
use crate::testing::{Client, cloud, refused};

#[tokio::test(start_paused = true)]
async fn filters_are_alternatives_within_a_key_and_all_count() {
    let a = Client::new(&cloud(), "a");
    let mut ids = Vec::new();
    for (role, spec) in [("InitiatingSide", "Mini.2"), ("InitiatingSide", "Mini.5"), ("AcceptingSide", "Negative")] {
        ids.push(create(&a, HERE, THERE, role, spec).await);
    }
    let found = async |params: &[(&str, &str)]| {
        let answer = a.vpc_call(HERE, "DescribeRouterInterfaces", params).await?;
        Ok::<_, crate::testing::Refusal>(answer["TotalCount"].as_u64().unwrap())
    };
    let two = [("Filter.1.Key", "RouterInterfaceId"), ("Filter.1.Value.1", &ids[0]), ("Filter.1.Value.2", &ids[2])];
    assert_eq!(found(&two).await, Ok(2));
    let router = a.vpc(HERE).vrouter_id;
    let both = [
        ("Filter.1.Key", "RouterId"),
        ("Filter.1.Value.1", &router),
        ("Filter.2.Key", "Status"),
        ("Filter.2.Value.1", "Active"),
    ];
    assert_eq!(found(&both).await, Ok(0));
    let unknown = [("Filter.1.Key", "Colour"), ("Filter.1.Value.1", "red")];
    assert_eq!(found(&unknown).await, refused(404, "InvalidFilterKey.ValueNotSupported"));
    assert_eq!(found(&[("Filter.1.Value.1", "red")]).await, refused(400, "InvalidParam.NotNull"));
}

#[tokio::test(start_paused = true)]
async fn pages_are_cut_by_number_and_size() {
    let a = Client::new(&cloud(), "a");
    for _ in 0..5 {
        create(&a, HERE, THERE, "InitiatingSide", "Mini.2").await;
    }
    let page = async |number: &str| {
        let params = [("PageNumber", number), ("PageSize", "2")];
        let answer = a.vpc_call(HERE, "DescribeRouterInterfaces", &params).await.unwrap();
        assert_eq!(answer["TotalCount"], 5);
        answer["RouterInterfaceSet"]["RouterInterfaceType"].as_array().unwrap().len()
    };
    assert_eq!([page("1").await, page("2").await, page("3").await, page("4").await], [2, 2, 1, 0]);
}

#[tokio::test(start_paused = true)]
async fn the_attribute_call_tells_the_same_and_nothing_of_one_that_does_not_exist() {
    let pair = Pair::active().await;
    let listed = pair.see_a().await;
    let attribute =
        async |id: &str| pair.a.vpc_call(HERE, "DescribeRouterInterfaceAttribute", &[("InstanceId", id)]).await;
    let told = attribute(&pair.initiator).await.unwrap();
    for (field, value) in listed.as_object().unwrap() {
        assert_eq!(&told[field], value, "{field}");
    }
    assert_eq!(attribute("ri-none").await.unwrap()["RouterInterfaceId"], "");
    let wrong = pair.a.vpc_call(HERE, "DescribeRouterInterfaceAttribute", &[("RouterInterfaceId", "x")]).await;
    assert_eq!(wrong, refused(400, "MissingParameter"));
}

#[tokio::test(start_paused = true)]
async fn an_id_alone_opens_no_window_into_another_account() {
    let pair = Pair::strangers().await;
    pair.tell_initiator().await.unwrap();
    let seen = pair.see_a().await;
    assert_eq!((&seen["OppositeInterfaceStatus"], &seen["OppositeVpcInstanceId"]), (&"".into(), &"".into()));
    pair.tell_acceptor().await.unwrap();
    let seen = pair.see_a().await;
    assert_eq!(seen["OppositeInterfaceStatus"], "Idle");
    assert_eq!(seen["OppositeVpcInstanceId"], pair.b.vpc(THERE).vpc_id);
    assert_eq!(seen["CrossBorder"], false);
}
