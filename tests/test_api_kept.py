"""What the blocking interface keeps current: nothing in it may be gone already."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from ibkr_actors.api import IBKR_API
from ibkr_actors.base.messages.accounts import (
    AccountDataRequest,
    AccountDownloadEnd,
    AccountValue,
    Position,
    PositionEnd,
    PositionsRequest,
)
from ibkr_actors.base.messages.connection import CurrentTime, CurrentTimeRequest, Notice
from ibkr_actors.blocking import client as blocking_client
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.errors import ConnectionLost, InvalidRequest
from tests.actors.conftest import _no_thread_left, leaves_threads  # noqa: F401
from tests.actors.scripted_bridge import ScriptedBridge

PATIENCE = 10.0

IBM = Position("DU1", Stock("IBM", contract_id=8314), Decimal(100), 1.0)
AAPL = Position("DU1", Stock("AAPL", contract_id=265598), Decimal(50), 2.0)
REPLACED = Notice(-1, 0, 2100, "API client has been unsubscribed from account data.")


@pytest.fixture
def bridge():
    with ScriptedBridge(accounts="DU1,DU2") as bridge:
        bridge.answers[CurrentTimeRequest] = lambda _asked: [CurrentTime(1795408311)]
        bridge.answers[AccountDataRequest] = values_of_the_account
        yield bridge


@pytest.fixture
def ibkr(bridge):
    with IBKR_API(port=bridge.port, timeout=PATIENCE) as ibkr:
        yield ibkr


def values_of_the_account(asked: Any) -> list[Any]:
    if not asked.subscribe:
        return []
    return [AccountValue("NetLiquidation", "1", "USD", asked.account), AccountDownloadEnd(asked.account)]


def holds(bridge: ScriptedBridge, *positions: Position) -> None:
    bridge.answers[PositionsRequest] = lambda _asked: [*positions, PositionEnd()]


def symbols(ibkr: IBKR_API) -> list[str]:
    return [each.contract.symbol for each in ibkr.positions]


def accounts_told(ibkr: IBKR_API) -> list[str]:
    return [each.account for each in ibkr.account_values]


class TestPositions:
    def test_that_a_stream_brought_are_not_current_when_it_has_ended(self, ibkr, bridge):
        holds(bridge, IBM, AAPL)
        with ibkr.streams.request_positions() as stream:
            assert [stream.next(PATIENCE) for _ in range(3)][-1] == PositionEnd()
        holds(bridge, AAPL)

        assert [each.contract.symbol for each in ibkr.request_positions()] == ["AAPL"]

        assert symbols(ibkr) == ["AAPL"]

    def test_that_are_asked_for_while_a_stream_goes_on_stay_whole(self, ibkr, bridge):
        holds(bridge, IBM)
        assert symbols(ibkr) == ["IBM"]
        bridge.answers[PositionsRequest] = lambda _asked: []

        with ibkr.streams.request_positions():
            assert symbols(ibkr) == ["IBM"]

    def test_are_not_taken_away_from_whoever_waits_for_them(self, ibkr, bridge):
        """The second request is sent behind the first row of the first one's round."""
        bridge.answers[PositionsRequest] = lambda _asked: [IBM]
        first = ibkr.streams.request_positions()
        assert first.next(PATIENCE) == IBM
        bridge.answers[PositionsRequest] = lambda _asked: [AAPL, PositionEnd()]

        ibkr.request_positions()

        assert symbols(ibkr) == ["IBM", "AAPL"]

    def test_are_forgotten_when_the_connection_is_lost_right_behind_them(self, ibkr, bridge, monkeypatch):
        """The thread that asked goes on only when the connection is lost."""
        holds(bridge, IBM)
        wait = blocking_client.Waiting.wait

        def wait_for_the_end_of_the_connection(waiting: Any, *arguments: Any) -> None:
            wait(waiting, *arguments)
            bridge.hang_up()
            changed = ibkr._client._changed
            with changed:
                assert changed.wait_for(lambda: not ibkr.is_connected, PATIENCE)

        with monkeypatch.context() as patches:
            patches.setattr(blocking_client.Waiting, "wait", wait_for_the_end_of_the_connection)
            ibkr.request_positions()
        holds(bridge, AAPL)
        ibkr.connect()

        assert symbols(ibkr) == ["AAPL"]

    def test_are_not_said_to_be_none_when_the_connection_is_lost_right_behind_them(
        self, ibkr, bridge, monkeypatch
    ):
        holds(bridge, IBM)
        request_positions = ibkr.request_positions

        def ask_and_lose() -> Any:
            request_positions()
            ibkr.disconnect()

        monkeypatch.setattr(ibkr, "request_positions", ask_and_lose)

        with pytest.raises(ConnectionLost):
            symbols(ibkr)


class TestAccountValues:
    def test_are_those_of_one_account(self, ibkr, bridge):
        ibkr.request_account_updates(True, "DU1")
        with ibkr.streams.request_account_updates(True, "DU2") as stream:
            assert stream.next(PATIENCE).account == "DU2"

            with pytest.raises(InvalidRequest, match="call request_account_updates"):
                accounts_told(ibkr)

            ibkr.request_account_updates(True, "DU2")
            assert accounts_told(ibkr) == ["DU2"]

    def test_of_the_former_account_that_were_on_their_way_are_not_kept(self, ibkr, bridge):
        ibkr.request_account_updates(True, "DU1")
        bridge.answers[AccountDataRequest] = lambda asked: [
            *values_of_the_account(AccountDataRequest(True, "DU1"))[:1],
            *values_of_the_account(asked),
        ]

        ibkr.request_account_updates(True, "DU2")

        assert accounts_told(ibkr) == ["DU2"]

    def test_end_when_another_subscription_takes_their_place(self, ibkr, bridge):
        ibkr.request_account_updates(True, "DU1")
        bridge.say(REPLACED)
        ibkr.request_current_time()

        with pytest.raises(InvalidRequest, match="call request_account_updates"):
            accounts_told(ibkr)

    def test_go_on_when_their_own_request_has_ended_the_former_one(self, ibkr, bridge):
        ibkr.request_account_updates(True, "DU1")
        bridge.answers[AccountDataRequest] = lambda asked: [REPLACED, *values_of_the_account(asked)]

        ibkr.request_account_updates(True, "DU2")

        assert accounts_told(ibkr) == ["DU2"]
