"""The control plane of queues, through its own SDK: dead letters, tags, pages."""

import uuid

import pytest
from alibabacloud_mns_open20220119 import models
from mns.mns_exception import MNSServerException
from mns.queue import Message

import clients
from clients import refused


@pytest.fixture(params=[None, "v2"], ids=["acs3", "rpc-v1"])
def control(cloud, request):
    return clients.mns_open(cloud, "a", signature_algorithm=request.param)


@pytest.fixture
def prefix(control):
    """A beginning of names that no other test uses; what has it is deleted afterwards."""
    prefix = f"open-{uuid.uuid4().hex[:12]}"
    yield prefix
    for queue in listed(control, queue_name=prefix):
        control.delete_queue(models.DeleteQueueRequest(queue_name=queue.queue_name))


def listed(control, **more):
    return control.list_queue(models.ListQueueRequest(**{"page_size": 50, **more})).body.data.page_data


def create(control, name, **attributes):
    return control.create_queue(models.CreateQueueRequest(queue_name=name, **attributes)).body


def attributes_of(control, name):
    return control.get_queue_attributes(models.GetQueueAttributesRequest(queue_name=name)).body.data


def policy(target, count):
    return models.CreateQueueRequestDlqPolicy(enabled=True, dead_letter_target_queue=target, max_receive_count=count)


def test_a_message_received_too_often_ends_among_the_dead_letters(cloud, control, prefix):
    work, dead = f"{prefix}-work", f"{prefix}-dead"
    create(control, dead)
    answer = create(control, work, visibility_timeout=1, dlq_policy=policy(dead, 2))
    assert (answer.success, answer.code, answer.data.success) == (True, 200, True) and answer.request_id
    seen = attributes_of(control, work).dlq_policy
    assert (seen.enabled, seen.dead_letter_target_queue, seen.max_receive_count) == (True, dead, "2")

    messages = clients.mns(cloud, "a")
    sent = messages.get_queue(work).send_message(Message("poison"))
    counts = [messages.get_queue(work).receive_message(30).dequeue_count for _ in range(2)]
    assert counts == [1, 2]
    buried = messages.get_queue(dead).receive_message_with_str_body(30)
    assert (buried.message_body, buried.dequeue_count) == ("poison", 1)
    origin = buried.get_system_properties()["DLQOriginMessageId"]
    assert origin.string_value == sent.message_id
    with refused(None, "MessageNotExist"):
        messages.get_queue(work).receive_message(0)


def test_a_policy_is_changed_and_switched_off_without_touching_the_rest(control, prefix):
    work, dead = f"{prefix}-work", f"{prefix}-dead"
    create(control, dead)
    create(control, work, delay_seconds=3, enable_logging=True)
    assert attributes_of(control, work).dlq_policy.enabled is False

    def set_policy(**values):
        changed = models.SetQueueAttributesRequestDlqPolicy(**values)
        control.set_queue_attributes(models.SetQueueAttributesRequest(queue_name=work, dlq_policy=changed))
        return attributes_of(control, work)

    seen = set_policy(enabled=True, dead_letter_target_queue=dead, max_receive_count=5)
    assert (seen.dlq_policy.max_receive_count, seen.delay_seconds, seen.logging_enabled) == ("5", 3, True)
    seen = set_policy(enabled=False)
    assert (seen.dlq_policy.enabled, seen.delay_seconds) == (False, 3)


def test_both_apis_show_the_same_queue(cloud, control, prefix):
    create(control, prefix, maximum_message_size=2048, message_retention_period=90, polling_wait_seconds=4)
    queue = clients.mns(cloud, "a").get_queue(prefix)
    by_xml = queue.get_attributes()
    assert (by_xml.maximum_message_size, by_xml.message_retention_period, by_xml.polling_wait_seconds) == (2048, 90, 4)
    queue.send_message(Message("x"))
    by_json = attributes_of(control, prefix)
    assert (by_json.active_messages, by_json.queue_type) == (1, "normal")
    assert (by_json.create_time, by_json.last_modify_time) == (by_xml.create_time, by_xml.last_modify_time)
    queue.delete()
    with refused(404, "QueueNotExist"):
        attributes_of(control, prefix)


