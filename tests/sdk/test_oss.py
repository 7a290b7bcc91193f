"""Buckets and objects through `oss2`, by both versions of its signature."""

import uuid

import oss2
import pytest
import requests
from alibabacloud_sts20150401.models import AssumeRoleRequest

import clients
from clients import refused

AUTH = {"v1": oss2.Auth, "v4": oss2.AuthV4}
REGION = "cn-hangzhou"


def of_account(cloud, version):
    account = cloud.accounts["a"]
    return AUTH[version](account["access_key_id"], account["access_key_secret"])


def set_v1(cloud, is_open):
    requests.put(f"{cloud.gateway}/_local/oss", json={"signature_v1": is_open}).raise_for_status()


@pytest.fixture(params=list(AUTH))
def auth(cloud, request):
    """Either version of the signature; the old one is closed unless somebody opens it."""
    set_v1(cloud, request.param == "v1")
    yield of_account(cloud, request.param)
    set_v1(cloud, False)


def test_buckets_of_today_take_version_4_for_their_region_and_nothing_else(cloud):
    old = open_bucket(cloud, of_account(cloud, "v1"), "sdk-of-today")
    with refused(403, "AccessDenied"):
        old.create_bucket()
    elsewhere = oss2.Bucket(of_account(cloud, "v4"), cloud.gateway, "sdk-of-today", is_path_style=True, region="cn-beijing")
    with refused(400, "InvalidArgument"):
        elsewhere.create_bucket()


def open_bucket(cloud, auth, name):
    return oss2.Bucket(auth, cloud.gateway, name, is_path_style=True, region=REGION)


@pytest.fixture
def bucket(cloud, auth):
    bucket = open_bucket(cloud, auth, f"sdk-{uuid.uuid4().hex[:12]}")
    bucket.create_bucket()
    yield bucket
    for thing in oss2.ObjectIterator(bucket):
        bucket.delete_object(thing.key)
    bucket.delete_bucket()


FORBID = {"x-oss-forbid-overwrite": "true"}


def test_an_object_comes_back_as_it_was_put(bucket):
    put = bucket.put_object("state/näme with space+plus", b"content", headers={"x-oss-meta-colour": "red"})
    got = bucket.get_object("state/näme with space+plus")
    # The library compares the checksums of what it sent, what was kept and what came back.
    assert got.read() == b"content" and got.server_crc == put.crc
    assert (got.etag, got.content_length) == (put.etag, 7)
    seen = bucket.head_object("state/näme with space+plus")
    assert seen.headers["x-oss-meta-colour"] == "red"
    assert bucket.object_exists("state/näme with space+plus") and not bucket.object_exists("state/other")


def test_of_two_writers_that_forbid_overwriting_the_second_is_refused(bucket):
    bucket.put_object("key", b"first", headers=FORBID)
    with refused(409, "FileAlreadyExists"):
        bucket.put_object("key", b"second", headers=FORBID)
    assert bucket.get_object("key").read() == b"first"
    bucket.put_object("key", b"third")
    assert bucket.get_object("key").read() == b"third"
    with refused(409, "FileAlreadyExists"):
        bucket.copy_object(bucket.bucket_name, "key", "key", headers=FORBID)


def test_a_write_with_another_condition_is_not_implemented(bucket):
    for condition in ({"If-None-Match": "*"}, {"If-Match": '"x"'}):
        with refused(400, "NotImplemented"):
            bucket.put_object("key", b"x", headers=condition)


def test_a_bucket_with_versions_does_not_hold_the_ban(bucket):
    assert bucket.get_bucket_versioning().status is None
    versioned = oss2.models.BucketVersioningConfig(oss2.BUCKET_VERSIONING_SUSPEND)
    bucket.put_bucket_versioning(versioned)
    assert bucket.get_bucket_versioning().status == "Suspended"
    for body in (b"first", b"second"):
        bucket.put_object("key", body, headers=FORBID)
    assert bucket.get_object("key").read() == b"second"


def test_a_retention_policy_is_made_given_up_locked_and_extended(cloud, auth):
    kept = open_bucket(cloud, auth, f"sdk-{uuid.uuid4().hex[:12]}")
    kept.create_bucket()
    with refused(404, "NoSuchWORMConfiguration"):
        kept.get_bucket_worm()
    first = kept.init_bucket_worm(1).worm_id
    with refused(400, "InvalidWORMConfiguration"):
        kept.extend_bucket_worm(first, 2)
    kept.abort_bucket_worm()
    worm = kept.init_bucket_worm(1).worm_id
    found = kept.get_bucket_worm()
    assert (found.worm_id, found.state, found.retention_period_days) == (worm, "InProgress", 1) and found.creation_date
    with refused(404, "NoSuchWORMConfiguration"):
        kept.complete_bucket_worm(first)
    kept.complete_bucket_worm(worm)
    with refused(403, "WORMConfigurationLocked"):
        kept.abort_bucket_worm()
    kept.extend_bucket_worm(worm, 2)
    found = kept.get_bucket_worm()
    assert (found.state, found.retention_period_days) == ("Locked", 2)

    kept.put_object("key", b"first")
    with refused(409, "FileImmutable"):
        kept.put_object("key", b"second")
    with refused(409, "FileImmutable"):
        kept.delete_object("key")
    with refused(409, "BucketNotEmpty"):
        kept.delete_bucket()
    assert kept.get_object("key").read() == b"first"


