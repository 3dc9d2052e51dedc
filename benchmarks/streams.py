"""The messages of the simulated server as bytes, in the two encodings.

Responsible for: answers as frames, and reading the few requests that matter to the benchmark.
Not responsible for: when they are sent (`server.py`), which values they hold (`scenarios.py`).

The layouts are written out here once more, on purpose: a mistake in the declarations must not pass because both
ends share it.
"""

import struct
from abc import ABC, abstractmethod
from collections.abc import Iterable
from typing import NamedTuple

from benchmarks.frames import (
    PROTOBUF_OFFSET,
    Fields,
    framed,
    protobuf_body,
    protobuf_frame,
    read_varint,
    text_fields,
    text_frame,
)
from benchmarks.order_messages import accepted_as_protobuf, accepted_as_text
from benchmarks.scenarios import ACCOUNT, FIRST_ID, Bar, Tick, bar_date

MARKET_DATA, PLACE_ORDER, HISTORICAL_DATA, POSITIONS, START_API = 1, 3, 20, 61, 71
"""Requests that the server answers."""
TICK_PRICE, TICK_SIZE, NEXT_VALID_ID, MANAGED_ACCOUNTS, BARS, POSITION_END, BARS_END = (
    1,
    2,
    9,
    15,
    17,
    62,
    108,
)
"""Answers."""
TEXT_UNTIL, PROTOBUF_FROM = 200, 213
"""Between the two, a server speaks both encodings at once; the benchmark does not."""
BARS_END_SINCE = 196
"""Server version from which the period of historical bars travels in a message of its own."""

_PERIOD = ("20240102 09:30:00 US/Eastern", "20240312 20:09:00 US/Eastern")


class Request(NamedTuple):
    """What the server needs to know of a request."""

    message_id: int
    request_id: int
    """The order id, for an order; meaningless for messages that have none."""


class Encoding(ABC):
    """How one server version writes what the server says, and reads what it is told."""

    def __init__(self, version: int) -> None:
        self.version = version

    @abstractmethod
    def read(self, payload: bytes) -> Request:
        """The kind and the id of a request."""

    @abstractmethod
    def welcome(self) -> bytes:
        """What follows START_API: managedAccounts and nextValidId."""

    @abstractmethod
    def no_positions(self) -> bytes:
        """The end of an empty list of positions; ib_async asks for it whenever it connects."""

    @abstractmethod
    def tick(self, tick: Tick, request_id: int) -> bytes:
        """tickPrice or tickSize."""

    @abstractmethod
    def order_accepted(self, order_id: int) -> bytes:
        """openOrder and orderStatus of the order that every client places."""

    @abstractmethod
    def historical_rows(self, bars: Iterable[Bar], *, epoch: bool) -> bytes:
        """The part of `historical_data` that doesn't depend on the request: dates in format 2 if `epoch`, else 1."""

    @abstractmethod
    def historical_data(self, request_id: int, count: int, rows: bytes) -> bytes:
        """All bars in one message, and what ends them."""


def encoding_of(version: int) -> Encoding:
    """The encoding that server `version` speaks."""
    if version <= TEXT_UNTIL:
        return TextEncoding(version)
    if version >= PROTOBUF_FROM:
        return ProtobufEncoding(version)
    raise ValueError(f"server version {version} mixes text and protobuf; choose <= 200 or >= 213")


