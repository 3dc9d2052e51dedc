"""One run: a server process, a client process, and the verdict on what the client saw.

Responsible for: starting both, bounding their time, ending them, and telling what each of them said if one fails.
Not responsible for: which runs there are and in which order (`compare.py`).
"""

import select
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import msgspec

from benchmarks.contenders import Contender
from benchmarks.judging import Numbers, WrongResultError, judge
from benchmarks.neighbours import Neighbours
from benchmarks.reports import ClientReport, Listening, Served, ServerReport
from benchmarks.scenarios import Scenario

ROOT = Path(__file__).resolve().parent.parent
STARTUP_DEADLINE = 30.0
CLIENT_DEADLINE = 120.0
SERVER_DEADLINE = 30.0

Process = subprocess.Popen[str]


class TrialError(Exception):
    """A run that gave no valid result; the text says whose fault that was."""


class Outcome(NamedTuple):
    """A valid run."""

    numbers: Numbers
    digest: str
    """Of the bytes that the server had prebuilt."""
    waiting: float
    """The share of a BACKLOG that was in the socket when the client began to read; else 0."""
    disturbance: float
    """What other programs took of the machine meanwhile, in cores."""


def run(contender: Contender, scenario: Scenario, count: int) -> Outcome:
    """Measure one client once."""
    arguments = ["--scenario", scenario, "--version", str(contender.version), "--count", str(count)]
    title = f"{contender.label}, {scenario}"
    neighbours = Neighbours()
    with _process("benchmarks.server", arguments) as server:
        port = _port_of(server, title)
        with _process(contender.module, [*arguments, "--port", str(port)]) as client:
            hello = f"{client.pid}\n" if scenario is Scenario.BACKLOG else ""
            seen = _client_report(client, server, hello, title)
        served = _server_report(server, title)
    try:
        numbers = judge(scenario, count, served, seen)
    except WrongResultError as error:
        raise TrialError(f"{title}: {error}") from error
    waiting = served.waiting_bytes / max(served.stream_bytes, 1)
    return Outcome(numbers, served.digest, waiting, neighbours.share())


@contextmanager
def _process(module: str, arguments: list[str]) -> Iterator[Process]:
    """A Python program that does not outlive the block."""
    command = [sys.executable, "-m", module, *arguments]
    pipe = subprocess.PIPE
    with subprocess.Popen(  # noqa: S603 - our own programs, by this interpreter
        command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True
    ) as process:
        try:
            yield process
        finally:
            process.kill()  # works on a suspended process too, and does nothing to one that has ended


def _port_of(server: Process, title: str) -> int:
    assert server.stdout is not None
    ready, _, _ = select.select([server.stdout], [], [], STARTUP_DEADLINE)
    line = server.stdout.readline() if ready else ""
    if not line:
        server.kill()
        raise TrialError(f"{title}: the server did not start\n{_said(server)}")
    report = msgspec.json.decode(line, type=Listening)
    return report.port


def _client_report(client: Process, server: Process, hello: str, title: str) -> ClientReport:
    """What the client printed. It must have ended well, and have had nothing to complain of."""
    assert server.stdin is not None
    server.stdin.write(hello)
    server.stdin.flush()
    try:
        output, complaints = client.communicate(timeout=CLIENT_DEADLINE)
    except subprocess.TimeoutExpired:
        client.kill()
        server.kill()
        said = _said(client) + _said(server)
        raise TrialError(f"{title}: no end within {CLIENT_DEADLINE} s\n{said}") from None
    if client.returncode or complaints or not output:
        server.kill()
        raise TrialError(f"{title}: the client ended with {client.returncode}\n{complaints}\n{_said(server)}")
    report: ClientReport = msgspec.json.decode(output.splitlines()[-1], type=ClientReport)
    return report


def _server_report(server: Process, title: str) -> Served:
    try:
        output, complaints = server.communicate(timeout=SERVER_DEADLINE)
    except subprocess.TimeoutExpired:
        server.kill()
        raise TrialError(f"{title}: the server did not end\n{_said(server)}") from None
    if server.returncode or complaints:
        raise TrialError(f"{title}: the server ended with {server.returncode}\n{complaints}")
    report: ServerReport = msgspec.json.decode(output.splitlines()[-1], type=ServerReport)
    if not isinstance(report, Served):
        raise TrialError(f"{title}: the server ended before it had served")
    return report


def _said(process: Process) -> str:
    """All that a killed process wrote to its standard error."""
    return process.communicate()[1]
