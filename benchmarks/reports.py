"""What the processes of one run tell each other: one line of JSON each, decoded strictly.

A client prints exactly one `ClientReport` as the last line of its output, a server one `Listening` first and one
`Served` last. All times are CLOCK_MONOTONIC in nanoseconds, which is one clock for all processes of a machine.
"""

import msgspec


class Listening(msgspec.Struct, tag="listening"):
    """The server's first line."""

    port: int


class Served(msgspec.Struct, tag="served"):
    """What the server did."""

    digest: str
    """Of the bytes that it had built before the first of them was sent, to prove that rivals got the same."""
    started_at: int = 0
    """Just before the first byte of the stream (TICKS, FLOOD), or before the client was resumed (BACKLOG)."""
    stream_bytes: int = 0
    waiting_bytes: int = 0
    """How many of them were in the socket, unread, when a BACKLOG client was resumed."""
    sent_at: list[int] = []
    """For LATENCY: when each tick was sent."""


class TicksSeen(msgspec.Struct, tag="ticks"):
    """TICKS, FLOOD and BACKLOG: what reached the user's handler."""

    count: int
    price_sum: float
    size_sum: float
    last_at: int


class LatencySeen(msgspec.Struct, tag="latency"):
    """LATENCY: every tick that reached the user's handler.

    In any order: ticks of two contracts that arrive together have none for some clients (ib_async hands out a set).
    """

    prices: list[float]
    arrived_at: list[int]


class OrdersSeen(msgspec.Struct, tag="orders"):
    """ORDERS: every round trip, in order. An order is placed once the status of the one before it has come."""

    order_ids: list[int]
    """As the statuses named them."""
    round_trips: list[int]
    """Nanoseconds from before the call that places the order to the user's handler for its first status."""
    open_orders: int
    """How many of them the client also knows from openOrder: with the permanent id, which only openOrder brings."""


class BarsSeen(msgspec.Struct, tag="bars"):
    """BARS: the finished list, in the user's hands."""

    count: int
    close_sum: float
    volume_sum: float
    last_date: str
    """`YYYYMMDD HH:MM:SS` in the zone that the server named; epoch seconds as text for BARS_EPOCH."""
    requested_at: int
    received_at: int
    memory_before: int
    """Resident bytes just before the request (VmRSS)."""
    memory_peak: int
    """The most that was resident since the process began, up to when the list was there (VmHWM)."""


ServerReport = Listening | Served
ClientReport = TicksSeen | LatencySeen | OrdersSeen | BarsSeen
