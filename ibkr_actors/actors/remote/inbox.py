"""What an actor in another process has got from the desk, until its strategy has handled it."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Any, Final

from ibkr_actors.actors.actor import NOBODY, Mail, tell
from ibkr_actors.actors.messages import Batch, Receipt
from ibkr_actors.actors.remote.letters import FailedRequest, Parcel
from ibkr_actors.actors.remote.order_numbers import ORDER_MESSAGES
from ibkr_actors.base.local_messages import OrderChanged, TicksConflated
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.messages.executions import CommissionAndFeesReport, ExecutionDetails

KEPT: Final = (ExecutionDetails, CommissionAndFeesReport)
"""Told again to a start that follows one that failed."""
EXECUTIONS_KEPT: Final = 100_000
"""The latest executions, which are told once however often they arrive."""

Acknowledge = Callable[[], None]


@dataclass(slots=True)
class _Pending:
    """What was told and has not been handled yet."""

    messages: list[Message]
    acknowledge: Acknowledge
    again: bool


class Inbox:
    """Hands the strategy what arrives, and acknowledges it when the strategy has handled it.

    Responsible for:
    1. news of orders that came while the strategy was down: they wait for its next start; executions and commissions
       that it did not live to handle too (how its orders stand it is told anyway);
    2. anything else for an earlier start, or an earlier life of the process: left out;
    3. ticks, executions and changes of orders that arrive twice: told once;
    4. ticks that were lost on the way: `TicksConflated`, with their number.

    Safe from any thread.
    """

    def __init__(self, life: str) -> None:
        self._life = life
        self._lock = threading.RLock()
        self._mail: Mail = NOBODY
        self._start = 1
        self._pending: OrderedDict[int, _Pending] = OrderedDict()
        self._next = 0
        self._ticks_seen = 0
        self._executions: OrderedDict[str, None] = OrderedDict()
        self._changes: dict[int, OrderChanged] = {}

    def begin(self, mail: Mail) -> None:
        """The strategy starts: it gets first what is said of its orders and was not handled."""
        with self._lock:
            self._mail = mail
            self._changes.clear()
            pending = self._pending
            self._pending = OrderedDict()
            for one in pending.values():
                self._hand(one.messages, one.acknowledge, again=True)

    def expect(self, start: int) -> None:
        """From now on what the desk sends is for this start."""
        with self._lock:
            self._start, self._ticks_seen = start, 0

    def end(self) -> None:
        """The strategy has ended."""
        with self._lock:
            self._mail = NOBODY
            for one in self._pending.values():
                # A message that ends every start must not do so for ever, so nothing is told a third time.
                one.messages = [] if one.again else [each for each in one.messages if isinstance(each, KEPT)]

    def tell(self, messages: list[Message]) -> None:
        """Something of this process's own, for the strategy."""
        with self._lock:
            self._hand(messages, _nothing)

    def take_events(self, parcel: Parcel, acknowledge: Acknowledge) -> list[Message]:
        """What must not be lost; returns what of it is for the strategy."""
        with self._lock:
            is_ours = parcel.life == self._life and parcel.start == self._start
            wanted = parcel.messages if is_ours else _of_orders(parcel.messages)
            messages = [_as_known(message) for message in wanted if self._is_new(message)]
            self._hand(messages, acknowledge)
            return messages

    def take_ticks(self, parcel: Parcel, acknowledge: Acknowledge) -> None:
        """What may be lost, and was, if its count does not go on where the last one ended."""
        with self._lock:
            is_ours = parcel.life == self._life and parcel.start == self._start
            missed = parcel.ticks_before - self._ticks_seen
            if (
                not is_ours or self._mail is NOBODY or missed < 0
            ):  # below 0: one that came before a connection was lost
                acknowledge()
                return
            self._ticks_seen = parcel.ticks_before + len(parcel.messages)
            messages = [TicksConflated(missed), *parcel.messages] if missed > 0 else parcel.messages
            if tell(self._mail, Batch(messages, time.monotonic())):
                tell(self._mail, Receipt(acknowledge))
            else:
                acknowledge()

    def _is_new(self, message: Any) -> bool:
        if isinstance(message, ExecutionDetails) and message.request_id < 0:
            known = message.execution.execution_id in self._executions
            self._executions[message.execution.execution_id] = None
            if len(self._executions) > EXECUTIONS_KEPT:
                self._executions.popitem(last=False)
            return not known
        if isinstance(message, OrderChanged):
            known = self._changes.get(message.order_id) == message
            self._changes[message.order_id] = message
            return not known
        return True

    def _hand(self, messages: list[Message], acknowledge: Acknowledge, *, again: bool = False) -> None:
        """Told behind everything told before; also with nothing to tell the acknowledgement waits for its turn."""
        key, self._next = self._next, self._next + 1
        self._pending[key] = _Pending(messages, acknowledge, again)
        if not messages or tell(self._mail, Batch(messages, time.monotonic())):
            tell(self._mail, Receipt(partial(self._done, key)))

    def _done(self, key: int) -> None:
        with self._lock:
            pending = self._pending.pop(key, None)
        if pending is not None:
            pending.acknowledge()


def _nothing() -> None:
    """What is of our own needs no acknowledgement."""


def _of_orders(messages: Iterable[Message]) -> list[Message]:
    return [message for message in messages if type(message) in ORDER_MESSAGES]


def _as_known(message: Message) -> Message:
    return message.as_message() if isinstance(message, FailedRequest) else message
