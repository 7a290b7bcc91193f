"""One local cloud for all tests, started as anybody would start it, and the accounts that it tells of."""

import json
import os
import pathlib
import selectors
import subprocess
from dataclasses import dataclass

# Before any SDK reads it: a proxy has no business on the loopback interface.
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1"

import pytest

import clients
import network

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAM = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "debug" / "causeway"
# Cloud time runs faster, so that states pass quickly; dates of signatures are wall time all the same.
SPEED = 20


@dataclass(frozen=True)
class Cloud:
    """What `causeway up --json` printed."""

    gateway: str
    webhook: dict
    accounts: dict

    @property
    def host(self):
        return self.gateway.removeprefix("http://")


@pytest.fixture(scope="session")
def cloud():
    if not PROGRAM.is_file():
        pytest.exit(f"{PROGRAM} is not built: run `cargo build --workspace --bins` first", returncode=2)
    # Several tests assume a role that may do all that the functions do.
    command = [PROGRAM, "up", "--json", "--speed", str(SPEED), "--parameter", "SingleRole=causeway"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        with selectors.DefaultSelector() as ready:
            ready.register(process.stdout, selectors.EVENT_READ)
            if not ready.select(timeout=30):
                pytest.exit("`causeway up` did not become ready within 30 s", returncode=2)
        line = process.stdout.readline()
        if not line:
            pytest.exit(f"`causeway up` ended with {process.wait()} before it was ready", returncode=2)
        told = json.loads(line)
        accounts = {account["alias"]: account for account in told["accounts"]}
        yield Cloud(told["gateway"], told["webhook"], accounts)
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@pytest.fixture(scope="session")
def vpc_sdk(cloud):
    """Opens a VPC SDK of one style for one account; each is opened once."""
    opened = {}

    def open_sdk(style, alias):
        key = (style, alias)
        if key not in opened:
            opened[key] = clients.VPC_STYLES[style](cloud.host, cloud.accounts[alias])
        return opened[key]

    return open_sdk


@pytest.fixture(scope="session", params=list(clients.VPC_STYLES))
def style(request):
    """Every way of signing that the official SDKs of the VPC product know."""
    return request.param


@pytest.fixture(scope="session")
def sides(vpc_sdk, style):
    """A new VPC of account a in cn-qingdao, and one of account b in cn-beijing, made and removed through the SDK."""
    a = network.Side.make(vpc_sdk(style, "a"), "cn-qingdao", "10.1.0.0/16")
    b = network.Side.make(vpc_sdk(style, "b"), "cn-beijing", "10.2.0.0/16")
    yield a, b
    a.remove()
    b.remove()


@pytest.fixture
def clean(sides):
    yield
    network.clear(*sides)


@pytest.fixture
def a(sides, clean):
    return sides[0]


@pytest.fixture
def b(sides, clean):
    return sides[1]


@pytest.fixture
def knobs(cloud):
    """What the local cloud lets be turned beside the real API; put back afterwards."""
    turned = clients.Knobs(cloud.gateway)
    yield turned
    turned.back()
