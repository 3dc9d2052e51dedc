"""An actor's behaviour, without a thread: the loop's four calls and one handler per message.

`Actor` is what users and the desk's own actors are written as. `ActorHost` gives it a thread and a mailbox. So every
actor can be tested by calling its handlers, and the same class runs wherever a host for it exists.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final

import pykka
from loguru import logger

from ibkr_actors.actors.mailbox import Mailbox
from ibkr_actors.actors.messages import ActorEnded, Batch, Fate, Idle, Receipt, Stop
from ibkr_actors.base.handlers import Handlers
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.reading_turns import ReadingTurns
from ibkr_actors.base.trouble_log import is_logged
from ibkr_actors.errors import DeskError

Mail = Any
"""Where to tell an actor something: a pykka reference, or what has the same `tell`, `ask` and `is_alive`."""


def tell(mail: Mail, message: Any) -> bool:
    """Tell an actor something, if it is still there; False when it is gone.

    Asking `is_alive` first is no substitute: an actor may end between the question and the telling.
    """
    try:
        mail.tell(message)
    except pykka.ActorDeadError:
        return False
    return True


def ask(mail: Mail, code: str, question: Any, timeout: float) -> Any:
    """An actor's answer. Raises the exception that the question caused, and DeskError when there is no answer."""
    try:
        answer = mail.ask(question, timeout=timeout)
    except pykka.Timeout as error:
        raise DeskError(f"the {code} actor gave no answer within {timeout:g} seconds") from error
    except pykka.ActorDeadError as error:
        raise DeskError(f"the {code} actor has stopped") from error
    if isinstance(answer, BaseException):
        raise answer
    return answer


class _Nobody:
    """Mail of an actor that is away: whoever tells it something learns that it is gone."""

    actor_class = object
    actor_urn = "nobody"

    def tell(self, message: Any) -> None:
        """Nobody hears it."""
        raise pykka.ActorDeadError(f"nobody hears of {type(message).__name__}")

    def is_alive(self) -> bool:
        """Never."""
        return False


NOBODY: Final[Mail] = _Nobody()

Introduce = Callable[[Mail], None]
"""Tells others of an actor that is about to start."""

Turns = Callable[[], ReadingTurns | None]
"""Tells the turns at reading the present connection with the bridge; None without one."""

ACTOR_THREAD: Final = "actor "
"""The name of an actor's thread begins so; the actor's code follows."""


class Actor:
    """The behaviour of an actor.

    The loop: `initialize()` once; for each wakeup every waiting message goes to its handler, then `act()`; `act()`
    also runs when nothing came for `act_interval` seconds; the loop ends when `stop()` has cleared `still_running`.

    All of it runs on one thread, the actor's own. A handler is a method named after the message: `tick_price(self,
    tick)`, `order_status(self, status)`. A message without a handler is skipped.
    """

    act_interval: ClassVar[float] = 0.5
    """Seconds after which `act` runs even though nothing came."""
    survives: ClassVar[bool] = False
    """Whether it goes on with the next message after an exception; otherwise the exception ends it."""

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


class DeskActor(Actor):
    """One of the desk's own actors, on which everybody depends.

    An exception costs it the message that caused it, and no other: it is logged, and the actor goes on. A desk whose
    orders or connection nobody looks after, because of one strange message, would be the worse end.
    """

    survives: ClassVar[bool] = True


class Unmade(Actor):
    """Stands for an actor whose constructor is run by its host, on the actor's own thread: it may take its time."""

    def __init__(self, code: str, make: Callable[[], Actor]) -> None:
        super().__init__(code)
        self.make = make


