"""Reads a recording, also one that is still being written, and one that was damaged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from ibkr_actors.errors import RecordingError
from ibkr_actors.recording.records import FORMAT, KINDS, UNREADABLE, Event, Header, decode_line, kind_of_line

LONGEST_QUOTE = 60
LONGEST_HEADER = 1 << 16
"""Bytes; a file without an end of line up to there is something else, and may be large."""


@dataclass(frozen=True, slots=True)
class Damage:
    """A line that can't be read; what is before and behind it can."""

    line: int
    reason: str

    def __str__(self) -> str:
        return f"line {self.line} can't be read: {self.reason}"


class Reader:
    """A recording that is read from its beginning to what is its end now.

    Responsible for: records in their order, going on behind a damaged line, records of a later version of the format.
    Not responsible for: what frames say, waiting for more.
    """

    def __init__(self, path: Path) -> None:
        """Raises RecordingError when the file can't be read or is no recording that this version reads."""
        self.path = path
        try:
            self._file = path.open("rb")
        except OSError as error:
            raise RecordingError(f"{path} can't be read: {error.strerror}") from error
        self._line = 0
        self._begun = b""
        try:
            self.header = self._read_header()
        except BaseException:
            self._file.close()
            raise

    def _read_header(self) -> Header:
        line = self._next_line(LONGEST_HEADER)
        try:
            header = decode_line(line) if line is not None else None
        except UNREADABLE:
            header = None
        if not isinstance(header, Header):
            raise RecordingError(
                f"{self.path} is no recording: its first line is {self._quoted(line or self._begun)}"
            )
        if header.format > FORMAT:
            raise RecordingError(
                f"{self.path} has format {header.format}, this version of ibkr_actors reads up to {FORMAT}: update it"
            )
        return header

    def events(self) -> Iterator[Event | Damage]:
        """What is there and was not read yet. Call it again for what was appended in the meantime."""
        while (line := self._next_line()) is not None:
            found = self._decoded(line)
            if found is not None:
                yield found

    def _next_line(self, longest: int = -1) -> bytes | None:
        """The next whole line; None when there is none yet, or none that is not longer."""
        try:
            self._begun += self._file.readline(longest)
        except OSError as error:
            raise RecordingError(f"{self.path} can't be read: {error.strerror}") from error
        if not self._begun.endswith(b"\n"):
            return None
        line, self._begun = self._begun, b""
        self._line += 1
        return line

    def _decoded(self, line: bytes) -> Event | Damage | None:
        try:
            record: Header | Event = decode_line(line)
        except UNREADABLE as error:
            return (
                None if _is_of_a_later_version(line) else Damage(self._line, f"{error}: {self._quoted(line)}")
            )
        if isinstance(record, Header):
            return Damage(self._line, "another recording begins here; read it from a file of its own")
        return record

    def tail(self) -> Damage | None:
        """What a crash left of a line that was never finished; None when the file ends as it should."""
        if not self._begun:
            return None
        return Damage(self._line + 1, f"the recording ends within it, after {len(self._begun)} bytes")

    def _quoted(self, line: bytes) -> str:
        text = line.rstrip(b"\n").decode("utf-8", "replace")
        return repr(text if len(text) <= LONGEST_QUOTE else text[:LONGEST_QUOTE] + "...")

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _is_of_a_later_version(line: bytes) -> bool:
    """Whether a line is a record of a kind that was added to the format behind this version."""
    try:
        return kind_of_line(line).record not in KINDS
    except UNREADABLE:
        return False
