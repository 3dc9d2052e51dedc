"""A client of somebody else as a process of its own: started, waited for, and what it printed."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from typing import Final

from tests.clients.environments import HERE, Environment
from tests.clients.sightings import End, Transcript

PROGRAMS: Final = HERE / "programs"
DEADLINE: Final = 60.0
"""Seconds within which a program's day is over. It takes about five."""


class ProgramFailed(Exception):
    """A program raised, hung, or wrote to its stderr. The text carries what it said last."""


@dataclass(frozen=True)
class Day:
    """A client's day."""

    transcript: Transcript
    began: float
    ended: float
    """Epoch seconds."""


def run(environment: Environment, program: str, *arguments: str) -> Day:
    """Run a program of the folder `programs`. Raises ProgramFailed, AssertionError for a line that means nothing.

    What it writes to stderr fails it: there is where Python and Node put warnings and tracebacks of threads.
    """
    began = time.time()
    try:
        ended = subprocess.run(  # noqa: S603  # our own programs
            [*environment.command(PROGRAMS / program), *arguments],
            stdin=subprocess.DEVNULL,
            cwd=environment.folder,
            env=_environment_variables(),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=DEADLINE,
            check=False,
        )
    except subprocess.TimeoutExpired as hung:
        raise ProgramFailed(f"{program} did not end in {DEADLINE} s; {_last(hung.stdout)}") from None
    if ended.returncode or ended.stderr:
        raise ProgramFailed(
            f"{program} ended with {ended.returncode}; stderr:\n{ended.stderr}\n{_last(ended.stdout)}"
        )
    transcript = Transcript(ended.stdout.splitlines())
    transcript.the(End)
    return Day(transcript, began, time.time())


def _environment_variables() -> dict[str, str]:
    """Those of this process, without what would lead a program out of its environment."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "NODE_"))}
    return {**kept, "PYTHONUTF8": "1"}


def _last(printed: str | bytes | None) -> str:
    text = printed.decode(errors="replace") if isinstance(printed, bytes) else printed or ""
    return "it printed last:\n" + "\n".join(line[:300] for line in text.splitlines()[-5:])
