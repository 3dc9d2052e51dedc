"""Cuts a byte stream into frames: four bytes of length, big-endian, then so many bytes of payload."""

from __future__ import annotations

from struct import Struct
from typing import Final

from ibkr_actors.errors import FrameTooLarge, LocalProtocolError

LARGEST_PAYLOAD: Final = 0xFFFFFF
"""Bytes. The vendor's client takes no more either; scanner parameters, the largest in sight, are about 1.8 MB."""

_length_at: Final = Struct(">I").unpack_from
_pack_length: Final = Struct(">I").pack


class Frames:
    """Collects bytes until frames are complete.

    Responsible for: any slicing of the stream, and for refusing a length above `limit` before anything of such a
    frame is stored. Keeps at most one incomplete frame.
    """

    def __init__(self, limit: int = LARGEST_PAYLOAD) -> None:
        self._limit = limit
        self._waiting = bytearray()
        self._needed = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The payloads that `data` completes, in order. Raises FrameTooLarge; the stream can't go on after that."""
        if self._waiting:
            self._waiting += data
            if len(self._waiting) < self._needed:
                return []
            data = bytes(self._waiting)
            self._waiting.clear()
        if len(data) > self._limit:
            self._check_lengths(data)
        return self._cut(data)

    def _cut(self, data: bytes) -> list[bytes]:
        payloads = []
        start, end, length = 0, len(data), _length_at
        while end - start >= 4:
            (size,) = length(data, start)
            stop = start + 4 + size
            if stop > end:
                break
            payloads.append(data[start + 4 : stop])
            start = stop
        if start < end:
            self._keep(data[start:])
        return payloads

    def _keep(self, rest: bytes) -> None:
        self._needed = 4 if len(rest) < 4 else 4 + self._checked(_length_at(rest)[0])
        self._waiting += rest

    def _check_lengths(self, data: bytes) -> None:
        """A buffer so large could hold a whole frame that is too large."""
        start = 0
        while len(data) - start >= 4:
            start += 4 + self._checked(_length_at(data, start)[0])

    def _checked(self, size: int) -> int:
        if size <= self._limit:
            return size
        raise FrameTooLarge(
            f"a frame of {size} bytes was announced, {self._limit} are allowed; this is not the protocol, or the "
            "stream lost its place. Close the connection.",
            message_id=None,
            field=None,
            server_version=None,
        )

    @property
    def missing(self) -> int:
        """How many bytes have to come before a feed can complete a frame, or refuse one."""
        return self._needed - len(self._waiting) if self._waiting else 0

    @property
    def rest(self) -> bytes:
        """What has come of a frame that is not complete."""
        return bytes(self._waiting)


def frame(payload: bytes) -> bytes:
    """The payload with its length in front. Raises LocalProtocolError when it is too long."""
    if len(payload) > LARGEST_PAYLOAD:
        raise LocalProtocolError(f"a message of {len(payload)} bytes is over the limit of {LARGEST_PAYLOAD}")
    return _pack_length(len(payload)) + payload