def test_a_listing_has_pages_and_narrows_by_name_and_tag(control, prefix):
    for number in range(12):
        tag = models.CreateQueueRequestTag(key="parity", value="odd" if number % 2 else "even")
        create(control, f"{prefix}-{number:02}", tag=[tag])

    def page(number):
        request = models.ListQueueRequest(queue_name=prefix, page_num=number, page_size=10)
        return control.list_queue(request).body.data

    first, second = page(1), page(2)
    assert (first.total, first.pages, first.size, second.size) == (12, 2, 10, 2)
    names = [queue.queue_name for queue in first.page_data + second.page_data]
    assert names == [f"{prefix}-{number:02}" for number in range(12)]
    odd = listed(control, queue_name=prefix, tag=[models.ListQueueRequestTag(key="parity", value="odd")])
    assert [queue.queue_name for queue in odd] == names[1::2]
    assert [(tag.tag_key, tag.tag_value) for tag in odd[0].tags] == [("parity", "odd")]


def test_the_queues_of_others_are_not_listed(cloud, control, prefix):
    create(control, prefix)
    assert listed(clients.mns_open(cloud, "b"), queue_name=prefix) == []


@pytest.mark.parametrize(
    "attributes, status, code",
    [
        ({"queue_name": None}, 400, "MissingParameter"),
        ({"queue_name": "-begins-badly"}, 400, "InvalidQueueName"),
        ({"queue_name": "x" * 121}, 400, "QueueNameLengthError"),
        ({"delay_seconds": 604801}, 400, "InvalidArgument"),
        ({"queue_type": "round"}, 400, "InvalidParameter"),
        ({"dlq_policy": models.CreateQueueRequestDlqPolicy(enabled=True)}, 400, "MissingParameter"),
    ],
)
def test_a_queue_that_cannot_be(control, prefix, attributes, status, code):
    with refused(status, code):
        control.create_queue(models.CreateQueueRequest(**{"queue_name": prefix, **attributes}))


def test_a_queue_is_not_its_own_grave_and_graves_must_exist(control, prefix):
    with refused(400, "InvalidArgument"):
        create(control, prefix, dlq_policy=policy(prefix, 2))
    with refused(404, "QueueNotExist"):
        create(control, prefix, dlq_policy=policy(f"{prefix}-none", 2))


def test_the_same_queue_may_be_created_again_and_another_one_not(control, prefix):
    create(control, prefix, delay_seconds=1)
    assert create(control, prefix, delay_seconds=1).success
    with refused(409, "QueueAlreadyExist"):
        create(control, prefix, delay_seconds=2)


def test_a_wrong_secret(cloud):
    account = {**cloud.accounts["a"], "access_key_secret": "wrong"}
    control = clients.MnsOpenClient(clients.config(cloud.host, account))
    with refused(400, "SignatureDoesNotMatch"):
        listed(control)


def test_a_rate_limit_holds_until_it_is_switched_off(cloud, control, prefix):
    limit = models.CreateQueueRequestTenantRateLimitPolicy(enabled=True, max_receives_per_second=1)
    create(control, prefix, tenant_rate_limit_policy=limit)
    assert attributes_of(control, prefix).tenant_rate_limit_policy.max_receives_per_second == 1
    queue = clients.mns(cloud, "a").get_queue(prefix)

    def codes():
        """What many receives in a row are told: far more of them than a second of cloud time admits."""
        seen = set()
        for _ in range(40):
            with pytest.raises(MNSServerException) as told:
                queue.receive_message(0)
            seen.add(told.value.type)
        return seen

    assert codes() == {"MessageNotExist", "QpsLimitExceeded"}
    off = models.SetQueueAttributesRequestTenantRateLimitPolicy(enabled=False)
    control.set_queue_attributes(models.SetQueueAttributesRequest(queue_name=prefix, tenant_rate_limit_policy=off))
    assert codes() == {"MessageNotExist"}


def test_encryption_is_told_as_it_was_set(control, prefix):
    create(control, prefix, enable_sse=True, sse_type="KMS", kms_key_id="key-1")
    seen = attributes_of(control, prefix)
    assert (seen.enable_sse, seen.sse_type, seen.kms_key_id) == (True, "KMS", "key-1")
    assert seen.sse_algorithm == "AES-256-GCM"
    control.set_queue_attributes(models.SetQueueAttributesRequest(queue_name=prefix, enable_sse=False))
    assert attributes_of(control, prefix).enable_sse is False
