"""Cloud Data Transfer: what traffic between regions is billed by, and who has opened it."""

import pytest

import clients
from clients import refused


@pytest.fixture(params=clients.SIGNATURES)
def signature(request):
    return request.param


def opened(sdk):
    """Whether the account has opened CDT within the border of mainland China, and across it."""
    return sdk.get_cdt_service_status().body.enabled, sdk.get_cdt_cb_service_status().body.enabled


def test_each_part_is_opened_by_itself(cloud, knobs, signature):
    a, b = (clients.cdt(cloud, alias, signature) for alias in "ab")
    assert opened(a) == (True, True)
    knobs.cdt(cloud.accounts["a"]["account_id"], "closed")
    assert opened(a) == (False, False)
    assert opened(b) == (True, True)
    order = a.open_cdt_service().body
    assert order.order_id and order.request_id
    assert opened(a) == (True, False)
    assert a.open_cdt_cb_service().body.order_id
    assert opened(a) == (True, True)


def test_what_is_open_is_not_opened_again(cloud, signature):
    a = clients.cdt(cloud, "a", signature)
    for opens in (a.open_cdt_service, a.open_cdt_cb_service):
        with refused(400, "ORDER.OPEND"):
            opens()
