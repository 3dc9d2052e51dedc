"""The MarketDataActor: one line a contract, however many actors want it."""

from __future__ import annotations

import operator
import time
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

from loguru import logger
from msgspec.structs import replace

from ibkr_actors.actors.actor import Mail, tell
from ibkr_actors.actors.messages import Ask, Batch, MarketDataStale, Release, Send, Subscribe, Unsubscribe
from ibkr_actors.actors.reopening import ReopeningActor
from ibkr_actors.base.local_messages import RequestFailed
from ibkr_actors.base.message_codes import CODES, CodeTable, Ends
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.declaration import Message, Request
from ibkr_actors.base.messages.market_data import (
    CancelMarketData,
    MarketDataRequest,
    MarketDataType,
    MarketDataTypeRequest,
    RerouteMarketData,
    TickRequestParameters,
)
from ibkr_actors.classes.contracts.contract import Contract

STALE_AFTER: Final = 60.0
"""Seconds without a tick after which a line that had some is reported."""
LOOK_EVERY: Final = 0.05
"""How often lines are looked at, as a part of that time."""


@dataclass(slots=True)
class Line:
    """One stream of ticks from the bridge, and who wants it under which request id."""

    request: MarketDataRequest
    wanted_by: dict[int, tuple[str, Mail]] = field(default_factory=dict)
    newest: dict[Any, Message] = field(default_factory=dict)
    """The newest of everything: ticks by their type, put here by the router, other messages by their class."""
    seen: tuple[Message, ...] = ()
    """What was the newest when somebody last looked."""
    changed_at: float | None = None
    """When something was found to be newer; None before the first tick."""
    stale: bool = False

    def look(self, now: float) -> None:
        """Find out whether anything came since the last look. Two equal ticks are two ticks."""
        newest = tuple(self.newest.values())
        if len(newest) == len(self.seen) and all(map(operator.is_, newest, self.seen)):
            return
        self.seen, self.changed_at, self.stale = newest, now, False

    @property
    def id(self) -> int:
        """The request id of the line, which is that of the actor that wanted it first."""
        return self.request.request_id


def line_key(request: MarketDataRequest) -> Hashable:
    """Requests with the same key can share a line."""
    contract: Contract = request.contract
    identity = contract.contract_id or (
        contract.symbol,
        contract.security_type,
        contract.last_trade_date_or_contract_month,
        contract.strike,
        contract.right,
        contract.multiplier,
        contract.currency,
        contract.local_symbol,
        contract.trading_class,
        contract.primary_exchange,
        contract.security_id,
        contract.combo_legs,
    )
    return identity, contract.exchange, request.generic_ticks, request.options


