"""From what passes to what is recorded: frames, whole and one by one."""

from __future__ import annotations

from ibkr_actors.base.codec import Role
from ibkr_actors.recording.frame_cutter import FrameCutter, Piece
from ibkr_actors.recording.records import Closed, Ended, Event, Frame, Lost, Unframed


class Framing:
    """Turns the events of many connections, whose bytes are sliced as the network did, into records.

    Responsible for: keeping what is incomplete, and giving it away before the end of its side is told.
    """

    def __init__(self) -> None:
        self._cutters: dict[tuple[int, Role], FrameCutter] = {}

    def records(self, event: Event) -> list[Event]:
        """What is to be recorded now; nothing for bytes that complete no frame."""
        match event:
            case Unframed(at, number, sender, content):
                cutter = self._cutters.setdefault((number, sender), FrameCutter(sender))
                return _recorded(at, number, sender, cutter.feed(content))
            case Ended(at, number, sender):
                return [*self._rest(at, number, sender), event]
            case Closed(at, number) | Lost(at, number):
                rest = [record for sender in Role for record in self._rest(at, number, sender)]
                return [*rest, event]
            case _:
                return [event]

    def close(self, at: float) -> list[Event]:
        """What is left of connections that nobody has closed."""
        return [record for number, sender in list(self._cutters) for record in self._rest(at, number, sender)]

    def _rest(self, at: float, number: int, sender: Role) -> list[Event]:
        cutter = self._cutters.pop((number, sender), None)
        return _recorded(at, number, sender, cutter.take_rest()) if cutter is not None else []


def _recorded(at: float, number: int, sender: Role, pieces: list[Piece]) -> list[Event]:
    return [
        Frame(at, number, sender, piece.content)
        if piece.is_frame
        else Unframed(at, number, sender, piece.content)
        for piece in pieces
    ]
