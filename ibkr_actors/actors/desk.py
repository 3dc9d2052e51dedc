"""What actors of one desk know of each other: where to tell what, and where ids come from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from blinker import Signal
from loguru import logger

from ibkr_actors.actors.actor import Mail, Turns
from ibkr_actors.actors.messages import (
    Adopt,
    Ask,
    AwaitAnswer,
    Forget,
    Register,
    Release,
    Send,
    Subscribe,
    Unsubscribe,
)
from ibkr_actors.base.ids import OrderIds
from ibkr_actors.base.messages.declaration import Cancellation, IdentifiedRequest, Request


@dataclass(frozen=True, slots=True)
class Signals:
    """What an embedding application may want to know; connect a function to any of them.

    Signals are sent from the desk's threads, one call after the other: a receiver that blocks delays those behind it,
    and one that raises is logged. Every signal is sent with keyword arguments only, named in its line here.
    """

    connection_changed: Signal = field(default_factory=Signal)
    """change: ConnectionChanged"""
    order_changed: Signal = field(default_factory=Signal)
    """code: str, change: OrderChanged"""
    order_filled: Signal = field(default_factory=Signal)
    """code: str, change: OrderChanged; once an order, when all of it is filled"""
    execution: Signal = field(default_factory=Signal)
    """code: str, details: ExecutionDetails"""
    commission: Signal = field(default_factory=Signal)
    """code: str, report: CommissionAndFeesReport"""
    strategy_started: Signal = field(default_factory=Signal)
    """code: str, attempt: int"""
    strategy_stopped: Signal = field(default_factory=Signal)
    """code: str"""
    strategy_failed: Signal = field(default_factory=Signal)
    """code: str, error: BaseException"""


def emit(signal: Signal, **facts: object) -> None:
    """Send a signal; a receiver that raises is logged and stops nobody."""
    for receiver in signal.receivers_for(None):
        try:
            receiver(None, **facts)
        except Exception as error:  # noqa: BLE001  # a receiver is somebody else's code
            logger.opt(exception=error).error("a receiver of a signal failed: {}", receiver)


def ask_bridge(bridge: Mail, router: Mail, mail: Mail, code: str, request: Request) -> None:
    """Send an actor's request, which has its id, to the bridge; the router brings what answers it to `mail`."""
    if isinstance(request, IdentifiedRequest):
        router.tell(Subscribe(mail, request, request.request_id))
    elif isinstance(request, Cancellation):
        router.tell(Unsubscribe(mail, request.request_id))
    elif request.facts.replies.unidentified:
        router.tell(AwaitAnswer(mail, request))
    bridge.tell(Send(request, code))


@dataclass(frozen=True, slots=True)
class Desk:
    """The desk as its actors see it.

    `specialists` tells which actor serves a request; requests of other types go to the bridge directly.
    """

    bridge: Mail
    router: Mail
    orders: Mail
    market_data: Mail
    specialists: Mapping[type[Request], Mail]
    request_ids: Iterator[int]
    order_ids: OrderIds
    signals: Signals
    client_id: int = 0
    turns: Turns | None = None
    """At reading the connection, for actors of this process that have nothing else to do."""

    def pass_on(self, mail: Mail, code: str, request: Request) -> None:
        """Send an actor's request, which has its id, on its way: to the actor that serves it, or to the bridge.

        What answers it reaches `mail`.
        """
        specialist = self.specialists.get(type(request))
        if specialist is not None:
            specialist.tell(Ask(mail, code, request))
            return
        ask_bridge(self.bridge, self.router, mail, code, request)

    def introduce(self, code: str, mail: Mail) -> None:
        """An actor is about to start: it hears what is for everybody, and its code's orders are its own."""
        self.router.tell(Register(code, mail))
        self.orders.tell(Adopt(code, mail))

    def release(self, code: str, mail: Mail) -> None:
        """An actor has ended: so do its subscriptions."""
        self.router.tell(Forget(mail))
        for specialist in set(self.specialists.values()):
            specialist.tell(Release(mail, code))
