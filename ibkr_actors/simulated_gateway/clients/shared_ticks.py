"""Ticks of one contract on their way to many: encoded once for each server version, not once for each follower."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ibkr_actors.base.frame_templates import spelled
from ibkr_actors.base.messages.declaration import Reply
from ibkr_actors.base.messages.market_data import Tick
from ibkr_actors.base.session import Session
from ibkr_actors.simulated_gateway.market.ticks import TickValue


class SharedTicks(Reply, frozen=True):
    """Ticks under one request id, in place of the messages that they are.

    Whoever has to look at single messages gets them by `messages` or `in_full`.
    """

    request_id: int
    ticks: Sequence[TickValue]
    is_delayed: bool = False
    in_lots: bool = False

    def messages(self) -> list[Tick]:
        """The messages, without those that delayed data don't have."""
        made = (
            tick.for_request(self.request_id, delayed=self.is_delayed, in_lots=self.in_lots)
            for tick in self.ticks
        )
        return [message for message in made if message is not None]

    def encoded(self, session: Session) -> bytes:
        """The frames for one session. Raises what `Session.encode` raises."""
        if self.request_id < 0:  # has another size in protobuf
            return b"".join(map(session.encode, self.messages()))
        request_id, frames = spelled(self.request_id), []
        form = session.server_version, self.is_delayed, self.in_lots
        for tick in self.ticks:
            template = tick.templates.get(form)
            if template is not None:
                frames.append(template.frame(request_id))
            else:
                frames.append(tick.first_frame(self.request_id, form, session.encode))
        return b"".join(frames)


def in_full(replies: Iterable[Reply]) -> list[Reply]:
    """The same replies with shared ticks as the messages that they are."""
    found: list[Reply] = []
    for reply in replies:
        if isinstance(reply, SharedTicks):
            found += reply.messages()
        else:
            found.append(reply)
    return found
