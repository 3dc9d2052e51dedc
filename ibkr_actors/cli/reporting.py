"""What commands have in common: their log, and how an error ends them."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, TypeAlias

import typer
from loguru import logger

from ibkr_actors.cli.statuses import EXIT_FAILED, EXIT_UNUSABLE
from ibkr_actors.display import LINE_FORMAT
from ibkr_actors.errors import ConfigurationError, IbkrError
from ibkr_actors.recording.recorder import Recorder
from ibkr_actors.recording.redactor import Redactor

Redact: TypeAlias = Annotated[
    bool, typer.Option("--redact", help="Replace account codes and user names by made-up ones.")
]
RedactName: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(help="Another name to replace, beside those that are found; can be repeated."),
]


def log_to_standard_error() -> None:
    """The log of a command that serves: no tracebacks with values, for account codes are among them."""
    logger.remove()
    logger.add(sys.stderr, level="INFO", format=LINE_FORMAT, backtrace=False, diagnose=False)


@contextmanager
def one_line_errors() -> Iterator[None]:
    """An error that says what to do becomes one line and an exit status."""
    try:
        yield
    except IbkrError as error:
        print(f"error: {error}", file=sys.stderr)
        raise typer.Exit(EXIT_UNUSABLE) from None


@contextmanager
def listening_on(what: str, host: str, port: int) -> Iterator[None]:
    """A port that can't be listened on is an error that names it."""
    try:
        yield
    except OSError as error:
        raise ConfigurationError(f"{what} can't listen on {host}:{port}: {error.strerror}") from None


def redactor(redact: bool, names: list[str] | None) -> Redactor | None:
    """What the options `--redact` and `--redact-name` ask for."""
    return Redactor(names or ()) if redact or names else None


@contextmanager
def recording_to(
    path: Path | None, bridge: str, redact: bool, names: list[str] | None
) -> Iterator[Recorder | None]:
    """A recorder for as long as the context lasts; None without a path. Ends the command when it was not whole."""
    if path is None:
        if redact or names:
            raise ConfigurationError("--redact needs --record FILE: only what is recorded is redacted")
        yield None
        return
    with Recorder(path, bridge=bridge, redactor=redactor(redact, names)) as recorder:
        try:
            yield recorder
        except BaseException:
            recorder.close()
            if not recorder.connections:  # it would only be in the way of the next attempt
                path.unlink()
            raise
    if recorder.failure is not None:
        print(f"error: the recording is not whole: {recorder.failure}", file=sys.stderr)
        raise typer.Exit(EXIT_FAILED)
