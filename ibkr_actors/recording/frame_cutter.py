"""Cuts what one side sends into what is recorded one by one."""

from __future__ import annotations

from typing import Final, NamedTuple

from ibkr_actors.base.codec import Role
from ibkr_actors.errors import FrameTooLarge
from ibkr_actors.wire.frames import Frames

GREETING: Final = b"API\0"
"""What a client sends before its first frame."""


class Piece(NamedTuple):
    """A payload, or bytes that are no frame."""

    is_frame: bool
    content: bytes


class FrameCutter:
    """Collects the bytes of one side of a connection until they are frames.

    Responsible for: losing no byte. What can't be a frame, and everything behind it, comes out as it went in.
    """

    def __init__(self, sender: Role) -> None:
        self._frames = Frames()
        self._greeting: bytes | None = b"" if sender is Role.CLIENT else None
        self._is_framed = True

    def feed(self, data: bytes) -> list[Piece]:
        """The pieces that the bytes complete, in order."""
        if self._greeting is not None:
            return self._feed_greeting(data)
        if not self._is_framed:
            return [Piece(False, data)]
        # A large frame comes in thousands of pieces: what waits is only copied when it may be refused.
        before = self._frames.rest if len(data) >= self._frames.missing else b""
        try:
            return [Piece(True, payload) for payload in self._frames.feed(data)]
        except FrameTooLarge:
            self._is_framed = False
            self._frames = Frames()
            return [Piece(False, before + data)]

    def _feed_greeting(self, data: bytes) -> list[Piece]:
        assert self._greeting is not None
        seen = self._greeting + data
        if len(seen) < len(GREETING) and GREETING.startswith(seen):
            self._greeting = seen
            return []
        self._greeting = None
        if not seen.startswith(GREETING):
            self._is_framed = False
            return [Piece(False, seen)]
        greeting, rest = seen[: len(GREETING)], seen[len(GREETING) :]
        return [Piece(False, greeting), *self.feed(rest)]

    def take_rest(self) -> list[Piece]:
        """What was never completed; nothing waits any more."""
        rest, self._greeting, self._frames = (self._greeting or b"") + self._frames.rest, None, Frames()
        return [Piece(False, rest)] if rest else []
