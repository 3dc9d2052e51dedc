"""The simulated gateway as a process of its own, started from the command line as a user would."""

from __future__ import annotations

import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Final, Self

DEADLINE: Final = 20.0
"""Seconds within which a process says where it listens, and ends when it is asked to."""
GREETING: Final = "listening on "
BUGS: Final = ("Traceback", "could not")
"""What the log of a gateway says when one of its own faults was met."""


class GatewayFailed(Exception):
    """The gateway did not start, did not end, or met a fault of its own. The text carries its log."""


class GatewayProcess:
    """A simulated gateway in another process, from `start` to `stop`.

    Responsible for: reading the address off the first line, before a deadline; ending the process whatever happens;
    its log, to be shown when a test fails.
    Not responsible for: clients.
    """

    def __init__(self, *options: str) -> None:
        self._options = options
        self._folder = tempfile.TemporaryDirectory(prefix="gateway-")
        self._log = Path(self._folder.name) / "stderr"
        self._final_log = ""
        self.host = ""
        self.port = 0
        self.started = 0.0
        """Epoch seconds."""

    def start(self) -> Self:
        """Returns when it listens. Raises GatewayFailed when its first line is late or says something else."""
        command = [sys.executable, "-m", "ibkr_actors", "gateway", "--port", "0", *self._options]
        self.started = time.time()
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True)  # noqa: S603
        try:
            self.host, self.port = self._address()
        except BaseException:
            self._kill()
            raise
        return self

    def _address(self) -> tuple[str, int]:
        line = self._first_line()
        host, _, port = line.removeprefix(GREETING).strip().rpartition(":")
        if not line.startswith(GREETING) or not port.isdigit():
            raise GatewayFailed(f"its first line is {line!r}; its log:\n{self.log()}")
        return host, int(port)

    def _first_line(self) -> str:
        """A thread reads it: not every system can wait for a pipe with a deadline."""
        lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        stdout = self._process.stdout
        assert stdout is not None
        threading.Thread(target=lambda: lines.put(stdout.readline()), daemon=True).start()
        try:
            return lines.get(timeout=DEADLINE)
        except queue.Empty:
            raise GatewayFailed(f"it said nothing in {DEADLINE} s; its log:\n{self.log()}") from None

    def log(self) -> str:
        """What it wrote to stderr so far."""
        return self._log.read_text(errors="replace") if self._log.exists() else self._final_log

    def last_lines(self, count: int = 20) -> str:
        """The end of its log."""
        return "\n".join(self.log().splitlines()[-count:])

    def stop(self) -> None:
        """Ask it to end. Raises GatewayFailed when it had to be killed, or says that it met a fault of its own."""
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            self._kill()
            raise GatewayFailed(f"it did not end in {DEADLINE} s; its log:\n{self.log()}") from None
        self._clean_up()
        # Windows knows no signals: there the process ends on the spot, with another code.
        if (code and sys.platform != "win32") or any(word in self.log() for word in BUGS):
            raise GatewayFailed(f"it ended with exit status {code}; its log:\n{self.log()}")

    def _kill(self) -> None:
        self._process.kill()
        self._process.wait()
        self._clean_up()

    def _clean_up(self) -> None:
        self._final_log = self.log()
        if self._process.stdout is not None:
            self._process.stdout.close()
        self._folder.cleanup()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
