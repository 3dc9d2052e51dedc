"""Account codes and user names, replaced by made-up ones of the same length.

The same name gets the same pseudonym wherever it stands, in the order in which names turn up: nothing of the real one
is left in it but the letters in front of an account's number (which tell paper from live) and the length.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from ibkr_actors.errors import ConfigurationError

ACCOUNT_CODE: Final = r"D?[UFI][A-Z]?[0-9]{5,8}"
"""How Interactive Brokers writes them: U1234567, DU1234567, DUH123456, F1234567, DF1234567."""
SHORTEST_NAME: Final = 5
"""Characters of a name that is replaced inside of longer texts too; a shorter one only where it stands alone."""
NO_NAMES: Final = frozenset(("", "All", "A"))
"""What stands in the place of an account and means all of them."""

_LETTERS_AND_DIGITS: Final = re.compile(r"([A-Z]{1,3})([0-9]{4,})")
_NOTHING: Final = rb"(?!)"
"""A pattern that fits nowhere."""
_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


class Pseudonyms:
    """The pseudonyms of one recording.

    Responsible for: the same length in bytes, one pseudonym for each name, and no two names with the same one.
    For a name of a letter there are few: when they are used up, asterisks.
    Not responsible for: names that it was never told of and that do not look like account codes; short numbers, for
    nothing tells one that is a name from the ids and quantities that are the same number.
    """

    def __init__(self, names: Iterable[str] = ()) -> None:
        """Raises ConfigurationError for names that can't be replaced."""
        self._pseudonyms: dict[str, str] = {}
        self._given: set[str] = set()
        self._pattern = self._compiled()
        for name in names:
            if not _can_be_replaced(name):
                raise ConfigurationError(
                    f"the name {name!r} can't be redacted: nothing tells it from other words and numbers. Leave it out"
                )
            self.learn(name)

    def learn(self, name: str) -> None:
        """A name that has to be replaced from now on, if it can be."""
        if name not in self._pseudonyms and _can_be_replaced(name):
            self._add(name)
            self._pattern = self._compiled()

    def _add(self, name: str) -> str:
        made = next(each for each in _candidates(name) if each not in self._given)
        if "*" not in made:
            self._given.add(made)
        self._pseudonyms[name] = made
        return made

    def _compiled(self) -> re.Pattern[str]:
        """Known names, the longest first, then what looks like a code; none of them inside of a longer word."""
        known = [*map(re.escape, self._longer_names()), ACCOUNT_CODE]
        return re.compile(rf"(?<![0-9A-Za-z])(?:{'|'.join(known)})(?![0-9A-Za-z])")

    def _longer_names(self) -> list[str]:
        """Known names that are replaced inside of texts, the longest first."""
        return sorted(
            (name for name in self._pseudonyms if len(name) >= SHORTEST_NAME), key=len, reverse=True
        )

    def of(self, name: str) -> str:
        """The pseudonym of a name, known or not."""
        return self._pseudonyms.get(name) or self._add(name)

    def redacted(self, text: str) -> str:
        """A text with every name in it replaced; as long as before."""
        if text in self._pseudonyms:
            return self._pseudonyms[text]
        return self._pattern.sub(lambda match: self.of(match[0]), text)

    def redacted_bytes(self, data: bytes) -> bytes:
        """The same for bytes whose structure is not known, where the byte behind a code may look like a part of it."""
        names = b"|".join(re.escape(name.encode()) for name in self._longer_names()) or _NOTHING
        pattern = rb"(?P<name>%s)|(?P<before>^|[^0-9A-Za-z])(?P<code>%s)" % (names, ACCOUNT_CODE.encode())
        return re.sub(pattern, self._replacement, data)

    def _replacement(self, match: re.Match[bytes]) -> bytes:
        if match["name"] is not None:
            return self.of(match["name"].decode()).encode()
        code = match["code"].decode()
        end = self._end_of_code(match["before"], code)
        return match["before"] + (self.of(code[:end]) + code[end:]).encode()

    def _end_of_code(self, before: bytes, code: str) -> int:
        """Where a code ends: told by the length that protobuf puts in front, or by a code that is known."""
        announced = before[0] if before else 0
        if announced <= len(code) and re.fullmatch(ACCOUNT_CODE, code[:announced]):
            return announced
        return next((len(name) for name in self._longer_names() if code.startswith(name)), len(code))


def _can_be_replaced(name: str) -> bool:
    return name not in NO_NAMES and not (name.isdecimal() and len(name) < SHORTEST_NAME)


def _candidates(name: str) -> Iterator[str]:
    """Made-up names as long as the real one in bytes; at last, when none is left, asterisks for all the others."""
    code = _LETTERS_AND_DIGITS.fullmatch(name)
    head, length, digits = (code[1], len(code[2]), 10) if code else ("", len(name.encode()), len(_DIGITS))
    for number in range(1, digits**length):
        yield head + _spelled(number, digits).rjust(length, "0" if code else "x")
    while True:
        yield head + "*" * length


def _spelled(number: int, digits: int) -> str:
    """A number in a system of so many digits."""
    return (_spelled(number // digits, digits) if number >= digits else "") + _DIGITS[number % digits]
