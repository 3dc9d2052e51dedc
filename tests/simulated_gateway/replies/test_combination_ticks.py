"""Market data of combinations: their legs bought at the asks and sold at the bids, told again when a leg moves."""

from __future__ import annotations

import pytest

from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.messages.market_data import (
    CancelMarketData,
    MarketDataRequest,
    TickPrice,
    TickSnapshotEnd,
)
from ibkr_actors.classes.contracts.contract import ComboLeg, Contract
from ibkr_actors.simulated_gateway.clients.client import Client
from tests.simulated_gateway.helpers import AAPL, Desk, codes, names, only

IBM = 8314
BUY_ONE_SELL_TWO = (ComboLeg(AAPL, 1, "BUY", "SMART"), ComboLeg(IBM, 2, "SELL", "SMART"))
BID, ASK = 1, 2


@pytest.fixture
def desk() -> Desk:
    """AAPL stands at 100.00 to 100.02, IBM at 50.00 to 50.04."""
    desk = Desk()
    move_ibm(desk, 50.0, 50.04)
    return desk


@pytest.fixture
def client(desk: Desk) -> Client:
    """One that is connected."""
    return desk.connect()


def move_ibm(desk: Desk, bid: float, ask: float) -> None:
    desk.gateway.market.set_quote(IBM, bid=bid, ask=ask, last=bid, bid_size=1000.0, ask_size=1000.0)


def request(
    *, snapshot: bool = False, legs: tuple[ComboLeg, ...] = BUY_ONE_SELL_TWO, number: int = 7
) -> MarketDataRequest:
    combination = Contract(
        symbol="AAPL,IBM", security_type="BAG", exchange="SMART", currency="USD", combo_legs=legs
    )
    return MarketDataRequest(combination, snapshot=snapshot, request_id=number)


def prices(messages: list[Message]) -> dict[int, float]:
    return {int(tick.tick_type): tick.price for tick in only(TickPrice, messages)}


def test_a_snapshot_is_bid_and_ask_and_the_end(desk: Desk, client: Client) -> None:
    told = desk.ask(client, request(snapshot=True))

    assert prices(told) == {BID: -0.08, ASK: 0.02}
    assert names(told)[-1] == "TickSnapshotEnd"
    assert only(TickSnapshotEnd, told)[0].request_id == 7


def test_a_stream_tells_what_changes_when_either_leg_moves(desk: Desk, client: Client) -> None:
    desk.ask(client, request())

    desk.quote(100.01, 100.03)
    desk.step()
    assert prices(desk.heard(client)) == {BID: -0.07, ASK: 0.03}
    move_ibm(desk, 50.0, 50.03)
    desk.step()
    assert prices(desk.heard(client)) == {BID: -0.05}


def test_a_cancelled_stream_falls_silent(desk: Desk, client: Client) -> None:
    desk.ask(client, request())
    desk.ask(client, request(number=8))
    assert desk.ask(client, CancelMarketData(7)) == []

    desk.quote(100.01, 100.03)
    desk.step()

    assert {tick.request_id for tick in only(TickPrice, desk.heard(client))} == {8}
    assert codes(desk.ask(client, CancelMarketData(7))) == [300]


def test_the_streams_of_a_client_end_with_it(desk: Desk, client: Client) -> None:
    desk.ask(client, request())
    desk.gateway.disconnect(client)
    other = desk.connect(2)

    desk.quote(100.01, 100.03)
    desk.step()

    assert desk.heard(other) == []


@pytest.mark.parametrize(
    ("legs", "code"),
    [((), 314), (BUY_ONE_SELL_TWO[:1], 312), ((ComboLeg(999_999_999, 1, "BUY", "SMART"),) * 2, 200)],
)
def test_legs_that_make_no_combination_are_refused_as_in_orders(
    desk: Desk, client: Client, legs: tuple[ComboLeg, ...], code: int
) -> None:
    assert codes(desk.ask(client, request(legs=legs))) == [code]


def test_an_id_that_is_in_use_is_refused(desk: Desk, client: Client) -> None:
    desk.ask(client, request())

    assert codes(desk.ask(client, request())) == [102]
