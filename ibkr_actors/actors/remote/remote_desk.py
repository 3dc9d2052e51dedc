"""The desk, as a strategy in another process works at it."""

from __future__ import annotations

import itertools
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable
from functools import partial
from typing import Any, Final

from loguru import logger
from msgspec.structs import replace

from ibkr_actors.actors.actor import Mail
from ibkr_actors.actors.desk import Desk, Signals
from ibkr_actors.actors.messages import CancelOrder, Forget, Idle, PlaceOrder, Register, Send
from ibkr_actors.actors.remote.codec import FOR_ACTOR, Unreadable, encode
from ibkr_actors.actors.remote.host import Host, RemoteOptions
from ibkr_actors.actors.remote.inbox import Inbox
from ibkr_actors.actors.remote.letters import (
    Call,
    Farewell,
    HeartbeatSeen,
    OrderAnswer,
    Parcel,
    Ping,
    Refusal,
    Registration,
    StartOver,
    StopActor,
    Welcome,
)
from ibkr_actors.actors.remote.letters import Letter as ForDesk
from ibkr_actors.actors.remote.outgoing_trades import OutgoingTrades
from ibkr_actors.actors.remote.remote_actor import GONE
from ibkr_actors.base.ids import OrderIds
from ibkr_actors.base.local_messages import LOCAL, ConnectionChanged, ConnectionState, RequestFailed
from ibkr_actors.base.messages.declaration import Message, Request
from ibkr_actors.base.outstanding_requests import OutstandingRequests
from ibkr_actors.brokers.broker import Broker, Delivery, Letter
from ibkr_actors.brokers.topology import (
    BRIDGE,
    MULTI_CLIENT,
    TRADING_DESK,
    actor_events,
    actor_market_data,
    actor_requests,
    routing_key,
)

KNOCK_EVERY: Final = 0.5
"""Seconds between two attempts to register."""
SILENT_AFTER: Final = 3
"""Heartbeats without an answer after which the desk counts as lost."""
IN_USE_FOR: Final = 30.0
"""Seconds in which a broker notices that an earlier process of this code is gone."""
EVENTS_AT_A_TIME: Final = 100
MARKET_DATA_AT_A_TIME: Final = 10
"""Batches that the strategy may not have handled yet, before the queue keeps the rest and drops the oldest."""


