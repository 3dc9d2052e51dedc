"""Market depth: the rows of books of orders, and how they change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from ibkr_actors.base.messages.declaration import Reply
from ibkr_actors.base.messages.depth import (
    CancelMarketDepth,
    MarketDepth,
    MarketDepthL2,
    MarketDepthRequest,
    RerouteMarketDepth,
)
from ibkr_actors.classes.enum.market_depth import BookSide
from ibkr_actors.classes.enum.market_depth import MarketDepthOperation as Operation
from ibkr_actors.classes.market_depth import MarketDepthRow
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.instruments.catalogue import Catalogue
from ibkr_actors.simulated_gateway.instruments.instrument import SMART, Instrument
from ibkr_actors.simulated_gateway.market.book_levels import BookLevels, BookRow, shows_market_makers
from ibkr_actors.simulated_gateway.market.data_rights import DataRights
from ibkr_actors.simulated_gateway.market.market import Market, Quote
from ibkr_actors.simulated_gateway.refusals import Refusal, duplicate_ticker, invalid
from ibkr_actors.simulated_gateway.replies.rerouting import check_live_data, reroute
from ibkr_actors.simulated_gateway.replies.service import Handlers, Service

MOST_BOOKS: Final = 3
"""That a client may follow at once."""
TOO_MANY_BOOKS: Final = (309, f"Max number ({MOST_BOOKS}) of market depth requests has been reached.")
HALTED: Final = (316, "Market depth data has been HALTED. Please re-subscribe.")
RESET: Final = (
    317,
    "Market depth data has been RESET. Please empty deep book contents before applying any new entries.",
)
NO_BOOK: Final = (
    10092,
    "Deep market data is not supported for this combination of security type/exchange",
)
MARKET_MAKERS: Final = ("NSDQ", "ARCA", "BATS", "EDGX", "IEXG", "MEMX", "CDRG", "JNST")
"""Who quotes at an exchange whose book names market makers."""


def unknown_book(request_id: int) -> Refusal:
    """A cancellation of a book that nobody follows."""
    return Refusal(310, f"Can't find the subscribed market depth with tickerId:{request_id}")


def single_exchanges(instrument: Instrument) -> list[str]:
    """The exchanges themselves, without the route that chooses among them."""
    return [exchange for exchange in instrument.venue.valid_exchanges if exchange != SMART]


@dataclass(slots=True)
class _Book:
    """One request that follows one book."""

    client: Client
    request_id: int
    instrument: Instrument
    number_of_rows: int
    is_smart: bool
    makers: tuple[str, ...]
    is_halted: bool = False
    shown: dict[BookSide, list[BookRow]] = field(default_factory=dict)

    def message(self, side: BookSide, position: int, operation: Operation, row: BookRow) -> Reply:
        """One change; of a row that is taken out price and size say nothing."""
        is_gone = operation is Operation.DELETE
        told = MarketDepthRow(
            position,
            operation,
            side,
            0.0 if is_gone else row.price,
            0.0 if is_gone else row.size,
            row.maker,
            self.is_smart,
        )
        kind = MarketDepthL2 if self.makers else MarketDepth
        return kind(self.request_id, told)


class DepthReplies(Service):
    """Follows books for whoever asked, and tells every change of a row.

    A book of SMART is put together from the exchanges of one aggregation group, and its rows name them; at a single
    exchange rows name market makers where its books do. While an instrument is halted its books stand still: 316, and
    when it trades again 317 and the book anew.

    Not responsible for: what the levels are.
    """

    def __init__(self, catalogue: Catalogue, market: Market, rights: DataRights) -> None:
        self._catalogue = catalogue
        self._rights = rights
        self._market = market
        self._levels = BookLevels(market.seed)
        self._books: dict[tuple[Client, int], _Book] = {}

    def handlers(self) -> Handlers:
        """Following a book, and its end."""
        return {MarketDepthRequest: self._subscribe, CancelMarketDepth: self._cancel}

    def watched(self) -> Iterable[int]:
        """The contracts of the books."""
        return {book.instrument.contract_id for book in self._books.values()}

    def forget(self, client: Client) -> None:
        """End the books of a client."""
        self._books = {key: book for key, book in self._books.items() if key[0] is not client}

    def quotes_changed(self, changed: Mapping[int, Quote]) -> None:
        """Tell those who follow a book what changed in it."""
        for book in self._books.values():
            quote = changed.get(book.instrument.contract_id)
            if quote is not None:
                self._refresh(book, quote)

    def _refresh(self, book: _Book, quote: Quote) -> None:
        is_halted = quote.halted > 0
        if is_halted != book.is_halted:
            book.is_halted = is_halted
            book.shown.clear()
            book.client.notice(book.request_id, *(HALTED if is_halted else RESET))
        if not is_halted:
            self._send_changes(book, quote)

    def _send_changes(self, book: _Book, quote: Quote) -> None:
        for side in (BookSide.BID, BookSide.ASK):
            rows = self._levels.rows(
                book.instrument, quote, book.makers, book.number_of_rows, is_bid=side is BookSide.BID
            )
            before = book.shown.get(side, [])
            book.client.tell_all([book.message(side, *change) for change in changes_between(before, rows)])
            book.shown[side] = rows

    # ----------------------------------------------------------------------------------------------------- requests

    def _subscribe(self, client: Client, request: MarketDepthRequest) -> None:
        key = client, request.request_id
        if key in self._books:
            raise duplicate_ticker()
        instrument = self._catalogue.identify(request.contract)
        check_live_data(instrument)
        if reroute(client, request.request_id, instrument, RerouteMarketDepth):
            return
        exchange = request.contract.exchange or instrument.exchange
        if request.number_of_rows < 1:
            raise invalid(f"Invalid number of rows: {request.number_of_rows}")
        if not _has_book(instrument, exchange, is_smart=request.is_smart_depth):
            raise Refusal(*NO_BOOK)
        self._rights.check_depth(instrument)
        if Counter(owner for owner, _ in self._books)[client] >= MOST_BOOKS:
            raise Refusal(*TOO_MANY_BOOKS)
        book = self._books[key] = _Book(
            client,
            request.request_id,
            instrument,
            request.number_of_rows,
            request.is_smart_depth,
            _makers(instrument, is_smart=request.is_smart_depth),
        )
        if book.is_smart:
            client.notice(book.request_id, 2152, f"Exchanges - Depth: {'; '.join(book.makers)}; ")
        self._refresh(book, self._market.quote(instrument.contract_id))

    def _cancel(self, client: Client, request: CancelMarketDepth) -> None:
        if self._books.pop((client, request.request_id), None) is None:
            raise unknown_book(request.request_id)


def _has_book(instrument: Instrument, exchange: str, *, is_smart: bool) -> bool:
    """Only an aggregation group has a book of SMART; an index, a fund and a bond have none at all."""
    if not instrument.kind.has_depth or (exchange == SMART) is not is_smart:
        return False
    return not is_smart or instrument.venue.aggregation_group is not None


def _makers(instrument: Instrument, *, is_smart: bool) -> tuple[str, ...]:
    if is_smart:
        return tuple(single_exchanges(instrument))
    return MARKET_MAKERS if shows_market_makers(instrument) else ()


def changes_between(before: list[BookRow], after: list[BookRow]) -> Iterator[tuple[int, Operation, BookRow]]:
    """What turns one list of rows into the other, when done in this order; both have their rows in the same order."""
    staying = {row.place for row in after}
    rows = list(before)
    for position in reversed(range(len(rows))):
        if rows[position].place not in staying:
            yield position, Operation.DELETE, rows.pop(position)
    for position, row in enumerate(after):
        if position == len(rows) or rows[position].place != row.place:
            rows.insert(position, row)
            yield position, Operation.INSERT, row
        elif rows[position] != row:
            yield position, Operation.UPDATE, row
