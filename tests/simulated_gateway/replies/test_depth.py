"""Market depth as a client hears it: the rows add up to the book."""

from __future__ import annotations

from typing import Any

import pytest

from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.messages.depth import (
    CancelMarketDepth,
    MarketDepth,
    MarketDepthL2,
    MarketDepthRequest,
)
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.market_depth import BookSide, MarketDepthOperation
from ibkr_actors.simulated_gateway.market.book_levels import BookRow
from ibkr_actors.simulated_gateway.replies.depth import changes_between
from tests.simulated_gateway.helpers import AAPL, Desk, Wire, apple, codes, names, only

INSERT, UPDATE, DELETE = MarketDepthOperation


@pytest.fixture(params=[157, 200, 226])
def wire(request: pytest.FixtureRequest) -> Wire:
    return Wire(Desk(), request.param)


class Book:
    """A client's copy of a book, kept as the rows say."""

    def __init__(self) -> None:
        self.sides: dict[Any, list[tuple[float, float, str]]] = {BookSide.BID: [], BookSide.ASK: []}

    def clear(self) -> None:
        for rows in self.sides.values():
            rows.clear()

    def hear(self, messages: list[Message]) -> Book:
        for message in messages:
            if isinstance(message, MarketDepth | MarketDepthL2):
                row, rows = message.row, self.sides[message.row.side]
                told = row.price, row.size, row.market_maker
                if row.operation == INSERT:
                    rows.insert(row.position, told)
                elif row.operation == UPDATE:
                    rows[row.position] = told
                else:
                    del rows[row.position]
            elif isinstance(message, Notice) and message.code == 317:
                self.clear()
        return self


def stock_at(exchange: str) -> Contract:
    return Contract(symbol="AAPL", security_type="STK", exchange=exchange, currency="USD")


def future() -> Contract:
    return Contract(
        symbol="ES",
        security_type="FUT",
        exchange="CME",
        currency="USD",
        last_trade_date_or_contract_month="202612",
    )


def smart(request_id: int = 1, rows: int = 5) -> MarketDepthRequest:
    return MarketDepthRequest(apple(), rows, is_smart_depth=True, request_id=request_id)


class TestABookOfSmart:
    def test_says_which_exchanges_it_is_made_of_and_has_their_rows(self, wire: Wire) -> None:
        notice, *rows = wire.ask(smart())

        assert isinstance(notice, Notice)
        assert (notice.request_id, notice.code) == (1, 2152)
        assert notice.text.startswith("Exchanges - Depth: ")
        assert "NASDAQ; " in notice.text
        told = only(MarketDepthL2, rows)
        assert len(told) == len(rows) == 10
        assert all(message.row.is_smart_depth and message.row.market_maker in notice.text for message in told)
        assert {message.row.operation for message in told} == {INSERT}

    def test_agrees_with_the_quote(self, wire: Wire) -> None:
        wire.desk.quote(100.0, 100.02, size=700)

        book = Book().hear(wire.ask(smart(rows=10)))

        for side, price in ((BookSide.BID, 100.0), (BookSide.ASK, 100.02)):
            best = [row for row in book.sides[side] if row[0] == price]
            assert book.sides[side][0] in best
            assert sum(size for _, size, _ in best) == 700
            prices = [row[0] for row in book.sides[side]]
            assert prices == sorted(prices, reverse=side is BookSide.BID)

    def test_its_changes_lead_to_the_book_that_a_newcomer_gets(self, wire: Wire) -> None:
        book = Book().hear(wire.ask(smart()))
        operations = set()
        for bid, size in ((100.01, 500), (99.97, 300), (100.0, 300), (100.0, 900), (100.3, 200)):
            wire.desk.quote(bid, round(bid + 0.02, 2), size=size)
            told = wire.step()
            operations |= {message.row.operation for message in only(MarketDepthL2, told)}
            book.hear(told)

            fresh = Book().hear(wire.ask(smart(request_id=2)))
            wire.ask(CancelMarketDepth(2, True))
            assert book.sides == fresh.sides
        assert operations == {INSERT, UPDATE, DELETE}

    def test_halted_it_stands_still_and_then_comes_anew_behind_a_reset(self, wire: Wire) -> None:
        wire.ask(smart())
        wire.desk.gateway.market.set_quote(AAPL, halted=1)
        halted = wire.step()
        wire.desk.quote(101.0, 101.02)
        still = wire.step()
        wire.desk.gateway.market.set_quote(AAPL, halted=0)
        notice, *rows = wire.step()

        assert codes(halted) == [316]
        assert names(halted) == ["Notice"]
        assert names(still) == []
        assert codes([notice]) == [317]
        assert Book().hear(rows).sides == Book().hear(wire.ask(smart(request_id=2))).sides


