"""Queues, messages and topics through the MNS SDK, which knows the XML API alone."""

import datetime
import email.utils
import threading
import time
import uuid

import pytest
import requests
from alibabacloud_sts20150401.models import AssumeRoleRequest
from mns.message_property import MessagePropertyValue, PropertyType
from mns.mns_client import MNSClient
from mns.mns_exception import MNSServerException
from mns.queue import Message, QueueMeta
from mns.subscription import SubscriptionMeta
from mns.topic import TopicMessage, TopicMeta

import clients
from clients import refused

# Long enough, in cloud time, that no test sees it end.
LONG = 3600


@pytest.fixture
def account(cloud):
    return clients.mns(cloud, "a")


def name():
    return f"sdk-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def make(account):
    """Makes queues, and deletes them afterwards."""
    made = []

    def make_queue(**attributes):
        queue = account.get_queue(name())
        queue.create(QueueMeta(**{"vis_timeout": LONG, **attributes}))
        made.append(queue)
        return queue

    yield make_queue
    for queue in made:
        queue.delete()


@pytest.fixture
def queue(make):
    return make()


def none_left(queue):
    with refused(None, "MessageNotExist"):
        queue.receive_message(0)


class TestQueues:
    def test_attributes_are_read_as_they_were_set(self, make):
        times = {"vis_timeout": 45, "msg_ttl": 600, "delay_sec": 3, "polling_wait_sec": 2}
        queue = make(max_msg_size=2048, logging_enabled=True, **times)
        seen = queue.get_attributes()
        assert (seen.visibility_timeout, seen.maximum_message_size, seen.message_retention_period) == (45, 2048, 600)
        assert (seen.delay_seconds, seen.polling_wait_seconds, seen.logging_enabled) == (3, 2, True)
        assert (seen.active_messages, seen.inactive_messages, seen.delay_messages) == (0, 0, 0)
        assert seen.queue_name == queue.queue_name and seen.create_time <= seen.last_modify_time

        queue.set_attributes(QueueMeta(vis_timeout=46, delay_sec=0))
        seen = queue.get_attributes()
        assert (seen.visibility_timeout, seen.delay_seconds, seen.maximum_message_size) == (46, 0, 2048)

    def test_the_same_queue_may_be_created_again_and_another_one_not(self, queue):
        assert queue.create(QueueMeta(vis_timeout=LONG)).endswith(f"/queues/{queue.queue_name}")
        with refused(None, "QueueAlreadyExist"):
            queue.create(QueueMeta(vis_timeout=LONG - 1))

    def test_a_listing_goes_on_where_the_page_before_ended(self, account, make):
        made = sorted(make().queue_name for _ in range(5))
        seen, marker = [], ""
        while True:
            urls, marker = account.list_queue("sdk-", 2, marker)
            seen += [url.rsplit("/", 1)[1] for url in urls]
            if not marker:
                break
        assert seen == sorted(seen) and set(made) <= set(seen)

    def test_a_queue_belongs_to_its_account(self, cloud, queue):
        theirs = clients.mns(cloud, "b").get_queue(queue.queue_name)
        with refused(None, "QueueNotExist"):
            theirs.get_attributes()

    @pytest.mark.parametrize(
        "called, attributes, code",
        [
            ("-begins-badly", {}, "InvalidQueueName"),
            ("x" * 121, {}, "QueueNameLengthError"),
            ("q", {"vis_timeout": 43201}, "InvalidArgument"),
            ("q", {"max_msg_size": 1023}, "InvalidArgument"),
            ("q", {"msg_ttl": 59}, "InvalidArgument"),
            ("q", {"delay_sec": 604801}, "InvalidArgument"),
            ("q", {"polling_wait_sec": 31}, "InvalidArgument"),
        ],
    )
    def test_a_queue_that_cannot_be(self, account, called, attributes, code):
        with refused(None, code):
            account.get_queue(called).create(QueueMeta(**attributes))

    def test_a_queue_that_is_not_there(self, account):
        absent = account.get_queue(name())
        for act in (
            absent.get_attributes,
            absent.receive_message,
            absent.peek_message,
            lambda: absent.send_message(Message("x")),
            lambda: absent.delete_message("1-x"),
            lambda: absent.set_attributes(QueueMeta(delay_sec=1)),
        ):
            with refused(None, "QueueNotExist"):
                act()


