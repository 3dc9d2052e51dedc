"""What a connection has seen, for people who want to know whether the bridge speaks a newer protocol than we do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Final, TypeVar

MOST_KEYS: Final = 1_000
"""Different ids, or fields, that are counted one by one: a stream of nonsense must not fill the memory."""
OTHER_IDS: Final = -1
OTHER_FIELDS: Final = ("...", "...")

K = TypeVar("K", bound=Hashable)


@dataclass(slots=True)
class Statistics:
    """Counts since the first connection. Written on the thread that reads; safe to look at from any other."""

    messages: int = 0
    """Messages read, with those in whose place an `Undecodable` stands."""
    undecodable: int = 0
    """Messages that could not be read."""
    unknown: Counter[int] = field(default_factory=Counter)
    """Messages skipped, by an id that no declaration has. Beyond a thousand different ids all others count as -1."""
    unknown_fields: Counter[tuple[str, str]] = field(default_factory=Counter)
    """Messages with a protobuf field that no declaration has, by the message's name and the field's path, which ends in
    its number: `("OpenOrder", "contract.99")`. Of messages that come in streams (ticks, bars, account values) only the
    first hundred of each type after a connection are looked at; of all others each one up to 8 KiB."""

    @property
    def frames(self) -> int:
        """Frames read, known or not."""
        return self.messages + self.unknown.total()

    def note_unknown(self, message_id: int) -> None:
        """Count a message that was skipped."""
        _count(self.unknown, message_id, OTHER_IDS)

    def note_fields(self, message: str, paths: Iterable[str]) -> None:
        """Count the unknown fields of one message."""
        for path in paths:
            _count(self.unknown_fields, (message, path), OTHER_FIELDS)

    def copy(self) -> Statistics:
        """As it stands now; it does not change any more."""
        return Statistics(self.messages, self.undecodable, self.unknown.copy(), self.unknown_fields.copy())

    def in_words(self) -> str:
        """What was not understood, in one line; empty when that is nothing."""
        parts = [f"{self.undecodable} unreadable"] if self.undecodable else []
        if self.unknown:
            parts.append(f"unknown ids {_list(self.unknown)}")
        if self.unknown_fields:
            named = Counter({".".join(key): number for key, number in self.unknown_fields.items()})
            parts.append(f"unknown fields {_list(named)}")
        return "; ".join(parts)


def _count(counter: Counter[K], key: K, other: K) -> None:
    counter[key if key in counter or len(counter) < MOST_KEYS else other] += 1


def _list(counter: Counter[K], most: int = 5) -> str:
    """The most frequent ones, each with its number."""
    named = [f"{key} ({number})" for key, number in counter.most_common(most)]
    more = len(counter) - len(named)
    return ", ".join([*named, f"{more} more"] if more else named)