class TestABookOfOneExchange:
    def test_names_market_makers_where_its_book_does(self, wire: Wire) -> None:
        rows = wire.ask(MarketDepthRequest(stock_at("NASDAQ"), 3, request_id=4))

        told = only(MarketDepthL2, rows)
        assert len(told) == len(rows) == 6
        assert all(row.row.market_maker and not row.row.is_smart_depth for row in told)

    def test_of_futures_has_one_row_a_price_and_no_makers(self, wire: Wire) -> None:
        rows = wire.ask(MarketDepthRequest(future(), 4, request_id=4))

        told = only(MarketDepth, rows)
        assert len(told) == len(rows) == 8
        assert len({row.row.price for row in told}) == 8


class TestRefusals:
    @pytest.mark.parametrize(
        ("contract", "is_smart", "code"),
        [
            (apple(), False, 10092),
            (stock_at("NASDAQ"), True, 10092),
            (future(), True, 10092),
            (Contract(symbol="SPX", security_type="IND", exchange="CBOE", currency="USD"), False, 10092),
            (Contract(symbol="NONE", security_type="STK", exchange="SMART"), True, 200),
        ],
    )
    def test_of_what_has_no_book(self, wire: Wire, contract: Contract, is_smart: bool, code: int) -> None:
        told = wire.ask(MarketDepthRequest(contract, is_smart_depth=is_smart, request_id=5))

        assert [(notice.request_id, notice.code) for notice in only(Notice, told)] == [(5, code)]
        assert len(told) == 1

    def test_no_rows_are_no_request(self, wire: Wire) -> None:
        assert codes(wire.ask(MarketDepthRequest(stock_at("NASDAQ"), 0, request_id=5))) == [321]

    def test_a_fourth_book_is_too_many_until_one_is_cancelled(self, wire: Wire) -> None:
        for number in (1, 2, 3):
            wire.ask(smart(number))

        assert codes(wire.ask(smart(4))) == [309]
        assert wire.ask(CancelMarketDepth(2, True)) == []
        assert codes(wire.ask(smart(4))) == [2152]

    def test_an_id_in_use_is_refused_and_the_book_goes_on(self, wire: Wire) -> None:
        wire.ask(smart())

        assert codes(wire.ask(smart())) == [102]
        wire.desk.quote(101.0, 101.02)
        assert only(MarketDepthL2, wire.step())

    def test_a_book_that_nobody_follows_cannot_be_cancelled(self, wire: Wire) -> None:
        (notice,) = only(Notice, wire.ask(CancelMarketDepth(9)))

        assert (notice.request_id, notice.code) == (9, 310)
        assert notice.text == "Can't find the subscribed market depth with tickerId:9"


def test_a_cancelled_book_is_silent(wire: Wire) -> None:
    wire.ask(smart())

    assert wire.ask(CancelMarketDepth(1, True)) == []
    wire.desk.quote(101.0, 101.02)
    assert wire.step() == []


def test_the_books_of_a_client_that_left_do_not_count() -> None:
    desk = Desk()
    first = desk.connect(1)
    for number in (1, 2, 3):
        desk.ask(first, smart(number))
    desk.gateway.disconnect(first)

    again = desk.connect(1)

    assert codes(desk.ask(again, smart())) == [2152]


def test_changes_are_the_fewest_that_lead_from_one_list_to_the_other() -> None:
    before = [BookRow(100.0, 5.0), BookRow(99.9, 3.0), BookRow(99.8, 1.0)]
    after = [BookRow(100.1, 2.0), BookRow(99.9, 4.0), BookRow(99.8, 1.0)]

    assert list(changes_between(before, after)) == [
        (0, DELETE, BookRow(100.0, 5.0)),
        (0, INSERT, BookRow(100.1, 2.0)),
        (1, UPDATE, BookRow(99.9, 4.0)),
    ]