class TestMessages:
    def test_a_message_goes_round(self, queue):
        sent = queue.send_message(Message("grüße, 你好", priority=3))
        got = queue.receive_message_with_str_body(0)
        assert (got.message_id, got.message_body, got.priority) == (sent.message_id, "grüße, 你好", 3)
        assert got.message_body_md5.upper() == sent.message_body_md5.upper()
        assert got.dequeue_count == 1 and got.enqueue_time <= got.first_dequeue_time < got.next_visible_time
        queue.delete_message(got.receipt_handle)
        with refused(None, "MessageNotExist"):
            queue.delete_message(got.receipt_handle)
        none_left(queue)

    def test_a_body_that_is_not_encoded_is_left_alone(self, queue):
        queue.set_encoding(False)
        queue.send_message(Message("<plain & simple>"))
        assert queue.peek_message().message_body == "<plain & simple>"

    def test_properties_travel_with_the_message(self, queue):
        message = Message("x")
        message.add_user_property("colour", MessagePropertyValue(PropertyType.STRING, "red"))
        message.add_user_property("size", MessagePropertyValue(PropertyType.NUMBER, 7))
        queue.send_message(message)
        seen = queue.receive_message(0).get_user_properties()
        assert (seen["colour"].string_value, seen["size"].string_value) == ("red", "7")

    def test_urgent_messages_come_first(self, queue):
        for body, priority in (("later", 16), ("first", 1), ("usual", 8)):
            queue.send_message(Message(body, priority=priority))
        assert [queue.receive_message_with_str_body(0).message_body for _ in range(3)] == ["first", "usual", "later"]

    def test_peeking_takes_nothing(self, queue):
        queue.send_message(Message("x"))
        assert [queue.peek_message_with_str_body().message_body for _ in range(2)] == ["x", "x"]
        queue.send_message(Message("y"))
        assert {m.message_body for m in queue.batch_peek_message_with_str_body(16)} == {"x", "y"}
        assert queue.get_attributes().active_messages == 2
        assert queue.receive_message(0).dequeue_count == 1

    def test_a_message_that_is_not_deleted_comes_back(self, queue):
        queue.send_message(Message("x"))
        first = queue.receive_message(0)
        none_left(queue)
        assert queue.get_attributes().inactive_messages == 1
        changed = queue.change_message_visibility(first.receipt_handle, 1)
        assert changed.receipt_handle != first.receipt_handle
        assert int(changed.next_visible_time) < first.next_visible_time
        again = queue.receive_message(30)
        assert (again.message_id, again.dequeue_count) == (first.message_id, 2)
        for old in (first, changed):
            with refused(None, "MessageNotExist"):
                queue.delete_message(old.receipt_handle)
        queue.delete_message(again.receipt_handle)

    def test_visibility_can_be_prolonged_with_each_new_handle(self, queue):
        queue.send_message(Message("x"))
        handle = queue.receive_message(0).receipt_handle
        for _ in range(3):
            handle = queue.change_message_visibility(handle, LONG).receipt_handle
        queue.delete_message(handle)
        none_left(queue)

    def test_a_delayed_message_is_not_there_yet(self, queue):
        sent = queue.send_message(Message("x", delay_seconds=LONG))
        none_left(queue)
        assert queue.get_attributes().delay_messages == 1
        # Its sender may take it back.
        queue.delete_message(sent.receipt_handle)
        assert queue.get_attributes().delay_messages == 0

    @pytest.mark.parametrize(
        "size, delay, priority, code",
        [
            (70_000, None, None, "InvalidArgument"),
            (1, 604801, None, "InvalidArgument"),
            (1, None, 17, "InvalidArgument"),
        ],
    )
    def test_a_message_that_cannot_be(self, queue, size, delay, priority, code):
        with refused(None, code):
            queue.send_message(Message("x" * size, delay, priority))

    def test_handles_and_timeouts_that_cannot_be(self, queue):
        queue.send_message(Message("x"))
        handle = queue.receive_message(0).receipt_handle
        with refused(None, "ReceiptHandleError"):
            queue.delete_message("nohandle")
        with refused(None, "InvalidArgument"):
            queue.change_message_visibility(handle, 0)


class TestLongPolling:
    def test_a_waiting_receiver_gets_what_comes_meanwhile(self, cloud, queue):
        # 30 s of cloud time: far more than a sender needs, and far less than the test may take.
        sender = clients.mns(cloud, "a").get_queue(queue.queue_name)
        timer = threading.Timer(0.3, lambda: sender.send_message(Message("at last")))
        started = time.monotonic()
        timer.start()
        got = queue.receive_message_with_str_body(30)
        timer.join()
        assert got.message_body == "at last"
        assert 0.25 < time.monotonic() - started < 1.4, "it came at once, not at the end of the wait"

    def test_a_receiver_that_waits_in_vain_is_told_so_at_the_end(self, queue):
        started = time.monotonic()
        with refused(None, "MessageNotExist"):
            queue.receive_message(10)
        assert time.monotonic() - started >= 0.5, "10 s of cloud time"

    def test_a_queue_may_wait_by_itself(self, make):
        queue = make(polling_wait_sec=10)
        started = time.monotonic()
        with refused(None, "MessageNotExist"):
            queue.receive_message()
        assert time.monotonic() - started >= 0.5

    def test_a_wait_of_more_than_30_seconds_is_refused(self, queue):
        with refused(None, "InvalidArgument"):
            queue.receive_message(31)


