"""What is measured: the values that flow, the same for every client, and what a client must have seen of them.

Responsible for: the scenarios' names and sizes; the sequence of ticks and bars; the sums that prove that a client
received each of them, with its values.
Not responsible for: bytes (`streams.py`), time (`server.py`), judging (`trial.py`).

Every price is a multiple of a quarter and every size is whole, so that sums of floats are exact in any order and can
be compared with `==`.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from itertools import islice
from typing import NamedTuple

CONTRACTS = 20
FIRST_CONTRACT_ID = 10_001
"""The contracts are S0, S1, ... on SMART in USD, with contract ids from here on (ib_async insists on one)."""
FIRST_ID = 1001
"""nextValidId: the first order id, and the first request id of clients that do not choose their own."""
CLIENT_ID = 1
ACCOUNT = "DU9000001"
TICKS_PER_SECOND = 2_000
FIRST_BAR = datetime(2024, 1, 2, 9, 30, tzinfo=UTC)

BID_SIZE, BID, ASK, ASK_SIZE, LAST = 0, 1, 2, 3, 4
LIMIT_PRICE = 187.25
ORDER_QUANTITY = 100


class Scenario(StrEnum):
    """What one run measures. README.md says how."""

    TICKS = "ticks"
    FLOOD = "flood"
    BACKLOG = "backlog"
    ORDERS = "orders"
    LATENCY = "latency"
    BARS = "bars"
    BARS_EPOCH = "bars-epoch"


WARM_UP = {Scenario.ORDERS: 50, Scenario.LATENCY: 1_000}
"""Orders and ticks that come first and are not measured; they are counted and checked like the others."""


class Tick(NamedTuple):
    """One market data message. A price tick carries its size too, a size tick has no price."""

    contract: int
    """Place of the contract among the subscriptions, from 0."""
    tick_type: int
    price: float | None
    size: int


class Bar(NamedTuple):
    """One historical bar of a minute."""

    start: datetime
    open: float
    high: float
    low: float
    close: float
    volume: int
    average: float
    trades: int


class Expected(NamedTuple):
    """What the values that a client received must add up to."""

    number: int
    price_sum: float
    size_sum: float


def ticks(count: int) -> Iterator[Tick]:
    """The market: round after round, one tick for each contract; three of five ticks are prices."""
    return islice(_endless_ticks(), count)


def _endless_ticks() -> Iterator[Tick]:
    step = 0
    while True:
        tick_type = (BID, ASK, BID_SIZE, LAST, ASK_SIZE)[step % 5]
        price = None if tick_type in (BID_SIZE, ASK_SIZE) else 100.0 + step % 400 * 0.25
        # Never twice the same, never zero: ib_async drops a size that changes nothing, and reads zero as unset.
        size = 1 + step * 7 % 997
        for contract in range(CONTRACTS):
            yield Tick(contract, tick_type, price, size)
        step += 1


def numbered_ticks(count: int) -> Iterator[Tick]:
    """Prices that tell which tick they are: see `tick_number`."""
    for number in range(count):
        yield Tick(number % CONTRACTS, (BID, ASK, LAST)[number % 3], (number + 1) * 0.25, 100)


def tick_number(price: float) -> int:
    """Which of `numbered_ticks` had this price."""
    return round(price * 4) - 1


def bars(count: int) -> Iterator[Bar]:
    """Minutes without a pause, from `FIRST_BAR` on."""
    for number in range(count):
        opening = 150.0 + number % 300 * 0.25
        yield Bar(
            FIRST_BAR + timedelta(minutes=number),
            opening,
            opening + 0.75,
            opening - 0.5,
            opening + 0.25,
            1000 + number % 5000,
            opening + 0.125,
            10 + number % 90,
        )


def bar_date(start: datetime, *, epoch: bool) -> str:
    """The date of a bar: format 1 names the exchange's zone, format 2 counts seconds."""
    return str(int(start.timestamp())) if epoch else f"{start:%Y%m%d %H:%M:%S} US/Eastern"


def last_bar_date(count: int, *, epoch: bool) -> str:
    """How clients report the date of the last bar: `BarsSeen.last_date`."""
    return bar_date(FIRST_BAR + timedelta(minutes=count - 1), epoch=epoch).removesuffix(" US/Eastern")


def expected_of_ticks(count: int) -> Expected:
    """For TICKS, FLOOD and BACKLOG: the sum of the price ticks, and of the sizes of all ticks."""
    sizes = prices = 0.0
    for tick in ticks(count):
        sizes += tick.size
        prices += tick.price or 0.0
    return Expected(count, prices, sizes)


def expected_of_bars(count: int) -> Expected:
    """For BARS: the sums of the closing prices and of the volumes."""
    closes = volumes = 0.0
    for bar in bars(count):
        closes += bar.close
        volumes += bar.volume
    return Expected(count, closes, volumes)
