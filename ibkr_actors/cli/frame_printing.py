"""The command `frames`: print a recording, decoded."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Final

import typer
from rich.console import Console
from rich.text import Text

from ibkr_actors.base.codec import Role
from ibkr_actors.cli.reporting import Redact, RedactName, one_line_errors, redactor
from ibkr_actors.cli.signals import stop_on_signals
from ibkr_actors.errors import ConfigurationError
from ibkr_actors.recording.lines import header_line, lines_of
from ibkr_actors.recording.reader import Damage, Reader
from ibkr_actors.recording.records import Event
from ibkr_actors.recording.transcript import Filter, Transcript

LOOK_EVERY: Final = 0.2
"""Seconds between two looks at a recording that grows."""


class Direction(StrEnum):
    """Who has sent a frame."""

    CLIENT = "client"
    BRIDGE = "bridge"


_SENDERS: Final = {None: None, Direction.CLIENT: Role.CLIENT, Direction.BRIDGE: Role.GATEWAY}


def frames(
    file: Annotated[Path, typer.Argument(help="A recording.")],
    sender: Annotated[Direction | None, typer.Option("--from", help="Only what this side has sent.")] = None,
    client: Annotated[int | None, typer.Option(help="Only the client with this client id.")] = None,
    connection: Annotated[int | None, typer.Option(help="Only the connection with this number.")] = None,
    message: Annotated[
        list[str] | None,
        typer.Option(help="Only messages of this name, such as OpenOrder or Tick*; can be repeated."),
    ] = None,
    request: Annotated[int | None, typer.Option(help="Only messages about this request or order id.")] = None,
    since: Annotated[
        str | None,
        typer.Option(help="From this time on: 2026-01-31T14:30, 14:30:05, or +90 seconds from the start."),
    ] = None,
    until: Annotated[str | None, typer.Option(help="Up to this time, likewise.")] = None,
    follow: Annotated[
        bool, typer.Option("--follow", help="Go on with what is appended, until Ctrl+C.")
    ] = False,
    hexadecimal: Annotated[bool, typer.Option("--hex", help="Show the bytes of every frame too.")] = False,
    redact: Redact = False,
    redact_name: RedactName = None,
) -> None:
    """Print the frames of a recording, decoded; times are UTC."""
    with one_line_errors(), Reader(file) as reader:
        start = reader.header.started
        wanted = Filter(
            sender=_SENDERS[sender],
            client_id=client,
            connection=connection,
            names=tuple(message or ()),
            request_id=request,
            since=parse_time("--since", since, start),
            until=parse_time("--until", until, start),
        )
        printer = _Printer(wanted, Transcript(redactor(redact, redact_name)), with_bytes=hexadecimal)
        try:
            printer.print(header_line(reader.header))
            for event in _all_of(reader, follow=follow):
                printer.show(event)
            sys.stdout.flush()
        except BrokenPipeError:  # whoever read the output has seen enough
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def parse_time(option: str, text: str | None, start: float) -> float | None:
    """Epoch seconds of a time in ISO 8601, of a time of the first day, or of `+seconds` behind the start.

    UTC where no zone is named, as the times that are printed. Raises ConfigurationError.
    """
    if text is None:
        return None
    try:
        if text.startswith("+"):
            return start + timedelta(seconds=float(text)).total_seconds()
        day = f"{datetime.fromtimestamp(start, UTC):%Y-%m-%d}T" if ":" in text[:3] else ""
        moment = datetime.fromisoformat(day + text)
    except (ValueError, OverflowError):
        raise ConfigurationError(
            f"{option} {text!r}: expected a time such as 2026-01-31T14:30:05, 14:30:05 or +90 (seconds from the start)"
        ) from None
    return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()


class _Printer:
    """Prints entries: with colours on a terminal, as plain lines elsewhere."""

    def __init__(self, wanted: Filter, transcript: Transcript, *, with_bytes: bool) -> None:
        self._wanted = wanted
        self._transcript = transcript
        self._with_bytes = with_bytes
        self._console = Console(highlight=False, soft_wrap=True) if sys.stdout.isatty() else None

    def show(self, event: Event | Damage) -> None:
        """Print an event, when it is wanted; damage always, beside the output."""
        if isinstance(event, Damage):
            print(event, file=sys.stderr)
            return
        entry = self._transcript.entry(event)
        if self._wanted.admits(entry):
            for line in lines_of(entry, with_bytes=self._with_bytes):
                self.print(line)

    def print(self, line: Text) -> None:
        """Print a line."""
        if self._console is not None:
            self._console.print(line)
        else:
            print(line.plain)


def _all_of(reader: Reader, *, follow: bool) -> Iterator[Event | Damage]:
    """What the recording holds; with `follow` also what is appended until a signal comes."""
    stopped = stop_on_signals() if follow else None
    yield from reader.events()
    while stopped is not None and not stopped.wait(LOOK_EVERY):
        yield from reader.events()
        sys.stdout.flush()
    if (tail := reader.tail()) is not None:
        yield tail
