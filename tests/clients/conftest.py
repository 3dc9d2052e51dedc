"""Gateways in processes of their own, and clients that connect to them, each with a number of its own."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from tests.clients.asyncio_application import EverydayAsyncio
from tests.clients.everyday_client import EverydayClient
from tests.clients.gateway_process import GatewayProcess
from tests.clients.vendor_application import OPENED, EverydayVendor

CLIENT_NUMBERS = itertools.count(1)

LOG = pytest.StashKey[list[GatewayProcess]]()


class Kind(NamedTuple):
    """A client, the gateway that it talks to, and the version that they settle on."""

    client: Callable[[str, int, int], EverydayClient]
    gateway: str
    """The name of the gateway's fixture."""
    version: int


KINDS = {
    "ibapi-protobuf": Kind(EverydayVendor, "gateway", 226),
    "ibapi-text": Kind(EverydayVendor, "text_gateway", 200),
    "ib_async-text": Kind(EverydayAsyncio, "gateway", 178),
}


@pytest.fixture(scope="session")
def gateway(request: pytest.FixtureRequest) -> Iterator[GatewayProcess]:
    """A gateway of the newest version."""
    yield from _running(request, "--seed", "1")


@pytest.fixture(scope="session")
def text_gateway(request: pytest.FixtureRequest) -> Iterator[GatewayProcess]:
    """A gateway of the last version that speaks text only."""
    yield from _running(request, "--seed", "1", "--server-version", "200")


def _running(request: pytest.FixtureRequest, *options: str) -> Iterator[GatewayProcess]:
    with GatewayProcess(*options) as process:
        request.config.stash.setdefault(LOG, []).append(process)
        yield process


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Iterator[None]:
    """Show what the gateways logged beside the failure of a test."""
    report = yield
    if report.failed:
        for process in item.config.stash.get(LOG, []):
            report.sections.append((f"gateway at port {process.port}", process.last_lines()))
    return report


@pytest.fixture(scope="module", autouse=True)
def _no_thread_is_left_behind() -> Iterator[None]:
    """The vendor's threads end a moment after they were told to; waiting for them once a module saves the moments."""
    yield
    while OPENED:
        OPENED.pop().join()


@pytest.fixture
def event_loop_of_this_test() -> Iterator[asyncio.AbstractEventLoop]:
    """The loop that `ib_async` finds and runs."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield loop
    asyncio.set_event_loop(None)
    loop.close()


@pytest.fixture(params=KINDS.values(), ids=KINDS.keys())
def kind(request: pytest.FixtureRequest) -> Kind:
    """Every kind of client in turn."""
    return request.param


@pytest.fixture
def connect(
    kind: Kind,
    request: pytest.FixtureRequest,
    event_loop_of_this_test: asyncio.AbstractEventLoop,
) -> Iterator[Callable[..., EverydayClient]]:
    """Connect another client of the kind, with a number that nobody has used unless one is given."""
    process: GatewayProcess = request.getfixturevalue(kind.gateway)
    clients: list[EverydayClient] = []

    def connected(number: int | None = None) -> EverydayClient:
        number = next(CLIENT_NUMBERS) if number is None else number
        clients.append(kind.client(process.host, process.port, number))
        return clients[-1]

    yield connected
    for client in clients:
        if client.is_connected:
            client.close()


@pytest.fixture
def client(connect: Callable[..., EverydayClient]) -> EverydayClient:
    """A connected client."""
    return connect()


@pytest.fixture
def onlooker(connect: Callable[..., EverydayClient]) -> EverydayClient:
    """Another client of the same kind: what it sees came over the wire, not out of the first one's memory."""
    return connect()
