"""A subscription as an iterator."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, Final, Self

from ibkr_actors.base.message_codes import CodeFacts
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.declaration import IdentifiedRequest, Reply, Request
from ibkr_actors.base.messages.depth import MarketDepthRequest, RerouteMarketDepth
from ibkr_actors.base.messages.market_data import (
    MarketDataType,
    RerouteMarketData,
    Tick,
    TickRequestParameters,
)
from ibkr_actors.base.timeouts import patience
from ibkr_actors.blocking.quote import Quote
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.rows import Rows
from ibkr_actors.errors import IbkrError, RequestRejected, RequestRerouted, RequestTimeout, StreamOverflow

STREAM_LIMIT: Final = 10_000
"""Messages that a stream keeps for a reader who is slow."""

COMPLETE_OR_NOTHING: Final = (MarketDepthRequest,)
"""Subscriptions of which no message may be left out: a book with one change missing is a wrong book."""


class Stream:
    """What a subscription brings, as it comes, until it is cancelled:

        with ibkr.request_market_data(stock) as ticks:
            for tick in ticks:
                ...

    Iterating waits for the next message, without a limit; `next(timeout)` waits so long at most; `take()` waits for
    none. The end of the `with` block, or `cancel()`, ends the subscription; a thread that waits then goes on behind its
    loop. Any thread may read, several share what comes.

    Raises, when what had come before is read: RequestRejected when the bridge refuses or ends it, ConnectionLost,
    RequestRerouted (a CFD whose data are another contract's).

    A reader who is slower than the market loses the oldest messages: `dropped` says how many. A book loses none, and
    raises StreamOverflow instead.
    """

    def __init__(
        self, request: Request, lock: threading.RLock, limit: int, end: Callable[[Stream], None]
    ) -> None:
        self._request = request
        self._changed = threading.Condition(lock)
        self._limit = limit
        self._end = end
        self._messages: deque[Reply] = deque()
        parts = request.facts.replies.parts
        self._brings_ticks = any(issubclass(part, Tick) for part in parts)
        self._newest: dict[Any, Reply] = {}
        self._error: IbkrError | None = None
        self._is_over = False
        self._goes_on_at_bridge = True
        self.dropped = 0
        """Messages that were lost because nobody had read them in time."""
        self.notices: deque[Notice] = deque(maxlen=100)
        """What the bridge said about it by codes: delayed data instead of live, and the like."""

    # -------------------------------------------------------------------------------------- on the reader's thread

    @property
    def request(self) -> Request:
        """What was asked."""
        return self._request

    def hear(self, reply: Reply) -> bool:
        """Keep a message for whoever reads; True when it is the last one."""
        if isinstance(reply, RerouteMarketData | RerouteMarketDepth):
            # Whoever reads this cancels the request, in case the bridge keeps it.
            self._stop(RequestRerouted(self._request, reply.contract_id, reply.exchange))
            return True
        if not self._brings_ticks:
            self._append(reply)
        elif isinstance(reply, MarketDataType | TickRequestParameters):
            self._newest[type(reply)] = reply
        else:
            if isinstance(reply, Tick):
                self._newest[reply.tick_type] = reply
            self._append(reply)
        if self._request.facts.replies.closes(self._request, reply):
            self._is_over, self._goes_on_at_bridge = True, False
        self._changed.notify_all()
        return self._is_over

    def _append(self, reply: Reply) -> None:
        if len(self._messages) < self._limit:
            self._messages.append(reply)
        elif isinstance(self._request, COMPLETE_OR_NOTHING):
            self._messages.clear()
            self._stop(StreamOverflow(self._request, self._limit))
        else:
            self._messages.popleft()
            self._messages.append(reply)
            self.dropped += 1

    def hear_notice(self, notice: Notice, facts: CodeFacts) -> bool:
        """Keep a warning; an error that ends the subscription ends the iteration."""
        self.notices.append(notice)
        if self._request.facts.replies.ended_by(facts):
            self.fail(RequestRejected(self._request, notice.code, notice.text))
        return self._is_over

    def fail(self, error: IbkrError) -> None:
        """Nothing more comes."""
        self._goes_on_at_bridge = False
        self._stop(error)

    def _stop(self, error: IbkrError) -> None:
        """What still comes is of no use."""
        self._error = error
        self._is_over = True
        self._changed.notify_all()

    def finish(self) -> bool:
        """It was cancelled: nobody wants what was not read. False when the bridge has ended it already."""
        with self._changed:
            goes_on, self._goes_on_at_bridge = self._goes_on_at_bridge, False
            self._is_over = True
            if goes_on:
                self._messages.clear()
            self._changed.notify_all()
        return goes_on

    # ----------------------------------------------------------------------------------------------- for whoever reads

    @property
    def request_id(self) -> int:
        """The request's id; 0 for a subscription without one."""
        return self._request.request_id if isinstance(self._request, IdentifiedRequest) else 0

    @property
    def is_over(self) -> bool:
        """Whether nothing more comes; what has come may still be read."""
        return self._is_over

    @property
    def quote(self) -> Quote:
        """The newest values of market data, whether they were read or not."""
        with self._changed:
            contract = getattr(self._request, "contract", None) or Contract()
            return Quote(contract, list(self._newest.values()))

    def __iter__(self) -> Iterator[Any]:
        return self

    def __next__(self) -> Any:
        return self._read(None)

    def next(self, timeout: float | None) -> Any:
        """The next message, within so many seconds (None or infinity waits for ever).

        Raises RequestTimeout, StopIteration behind the last message, and InvalidRequest for what is no number.
        """
        return self._read(patience(timeout))

    def _read(self, timeout: float | None) -> Any:
        with self._changed:
            if not self._changed.wait_for(self._has_news, timeout):
                raise RequestTimeout(
                    self._request, timeout or 0.0, "the subscription goes on, nothing new came"
                )
            if self._messages:
                return self._messages.popleft()
        self._raise_error()
        raise StopIteration

    def take(self) -> Rows[Any]:
        """Everything that has come and was not read, oldest first; empty when there is nothing. Raises as iterating."""
        with self._changed:
            messages: Rows[Any] = Rows(self._messages)
            self._messages.clear()
        if not messages:
            self._raise_error()
        return messages

    def _has_news(self) -> bool:
        return bool(self._messages) or self._is_over

    def _raise_error(self) -> None:
        if self._error is not None:
            self.cancel()
            raise self._error

    def cancel(self) -> None:
        """End the subscription. A second call does nothing."""
        self._end(self)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.cancel()

    def __repr__(self) -> str:
        state = "over" if self._is_over else "open"
        return f"<Stream of {type(self._request).__name__}, {state}, {len(self._messages)} to read>"
