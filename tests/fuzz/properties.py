"""What has to hold for every frame, whatever is in it."""

from __future__ import annotations

import re
import time
from collections import Counter
from dataclasses import dataclass, field

from ibkr_actors.base.codec import Role
from ibkr_actors.base.messages.connection import CurrentTime, StartApiRequest
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.messages.history import HistoricalDataEnd
from ibkr_actors.base.server_versions import BINARY_IDS, HISTORICAL_END_MESSAGE
from ibkr_actors.base.session import Session, Undecodable
from ibkr_actors.errors import RemoteProtocolError
from ibkr_actors.wire.frames import frame
from tests.fuzz.mutations import Hostile
from tests.helpers import connected

LONGEST_REASON = 600
ABOUT_THE_WHOLE = re.compile("the body is no protobuf|'utf-8' codec")
"""Reasons that no single field is to blame for. Without a readable id there are no fields either."""


class Violation(Exception):
    """A frame did what no frame may do."""


@dataclass(slots=True)
class Outcome:
    """What became of many frames."""

    frames: int = 0
    good: int = 0
    bad: Counter[str] = field(default_factory=Counter)
    """By the beginning of the reason."""
    unknown: int = 0
    slowest: float = 0.0
    """Seconds."""
    slowest_number: int = -1
    damage: Counter[str] = field(default_factory=Counter)


class Reader:
    """Sends hostile frames through sessions, each between two good messages, and looks at what comes out."""

    def __init__(self) -> None:
        self.outcome = Outcome()
        self._sessions: dict[tuple[Role, int], tuple[Session, bytes, bytes, Message, Message]] = {}

    def read(self, hostile: Hostile) -> None:
        """Raises Violation."""
        session, before, after, first, last = self._session(hostile.role, hostile.version)
        counted = session.statistics.copy()
        data = before + frame(hostile.payload) + after
        started = time.perf_counter()
        try:
            received = session.receive(data)
        except Exception as error:
            raise Violation(f"the session raised {error!r}") from error
        self._time(time.perf_counter() - started, hostile.number)
        if hostile.version < HISTORICAL_END_MESSAGE:  # the session makes the ends of answers with bars
            received = [message for message in received if not isinstance(message, HistoricalDataEnd)]
        if len(received) < 2 or received[0] != first or received[-1] != last:
            raise Violation(f"the messages around it were not read: {received!r:.500}")
        self._judge(hostile, received[1:-1])
        self._compare(session, counted, received)

    def _session(self, role: Role, version: int) -> tuple[Session, bytes, bytes, Message, Message]:
        if (role, version) not in self._sessions:
            client, gateway = connected(version)
            reader, writer = (client, gateway) if role is Role.CLIENT else (gateway, client)
            first, last = (
                (CurrentTime(11), CurrentTime(12))
                if role is Role.CLIENT
                else (StartApiRequest(11), StartApiRequest(12))
            )
            self._sessions[role, version] = reader, writer.encode(first), writer.encode(last), first, last
        return self._sessions[role, version]

    def _time(self, seconds: float, number: int) -> None:
        if seconds > self.outcome.slowest:
            self.outcome.slowest, self.outcome.slowest_number = seconds, number

    def _judge(self, hostile: Hostile, between: list[Message]) -> None:
        outcome = self.outcome
        outcome.frames += 1
        outcome.damage.update(hostile.damage.split())
        if len(between) > 1:
            raise Violation(f"one frame became {len(between)} messages")
        if not between:
            outcome.unknown += 1
        elif isinstance(between[0], Undecodable):
            check_undecodable(between[0], hostile)
            outcome.bad[kind_of(between[0].error)] += 1
        else:
            outcome.good += 1

    def _compare(self, session: Session, before: object, received: list[Message]) -> None:
        now, was = session.statistics, before
        frames = now.frames - was.frames  # type: ignore[attr-defined]
        bad = now.undecodable - was.undecodable  # type: ignore[attr-defined]
        if frames != 3 or bad != sum(isinstance(message, Undecodable) for message in received):
            raise Violation(f"three frames were counted as {frames}, {bad} of them bad")


def kind_of(error: RemoteProtocolError) -> str:
    """A reason without what it quotes."""
    return re.sub(r"\d+", "N", re.split(r"[:'(]", error.reason)[0]).strip()[:60] or "text is no UTF-8"


def check_undecodable(bad: Undecodable, hostile: Hostile) -> None:
    """Raises Violation when an error does not say what it has to."""
    error = bad.error
    if not isinstance(error, RemoteProtocolError) or bad.payload != hostile.payload:
        raise Violation(f"the stand-in is {bad!r:.500}")
    if error.server_version != hostile.version:
        raise Violation(f"the error names server version {error.server_version}")
    expected = id_of(hostile)
    if expected is not None and error.message_id != expected:
        raise Violation(f"the error names message {error.message_id}, it is {expected}")
    if not error.field and error.message_id is not None and not ABOUT_THE_WHOLE.search(error.reason):
        raise Violation(f"no field is named: {error}")
    if not error.reason or len(str(error)) > LONGEST_REASON:
        raise Violation(f"the reason has {len(error.reason)} characters")


def id_of(hostile: Hostile) -> int | None:
    """The base id, where it is spelled plainly."""
    payload = hostile.payload
    if hostile.version >= BINARY_IDS:
        number = int.from_bytes(payload[:4], "big")
        return None if len(payload) < 4 else number - 200 if number > 200 else number
    text = payload.partition(b"\0")[0]
    return int(text) if re.fullmatch(rb"[1-9][0-9]{0,5}", text) else None
