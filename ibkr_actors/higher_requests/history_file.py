"""A file of what a request for history has got so far, from which the same request goes on later."""

from __future__ import annotations

from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

import msgspec
from loguru import logger
from msgspec import Struct

from ibkr_actors.base.history_plan import Answer
from ibkr_actors.base.messages.history import HistoricalDataRequest
from ibkr_actors.errors import InvalidRequest

_FORM: Final = 1


class Heading(Struct, frozen=True):
    """What the bars of a file are: its first line."""

    form: int
    contract: dict[str, object]
    bar_size: str
    what_to_show: str
    use_regular_trading_hours: bool


def heading_of(request: HistoricalDataRequest) -> Heading:
    """The heading of a file for the steps of such a request."""
    described = msgspec.to_builtins(request.contract)
    contract_id = request.contract.contract_id
    # A contract is the same however much else of it is filled in.
    contract = (
        {"contract_id": contract_id, "exchange": request.contract.exchange} if contract_id else described
    )
    return Heading(
        _FORM,
        contract,
        str(request.bar_size),
        str(request.what_to_show),
        request.use_regular_trading_hours,
    )


class HistoryFile:
    """The answers to the steps of one request, a line of JSON each, behind a heading.

    Responsible for: refusing a file that holds something else, leaving out a last line that was cut by a crash, and
    having each answer in the file before the next step is asked for. For one program at a time.
    """

    def __init__(self, path: str | Path, heading: Heading) -> None:
        self._path = Path(path)
        self._heading = heading
        self._file: BinaryIO | None = None
        self.known: list[Answer] = []
        """What the file held when it was opened."""

    def __enter__(self) -> Self:
        lines = self._path.read_bytes().splitlines(keepends=True) if self._path.exists() else []
        whole = [line for line in lines if line.endswith(b"\n")]
        if lines:
            self._check(lines[0])
        if len(whole) < len(lines):
            logger.warning("{}: the last line is cut, and is left out", self._path)
        if whole:
            self.known = [self._read(number, line) for number, line in enumerate(whole[1:], 2)]
        self._file = self._path.open("r+b" if lines else "wb")
        self._file.truncate(sum(map(len, whole)))
        self._file.seek(0, 2)
        if not whole:
            self._write(self._heading)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is None:
            return
        try:
            self._file.close()
        except OSError:  # what could not be written waits still, and fails once more
            if error is None:
                raise

    def keep(self, answer: Answer) -> None:
        """Add what is known of a stretch."""
        if answer.start < answer.end:
            self._write(answer)

    def _write(self, value: Struct) -> None:
        assert self._file is not None, "a history file is written to inside its with block"
        self._file.write(_line_of(value))
        self._file.flush()

    def _check(self, line: bytes) -> None:
        """Raise InvalidRequest unless it is our heading, or what a crash has left of it."""
        if _line_of(self._heading).startswith(line):
            return
        try:
            found = msgspec.json.decode(line, type=Heading)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InvalidRequest(f"{self._path} is no file of history ({error}): name another one") from error
        if _line_of(found) != _line_of(self._heading):
            raise InvalidRequest(
                f"{self._path} holds other history: {found}, where {self._heading} was asked for. Name another file"
            )

    def _read(self, number: int, line: bytes) -> Answer:
        try:
            return msgspec.json.decode(line, type=Answer)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise InvalidRequest(
                f"{self._path}, line {number} can't be read ({error}): delete that line, or name another file"
            ) from error


def _line_of(value: Struct) -> bytes:
    return msgspec.json.encode(value) + b"\n"
