"""Writes what passes into a file, on a thread of its own. An edge.

Whoever moves the bytes only puts them on a queue: cutting, redacting, encoding and the disk cost a client nothing.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from loguru import logger

from ibkr_actors.base.codec import Role
from ibkr_actors.errors import RecordingError
from ibkr_actors.recording.framing import Framing
from ibkr_actors.recording.records import Closed, Ended, Event, Header, Lost, Opened, Unframed, encode_line
from ibkr_actors.recording.redactor import Redactor

MOST_WAITING: Final = 256 << 20
"""Bytes that may wait for the disk; what comes then ends the recording of its connection."""
SYNC_EVERY: Final = 1.0
"""Seconds of a recording that a power failure may cost. A crash of the program costs what waits for the disk."""
LARGEST_BATCH: Final = 1_000


def steady_clock() -> Callable[[], float]:
    """Epoch seconds that never go back, whatever happens to the clock of the machine."""
    offset = time.time() - time.monotonic()
    return lambda: offset + time.monotonic()


class Recorder:
    """A recording in the making: a `Wiretap`.

    Responsible for:
    1. the file: made anew, never overwritten, only appended to; each frame is on its way to the disk at once;
    2. never holding up whoever tells it something: the disk may stall, and the memory for that is bounded;
    3. saying what could not be recorded: in the log, in the recording where that is possible, and in `failure`.

    Not responsible for: moving bytes. Use it as a context manager: `close` returns when everything is written.
    """

    def __init__(
        self,
        path: Path,
        *,
        bridge: str,
        redactor: Redactor | None = None,
        clock: Callable[[], float] | None = None,
        most_waiting: int = MOST_WAITING,
    ) -> None:
        """Raises RecordingError when there is such a file already, or it can't be made."""
        self.path = path
        self.failure: str | None = None
        """Why the recording is not whole; None while it is."""
        self.connections = 0
        """How many there have been."""
        self._clock = clock or steady_clock()
        self._redactor = redactor
        self._framing = Framing()
        self._lock = threading.Lock()
        self._queue = _Queue(most_waiting)
        self._file = _create(path)
        self._is_broken = False
        self._synced = time.monotonic()
        self._append(
            [encode_line(Header(started=self._clock(), bridge=bridge, redacted=redactor is not None))]
        )
        self._thread = threading.Thread(target=self._run, name=f"recorder of {path.name}", daemon=True)
        self._thread.start()

    def opened(self, peer: str) -> RecordedConnection:
        """A client has connected. Safe on any thread."""
        with self._lock:
            self.connections += 1
            connection = RecordedConnection(self.connections, self._clock, self._queue.put)
        connection.tell_opened(peer)
        return connection

    def close(self) -> None:
        """Write what waits, and close the file; a second call does nothing."""
        self._queue.end()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ---------------------------------------------------------------------------------------------------- the thread

    def _run(self) -> None:
        while (events := self._queue.take(SYNC_EVERY)) is not None:
            self._write([record for event in events for record in self._framing.records(event)])
            if time.monotonic() - self._synced >= SYNC_EVERY:
                self._sync()
        self._write(self._framing.close(self._clock()))
        self._sync()
        with self._failing():
            self._file.close()

    def _write(self, records: list[Event]) -> None:
        lost = next((record for record in records if isinstance(record, Lost)), None)
        if lost is not None:
            self.failure = (
                self.failure or f"connection {lost.connection} is not recorded to its end: {lost.reason}"
            )
        if self._is_broken:
            return
        try:
            lines = [encode_line(self._redacted(record)) for record in records]
        except Exception as error:  # noqa: BLE001  # what can't be redacted must not be written, and not end the thread
            logger.opt(exception=error).debug("a record can't be made")
            self._give_up(f"{self.path} is not recorded to its end: a record could not be made ({error!r})")
            return
        self._append(lines)

    def _redacted(self, record: Event) -> Event:
        return record if self._redactor is None else self._redactor.redacted(record)

    def _append(self, lines: list[bytes]) -> None:
        if not self._is_broken and lines:
            with self._failing():
                self._file.write(b"".join(line + b"\n" for line in lines))
                self._file.flush()

    def _sync(self) -> None:
        """What a process has written survives it; that it survives a power failure has to be asked for."""
        self._synced = time.monotonic()
        if not self._is_broken:
            with self._failing():
                os.fsync(self._file.fileno())

    @contextmanager
    def _failing(self) -> Iterator[None]:
        """A disk that takes no more ends the recording, and nothing else."""
        try:
            yield
        except OSError as error:
            if not self._is_broken:  # closing a file that could not be written tells it once more
                self._give_up(f"{self.path} can't be written any more: {error.strerror}")

    def _give_up(self, reason: str) -> None:
        self._is_broken = True
        self.failure = reason
        logger.error("{}; clients go on, nothing more is recorded", reason)


class RecordedConnection:
    """One connection, as seen by whoever moves its bytes: a `Tap`."""

    def __init__(self, number: int, clock: Callable[[], float], put: Callable[[Event, int], bool]) -> None:
        self._number = number
        self._clock = clock
        self._put = put
        self._is_lost = False

    def tell_opened(self, peer: str) -> None:
        """The client has connected."""
        self._put(Opened(self._clock(), self._number, peer), 0)

    def passed(self, sender: Role, data: bytes) -> None:
        """Bytes that one side has sent; none when it sends no more."""
        if self._is_lost:
            return
        if not data:
            self._put(Ended(self._clock(), self._number, sender), 0)
        elif not self._put(Unframed(self._clock(), self._number, sender, bytes(data)), len(data)):
            self._is_lost = True
            logger.error("connection {} is recorded no further: the disk is too slow", self._number)
            self._put(Lost(self._clock(), self._number, "the disk was too slow for what passed"), 0)

    def closed(self, reason: str) -> None:
        """The connection has ended."""
        self._put(Closed(self._clock(), self._number, reason), 0)


class _Queue:
    """Events on their way to the recorder's thread, with a bound on the bytes among them."""

    def __init__(self, most_waiting: int) -> None:
        self._most_waiting = most_waiting
        self._waiting = 0
        self._lock = threading.Lock()
        self._events: queue.SimpleQueue[tuple[Event, int] | None] = queue.SimpleQueue()
        self._has_ended = False

    def put(self, event: Event, size: int) -> bool:
        """Leave an event with so many bytes; False when it has no room."""
        with self._lock:
            if size and self._waiting + size > self._most_waiting:
                return False
            self._waiting += size
        self._events.put((event, size))
        return True

    def end(self) -> None:
        """Nothing that is put behind this is taken."""
        self._events.put(None)

    def take(self, timeout: float) -> list[Event] | None:
        """What waits; nothing after `timeout` seconds without anything; None at the end."""
        if self._has_ended:
            return None
        events: list[Event] = []
        try:
            taken = self._events.get(timeout=timeout)
            while taken is not None and len(events) < LARGEST_BATCH:
                events.append(self._unload(*taken))
                taken = self._events.get_nowait()
        except queue.Empty:
            return events
        self._has_ended = taken is None
        if taken is not None:
            events.append(self._unload(*taken))
        return events

    def _unload(self, event: Event, size: int) -> Event:
        with self._lock:
            self._waiting -= size
        return event


def _create(path: Path) -> BinaryIO:
    try:
        return path.open("xb")
    except FileExistsError:
        raise RecordingError(
            f"{path} exists already, and a recording is never overwritten: name another file, or remove it"
        ) from None
    except OSError as error:
        raise RecordingError(f"{path} can't be written: {error.strerror}") from error
