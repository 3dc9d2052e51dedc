"""Gateways in processes of their own, and the clients that connect to them."""

from __future__ import annotations

import itertools
import time
from collections.abc import Generator, Iterator
from typing import NamedTuple

import pytest

from ibkr_actors.simulated_gateway.market.quotes import Quote
from tests.clients.client_program import Day, run
from tests.clients.environments import environments
from tests.clients.gateway_process import GatewayProcess
from tests.clients.judging import TESLA, ticks_since
from tests.clients.replica import Replica
from tests.clients.sightings import Transcript
from tests.clients.vendor_application import OPENED

# Their asserts are to show values as those of tests do.
for _name in ("claims_about_orders", "claims_about_questions"):
    pytest.register_assert_rewrite(f"tests.clients.{_name}")

CLIENT_NUMBERS = itertools.count(1)

LOG = pytest.StashKey[list[GatewayProcess]]()


class Kind(NamedTuple):
    """A client of somebody else, its program, and the version that it settles on with a gateway."""

    environment: str
    """In environments.toml."""
    program: str
    version: int
    gateway: str = "gateway"
    """The name of the gateway's fixture."""


KINDS = {
    "ibapi-157": Kind("ibapi", "use_ibapi.py", 157),
    "ib_insync-176": Kind("ib_insync", "use_ib_insync.py", 176),
    "ib_async-178": Kind("ib_async", "use_ib_async.py", 178),
    "stoqey-193": Kind("stoqey", "use_stoqey.mjs", 193),
    "nautilus-ibapi-225": Kind("nautilus-ibapi", "use_nautilus_ibapi.py", 225),
    "ibapi-latest-200": Kind("ibapi-latest", "use_ibapi_latest.py", 200, "text_gateway"),
    "ibapi-latest-226": Kind("ibapi-latest", "use_ibapi_latest.py", 226),
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
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
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


@pytest.fixture(scope="module", params=KINDS.values(), ids=list(KINDS))
def kind(request: pytest.FixtureRequest) -> Kind:
    """Every client in turn."""
    chosen: Kind = request.param
    return chosen


@pytest.fixture(scope="module")
def process(kind: Kind, request: pytest.FixtureRequest) -> GatewayProcess:
    """The gateway that it talks to."""
    gateway: GatewayProcess = request.getfixturevalue(kind.gateway)
    return gateway


@pytest.fixture(scope="module")
def day(kind: Kind, process: GatewayProcess) -> Day:
    """The day of a client, lived through once for all claims."""
    environment = environments()[kind.environment]
    if reason := environment.missing():
        if failure := environment.failure():  # somebody wanted it, so that its absence is no choice
            pytest.fail(failure)
        pytest.skip(reason)
    number = 1000 + 10 * list(KINDS.values()).index(kind)
    since = ticks_since(time.time())
    return run(environment, kind.program, process.host, str(process.port), str(number), since)


@pytest.fixture
def seen(day: Day) -> Transcript:
    """What the client saw."""
    return day.transcript


@pytest.fixture
def replica(process: GatewayProcess) -> Replica:
    """The market of the gateway, made again."""
    return Replica(1, process.started)


@pytest.fixture
def quotes(day: Day, replica: Replica) -> list[Quote]:
    """What the market showed of the stock on the day."""
    return replica.quotes(TESLA, day.began, day.ended)


@pytest.fixture
def since(day: Day) -> str:
    """When the ticks of the past were to begin."""
    return ticks_since(day.began)
