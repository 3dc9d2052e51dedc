"""Bytes become frames, however they were sliced, and none is lost."""

from __future__ import annotations

import pytest

from ibkr_actors.base.codec import Role
from ibkr_actors.recording.frame_cutter import FrameCutter, Piece
from ibkr_actors.wire.frames import LARGEST_PAYLOAD, Frames, frame
from tests.recording.helpers import byte_by_byte

CLIENT = b"API\0" + frame(b"v157..226") + frame(b"71\x002\x001\0\0")


def pieces(sender: Role, *slices: bytes) -> list[Piece]:
    cutter = FrameCutter(sender)
    return [piece for data in slices for piece in cutter.feed(data)] + cutter.take_rest()


class TestWhatAClientSends:
    WHOLE = (Piece(False, b"API\0"), Piece(True, b"v157..226"), Piece(True, b"71\x002\x001\0\0"))

    def test_is_a_greeting_and_frames(self):
        assert pieces(Role.CLIENT, CLIENT) == list(self.WHOLE)

    def test_may_come_byte_by_byte(self):
        assert pieces(Role.CLIENT, *byte_by_byte(CLIENT)) == list(self.WHOLE)

    def test_without_the_greeting_is_kept_as_it_came(self):
        assert pieces(Role.CLIENT, b"GET / HTTP/1.1\r\n", b"\r\n") == [
            Piece(False, b"GET / HTTP/1.1\r\n"),
            Piece(False, b"\r\n"),
        ]


class TestWhatABridgeSends:
    def test_is_frames(self):
        assert pieces(Role.GATEWAY, frame(b"203\0now\0")) == [Piece(True, b"203\0now\0")]


class TestNoByteIsLost:
    def test_of_a_frame_that_was_never_completed(self):
        assert pieces(Role.GATEWAY, frame(b"whole"), frame(b"broken off")[:9]) == [
            Piece(True, b"whole"),
            Piece(False, frame(b"broken off")[:9]),
        ]

    def test_of_a_greeting_that_was_never_completed(self):
        assert pieces(Role.CLIENT, b"AP") == [Piece(False, b"AP")]

    def test_of_a_large_frame_in_many_pieces_and_copied_no_more_than_twice(self, monkeypatch):
        copies = []
        rest = Frames.rest.fget
        monkeypatch.setattr(Frames, "rest", property(lambda frames: copies.append(1) or rest(frames)))
        large = frame(bytes(1_000_000))
        slices = [large[place : place + 1_000] for place in range(0, len(large), 1_000)]

        assert pieces(Role.GATEWAY, *slices) == [Piece(True, large[4:])]
        assert len(copies) <= 3

    @pytest.mark.parametrize("waiting", [b"", b"\xff\xff"])
    def test_of_a_length_that_no_frame_has(self, waiting):
        sent = b"\xff\xff\xff\xff and more"
        assert LARGEST_PAYLOAD < 0xFFFFFFFF

        found = pieces(Role.GATEWAY, waiting, sent[len(waiting) :], b"and behind")

        assert b"".join(piece.content for piece in found) == sent + b"and behind"
        assert not any(piece.is_frame for piece in found)