class TextEncoding(Encoding):
    """NUL-terminated fields, up to server version 200."""

    def read(self, payload: bytes) -> Request:
        fields = payload.split(b"\0", 3)
        message_id = int(fields[0])
        place = {PLACE_ORDER: 1, HISTORICAL_DATA: 1, MARKET_DATA: 2}.get(message_id, 0)
        return Request(message_id, int(fields[place]))

    def welcome(self) -> bytes:
        return text_frame(MANAGED_ACCOUNTS, 1, ACCOUNT) + text_frame(NEXT_VALID_ID, 1, FIRST_ID)

    def no_positions(self) -> bytes:
        return text_frame(POSITION_END, 1)

    def tick(self, tick: Tick, request_id: int) -> bytes:
        if tick.price is None:
            return text_frame(TICK_SIZE, 6, request_id, tick.tick_type, tick.size)
        return text_frame(TICK_PRICE, 6, request_id, tick.tick_type, f"{tick.price:.2f}", tick.size, 1)

    def order_accepted(self, order_id: int) -> bytes:
        return accepted_as_text(order_id, self.version)

    def historical_rows(self, bars: Iterable[Bar], *, epoch: bool) -> bytes:
        return "".join(_text_bar(bar, epoch=epoch) for bar in bars).encode()

    def historical_data(self, request_id: int, count: int, rows: bytes) -> bytes:
        if self.version < BARS_END_SINCE:
            return framed(text_fields(BARS, request_id, *_PERIOD, count) + rows)
        return framed(text_fields(BARS, request_id, count) + rows) + text_frame(
            BARS_END, request_id, *_PERIOD
        )


def _text_bar(bar: Bar, *, epoch: bool) -> str:
    prices = f"{bar.open:.2f}\0{bar.high:.2f}\0{bar.low:.2f}\0{bar.close:.2f}"
    return f"{bar_date(bar.start, epoch=epoch)}\0{prices}\0{bar.volume}\0{bar.average:.3f}\0{bar.trades}\0"


class ProtobufEncoding(Encoding):
    """Protobuf bodies behind a binary id, from server version 213."""

    def read(self, payload: bytes) -> Request:
        message_id = struct.unpack_from(">I", payload)[0]
        if message_id <= PROTOBUF_OFFSET:
            raise ValueError(
                f"request {message_id} came as text, at a version where all of them are protobuf"
            )
        has_id = len(payload) > 5 and payload[4] == 0x08  # field 1, an integer
        return Request(message_id - PROTOBUF_OFFSET, read_varint(payload, 5) if has_id else -1)

    def welcome(self) -> bytes:
        accounts = protobuf_frame(MANAGED_ACCOUNTS, protobuf_body({1: ACCOUNT}))
        return accounts + protobuf_frame(NEXT_VALID_ID, protobuf_body({1: FIRST_ID}))

    def no_positions(self) -> bytes:
        return protobuf_frame(POSITION_END, b"")

    def tick(self, tick: Tick, request_id: int) -> bytes:
        if tick.price is None:
            return protobuf_frame(
                TICK_SIZE, protobuf_body({1: request_id, 2: tick.tick_type, 3: str(tick.size)})
            )
        fields: Fields = {1: request_id, 2: tick.tick_type, 3: tick.price, 4: str(tick.size), 5: 1}
        return protobuf_frame(TICK_PRICE, protobuf_body(fields))

    def order_accepted(self, order_id: int) -> bytes:
        return accepted_as_protobuf(order_id)

    def historical_rows(self, bars: Iterable[Bar], *, epoch: bool) -> bytes:
        return b"".join(protobuf_body({2: _protobuf_bar(bar, epoch=epoch)}) for bar in bars)

    def historical_data(self, request_id: int, count: int, rows: bytes) -> bytes:
        del count  # it is not told
        message = protobuf_frame(BARS, protobuf_body({1: request_id}) + rows)
        return message + protobuf_frame(
            BARS_END, protobuf_body({1: request_id, 2: _PERIOD[0], 3: _PERIOD[1]})
        )


def _protobuf_bar(bar: Bar, *, epoch: bool) -> bytes:
    prices: Fields = {2: bar.open, 3: bar.high, 4: bar.low, 5: bar.close}
    return protobuf_body(
        {
            1: bar_date(bar.start, epoch=epoch),
            **prices,
            6: str(bar.volume),
            7: f"{bar.average:.3f}",
            8: bar.trades,
        }
    )
