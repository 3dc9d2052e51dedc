"""Letters that must not be lost, until the broker has confirmed them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from ibkr_actors.brokers.broker import Letter, Outcome, Settled

IN_FLIGHT: Final = 500
"""Entrusted letters that may be on their way to the broker at a time, without a confirmation."""


@dataclass(slots=True, eq=False)
class Entry:
    """A letter that was entrusted."""

    letter: Letter
    settled: Settled | None
    entrusted_at: float
    tried: bool = False
    """It was sent once at least, so it may have arrived."""
    returned: bool = False

    def left(self, now: float) -> float | None:
        """Seconds that are left of its time to live; None when it has none."""
        lives = self.letter.time_to_live
        return None if lives is None else lives - (now - self.entrusted_at)


class Outbox:
    """Keeps the order, and knows what was sent on the present connection. Not thread-safe; has no clock of its own."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._waiting: OrderedDict[int, Entry] = OrderedDict()
        self._sent: OrderedDict[int, Entry] = OrderedDict()
        """By the tag that the broker confirms."""
        self._next = 0

    def __len__(self) -> int:
        return len(self._waiting) + len(self._sent)

    def add(self, letter: Letter, settled: Settled | None) -> None:
        """Take a letter."""
        self._waiting[self._next] = Entry(letter, settled, self._clock())
        self._next += 1

    def to_send(self) -> Iterator[Entry]:
        """Each letter that has to be sent now, in order; those whose time is over are settled instead."""
        self.expire()
        while self._waiting and len(self._sent) < IN_FLIGHT:
            yield next(iter(self._waiting.values()))

    def sent(self, tag: int) -> None:
        """The first that waited was sent, and will be confirmed by this tag."""
        _, entry = self._waiting.popitem(last=False)
        entry.tried = True
        self._sent[tag] = entry

    def entry(self, tag: int) -> Entry | None:
        """What was sent under a tag and is not confirmed."""
        return self._sent.get(tag)

    def confirm(self, tag: int, *, multiple: bool) -> None:
        """The broker has the letter of that tag, and with `multiple` all before it."""
        for known in [each for each in self._sent if each == tag or (multiple and each < tag)]:
            entry = self._sent.pop(known)
            _settle(entry, Outcome.UNROUTABLE if entry.returned else Outcome.CONFIRMED)

    def take_back(self, tag: int | None = None, *, multiple: bool = True) -> None:
        """The connection is gone, or the broker could not keep those letters: they have to be sent again, in order."""
        again = [each for each in self._sent if tag is None or each == tag or (multiple and each < tag)]
        entries = [self._sent.pop(each) for each in again]
        kept = [*entries, *self._waiting.values()]
        self._waiting = OrderedDict(enumerate(kept, self._next))
        self._next += len(kept)

    def drop_larger(self, most: int) -> list[Letter]:
        """The broker takes letters of so many bytes at most: one that is larger would be refused for ever."""
        self.take_back()
        dropped = []
        for key, entry in list(self._waiting.items()):
            if len(entry.letter.body) > most:
                del self._waiting[key]
                dropped.append(entry.letter)
                _settle(entry, Outcome.TOO_LARGE)
        return dropped

    def expire(self) -> None:
        """Settle what waited longer than its time to live."""
        now = self._clock()
        for key, entry in list(self._waiting.items()):
            left = entry.left(now)
            if left is None or left > 0:
                continue
            del self._waiting[key]
            _settle(entry, Outcome.UNCERTAIN if entry.tried else Outcome.NEVER_SENT)


def _settle(entry: Entry, outcome: Outcome) -> None:
    if entry.settled is not None:
        entry.settled(outcome)
