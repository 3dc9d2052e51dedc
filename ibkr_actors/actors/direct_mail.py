"""Mail of actors that run, wholly or for some messages, on the threads of those who tell them something."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any, Final

import pykka
from loguru import logger

from ibkr_actors.actors.actor import Actor, Mail, Running
from ibkr_actors.actors.messages import Batch, Idle, Receipt, Stop
from ibkr_actors.base.trouble_log import is_logged

_INITIALIZE: Final = object()


class DirectMail:
    """Runs an actor on the threads of those who tell it something, one at a time, instead of on one of its own.

    For actors that only sort and remember (the router, market data): a thread in between would cost every tick a
    wakeup, which is ten times the work. Their `act` runs when somebody tells them `IDLE`. Such an actor must never
    block, and must tell what may block to an actor with a thread.

    Actors that tell each other something this way have to share one lock, or two threads could each hold one of two.

    An exception costs the message that caused it, and is the answer to an `ask`; the actor goes on.

    Has of a pykka reference what mail needs: `tell`, `ask`, `is_alive`, `actor_urn`, `actor_class`.
    """

    def __init__(self, actor: Actor, lock: threading.RLock) -> None:
        self.actor_class = type(actor)
        self.actor_urn = f"direct:{actor.code}:{id(actor)}"
        self._actor = actor
        self._lock = lock
        self._failures = 0
        actor.run_behind(self)
        self.ask(_INITIALIZE)

    def is_alive(self) -> bool:
        """Whether the actor still takes messages."""
        return self._actor.still_running

    def tell(self, message: Any) -> None:
        """Let the actor handle a message now. Raises pykka.ActorDeadError when it has stopped."""
        if type(message) is Batch and self._actor.still_running:
            with self._lock:
                self._handle_batch(message)
        else:
            self.ask(message)

    def ask(self, message: Any, timeout: float | None = None) -> Any:
        """The same, with the actor's answer; `timeout` is there for the likeness only."""
        del timeout
        with self._lock:
            if not self._actor.still_running:
                raise pykka.ActorDeadError(f"{self._actor.code} has stopped")
            try:
                return self._handle(message)
            except Exception as error:  # noqa: BLE001  # whoever told it is not to blame, and goes on
                self._log(error, type(message).__name__)
                return error

    def _handle(self, message: Any) -> Any:
        kind = type(message)
        if kind is Batch:
            return self._handle_batch(message)
        if kind is Idle:
            return self._actor.act()
        if kind is Stop:
            return self._actor.stop()
        if kind is Receipt:
            return message.done()
        if message is _INITIALIZE:
            return self._actor.initialize()
        return self._actor.receive(message)

    def _handle_batch(self, batch: Batch) -> None:
        # One iterator, so that a second call goes on behind the message that failed.
        messages = iter(batch.messages)
        while True:
            try:
                return self._actor.handle(messages)
            except Exception as error:  # noqa: BLE001  # one strange message must not cost all the others
                self._log(error, "a message")

    def _log(self, error: Exception, what: str) -> None:
        self._failures += 1
        if is_logged(self._failures):
            logger.opt(exception=error).error(
                "actor {} failed on {} (failure {})", self._actor.code, what, self._failures
            )


class ShortCutMail:
    """Mail of an actor with a thread of its own that takes some messages on the teller's thread: `take` must be safe
    there. For what must not wait for a wakeup.
    """

    def __init__(self, mail: Mail, types: tuple[type, ...], take: Callable[[Any], None]) -> None:
        self.actor_class = mail.actor_class
        self.actor_urn = mail.actor_urn
        self.is_alive = mail.is_alive
        self.ask = mail.ask
        self._mail, self._types, self._take = mail, types, take

    def tell(self, message: Any) -> None:
        """Take it now, or put it into the mailbox."""
        if isinstance(message, self._types):
            self._take(message)
        else:
            self._mail.tell(message)


def run_directly(actor: Actor, lock: threading.RLock) -> Running:
    """Run an actor on the threads of those who tell it something."""
    return Running(actor.code, DirectMail(actor, lock))
