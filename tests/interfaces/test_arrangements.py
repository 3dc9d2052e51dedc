"""No request is left out of the tests of the interfaces, and none is invented."""

from __future__ import annotations

from ibkr_actors.base.messages.catalog import REQUESTS
from ibkr_actors.base.messages.connection import StartApiRequest
from tests.interfaces.arrangements import ARRANGEMENTS, CALLS, CANCELS


def test_every_request_of_the_protocol_has_a_call() -> None:
    assert set(CALLS.values()) == set(REQUESTS.values()) - {StartApiRequest}


def test_every_call_is_arranged_itself_or_by_what_it_cancels() -> None:
    assert set(CALLS) == set(ARRANGEMENTS) | set(CANCELS)
    assert not set(ARRANGEMENTS) & set(CANCELS)
