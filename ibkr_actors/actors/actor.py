"""An actor's behaviour, without a thread: the loop's four calls and one handler per message.

`Actor` is what users and the desk's own actors are written as. `ActorHost` gives it a thread and a mailbox. So every
actor can be tested by calling its handlers, and the same class runs wherever a host for it exists.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pykka
from loguru import logger

from ibkr_actors.actors.mailbox import Mailbox
from ibkr_actors.actors.messages import ActorEnded, Batch, Fate, Idle, Stop
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.errors import DeskError

Mail = pykka.ActorRef[Any]
"""Where to tell an actor something."""


def ignore(_message: Any) -> None:
    """The handler of a message that an actor has no method for."""


class Handlers(dict[type, Callable[[Any], None]]):
    """The handler of each message type, looked up once: the method with the message's handler name, if any."""

    def __init__(self, actor: object) -> None:
        super().__init__()
        self._actor = actor

    def __missing__(self, struct: type[Any]) -> Callable[[Any], None]:
        facts = getattr(struct, "facts", None)
        name = facts.handler if facts is not None else ""
        handler: Callable[[Any], None] = getattr(self._actor, name, ignore) if name else ignore
        self[struct] = handler
        return handler


class Actor:
    """The behaviour of an actor.

    The loop: `initialize()` once; for each wakeup every waiting message goes to its handler, then `act()`; `act()`
    also runs when nothing came for `act_interval` seconds; the loop ends when `stop()` has cleared `still_running`.

    All of it runs on one thread, the actor's own. A handler is a method named after the message: `tick_price(self,
    tick)`, `order_status(self, status)`. A message without a handler is skipped.
    """

    act_interval: ClassVar[float] = 0.5
    """Seconds after which `act` runs even though nothing came."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.still_running = True
        self.wake_in: float | None = None
        """Seconds after which `act` should run even though it is not time yet; for one iteration."""
        self._handlers = Handlers(self)
        self._mail: Mail | None = None

    @property
    def mail(self) -> Mail:
        """Where to tell this actor something. Raises DeskError while nobody runs it."""
        if self._mail is None:
            raise DeskError(f"actor {self.code} is not running, so it has no mail")
        return self._mail

    def run_behind(self, mail: Mail) -> None:
        """Told by its host: this is the actor's mail from now on."""
        self._mail = mail

    def initialize(self) -> None:
        """Runs first, on the actor's thread."""

    def act(self) -> None:
        """Runs at the end of each iteration of the loop."""

    def stop(self) -> None:
        """End the loop after this iteration. An override does its last work, then calls this."""
        self.still_running = False

    def handle(self, messages: Iterable[Message]) -> None:
        """Give each message to its handler, in order."""
        handlers = self._handlers
        for message in messages:
            handlers[message.__class__](message)

    def receive(self, message: Any) -> Any:
        """Anything told to the actor that is no batch; what it returns answers an `ask`."""
        raise TypeError(f"{self.code} does not understand {type(message).__name__}")


class ActorHost(pykka.ThreadingActor):
    """Runs one actor on a thread of its own, behind a mailbox.

    `ended`, when given, is told how the loop ended. An exception in any method of the actor ends it, with the
    traceback in the log: the actor's state is not trusted afterwards. Nobody else is touched.
    """

    use_daemon_thread = True  # a strategy stuck in its own code must not keep the process from ending

    def __init__(self, actor: Actor, threads: list[threading.Thread], ended: Mail | None = None) -> None:
        super().__init__()
        self._threads = threads
        self._actor = actor
        actor.run_behind(self.actor_ref)
        self._ended = ended
        self._last_act = 0.0
        self._mailbox: Mailbox = self.actor_inbox  # type: ignore[assignment]  # made below
        self._mailbox.interval = actor.act_interval

    @staticmethod
    def _create_actor_inbox() -> Mailbox:
        return Mailbox()

    def on_start(self) -> None:
        """Called by pykka on the actor's thread."""
        self._threads.append(threading.current_thread())
        self._guard(self._actor.initialize)

    def on_receive(self, message: Any) -> Any:
        """Called by pykka for each envelope; returns the answer to an `ask`."""
        answer = self._guard(self._dispatch, message)
        if not self.actor_stopped.is_set():
            self._act_when_due()
        return answer

    def _dispatch(self, message: Any) -> Any:
        kind = type(message)
        if kind is Batch:
            return self._actor.handle(message.messages)
        if kind is Idle:
            return None
        if kind is Stop:
            return self._actor.stop()
        return self._actor.receive(message)

    def _act_when_due(self) -> None:
        """Act when every waiting message has been handled, and at least every interval while more keep coming."""
        if self._mailbox.empty() or time.monotonic() - self._last_act >= self._actor.act_interval:
            self._guard(self._actor.act)
            self._last_act = time.monotonic()
            self._mailbox.interval = self._next_interval()
        if not self._actor.still_running:
            self._end(Fate.STOPPED)

    def _next_interval(self) -> float:
        wanted = self._actor.wake_in
        return self._actor.act_interval if wanted is None else min(wanted, self._actor.act_interval)

    def _guard(self, call: Callable[..., Any], *arguments: Any) -> Any:
        try:
            return call(*arguments)
        except Exception as error:  # noqa: BLE001  # the boundary between an actor's code and everybody else's
            logger.opt(exception=error).error("actor {} failed in {}", self._actor.code, call.__name__)
            self._actor.still_running = False
            self._end(Fate.FAILED, error)
            return None

    def _end(self, fate: Fate, error: BaseException | None = None) -> None:
        if self.actor_stopped.is_set():
            return
        self._stop()
        if self._ended is not None and self._ended.is_alive():
            self._ended.tell(ActorEnded(self._actor.code, fate, error))


@dataclass(frozen=True, slots=True)
class Running:
    """An actor that was started: where to tell it something, and how to wait for its end."""

    code: str
    mail: Mail
    threads: list[threading.Thread] = field(default_factory=list)

    def join(self, timeout: float) -> bool:
        """Wait until the actor's thread is gone; False when it is still there after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        for thread in self.threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self.threads)


def start(actor: Actor, ended: Mail | None = None) -> Running:
    """Give an actor a thread and a mailbox; `ended` is told when its loop is over."""
    threads: list[threading.Thread] = []
    return Running(actor.code, ActorHost.start(actor, threads, ended), threads)
