"""What a gateway tells of the bytes that pass, to whoever wants to keep them."""

from __future__ import annotations

from typing import Protocol

from ibkr_actors.base.codec import Role


class Tap(Protocol):
    """Is told of what one connection carries. Neither method may wait or raise: a client waits behind it."""

    def passed(self, sender: Role, data: bytes) -> None:
        """Bytes that one side has sent; none when that side sends no more."""

    def closed(self, reason: str) -> None:
        """The connection has ended; nothing comes behind this."""


class Wiretap(Protocol):
    """Is told of connections."""

    def opened(self, peer: str) -> Tap:
        """A client has connected; `peer` is where it comes from."""
