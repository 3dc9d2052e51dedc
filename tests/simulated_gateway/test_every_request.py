"""Every request of the protocol is served, at every version that knows it."""

from __future__ import annotations

import pytest

from ibkr_actors.base.messages.catalog import REQUESTS
from ibkr_actors.base.messages.connection import CurrentTime, CurrentTimeRequest, StartApiRequest
from ibkr_actors.base.messages.declaration import Request
from tests.simulated_gateway.helpers import Desk, Wire


def test_every_declared_request_has_a_handler() -> None:
    """A request that is declared from now on fails here until the gateway serves it."""
    served = Desk().gateway.served

    assert {request.__name__ for request in REQUESTS.values()} == {request.__name__ for request in served}


@pytest.mark.parametrize("version", [157, 178, 200, 206, 213, 226])
def test_no_request_breaks_the_gateway_however_little_it_says(version: int) -> None:
    """With all fields left out it may be refused; and the next request is served as ever."""
    wire = Wire(Desk(), version)

    for request in requests_at(version):
        wire.ask(request())

        assert CurrentTime in map(type, wire.ask(CurrentTimeRequest())), request.__name__


def requests_at(version: int) -> list[type[Request]]:
    """What a client of a version can send once it has started."""
    return [
        request
        for request in REQUESTS.values()
        if request.facts.since <= version and request is not StartApiRequest
    ]