class ActorHost(pykka.ThreadingActor):
    """Runs one actor on a thread of its own, behind a mailbox; one that is `Unmade` it makes there first.

    `ended`, when given, is told how the loop ended; `introduce` is called with the actor's mail before its thread
    starts; with `turns` that thread reads the connection with the bridge while it has nothing else to do. An exception
    in any method of the actor ends it, with the traceback in the log: the actor's state is not trusted afterwards.
    Nobody else is touched. One that `survives` goes on instead, and an `ask` is answered with the exception.
    """

    use_daemon_thread = True  # a strategy stuck in its own code must not keep the process from ending

    def __init__(
        self,
        actor: Actor,
        traces: Traces,
        ended: Mail | None,
        introduce: Introduce | None,
        turns: Turns | None,
    ) -> None:
        super().__init__()
        self._actor, self._traces, self._ended = actor, traces, ended
        actor.run_behind(self.actor_ref)
        self._last_act = 0.0
        self._failures = 0
        self._mailbox: Mailbox = self.actor_inbox  # type: ignore[assignment]  # made below
        self._mailbox.interval = actor.act_interval
        if turns is not None:
            self._mailbox.stand_in(turns)
        if introduce is not None:
            introduce(self.actor_ref)

    @staticmethod
    def _create_actor_inbox() -> Mailbox:
        return Mailbox()

    def _start_actor_loop(self) -> None:
        """As pykka's, but the thread has the actor's name, and whoever started it can wait for it from now on."""
        thread = threading.Thread(target=self._actor_loop, name=ACTOR_THREAD + self._actor.code, daemon=True)
        self._traces.threads.append(thread)
        thread.start()

    def on_start(self) -> None:
        """Called by pykka on the actor's thread."""
        if isinstance(self._actor, Unmade):
            self._guard(self._make, self._actor, place="its constructor")
        if self._traces.abandoned:
            self._end(Fate.STOPPED)
        elif self._actor.still_running:
            self._guard(self._actor.initialize)

    def _make(self, unmade: Unmade) -> None:
        actor = unmade.make()
        actor.run_behind(self.actor_ref)
        self._mailbox.interval = actor.act_interval
        self._actor = actor

    def on_stop(self) -> None:
        """Called by pykka on the actor's thread, when no message is handled any more."""
        self._mailbox.retire()

    def on_receive(self, message: Any) -> Any:
        """Called by pykka for each envelope; returns the answer to an `ask`."""
        answer = None
        if type(message) is Batch:
            self._receive_batch(message)
        else:
            answer = self._guard(self._dispatch, message)
        if not self.actor_stopped.is_set():
            self._act_when_due()
        return answer

    def _receive_batch(self, batch: Batch) -> None:
        # The actor takes from one iterator, so that a second call goes on behind the message that failed.
        messages = iter(batch.messages)
        while isinstance(self._guard(self._actor.handle, messages), BaseException) and self._actor.survives:
            pass

    def _dispatch(self, message: Any) -> Any:
        kind = type(message)
        if kind is Idle:
            return None
        if kind is Stop:
            return self._actor.stop()
        if kind is Receipt:
            return message.done()
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
        wanted, self._actor.wake_in = self._actor.wake_in, None
        return self._actor.act_interval if wanted is None else max(0.0, min(wanted, self._actor.act_interval))

    def _guard(self, call: Callable[..., Any], *arguments: Any, place: str = "") -> Any:
        """What the call returns, or the exception that it raised; the log tells in what `place`."""
        try:
            return call(*arguments)
        except BaseException as error:  # noqa: BLE001  # the boundary to an actor's code, which may even call sys.exit
            self._fail(place or call.__name__, error)
            return error

    def _fail(self, place: str, error: BaseException) -> None:
        self._failures += 1
        if is_logged(self._failures):
            count = f" (failure {self._failures})" if self._actor.survives else ""
            logger.opt(exception=error).error("actor {} failed in {}{}", self._actor.code, place, count)
        if not self._actor.survives:
            self._actor.still_running = False
            self._end(Fate.FAILED, error)

    def _end(self, fate: Fate, error: BaseException | None = None) -> None:
        if self.actor_stopped.is_set():
            return
        ending = ActorEnded(self._actor.code, fate, error, self.actor_ref)
        self._traces.ending = ending
        self._stop()
        if self._ended is not None:
            tell(self._ended, ending)


@dataclass(slots=True)
class Traces:
    """What an actor's host leaves for whoever started it: the thread, and how the loop ended once it has."""

    threads: list[threading.Thread] = field(default_factory=list)
    ending: ActorEnded | None = None
    abandoned: bool = False
    """Nobody waits for it any more: when it has not begun yet, it does not."""


@dataclass(frozen=True, slots=True)
class Running:
    """An actor that was started: where to tell it something, and how to wait for its end."""

    code: str
    mail: Mail
    traces: Traces = field(default_factory=Traces)

    @property
    def ending(self) -> ActorEnded | None:
        """How its loop ended; None while it runs."""
        return self.traces.ending

    def runs_here(self) -> bool:
        """Whether the calling thread is the actor's own."""
        return threading.current_thread() in self.traces.threads

    def abandon(self) -> None:
        """Wait for it no longer: it ended too late, or its constructor is not done."""
        self.traces.abandoned = True

    def join(self, timeout: float) -> bool:
        """Wait until the actor's thread is gone; False when it is still there after `timeout` seconds."""
        deadline = time.monotonic() + timeout
        for thread in self.traces.threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self.traces.threads)


def start(
    actor: Actor,
    ended: Mail | None = None,
    introduce: Introduce | None = None,
    turns: Turns | None = None,
) -> Running:
    """Give an actor a thread and a mailbox; `ended` is told when its loop is over.

    `introduce` gets the actor's mail while nothing of the actor has run yet: what it tells others comes before
    anything that the actor tells them. `turns` tells those at reading the connection with the bridge: the thread takes
    its own while it has nothing else to do.
    """
    traces = Traces()
    return Running(actor.code, ActorHost.start(actor, traces, ended, introduce, turns), traces)
