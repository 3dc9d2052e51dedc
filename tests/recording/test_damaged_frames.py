"""Frames that were damaged on their way are read, printed, redacted and served as undecodable, without an error."""

from __future__ import annotations

import random

import pytest

from ibkr_actors.base.messages.accounts import AccountValue
from ibkr_actors.base.messages.catalog import REPLIES, REQUESTS
from ibkr_actors.base.messages.connection import ManagedAccounts
from ibkr_actors.recording.exchanges import exchanges_of
from ibkr_actors.recording.lines import lines_of
from ibkr_actors.recording.records import Event, Frame
from ibkr_actors.recording.redactor import Redactor
from ibkr_actors.recording.transcript import Transcript
from tests.recording.helpers import conversation, frame_of
from tests.wire.generated import filled

ROUNDS = 4
SHARE = 0.5


def damaged(frame: Frame, chance: random.Random) -> Frame:
    """The frame with a byte changed, its end cut off, or some bytes put in."""
    data = bytearray(frame.payload)
    place = chance.randrange(len(data))
    match chance.randrange(3):
        case 0:
            data[place] = chance.randrange(256)
        case 1:
            del data[place:]
        case _:
            data[place:place] = chance.randbytes(4)
    return Frame(frame.at, frame.connection, frame.sender, bytes(data))


def recording(version: int, chance: random.Random) -> list[Event]:
    """Every message of a version, half of them damaged, behind accounts to redact."""
    known = conversation(version, ManagedAccounts("DU7654321"), AccountValue("Cash", "1", "USD", "DU7654321"))
    structs = [each for each in (*REQUESTS.values(), *REPLIES.values()) if each.facts.since <= version]
    frames = [frame_of(filled(struct, version), version) for struct in structs]
    return known + [damaged(each, chance) if chance.random() < SHARE else each for each in frames]


@pytest.mark.parametrize("version", [178, 203, 226])
def test_damaged_frames_raise_nothing_and_keep_their_length(version):
    chance = random.Random(version)  # noqa: S311
    for _ in range(ROUNDS):
        events = recording(version, chance)
        for redactor in (None, Redactor()):
            transcript = Transcript(redactor)
            entries = [transcript.entry(event) for event in events]

            assert all(line.plain for entry in entries for line in lines_of(entry))
            assert [len(getattr(entry.event, "payload", b"")) for entry in entries] == [
                len(getattr(event, "payload", b"")) for event in events
            ]
        assert any(entry.name == "Undecodable" for entry in entries)
        (client,) = exchanges_of(events)
        assert client.exchanges
