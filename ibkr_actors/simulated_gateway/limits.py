"""What a gateway allows its clients: how fast, and how much at once. No clock: `now` is an argument."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Hashable
from typing import Final, TypeAlias

from ibkr_actors.base.messages.declaration import IdentifiedRequest, Message
from ibkr_actors.base.messages.history import HistoricalDataRequest, RealTimeBarsRequest
from ibkr_actors.base.messages.market_data import MarketDataRequest
from ibkr_actors.base.messages.orders import PlaceOrderRequest
from ibkr_actors.base.messages.reference_data import MatchingSymbolsRequest
from ibkr_actors.base.messages.tick_by_tick import TickByTickRequest
from ibkr_actors.base.pacing import (
    MESSAGES_PER_SECOND,
    REQUESTS_IN_TEN_MINUTES,
    HistoricalPacing,
    Window,
)
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.faults.effect import Effect, Layer, notice
from ibkr_actors.simulated_gateway.refusals import (
    PACING_VIOLATION,
    REAL_TIME_PACING,
    Refusal,
    id_of,
    message_rate,
    order_rejected,
)

PACED: Final = "+PACEAPI"
"""The connect option of clients that want to be slowed down instead of refused."""

MARKET_DATA_LINES: Final = 100
TICK_BY_TICK_REQUESTS: Final = 3
SECONDS_BETWEEN_TICK_BY_TICK: Final = 15.0
"""Between two requests for the ticks of one instrument."""
OPEN_HISTORICAL_REQUESTS: Final = 50
ACTIVE_ORDERS: Final = 20
"""On one side of one contract, in one account."""
MATCHING_SYMBOLS_PER_SECOND: Final = 1

TOO_MANY_LINES: Final = (101, "Max number of tickers has been reached")
TOO_MANY_TICK_BY_TICK: Final = (10190, "Max number of tick-by-tick requests has been reached.")

LENIENCY: Final = 0.1
"""Seconds by which a request may come too soon: who keeps the limits at its own end is never refused, however unevenly
the network carries its requests."""
LARGEST_QUEUE: Final = 10_000
"""Requests of one client that may wait for their turn; beyond that its connection ends."""

Verdict: TypeAlias = tuple[int, str] | None
"""The code and the text of a refusal; None for what is allowed."""


class MessageRate:
    """How many messages one client may send within a second."""

    def __init__(self, limit: int = MESSAGES_PER_SECOND) -> None:
        self.limit = limit
        self._window = Window(limit, 1.0)

    def admits(self, now: float) -> bool:
        """Whether one more may come; it counts if so."""
        if self._window.due(now + LENIENCY):
            return False
        self._window.note(now)
        return True


class TickByTickRate:
    """How soon the ticks of one instrument may be asked for again."""

    def __init__(self) -> None:
        self._asked: dict[Hashable, float] = {}

    def admits(self, instrument: Hashable, now: float) -> bool:
        """Whether it may be asked for; it counts if so."""
        self._asked = {
            other: moment
            for other, moment in self._asked.items()
            if now + LENIENCY - moment < SECONDS_BETWEEN_TICK_BY_TICK
        }
        if instrument in self._asked:
            return False
        self._asked[instrument] = now
        return True


class RealLimits(Effect):
    """Refuses what a real gateway refuses, and lets wait what it lets wait.

    Responsible for: the rate of messages (100 and the end of the connection; a client with +PACEAPI waits), lines of
    market data (101), ticks by ticks (10190), the pacing of bars (162) and of real-time bars (420), open requests for
    bars, active orders (201), the throttle of matching symbols. All but the rate count for all clients together, who
    are one user to the market data servers.
    Not responsible for: what the services limit themselves (books, scans, account summaries).
    """

    is_fault = False
    nearness = 1

    def __init__(self) -> None:
        super().__init__()
        self._rates: dict[Client, MessageRate] = {}
        self._history = HistoricalPacing()
        self._real_time = Window(REQUESTS_IN_TEN_MINUTES, 600.0)
        self._tick_by_tick = TickByTickRate()
        self._symbols = Window(MATCHING_SYMBOLS_PER_SECOND, 1.0)
        self._waiting: dict[Client, deque[Message]] = {}
        self._waiting_symbols: deque[tuple[Client, Message]] = deque()

    def takes(self, layer: Layer, client: Client, request: Message, now: float) -> bool:
        """Refuses, or lets wait."""
        if client.client_id is None:
            return False
        if self._is_too_fast(layer, client, request, now):
            return True
        return self._limits_the_kind(layer, client, request, now)

    def advance(self, layer: Layer, now: float) -> None:
        """Lets go on what has waited long enough."""
        for client, requests in self._waiting.items():
            while requests and self._rate(client).admits(now):
                request = requests.popleft()
                if not self._limits_the_kind(layer, client, request, now):
                    layer.pass_on(client, request)
        if self._waiting_symbols and not self._symbols.due(now):
            self._symbols.note(now)
            layer.pass_on(*self._waiting_symbols.popleft())

    def forget(self, client: Client) -> None:
        """See `Effect`."""
        self._rates.pop(client, None)
        self._waiting.pop(client, None)
        self._waiting_symbols = deque(held for held in self._waiting_symbols if held[0] is not client)

    # ---------------------------------------------------------------------------------------------------------- rate

    def _rate(self, client: Client) -> MessageRate:
        return self._rates.setdefault(client, MessageRate())

    def _is_too_fast(self, layer: Layer, client: Client, request: Message, now: float) -> bool:
        rate = self._rate(client)
        if client.is_paced:
            waits = bool(self._waiting.get(client)) or not rate.admits(now)
            if waits:
                self._let_wait(layer, client, request)
            return waits
        if rate.admits(now):
            return False
        client.closing = "it sends more messages per second than allowed"
        layer.tell(client, [notice(now, *message_rate(rate.limit, rate.limit + 1, client.number))])
        return True

    def _let_wait(self, layer: Layer, client: Client, request: Message) -> None:
        requests = self._waiting.setdefault(client, deque())
        if len(requests) >= LARGEST_QUEUE:
            layer.drop(client, f"{LARGEST_QUEUE} of its requests wait for their turn")
        else:
            requests.append(request)

    # --------------------------------------------------------------------------------------------------------- kinds

    def _limits_the_kind(self, layer: Layer, client: Client, request: Message, now: float) -> bool:
        if isinstance(request, MatchingSymbolsRequest):
            return self._throttles_symbols(client, request, now)
        verdict = self._verdict(layer, request, now, client)
        if verdict is None:
            return False
        layer.tell(client, [notice(now, *verdict, id_of(request))])
        return True

    def _throttles_symbols(self, client: Client, request: Message, now: float) -> bool:
        if not self._waiting_symbols and not self._symbols.due(now + LENIENCY):
            self._symbols.note(now)
            return False
        self._waiting_symbols.append((client, request))
        return True

    def _verdict(self, layer: Layer, request: Message, now: float, client: Client) -> Verdict:
        match request:
            case MarketDataRequest(snapshot=False, regulatory_snapshot=False):
                return self._of_lines(layer)
            case RealTimeBarsRequest():
                return self._of_lines(layer) or self._of_real_time_bars(now)
            case TickByTickRequest():
                return self._of_tick_by_tick(layer, request, now)
            case HistoricalDataRequest():
                return self._of_history(layer, request, now)
            case PlaceOrderRequest():
                return self._of_orders(layer, client, request)
        return None

    def _of_lines(self, layer: Layer) -> Verdict:
        lines = _number(layer, lambda one: isinstance(one, MarketDataRequest | RealTimeBarsRequest))
        return TOO_MANY_LINES if lines >= MARKET_DATA_LINES else None

    def _of_real_time_bars(self, now: float) -> Verdict:
        if self._real_time.due(now + LENIENCY):
            return REAL_TIME_PACING
        self._real_time.note(now)
        return None

    def _of_tick_by_tick(self, layer: Layer, request: TickByTickRequest, now: float) -> Verdict:
        if _number(layer, lambda one: isinstance(one, TickByTickRequest)) >= TICK_BY_TICK_REQUESTS:
            return TOO_MANY_TICK_BY_TICK
        instrument = request.contract.contract_id or request.contract.symbol
        return None if self._tick_by_tick.admits(instrument, now) else TOO_MANY_TICK_BY_TICK

    def _of_history(self, layer: Layer, request: HistoricalDataRequest, now: float) -> Verdict:
        open_ones = _number(layer, lambda one: isinstance(one, HistoricalDataRequest))
        if open_ones >= OPEN_HISTORICAL_REQUESTS or self._history.due(request, now + LENIENCY):
            return PACING_VIOLATION
        self._history.note(request, now)
        return None

    def _of_orders(self, layer: Layer, client: Client, request: PlaceOrderRequest) -> Verdict:
        book = layer.gateway.exchange.book
        if request.order.what_if or book.find(client.number, request.order_id) is not None:
            return None
        try:
            contract_id = layer.gateway.catalogue.identify(request.contract).contract_id
        except Refusal:  # the exchange says so itself
            return None
        account = request.order.account or layer.gateway.accounts.codes[0]
        active = sum(
            other.listing.contract_id == contract_id
            and other.order.action == request.order.action
            and other.order.account == account
            for other in book.open_orders()
        )
        return order_rejected(_TOO_MANY_ORDERS) if active >= ACTIVE_ORDERS else None


_TOO_MANY_ORDERS: Final = (
    f"Your account has a minimum of {ACTIVE_ORDERS} orders working on either the buy or sell side for this particular "
    "contract."
)


def _number(layer: Layer, fits: Callable[[IdentifiedRequest], bool]) -> int:
    """How many requests of a kind go on, of all clients."""
    return sum(fits(request) for client in layer.clients() for request in layer.streams(client).values())
