"""One client of the gateway, as the gateway sees it: who it is, what it follows, what waits to be sent to it."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.declaration import Reply
from ibkr_actors.simulated_gateway.clients.shared_ticks import SharedTicks
from ibkr_actors.simulated_gateway.clients.text_rights import with_right_of_text
from ibkr_actors.simulated_gateway.refusals import Refusal


class Client:
    """A connected client and its outbox.

    Responsible for: collecting what is to be sent, without what its version does not know, and spelled as for it.
    Not responsible for: bytes and sockets; whoever owns the connection takes the outbox, and closes when `closing` says
    why.
    """

    def __init__(self, server_version: int) -> None:
        self.server_version = server_version
        self.client_id: int | None = None
        """None until it has said who it is."""
        self.closing = ""
        """Why the connection has to be closed behind what the outbox holds; empty as long as it stays."""
        self.wire: Callable[[bytes], bytes] | None = None
        """What happens to its bytes on their way; it returns those that go now."""
        self.is_paced = False
        """It asked, with +PACEAPI, to be slowed down instead of refused when it sends too fast."""
        self.now = 0.0
        """The time of what it is told, epoch seconds; the gateway sets it."""
        self._outbox: list[Reply] = []

    @property
    def is_closing(self) -> bool:
        """Whether its connection has to be closed."""
        return bool(self.closing)

    @property
    def number(self) -> int:
        """Its client id, once it has started."""
        assert self.client_id is not None
        return self.client_id

    def tell(self, *messages: Reply) -> None:
        """Send messages, but not those that are newer than the client's version."""
        version = self.server_version
        self._outbox += [
            with_right_of_text(message, version) for message in messages if message.facts.since <= version
        ]

    def tell_ticks(self, ticks: SharedTicks) -> None:
        """Send ticks, which every version knows."""
        if ticks.ticks:
            self._outbox.append(ticks)

    def tell_all(self, messages: Iterable[Reply]) -> None:
        """The same, for what is already a sequence."""
        self.tell(*messages)

    def notice(self, request_id: int, code: int, text: str) -> None:
        """Send an error, a warning or a piece of information."""
        self.tell(Notice(request_id, int(self.now * 1000), code, text))

    def refuse(self, request_id: int, refusal: Refusal) -> None:
        """Send an error that ends a request."""
        self.notice(request_id, refusal.code, refusal.text)

    def take_outbox(self) -> list[Reply]:
        """What has to be sent now; the outbox is empty afterwards."""
        messages, self._outbox = self._outbox, []
        return messages
