"""How fast requests may leave: the bridge's limits, which a client keeps and the simulated gateway enforces.

No clock here: `now` is an argument, in seconds of a monotonic clock. Limits are those that the vendor documents: 50
messages a second, else error 100 and a closed connection; for bars of 30 seconds or less, 60 requests in ten minutes,
fewer than six for one contract in two seconds, no identical one within 15 seconds.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable
from typing import Any, Final

from ibkr_actors.base.messages.declaration import Cancellation, Request
from ibkr_actors.base.messages.history import HistoricalDataRequest
from ibkr_actors.base.messages.orders import GlobalCancelRequest
from ibkr_actors.base.order_tracking import ABOUT_AN_ORDER
from ibkr_actors.base.replies import cancels
from ibkr_actors.errors import InvalidRequest

MESSAGES_PER_SECOND: Final = 50

REQUESTS_IN_TEN_MINUTES: Final = 60
"""For small bars, and for real-time bars."""
REQUESTS_OF_A_CONTRACT: Final = 5
"""For small bars of one kind of one contract, in two seconds."""

SMALL_BARS: Final = frozenset(
    ("1 secs", "1 sec", "5 secs", "10 secs", "15 secs", "30 secs"),
)

FIRST: Final = frozenset((*ABOUT_AN_ORDER, GlobalCancelRequest))
"""Requests about orders, which wait for no others."""


class Window:
    """At most `limit` events in any stretch of `seconds`.

    `due(now)` is how long to wait, `note(now)` counts an event. Keeps `limit` times at most.
    """

    def __init__(self, limit: int, seconds: float) -> None:
        self._seconds = seconds
        self._times: deque[float] = deque(maxlen=limit)

    def due(self, now: float) -> float:
        """Seconds until the next event is allowed; 0 when it is allowed now."""
        if len(self._times) < (self._times.maxlen or 0):
            return 0.0
        return max(0.0, self._times[0] + self._seconds - now)

    def note(self, now: float) -> None:
        """Count an event."""
        self._times.append(now)

    def is_over(self, now: float) -> bool:
        """Whether nothing that was counted matters any more."""
        return not self._times or now - self._times[-1] >= self._seconds


class HistoricalPacing:
    """The limits on requests for small bars; larger bars are not held back."""

    def __init__(self) -> None:
        self._all = Window(REQUESTS_IN_TEN_MINUTES, 600.0)
        self._of_contract: dict[Hashable, Window] = {}
        self._identical: dict[Hashable, Window] = {}

    def due(self, request: HistoricalDataRequest, now: float) -> float:
        """Seconds until this request is allowed."""
        if request.bar_size not in SMALL_BARS:
            return 0.0
        return max(window.due(now) for window in self._windows(request))

    def note(self, request: HistoricalDataRequest, now: float) -> None:
        """Count a request; bid-and-ask bars count twice."""
        if request.bar_size not in SMALL_BARS:
            return
        self._forget_what_is_over(now)
        weight = 2 if request.what_to_show == "BID_ASK" else 1
        for window in self._windows(request):
            for _ in range(weight):
                window.note(now)

    def _forget_what_is_over(self, now: float) -> None:
        """A desk that runs for weeks asks for endless different things."""
        for windows in (self._of_contract, self._identical):
            for key in [key for key, window in windows.items() if window.is_over(now)]:
                del windows[key]

    def _windows(self, request: HistoricalDataRequest) -> tuple[Window, Window, Window]:
        contract = request.contract
        place = (contract.contract_id or contract.local_symbol or contract.symbol, contract.exchange)
        kind = (*place, request.what_to_show)
        whole = (*kind, request.end, request.duration, request.bar_size, request.use_regular_trading_hours)
        return (
            self._all,
            self._of_contract.setdefault(kind, Window(REQUESTS_OF_A_CONTRACT, 2.0)),
            self._identical.setdefault(whole, Window(1, 15.0)),
        )


class Outbox:
    """Requests that wait for their turn.

    Responsible for:
    1. that requests about orders leave before all others, in the order in which they came, so that order ids rise and
       no cancellation comes before its order;
    2. the order of the others, and that a historical request that has to wait holds back nothing but other historical
       requests;
    3. that a request which is cancelled while it waits does not leave, nor its cancellation: no cancellation overtakes
       what it cancels.
    """

    def __init__(self, messages_per_second: int = MESSAGES_PER_SECOND) -> None:
        if not isinstance(messages_per_second, int) or messages_per_second < 1:
            raise InvalidRequest(
                f"messages_per_second is a whole number from 1 on, got {messages_per_second!r}"
            )
        self._messages = Window(messages_per_second, 1.0)
        self._historical = HistoricalPacing()
        self._about_orders: deque[Request] = deque()
        self._waiting: deque[Request] = deque()
        self._waiting_historical: deque[HistoricalDataRequest] = deque()

    def __len__(self) -> int:
        return len(self._about_orders) + len(self._waiting) + len(self._waiting_historical)

    @property
    def holds_orders(self) -> bool:
        """Whether requests about orders wait. From any thread."""
        return bool(self._about_orders)

    def put(self, request: Request) -> None:
        """Add a request at the end of its queue, unless it cancels one that waits: then both are gone."""
        if type(request) in FIRST:
            self._about_orders.append(request)
        elif isinstance(request, HistoricalDataRequest):
            self._waiting_historical.append(request)
        elif not (isinstance(request, Cancellation) and self._withdraw(request)):
            self._waiting.append(request)

    def _withdraw(self, cancellation: Cancellation) -> bool:
        """Take out what a cancellation ends; False when that does not wait."""
        return _take_out(self._waiting, cancellation) or _take_out(self._waiting_historical, cancellation)

    def take(self, now: float) -> list[Request]:
        """The requests that may leave now, in order; they are counted as sent."""
        leaving: list[Request] = []
        while (queue := self._about_orders or self._waiting) and not self._messages.due(now):
            leaving.append(queue.popleft())
            self._messages.note(now)
        while self._waiting_historical and not self._messages.due(now):
            request = self._waiting_historical[0]
            if self._historical.due(request, now):
                break
            self._historical.note(request, now)
            self._messages.note(now)
            leaving.append(self._waiting_historical.popleft())
        return leaving

    def due(self, now: float) -> float | None:
        """Seconds until something may leave; None when nothing waits."""
        if self._about_orders or self._waiting:
            return self._messages.due(now)
        if self._waiting_historical:
            return max(self._messages.due(now), self._historical.due(self._waiting_historical[0], now))
        return None

    def clear(self) -> list[Request]:
        """Everything that waits, taken out; for a connection that ended."""
        queues = (self._about_orders, self._waiting, self._waiting_historical)
        left = [request for queue in queues for request in queue]
        for queue in queues:
            queue.clear()
        return left


def _take_out(queue: deque[Any], cancellation: Cancellation) -> bool:
    kept = [request for request in queue if not _ends(cancellation, request)]
    if len(kept) == len(queue):
        return False
    queue.clear()
    queue.extend(kept)
    return True


def _ends(cancellation: Cancellation, request: Any) -> bool:
    return cancels(type(cancellation), type(request)) and request.request_id == cancellation.request_id
