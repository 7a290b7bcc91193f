"""Topics and subscriptions through the control plane; messages go by the XML API as ever."""

import uuid

import pytest
from alibabacloud_mns_open20220119 import models
from mns.topic import TopicMessage

import clients
from clients import refused


@pytest.fixture
def control(cloud):
    return clients.mns_open(cloud, "a")


@pytest.fixture
def topic(control):
    name = f"open-{uuid.uuid4().hex[:12]}"
    tag = models.CreateTopicRequestTag(key="owner", value=name)
    control.create_topic(models.CreateTopicRequest(topic_name=name, max_message_size=4096, tag=[tag]))
    yield name
    control.delete_topic(models.DeleteTopicRequest(topic_name=name))


def subscribe(control, topic, endpoint, name="all", **more):
    request = models.SubscribeRequest(topic_name=topic, subscription_name=name, endpoint=endpoint, **more)
    return control.subscribe(request).body


def endpoint(cloud, queue):
    return f"acs:mns:{clients.HOME}:{cloud.accounts['a']['account_id']}:queues/{queue}"


def test_a_topic_is_told_changed_and_listed(control, topic):
    def attributes():
        return control.get_topic_attributes(models.GetTopicAttributesRequest(topic_name=topic)).body.data

    seen = attributes()
    assert (seen.topic_name, seen.topic_type) == (topic, "normal")
    assert (seen.max_message_size, seen.logging_enabled) == (4096, False)
    control.set_topic_attributes(models.SetTopicAttributesRequest(topic_name=topic, enable_logging=True))
    seen = attributes()
    assert (seen.max_message_size, seen.logging_enabled) == (4096, True)
    wanted = models.ListTopicRequest(tag=[models.ListTopicRequestTag(key="owner", value=topic)])
    found = control.list_topic(wanted).body.data
    assert ([row.topic_name for row in found.page_data], found.total) == ([topic], 1)


def test_what_is_published_reaches_the_queue_that_subscribes(cloud, control, topic):
    control.create_queue(models.CreateQueueRequest(queue_name=topic))
    try:
        more = {"push_type": "queue", "notify_content_format": "SIMPLIFIED", "message_tag": "news"}
        assert subscribe(control, topic, endpoint(cloud, topic), **more).success
        name = {"topic_name": topic, "subscription_name": "all"}
        seen = control.get_subscription_attributes(models.GetSubscriptionAttributesRequest(**name)).body.data
        assert seen.endpoint == endpoint(cloud, topic)
        assert (seen.filter_tag, seen.notify_strategy) == ("news", "BACKOFF_RETRY")

        mns = clients.mns(cloud, "a")
        for tag in ("olds", "news"):
            mns.get_topic(topic).publish_message(TopicMessage(f"tagged {tag}", tag))
        queue = mns.get_queue(topic)
        queue.set_encoding(False)
        assert queue.receive_message(30).message_body == "tagged news"
        with refused(None, "MessageNotExist"):
            queue.receive_message(0)

        listed = control.list_subscription_by_topic(models.ListSubscriptionByTopicRequest(topic_name=topic)).body.data
        assert [row.subscription_name for row in listed.page_data] == ["all"]
        control.unsubscribe(models.UnsubscribeRequest(**name))
        with refused(404, "SubscriberNotExist"):
            control.get_subscription_attributes(models.GetSubscriptionAttributesRequest(**name))
    finally:
        control.delete_queue(models.DeleteQueueRequest(queue_name=topic))


def test_a_topic_or_subscription_that_cannot_be(cloud, control, topic):
    with refused(409, "TopicAlreadyExist"):
        control.create_topic(models.CreateTopicRequest(topic_name=topic, max_message_size=1024))
    with refused(400, "TopicNameInvalid"):
        control.create_topic(models.CreateTopicRequest(topic_name="-begins-badly"))
    with refused(404, "TopicNotExist"):
        subscribe(control, f"{topic}-none", endpoint(cloud, topic))
    with refused(400, "EndpointInvalid"):
        subscribe(control, topic, "nowhere")
    with refused(400, "MissingParameter"):
        subscribe(control, topic, None)
