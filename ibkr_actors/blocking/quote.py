"""The market of one contract at one moment, put together from ticks."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from ibkr_actors.base.messages.declaration import Reply
from ibkr_actors.base.messages.market_data import (
    MarketDataType,
    Tick,
    TickOptionComputation,
    TickPrice,
    TickRequestParameters,
)
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.market_data_type import MarketDataType as MarketDataKind
from ibkr_actors.classes.enum.tick_type import TickType


class Quote:
    """The newest ticks of one contract: of a snapshot, or of a stream at the moment it was asked.

    A value that the bridge did not send, or sent as "none now", is None. A live value goes before a delayed one; which
    kind the bridge sends says `market_data_type`. Prices are in the contract's currency, sizes as in the ticks.
    """

    def __init__(self, contract: Contract, replies: Iterable[Reply]) -> None:
        """Of the replies of one request for market data, oldest first."""
        self.contract = contract
        self.ticks: dict[int, Any] = {}
        """The newest tick of each type."""
        self.market_data_type: MarketDataKind | int | None = None
        """Live, frozen, delayed or delayed and frozen; None when the bridge did not say, which is live."""
        self.parameters: TickRequestParameters | None = None
        """The smallest tick, and which exchanges make up the quote."""
        for reply in replies:
            self._take(reply)

    def _take(self, reply: Reply) -> None:
        match reply:
            case Tick():
                self.ticks[reply.tick_type] = reply
            case MarketDataType():
                self.market_data_type = reply.market_data_type
            case TickRequestParameters():
                self.parameters = reply

    def tick(self, kind: TickType) -> Any:
        """The newest tick of a type, or of its delayed twin; None when neither came."""
        delayed = kind.delayed
        return self.ticks.get(kind) or (self.ticks.get(delayed) if delayed is not None else None)

    def _price(self, kind: TickType) -> float | None:
        tick = self.tick(kind)
        if tick is None or (tick.price == -1 and tick.size == 0):  # the bridge's "no value now"
            return None
        return float(tick.price)

    def _size(self, kind: TickType, priced: TickType | None = None) -> float | None:
        tick = self.tick(kind)
        if tick is None and priced is not None:
            tick = self.tick(priced)
        return float(tick.size) if tick is not None else None

    @property
    def bid(self) -> float | None:
        """Highest price that somebody would pay."""
        return self._price(TickType.BID)

    @property
    def ask(self) -> float | None:
        """Lowest price that somebody would sell at."""
        return self._price(TickType.ASK)

    @property
    def last(self) -> float | None:
        """Price of the last trade."""
        return self._price(TickType.LAST)

    @property
    def bid_size(self) -> float | None:
        """Quantity at the bid."""
        return self._size(TickType.BID_SIZE, TickType.BID)

    @property
    def ask_size(self) -> float | None:
        """Quantity at the ask."""
        return self._size(TickType.ASK_SIZE, TickType.ASK)

    @property
    def last_size(self) -> float | None:
        """Quantity of the last trade."""
        return self._size(TickType.LAST_SIZE, TickType.LAST)

    @property
    def open(self) -> float | None:
        """First price of the day."""
        return self._price(TickType.OPEN)

    @property
    def high(self) -> float | None:
        """Highest price of the day."""
        return self._price(TickType.HIGH)

    @property
    def low(self) -> float | None:
        """Lowest price of the day."""
        return self._price(TickType.LOW)

    @property
    def close(self) -> float | None:
        """Closing price of the day before."""
        return self._price(TickType.CLOSE)

    @property
    def mark_price(self) -> float | None:
        """The price that positions are valued at; of generic tick 221 or 232."""
        return self._price(TickType.MARK_PRICE)

    @property
    def volume(self) -> float | None:
        """Traded so far today."""
        return self._size(TickType.VOLUME)

    @property
    def midpoint(self) -> float | None:
        """Between bid and ask; None without both."""
        return (self.bid + self.ask) / 2 if self.bid is not None and self.ask is not None else None

    @property
    def halted(self) -> bool | None:
        """Whether trading is halted; None when not known."""
        tick = self.tick(TickType.HALTED)
        return None if tick is None or tick.value < 0 else tick.value > 0

    @property
    def last_trade_at(self) -> datetime | None:
        """When the last trade was, aware."""
        tick = self.tick(TickType.LAST_TIMESTAMP)
        return datetime.fromtimestamp(int(tick.value), UTC) if tick is not None and tick.value else None

    @property
    def is_delayed(self) -> bool:
        """Whether a price of it is some 15 minutes old."""
        known = {int(kind) for kind in TickType if kind.is_delayed}
        return any(isinstance(tick, TickPrice) and kind in known for kind, tick in self.ticks.items())

    @property
    def greeks(self) -> TickOptionComputation | None:
        """An option's Greeks by the bridge's model."""
        tick: TickOptionComputation | None = self.tick(TickType.MODEL_OPTION_COMPUTATION)
        return tick

    def __repr__(self) -> str:
        values = {
            "bid": self.bid,
            "bid_size": self.bid_size,
            "ask": self.ask,
            "ask_size": self.ask_size,
            "last": self.last,
            "close": self.close,
        }
        told = ", ".join(f"{name}={value:g}" for name, value in values.items() if value is not None)
        return f"<Quote {self.contract.local_symbol or self.contract.symbol} {told}>"