class MarketDataActor(ReopeningActor):
    """Keeps one line of market data for each contract that some actor wants.

    Responsible for:
    1. sharing lines: the first actor's request goes to the bridge, others are served by the router from the same line,
       after the newest values, so that nobody waits for the next change to know the market;
    2. the newest values of each line;
    3. making lines again after a lost connection, and when the bridge says that its data were lost (1101);
    4. telling an actor when its line goes stale (`MarketDataStale`, once until the line lives again);
    5. ending a line that nobody wants any more.

    Snapshots are not shared. Understands: Ask, Release, Batch.  Tells: Send to the bridge, Subscribe and Unsubscribe to
    the router, Batch to actors.
    """

    serves: ClassVar[tuple[type[Request], ...]] = (MarketDataRequest, CancelMarketData, MarketDataTypeRequest)

    def __init__(
        self,
        bridge: Mail,
        router: Mail,
        *,
        stale_after: float = STALE_AFTER,
        clock: Callable[[], float] = time.monotonic,
        codes: CodeTable = CODES,
        code: str = "market_data",
    ) -> None:
        super().__init__(code)
        self._bridge, self._router = bridge, router
        self._stale_after, self._clock = stale_after, clock
        self._codes = codes
        self._look_at = 0.0
        self._lines: dict[Hashable, Line] = {}
        self._line_of_id: dict[int, Line] = {}
        self._line_of: dict[int, Line] = {}
        self._market_data_type: MarketDataTypeRequest | None = None

    def receive(self, message: Any) -> Any:
        """Requests of actors."""
        match message:
            case Ask(mail, code, MarketDataRequest() as request):
                self._want(mail, code, request)
            case Ask(mail, _, CancelMarketData(request_id)):
                self._drop(mail, request_id)
            case Ask(_, code, MarketDataTypeRequest() as request):
                self._market_data_type = request
                if self._connected:
                    self._bridge.tell(Send(request, code))
            case Release(mail, _):
                for request_id in [
                    own for own, line in self._line_of.items() if line.wanted_by[own][1] == mail
                ]:
                    self._drop(mail, request_id)
            case "quotes":
                return {line.id: (line.request.contract, dict(line.newest)) for line in self._lines.values()}
            case _:
                return super().receive(message)
        return None

    # -------------------------------------------------------------------------------------------------------- lines

    def _want(self, mail: Mail, code: str, request: MarketDataRequest) -> None:
        own = request.request_id
        if request.snapshot or request.regulatory_snapshot:
            self._router.tell(Subscribe(mail, request, own))
            self._bridge.tell(Send(request, code))
            return
        line = self._lines.get(line_key(request))
        if line is None:
            line = self._lines[line_key(request)] = self._line_of_id[own] = Line(request)
            self._open(line, code)
        line.wanted_by[own] = (code, mail)
        self._line_of[own] = line
        as_id = None if own == line.id else own
        self._router.tell(Subscribe(mail, line.request, line.id, as_id))
        if line.newest and self._connected:
            newest = [replace(known, request_id=own) for known in line.newest.values()]
            tell(mail, Batch(newest, self._clock()))

    def _open(self, line: Line, code: str) -> None:
        self._router.tell(Subscribe(self.mail, line.request, line.id, memory=line.newest))
        if self._connected:
            self._bridge.tell(Send(line.request, code))

    def _drop(self, mail: Mail, request_id: int) -> None:
        line = self._line_of.get(request_id)
        if line is None:
            self._cancel_unshared(mail, request_id)
            return
        if line.wanted_by[request_id][1] != mail:
            logger.error("a strategy tried to cancel market data {}, which is another's", request_id)
            return
        del self._line_of[request_id]
        code, _ = line.wanted_by.pop(request_id)
        self._router.tell(Unsubscribe(mail, request_id))
        if not line.wanted_by:
            self._close(line)
            self._bridge.tell(Send(CancelMarketData(line.id), code))

    def _cancel_unshared(self, mail: Mail, request_id: int) -> None:
        """A snapshot, or what was cancelled before: its id may be that of a line that others still share."""
        self._router.tell(Unsubscribe(mail, request_id))
        if request_id not in self._line_of_id:
            self._bridge.tell(Send(CancelMarketData(request_id), self.code))

    def _close(self, line: Line) -> None:
        del self._lines[line_key(line.request)], self._line_of_id[line.id]
        for own in line.wanted_by:
            self._line_of.pop(own, None)
        self._router.tell(Unsubscribe(self.mail, line.id))

    # -------------------------------------------------------------------------------------------------------- ticks

    def market_data_type(self, message: MarketDataType) -> None:
        """Kept, for who comes later."""
        self._remember(message)

    def tick_request_parameters(self, message: TickRequestParameters) -> None:
        """Kept, for who comes later."""
        self._remember(message)

    def _remember(self, message: MarketDataType | TickRequestParameters) -> None:
        line = self._line_of_id.get(message.request_id)
        if line is not None:
            line.newest[type(message)] = message

    # ------------------------------------------------------------------------------------------------------ trouble

    def reroute_market_data(self, message: RerouteMarketData) -> None:
        """A line that has no ticks, for its contract has none: who asks for it next is told so by the bridge."""
        line = self._line_of_id.get(message.request_id)
        if line is not None:
            self._close(line)

    def notice(self, notice: Notice) -> None:
        """An error that ends a line, or the news that the bridge lost all of them."""
        facts = self._codes.facts(notice.code)
        if facts.ends is Ends.MARKET_DATA:
            logger.warning("the bridge lost its market data; making {} lines again", len(self._lines))
            self._open_all_again()
            return
        line = self._line_of_id.get(notice.request_id)
        if line is not None and line.request.facts.replies.ended_by(facts):
            logger.warning("market data of {} ended: {} {}", line.request.contract, notice.code, notice.text)
            self._close(line)

    def request_failed(self, failure: RequestFailed) -> None:
        """A line that can't even be asked for; those who share it are told by the router."""
        line = self._line_of_id.get(failure.request_id)
        if line is not None and isinstance(failure.request, MarketDataRequest):
            self._close(line)

    def _open_all_again(self) -> None:
        if self._market_data_type is not None:
            self._bridge.tell(Send(self._market_data_type, self.code))
        for line in self._lines.values():
            line.newest.clear()
            line.seen, line.changed_at = (), None
            self._bridge.tell(Send(line.request, self.code))

    def act(self) -> None:
        """Report lines that have gone silent."""
        if not self._connected:
            return
        now = self._clock()
        if now < self._look_at:
            return
        self._look_at = now + self._stale_after * LOOK_EVERY
        for line in self._lines.values():
            line.look(now)
            if line.stale or line.changed_at is None or now - line.changed_at < self._stale_after:
                continue
            line.stale = True
            for own, (_, mail) in line.wanted_by.items():
                tell(mail, Batch([MarketDataStale(own, now - line.changed_at)], now))

    def stop(self) -> None:
        """End every line."""
        for line in list(self._lines.values()):
            self._bridge.tell(Send(CancelMarketData(line.id), self.code))
        self._lines.clear()
        super().stop()