class RemoteDesk:
    """Stands for every actor of the desk, towards one strategy of this process.

    Responsible for:
    1. registration, heartbeats, and what the desk wants of the strategy;
    2. its requests, and what answers them; after the desk or the way to it was lost: what waited for an answer fails,
       and what it had subscribed to is asked for again;
    3. trades (`OutgoingTrades`) and what is heard of them (`Inbox`).

    Has of a pykka reference what mail needs. Safe from any thread: strategy, supervisor and the broker's thread use it.
    """

    actor_class: Final = Desk

    def __init__(
        self,
        code: str,
        strategy: str,
        broker: Broker,
        host: Host,
        options: RemoteOptions,
        *,
        orders_at_death: str = "keep",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.code, self.life = code, uuid.uuid4().hex
        self.actor_urn = f"desk of {code}"
        self._strategy, self._broker, self._host, self._options = strategy, broker, host, options
        self._orders_at_death, self._clock = orders_at_death, clock
        self._inbox = Inbox(self.life)
        self._outstanding = OutstandingRequests()
        self._trades = OutgoingTrades(
            code, self.life, broker, self._tell, time_to_live=options.time_to_live, clock=clock
        )
        self._welcome: Welcome | None = None
        self._works = False
        """Whether the desk knows this actor, and answers."""
        self._start = 1
        self._begun = 0
        self._epoch = 1
        self._knocked = self._beaten = -1e9
        self._answered = 0.0
        self._blocked_since: float | None = None
        self._consume_at: float | None = None
        self._lock = threading.RLock()
        self._final = False
        self.unreadable = 0
        """Letters, or messages in them, that could not be read."""
        self.desk = Desk(self, self, self, self, {}, itertools.count(), OrderIds(), Signals())

    # ---------------------------------------------------------------------------------------------- as the desk's mail

    def is_alive(self) -> bool:
        """Always: the desk may come back."""
        return True

    def tell(self, message: Any) -> None:
        """What a strategy or its supervisor tells the actors of a desk."""
        with self._lock:
            match message:
                case Send(request, _):
                    self._ask(request)
                case PlaceOrder():
                    self._trades.place(message, self.desk.order_ids.next)
                case CancelOrder():
                    self._trades.cancel(message, self.desk.order_ids.next)
                case Register(_, mail):
                    self._begin(mail)
                case Forget():
                    self._end()
                case Idle():
                    self.look()

    # ------------------------------------------------------------------------------------------------ registration

    def open(self) -> None:
        """Knock at the desk; `look` does it again until it answers."""
        queue = actor_requests(self.code, self.life)
        self._broker.consume(queue, self._receive_request, prefetch=EVENTS_AT_A_TIME)
        self.look()

    def look(self) -> None:
        """What is due: a sign of life, another attempt to register, the news that the desk is silent."""
        with self._lock:
            if not self._final:
                self._look(self._clock())

    def _look(self, now: float) -> None:
        if self._consume_at is not None and now >= self._consume_at:
            self._consume_at = None
            self._consume()
        if not self._works:
            is_over = self._host.state().state in GONE
            if not is_over and now - self._knocked >= KNOCK_EVERY:
                self._knocked = now
                self._say(self._registration(), lives=KNOCK_EVERY * 2)
        elif now - self._answered > self._options.heartbeat * SILENT_AFTER:
            self._lose("the desk does not answer")
        if self._welcome is not None:
            if now - self._beaten >= self._options.heartbeat and self._works:
                self._beat(now)
            self._trades.look()

    def _registration(self) -> Registration:
        slot = self._welcome.slot if self._welcome is not None else None
        return Registration(
            self.life,
            self._strategy,
            socket.gethostname(),
            os.getpid(),
            self._orders_at_death,
            self._options.grace,
            slot,
            self._start,
            self._options.market_data_batches,
        )

    def _beat(self, now: float) -> None:
        self._beaten = now
        self._say(self._host.state(), lives=self._options.grace)

    def _say(self, letter: ForDesk, lives: float) -> None:
        key = routing_key(MULTI_CLIENT, self.code)
        self._broker.publish(Letter(TRADING_DESK, key, encode(letter), time_to_live=lives))

    def _entrust(self, letter: ForDesk) -> None:
        self._broker.entrust(Letter(TRADING_DESK, routing_key(BRIDGE, self.code), encode(letter)))

    def _receive_request(self, delivery: Delivery) -> None:
        """On the broker's thread."""
        letter = self._read(delivery)
        if letter is None:
            return
        self._broker.acknowledge(delivery)
        if letter.life != self.life:
            return  # to another process that wanted the same code
        with self._lock:
            self._hear(letter)

    def _hear(self, letter: Any) -> None:
        match letter:
            case Welcome():
                self._enter(letter)
            case Refusal(_, reason) if not self._works:
                self._final = True
                self._host.refuse(reason)
            case HeartbeatSeen(_, _, known):
                self._hear_answer(known=known)
            case Ping():
                self._beat(self._clock())
            case StopActor():
                self._host.stop()

    def _enter(self, welcome: Welcome) -> None:
        if welcome.start != self._start:
            return  # the answer to an earlier knock, before the desk was lost again
        is_first, was_working = self._welcome is None, self._works
        self._welcome, self._works, self._answered = welcome, True, self._clock()
        if is_first:
            self._settle_in(welcome)
        elif not was_working:
            self._come_back()

    def _settle_in(self, welcome: Welcome) -> None:
        order_ids = OrderIds()
        order_ids.at_least(welcome.first_order)
        requests = itertools.count(welcome.first_request)
        signals, client_id = self.desk.signals, welcome.client_id
        self.desk = Desk(self, self, self, self, {}, requests, order_ids, signals, client_id)
        self._consume()
        self._host.welcome(self.desk)

    def _consume(self) -> None:
        """What waits for this code, which an earlier process may still seem to take."""
        events, most = actor_events(self.code), self._options.market_data_batches
        self._broker.consume(
            events,
            self._receive_events,
            prefetch=EVENTS_AT_A_TIME,
            started=self._is_ours,
            refused=self._try_again,
        )
        self._broker.consume(
            actor_market_data(self.code, most), self._receive_ticks, prefetch=MARKET_DATA_AT_A_TIME
        )

    def _is_ours(self) -> None:
        """On the broker's thread: nobody else takes what is for this code any more."""
        self._blocked_since = None

    def _try_again(self, reason: str) -> None:
        """On the broker's thread: somebody else takes what is for this code."""
        now = self._clock()
        self._blocked_since = self._blocked_since or now
        if now - self._blocked_since > IN_USE_FOR:
            self._final = True
            self._host.refuse(f"another process takes what is for the code {self.code!r}: {reason}")
        else:
            self._consume_at = now + KNOCK_EVERY

    # ------------------------------------------------------------------------------------------------ losing the desk

    def _hear_answer(self, *, known: bool) -> None:
        if known:
            self._answered = self._clock()
        elif self._works:
            self._lose("the desk ended, or took this actor for dead")
            self.look()

    def _lose(self, reason: str) -> None:
        """From now on it is another start: what is still on its way, there or back, is of the past."""
        self._works, self._knocked = False, -1e9
        self._start += 1
        self._inbox.expect(self._start)
        logger.warning("{}: {}", self.code, reason)
        failed: list[Message] = [*self._outstanding.give_up_waiting(reason)]
        self._tell([ConnectionChanged(ConnectionState.LOST, self._epoch, 0, reason), *failed])

    def _come_back(self) -> None:
        self._epoch += 1
        logger.info("{} works at the desk again", self.code)
        self._tell([ConnectionChanged(ConnectionState.CONNECTED, self._epoch)])
        for request in self._outstanding.to_ask_again():
            self._entrust(Call(self.life, self._start, request))

    # ------------------------------------------------------------------------------------------------------ requests

    def _ask(self, request: Request) -> None:
        self._outstanding.add(request)
        if self._works:
            self._entrust(Call(self.life, self._start, request))
        elif request in self._outstanding.everything() and not request.facts.replies.keeps_on(request):
            reason = "there is no connection with the desk"
            failed = RequestFailed(getattr(request, "request_id", LOCAL), reason, request)
            self._outstanding.hear(failed)
            self._tell([failed])

    def _begin(self, mail: Mail) -> None:
        """The strategy starts, for the first time or anew."""
        self._begun += 1
        if self._begun > 1:
            self._start += 1
            self._inbox.expect(self._start)
            if self._works:
                self._entrust(StartOver(self.life, self._start))
        self._inbox.begin(mail)
        if self._works:
            self._beat(self._clock())

    def _end(self) -> None:
        """The strategy has ended: its subscriptions end with it."""
        self._inbox.end()
        self._outstanding = OutstandingRequests()
        if self._works:
            self._entrust(StartOver(self.life, 0))

    # ------------------------------------------------------------------------------------------ what the desk sends

    def _read(self, delivery: Delivery, *wanted: type) -> Any:
        """The letter; None when it can't be read, or is none that is `wanted`, and is a dead letter now."""
        try:
            letter, unreadable = FOR_ACTOR.read(delivery.body)
            if wanted and not isinstance(letter, wanted):
                raise Unreadable(f"no {type(letter).__name__} is for this queue")
        except Unreadable as reason:
            self.unreadable += 1
            logger.error(
                "{}: a letter of the desk can't be read, and is a dead letter now: {}", self.code, reason
            )
            self._broker.bury(delivery, str(reason))
            return None
        for one in unreadable:
            self.unreadable += 1
            logger.error("{}: a message of the desk can't be read, and is left out: {}", self.code, one)
        return letter

    def _receive_events(self, delivery: Delivery) -> None:
        letter = self._read(delivery, Parcel, OrderAnswer)
        acknowledge = partial(self._broker.acknowledge, delivery)
        match letter:
            case Parcel():
                with self._lock:
                    self._note(letter.messages)
                    heard = self._inbox.take_events(letter, acknowledge)
                self._host.hear(heard)
            case OrderAnswer():
                if letter.life == self.life:
                    self._trades.hear(letter)
                acknowledge()

    def _note(self, messages: list[Message]) -> None:
        for index, message in enumerate(messages):
            self._outstanding.hear(message)
            if isinstance(message, ConnectionChanged):
                if message.state is ConnectionState.CONNECTED:
                    self._epoch += 1
                messages[index] = replace(message, epoch=self._epoch)

    def _receive_ticks(self, delivery: Delivery) -> None:
        letter = self._read(delivery, Parcel)
        if letter is not None:
            self._inbox.take_ticks(letter, partial(self._broker.acknowledge, delivery))

    def _tell(self, messages: list[Message]) -> None:
        """Of our own; also to whoever watches the strategy."""
        self._inbox.tell(messages)
        self._host.hear(messages)

    def close(self) -> None:
        """The process ends: the desk need not wait for it."""
        with self._lock:
            self._close()

    def _close(self) -> None:
        if self._works and not self._final:
            state = self._host.state().state
            self._broker.entrust(
                Letter(TRADING_DESK, routing_key(MULTI_CLIENT, self.code), encode(Farewell(self.life, state)))
            )
        self._final = True
        market_data = actor_market_data(self.code, self._options.market_data_batches)
        for queue in (actor_events(self.code), market_data, actor_requests(self.code, self.life)):
            self._broker.cancel(queue)
