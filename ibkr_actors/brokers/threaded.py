"""What every broker does alike: one thread owns the connection, the others leave it commands."""

from __future__ import annotations

import threading
import time
from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Final

from loguru import logger

from ibkr_actors.brokers.broker import (
    Broker,
    BrokerState,
    Delivery,
    Hear,
    Letter,
    Outcome,
    Receive,
    Refused,
    Settled,
    Started,
)
from ibkr_actors.brokers.commands import Commands, guard
from ibkr_actors.brokers.consumers import Consumer
from ibkr_actors.brokers.outbox import Outbox
from ibkr_actors.brokers.refusals import Refusals
from ibkr_actors.brokers.topology import ALWAYS, BURIED, Queue
from ibkr_actors.errors import BrokerError

LOOK_EVERY: Final = 0.25
"""Seconds between two looks for letters whose time to live is over."""
END_WITHIN: Final = 2.0
"""Seconds that the thread has to end, at least: a server that is gone is waited for, though not as long."""


class ThreadedBroker(Broker):
    """Remembers queues, consumers and entrusted letters, whatever becomes of connections.

    A subclass owns the connection, on the thread that runs `_run`: it calls `_begin` and `_lose`, and has the methods
    that are abstract here, all of which are called on that thread.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._commands = Commands()
        self._outbox = Outbox(clock)
        self._queues: dict[str, Queue] = {queue.name: queue for queue in ALWAYS}
        self._consumers: dict[str, Consumer] = {}
        self._hear: Hear | None = None
        self._thread: threading.Thread | None = None
        self._stopping = threading.Event()
        self._changed = threading.Condition()
        self._reason = "nobody answers"
        self._refusals = Refusals()
        self._refusal: BrokerError | None = None
        self._starting = self._makes = self._ready = self._blocked = self._leaving = False
        self._epoch = 0
        self._making = 0
        """Queues that were asked for and may not be there yet: what is entrusted waits for them."""

    @property
    def connected(self) -> bool:
        """Whether letters can be published now."""
        return self._usable and not self._blocked

    @property
    def _usable(self) -> bool:
        """Whether the broker can be asked for something: there is a connection, and it is not about to end."""
        return self._ready and not self._leaving

    def start(self, hear: Hear | None = None, timeout: float = 15.0) -> None:
        """Connect."""
        if self._thread is not None:
            raise BrokerError(f"the connection with {self.place} was started already")
        self._hear, self._refusal, self._starting = hear, None, True
        self._stopping.clear()
        self._thread = threading.Thread(target=self._run, name=f"broker {self.place}", daemon=True)
        self._thread.start()
        try:
            self._await_connection(timeout)
        except BaseException:  # an interrupt too must leave nothing behind
            self.stop(0.0)
            raise

    def _await_connection(self, timeout: float) -> None:
        with self._changed:
            self._changed.wait_for(self._start_is_over, timeout)
            if self._ready:
                return
        if self._refusal is not None:
            raise self._refusal
        if self._stopping.is_set():
            raise BrokerError(f"the connection with {self.place} was stopped before it was there")
        raise BrokerError(f"no message broker at {self.place} within {timeout:g} seconds ({self._reason})")

    def _start_is_over(self) -> bool:
        return self._ready or self._refusal is not None or self._stopping.is_set()

    def stop(self, timeout: float = 2.0) -> None:
        """Send what is left, and disconnect."""
        thread = self._thread
        if thread is None:
            return
        deadline = time.monotonic() + timeout
        with self._changed:
            self._changed.wait_for(self._has_nothing_left, timeout / 2)
        self._stopping.set()
        self._notify()
        self._commands.do(self._close)
        thread.join(max(END_WITHIN, deadline - time.monotonic()))
        if thread.is_alive():
            logger.error("the connection with {} did not end", self.place)
        elif left := len(self._outbox):
            logger.error(
                "{} letters were not confirmed by {} when the connection was stopped; they may have arrived, and are "
                "sent again when it is started again",
                left,
                self.place,
            )
        self._thread = None

    def _has_nothing_left(self) -> bool:
        return not self._ready or not (len(self._commands) or len(self._outbox))

    # --------------------------------------------------------------------------------------------- from any thread

    def declare(self, queue: Queue) -> None:
        """Let the queue exist."""
        self._commands.do(partial(self._add_queue, queue))

    def _add_queue(self, queue: Queue) -> None:
        if self._queues.get(queue.name) != queue:
            self._queues[queue.name] = queue
            if self._makes:
                self._make(queue)

    def consume(
        self,
        queue: Queue,
        receive: Receive,
        *,
        prefetch: int,
        started: Started | None = None,
        refused: Refused | None = None,
    ) -> None:
        """Take from a queue."""
        consumer = Consumer(queue, receive, prefetch, started, refused)
        self._commands.do(partial(self._add_consumer, consumer))

    def _add_consumer(self, consumer: Consumer) -> None:
        self._end_consumer(consumer.queue)
        self._queues[consumer.queue.name] = consumer.queue
        self._consumers[consumer.queue.name] = consumer
        if self._usable:
            self._open_consumer(consumer)

    def cancel(self, queue: Queue) -> None:
        """Take no more."""
        self._commands.do(partial(self._end_consumer, queue))

    def _end_consumer(self, queue: Queue) -> None:
        self._queues.pop(queue.name, None)
        known = self._consumers.pop(queue.name, None)
        if known is not None:
            self._close_consumer(known)

    def publish(self, letter: Letter) -> bool:
        """Send a letter that may be lost."""
        if not (self.connected and self._keeps_up()):
            return False
        self._commands.do(partial(self._publish, letter))
        return True

    def entrust(self, letter: Letter, settled: Settled | None = None) -> None:
        """Send a letter that must not be lost."""
        self._commands.do(partial(self._entrust, letter, settled))

    def _entrust(self, letter: Letter, settled: Settled | None) -> None:
        self._outbox.add(letter, settled)
        self._flush()

    def acknowledge(self, delivery: Delivery) -> None:
        """It is done."""
        self._commands.do(partial(self._acknowledge, delivery))

    def bury(self, delivery: Delivery, reason: str) -> None:
        """Put it among the dead letters."""
        headers = {"reason": reason, "queue": delivery.queue}
        body, key = delivery.body, delivery.routing_key
        letter = Letter(BURIED.exchange, key, body, persistent=True, headers=headers)

        def settled(_outcome: Outcome) -> None:
            self._acknowledge(delivery)

        self.entrust(letter, settled)

    # ------------------------------------------------------------------------------------------------- the thread

    def _begin(self) -> None:
        """A connection is there, with all the queues that nobody consumes."""
        self._epoch += 1
        if not self._starting:
            logger.info("there is a connection with {} again", self.place)
        self._starting = self._blocked = False
        self._makes = self._ready = True
        for consumer in list(self._consumers.values()):
            self._open_consumer(consumer)
        self._flush()
        self._tell(BrokerState.CONNECTED)

    def _lose(self) -> None:
        """There is no connection any more, or none came to be."""
        was_ready, self._ready = self._ready, False
        self._makes = self._leaving = False
        self._outbox.take_back()
        self._commands.drain()
        self._outbox.expire()
        if was_ready and not self._stopping.is_set():
            logger.warning("no connection with {}: {}", self.place, self._reason)
            self._tell(BrokerState.LOST, self._reason)
        self._notify()

    def _wait(self, seconds: float) -> None:
        """Without a connection, before the next attempt."""
        deadline = time.monotonic() + seconds
        while not self._stopping.is_set() and (left := deadline - time.monotonic()) > 0:
            self._commands.wait(min(left, LOOK_EVERY))
            self._outbox.expire()

    def _flush(self) -> None:
        """Send what was entrusted and not sent yet."""
        if self.connected and not self._making:
            for entry in self._outbox.to_send():
                letter, waited = entry.letter, self._clock() - entry.entrusted_at
                self._outbox.sent(self._send_entrusted(letter, waited, entry.left(self._clock())))
        else:
            self._outbox.expire()
        if not len(self._outbox):
            self._notify()

    def _refuse(self, what: str, reason: str) -> float:
        """The broker does not serve this client as it has to be served: told by `start`, and later in the log.

        Returns the seconds until `what` may be asked for again.
        """
        self._reason = reason
        if not self._starting:
            return self._refusals.note(what, reason)
        self._refusal = BrokerError(reason)
        self._notify()
        return 0.0

    def _tell(self, state: BrokerState, reason: str = "") -> None:
        self._notify()
        if self._hear is not None:
            guard(self._hear, state, reason)

    def _notify(self) -> None:
        with self._changed:
            self._changed.notify_all()

    # ------------------------------------------------------------------------------------------ for the subclass

    @abstractmethod
    def _run(self) -> None:
        """The thread: connections, one after the other, until `_stopping` is set."""

    @abstractmethod
    def _close(self) -> None:
        """End the present connection."""

    @abstractmethod
    def _make(self, queue: Queue) -> None:
        """Let a queue exist."""

    @abstractmethod
    def _open_consumer(self, consumer: Consumer) -> None:
        """Make the queue, and take from it."""

    @abstractmethod
    def _close_consumer(self, consumer: Consumer) -> None:
        """Take no more."""

    @abstractmethod
    def _publish(self, letter: Letter) -> None:
        """Send it, if there is a connection."""

    @abstractmethod
    def _keeps_up(self) -> bool:
        """Whether the broker takes what is published as fast as it comes; asked on any thread."""

    @abstractmethod
    def _send_entrusted(self, letter: Letter, waited: float, left: float | None) -> int:
        """Send it; returns the tag that the broker will confirm."""

    @abstractmethod
    def _acknowledge(self, delivery: Delivery) -> None:
        """It is done."""
