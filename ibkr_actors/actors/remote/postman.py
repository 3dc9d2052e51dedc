"""The postman: brings what the desk has for actors in other processes to the broker, in few large letters."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from loguru import logger

from ibkr_actors.actors.actor import ACTOR_THREAD
from ibkr_actors.actors.remote.codec import encode, encode_parcel
from ibkr_actors.actors.remote.letters import Letter, Parcel
from ibkr_actors.actors.remote.order_numbers import ORDER_MESSAGES
from ibkr_actors.actors.remote.remote_mail import TICKS, RemoteMail
from ibkr_actors.base.local_messages import OrderChanged
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.messages.executions import ExecutionDetails
from ibkr_actors.base.order_tracking import ENDED
from ibkr_actors.brokers.broker import Broker, Outcome, Settled
from ibkr_actors.brokers.broker import Letter as Posted
from ibkr_actors.brokers.topology import ACTOR, BRIDGE, EVENTS, MARKET_DATA, MULTI_CLIENT, routing_key

BATCH_SECONDS: Final = 0.025
"""Ticks are collected for so long: a letter costs as much as some hundred ticks in it."""

MOST_EVENTS: Final = 5000
"""In one letter: some megabytes, for a broker takes none that is too large."""

Told = Callable[[int, str], None]
"""Called when the broker has it for the owner of an order that the order has ended so, or has that execution."""


def _nobody_notes(_order_id: int, _what: str) -> None:
    """For those who keep no journal."""


class Postman:
    """A thread that sends what was told to `RemoteMail`s.

    Responsible for: one letter for all ticks of an actor within `batch_seconds`; everything else at once; the actor's
    numbers in what is said of orders; telling `told` what the broker has of the ends and executions of orders.

    The first tick after a pause leaves at once. A slow actor, or a broker that takes nothing, delays nobody: ticks that
    the broker does not take are gone, and the actor finds out by their count.
    """

    def __init__(
        self,
        broker: Broker,
        *,
        batch_seconds: float = BATCH_SECONDS,
        told: Told = _nobody_notes,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._broker, self._batch_seconds, self._told, self._clock = broker, batch_seconds, told, clock
        self._items: deque[tuple[RemoteMail, list[Message]]] = deque()
        self._bell: queue.SimpleQueue[bool] = queue.SimpleQueue()
        """True for what can wait no longer."""
        self._ticks_wait = False
        self._last_ticks = 0.0
        self._stopping = False
        self._thread = threading.Thread(target=self._run, name=f"{ACTOR_THREAD}postman", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """Give the broker everything that waits, and end."""
        self._stopping = True
        self._bell.put(True)
        self._thread.join(timeout)

    def take(self, mail: RemoteMail, messages: list[Message]) -> None:
        """From any thread, the reader's above all: these are for that actor."""
        urgent = not TICKS.issuperset(map(type, messages))
        self._items.append((mail, messages))
        if urgent:
            self._bell.put(True)
        elif not self._ticks_wait:
            self._ticks_wait = True
            self._bell.put(False)

    def send(self, code: str, letter: Letter, message_type: str, settled: Settled | None = None) -> None:
        """Entrust a letter about trading, or publish one of everyday life; from any thread."""
        body = encode(letter)
        if message_type == MULTI_CLIENT:
            self._broker.publish(Posted(ACTOR, routing_key(MULTI_CLIENT, code), body))
        else:
            key = routing_key(BRIDGE, code)
            self._broker.entrust(Posted(ACTOR, key, body, EVENTS, persistent=True), settled)

    # ------------------------------------------------------------------------------------------------- the thread

    def _run(self) -> None:
        waiting: dict[RemoteMail, None] = {}
        while not self._stopping or self._items:
            self._wait(bool(waiting))
            self._ticks_wait = False  # from here on a tick rings again: it may come too late for this round
            self._collect(waiting)
            for mail in list(waiting):
                self._send_events(mail)
            if self._is_time_for_ticks():
                self._last_ticks = self._clock()
                for mail in waiting:
                    self._send_ticks(mail)
                waiting.clear()
            elif waiting:
                self._ticks_wait = True

    def _wait(self, ticks_wait: bool) -> None:
        """Until something can't wait, or until it is time for the ticks that wait."""
        while True:
            left = self._last_ticks + self._batch_seconds - self._clock() if ticks_wait else None
            if left is not None and left <= 0:
                return
            try:
                if self._bell.get(timeout=left):
                    return
            except queue.Empty:
                return
            ticks_wait = True

    def _collect(self, waiting: dict[RemoteMail, None]) -> None:
        while self._items:
            mail, messages = self._items.popleft()
            mail.sort(messages)
            waiting[mail] = None

    def _is_time_for_ticks(self) -> bool:
        return self._stopping or self._clock() - self._last_ticks >= self._batch_seconds

    def _send_ticks(self, mail: RemoteMail) -> None:
        if not mail.ticks:
            return
        parcel = Parcel(mail.life, mail.start, mail.ticks, mail.ticks_sent)
        mail.ticks_sent += len(mail.ticks)
        mail.ticks = []
        self._broker.publish(
            Posted(ACTOR, routing_key(BRIDGE, mail.code), self._pack(mail, parcel), MARKET_DATA)
        )

    @staticmethod
    def _pack(mail: RemoteMail, parcel: Parcel) -> bytes:
        body, problems = encode_parcel(parcel)
        for problem in problems:
            logger.error("{} is not told a message that can't be written: {}", mail.code, problem)
        return body

    def _send_events(self, mail: RemoteMail) -> None:
        while mail.events:
            events, mail.events = mail.events[:MOST_EVENTS], mail.events[MOST_EVENTS:]
            self._send_some_events(mail, events)

    def _send_some_events(self, mail: RemoteMail, events: list[Message]) -> None:
        kept = any(type(event) in ORDER_MESSAGES for event in events)
        parcel = Parcel(mail.life, mail.start, [mail.numbers.to_actor(event) for event in events])
        body = self._pack(mail, parcel)
        letter = Posted(ACTOR, routing_key(BRIDGE, mail.code), body, EVENTS, persistent=kept)
        self._broker.entrust(letter, self._note_told(events) if kept else None)

    def _note_told(self, events: list[Message]) -> Settled:
        def settled(outcome: Outcome) -> None:
            if outcome is not Outcome.CONFIRMED:
                logger.error("news of orders did not reach their owner: {}", outcome.value)
                return
            for event in events:
                if isinstance(event, ExecutionDetails):
                    self._told(event.execution.order_id, event.execution.execution_id)
                elif isinstance(event, OrderChanged) and event.status in ENDED:
                    self._told(event.order_id, event.status)

        return settled
