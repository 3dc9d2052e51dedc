"""The log of a command, as its configuration has it."""

from __future__ import annotations

from rich.console import Console

from ibkr_actors.configuration import Loaded
from ibkr_actors.display import log_to
from ibkr_actors.errors import ConfigurationError


def start_log(loaded: Loaded, console: Console | None) -> None:
    """Log to the console of a live picture or to standard error, and to the file. Raises ConfigurationError."""
    settings = loaded.configuration.logging
    try:
        log_to(console, settings.level, settings.file)
    except OSError as error:
        reason = f"{settings.file!r} can't be written: {error.strerror}"
        raise ConfigurationError(f"{loaded.path}: key logging.file: {reason}") from error