class TestBatches:
    def test_a_batch_goes_round(self, queue):
        sent = queue.batch_send_message([Message(f"m{number}") for number in range(16)])
        assert len({message.message_id for message in sent}) == 16
        got = []
        while len(got) < 16:
            got += queue.batch_receive_message_with_str_body(16, 5)
        assert {message.message_body for message in got} == {f"m{number}" for number in range(16)}
        queue.batch_delete_message([message.receipt_handle for message in got])
        none_left(queue)

    def test_one_bad_handle_does_not_keep_the_others(self, queue):
        queue.batch_send_message([Message("x"), Message("y")])
        handles = [message.receipt_handle for message in queue.batch_receive_message(16)]
        queue.delete_message(handles[0])
        with pytest.raises(MNSServerException) as failed:
            queue.batch_delete_message(handles)
        assert [error["ReceiptHandle"] for error in failed.value.sub_errors] == handles[:1]
        assert [error["ErrorCode"] for error in failed.value.sub_errors] == ["MessageNotExist"]
        assert queue.get_attributes().inactive_messages == 0, "the other one is gone"

    def test_a_batch_of_nothing_or_too_many(self, queue):
        with refused(None, "MessageNotExist"):
            queue.batch_receive_message(16, 0)
        with refused(None, "InvalidArgument"):
            queue.batch_send_message([Message("x")] * 17)
        with refused(None, "InvalidArgument"):
            queue.batch_receive_message(17, 0)


class TestTopics:
    def test_what_is_published_reaches_the_queue_that_subscribed(self, cloud, account, queue):
        owner = cloud.accounts["a"]["account_id"]
        topic = account.get_topic(name())
        topic.create(TopicMeta(4096))
        assert topic.get_attributes().maximum_message_size == 4096
        endpoint = f"acs:mns:{clients.HOME}:{owner}:queues/{queue.queue_name}"
        subscription = topic.get_subscription("all")
        subscription.subscribe(SubscriptionMeta(endpoint, notify_content_format="SIMPLIFIED"))
        seen = subscription.get_attributes()
        assert (seen.endpoint, seen.notify_content_format, seen.topic_owner) == (endpoint, "SIMPLIFIED", owner)
        assert [url.rsplit("/", 1)[1] for url in topic.list_subscription()[0]] == ["all"]

        topic.publish_message(TopicMessage("news"))
        queue.set_encoding(False)
        assert queue.receive_message(30).message_body == "news"

        subscription.unsubscribe()
        topic.delete()
        with refused(None, "TopicNotExist"):
            topic.get_attributes()


class TestWhoMayCall:
    def test_a_wrong_secret_and_an_unknown_key(self, cloud):
        with refused(None, "SignatureDoesNotMatch"):
            clients.mns(cloud, "a", secret="wrong").list_queue()
        with refused(None, "InvalidAccessKeyId"):
            clients.MnsAccount(cloud.gateway, "nobody", "none", "").list_queue()

    def test_a_session_is_known_by_its_token_and_does_what_its_role_may(self, cloud, queue):
        role = f"acs:ram::{cloud.accounts['a']['account_id']}:role/causeway"
        request = AssumeRoleRequest(role_arn=role, role_session_name="mns")
        session = clients.sts(cloud, "operator").assume_role(request).body.credentials
        key = (session.access_key_id, session.access_key_secret)
        for token, why in (
            (session.security_token, "mns:GetQueueAttributes"),
            ("", "security token"),
            ("nonsense", "security token"),
        ):
            with pytest.raises(MNSServerException, match=why) as failed:
                clients.MnsAccount(cloud.gateway, *key, token).get_queue(queue.queue_name).get_attributes()
            assert failed.value.type == "AccessDenied"

    def test_a_date_counts_for_a_quarter_of_an_hour_either_way(self, cloud):
        """The SDK dates its requests itself, so these are signed with its signer and sent without it."""
        account = cloud.accounts["a"]
        client = MNSClient(cloud.gateway, account["access_key_id"], account["access_key_secret"])

        def ask(minutes):
            date = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(minutes=minutes)
            headers = {"x-mns-version": "2015-06-06", "date": email.utils.format_datetime(date, usegmt=True)}
            credentials = client.credentials_provider.get_credentials()
            headers["Authorization"] = client.get_signature("GET", headers, "/queues", credentials)
            response = requests.get(f"{cloud.gateway}/queues", headers=headers)
            return response.status_code, "TimeExpired" in response.text

        assert [ask(minutes) for minutes in (-14, 14)] == [(200, False)] * 2
        assert [ask(minutes) for minutes in (-16, 16)] == [(408, True)] * 2