def test_appending_is_a_comparison_of_lengths(bucket):
    first = bucket.append_object("log", 0, b"one,")
    assert bucket.append_object("log", first.next_position, b"two").next_position == 7
    with refused(409, "PositionNotEqualToLength"):
        bucket.append_object("log", 4, b"late")
    assert bucket.get_object("log").read() == b"one,two"


def test_listings_go_on_where_the_page_ended_and_group_by_delimiter(bucket):
    keys = sorted(f"{folder}/{number}" for folder in ("a b", "c+d", "é") for number in range(3))
    for key in keys:
        bucket.put_object(key, b"x")
    in_bytes = sorted(keys, key=str.encode)
    assert [thing.key for thing in oss2.ObjectIterator(bucket, max_keys=2)] == in_bytes
    assert [thing.key for thing in oss2.ObjectIteratorV2(bucket, max_keys=2)] == in_bytes
    folders = bucket.list_objects_v2(delimiter="/")
    assert (folders.prefix_list, folders.object_list) == (["a b/", "c+d/", "é/"], [])
    assert [thing.key for thing in bucket.list_objects_v2(prefix="c+d/", start_after="c+d/1").object_list] == ["c+d/2"]


def test_a_read_can_ask_for_a_range_and_make_a_condition(bucket):
    etag = bucket.put_object("key", b"0123456789").etag
    assert bucket.get_object("key", byte_range=(2, 4)).read() == b"234"
    with refused(412, "PreconditionFailed"):
        bucket.get_object("key", headers={"If-Match": '"other"'})
    assert bucket.get_object("key", headers={"If-Match": f'"{etag}"'}).read() == b"0123456789"


def test_an_upload_in_parts_becomes_one_object(bucket):
    parts = [b"a" * 102_400, b"b" * 7]
    upload = bucket.init_multipart_upload("big").upload_id
    done = [
        oss2.models.PartInfo(number, bucket.upload_part("big", upload, number, part).etag)
        for number, part in enumerate(parts, 1)
    ]
    bucket.complete_multipart_upload("big", upload, done)
    assert bucket.get_object("big").read() == b"".join(parts)
    with refused(404, "NoSuchUpload"):
        bucket.complete_multipart_upload("big", upload, done)


def test_many_objects_are_deleted_at_once(bucket):
    for key in ("a", "b & c", "d"):
        bucket.put_object(key, b"x")
    assert set(bucket.batch_delete_objects(["a", "b & c", "none"]).deleted_keys) >= {"a", "b & c"}
    assert [thing.key for thing in oss2.ObjectIterator(bucket)] == ["d"]


def test_what_is_not_there(cloud, auth, bucket):
    with refused(404, "NoSuchKey"):
        bucket.get_object("none")
    absent = open_bucket(cloud, auth, "sdk-none")
    with refused(404, "NoSuchBucket"):
        absent.list_objects_v2()
    with refused(404, "NoSuchBucket"):
        absent.put_object("key", b"x")


def test_buckets_are_listed_and_go_only_when_empty(cloud, auth, bucket):
    service = oss2.Service(auth, cloud.gateway, region=REGION)
    assert bucket.bucket_name in [found.name for found in service.list_buckets(prefix="sdk-").buckets]
    bucket.put_object("key", b"x")
    with refused(409, "BucketNotEmpty"):
        bucket.delete_bucket()


def test_others_are_kept_out(cloud, auth, bucket):
    account = cloud.accounts["b"]
    theirs = open_bucket(cloud, type(auth)(account["access_key_id"], account["access_key_secret"]), bucket.bucket_name)
    with refused(403, "AccessDenied"):
        theirs.list_objects_v2()
    with refused(409, "BucketAlreadyExists"):
        theirs.create_bucket()


@pytest.mark.parametrize("version", list(AUTH))
def test_a_wrong_secret_and_an_unknown_key(cloud, version):
    key = cloud.accounts["a"]["access_key_id"]
    with refused(403, "SignatureDoesNotMatch"):
        open_bucket(cloud, AUTH[version](key, "wrong"), "sdk-any").list_objects_v2()
    with refused(403, "InvalidAccessKeyId"):
        open_bucket(cloud, AUTH[version]("nobody", "wrong"), "sdk-any").list_objects_v2()


@pytest.mark.parametrize("version", [oss2.AUTH_VERSION_1, oss2.AUTH_VERSION_4])
def test_a_session_is_known_by_its_token_and_does_what_its_role_may(cloud, version):
    role = f"acs:ram::{cloud.accounts['a']['account_id']}:role/causeway"
    request = AssumeRoleRequest(role_arn=role, role_session_name="oss")
    session = clients.sts(cloud, "operator").assume_role(request).body.credentials

    def ask(token):
        auth = oss2.StsAuth(session.access_key_id, session.access_key_secret, token, auth_version=version)
        open_bucket(cloud, auth, "sdk-any").list_objects_v2()

    with refused(403, "AccessDenied"):  # The role is for networks.
        ask(session.security_token)
    with refused(403, "InvalidSecurityToken"):
        ask("nonsense")
