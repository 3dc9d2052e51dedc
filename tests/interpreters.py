"""Runs the suite on each supported Python that is installed: `make test-all`, or `python -m tests.interpreters`.

Every interpreter has a virtual environment of its own (`.venv-3.12`), which is made once and brought up to date when
pyproject.toml has changed; so have the clients of other people (tests/clients/environments.py). Arguments go to
pytest. What is supported is what pyproject.toml says in its classifiers.

Exit status: 0 when the suite passed on each interpreter that was found, 1 when it failed on one or none was found.
"""

from __future__ import annotations

import re
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).parent.parent
PROJECT: Final = ROOT / "pyproject.toml"
PYENV: Final = Path.home() / ".pyenv" / "versions"

Run = Callable[[Sequence[str | Path]], int]
"""Runs a command and returns its exit status; a parameter, so that tests run nothing."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one version of Python."""

    version: str
    passed: bool | None
    """None when no such interpreter was found."""
    said: str

    def __str__(self) -> str:
        word = {True: "passed", False: "FAILED", None: "not found"}[self.passed]
        return f"Python {self.version}: {word}{f' ({self.said})' if self.said else ''}"


def supported() -> list[str]:
    """The versions that the project promises, oldest first: "3.11", ..."""
    classifiers = tomllib.loads(PROJECT.read_text(encoding="utf-8"))["project"]["classifiers"]
    found = [re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", one) for one in classifiers]
    return [match[1] for match in found if match]


def candidates(version: str, pyenv: Path = PYENV) -> Iterator[str | Path]:
    """Where an interpreter may be: on PATH, else among pyenv's, the newest patch first."""
    yield f"python{version}"
    patches = [path for path in pyenv.glob(f"{version}.*") if path.name.removeprefix(f"{version}.").isdigit()]
    for path in sorted(patches, key=lambda path: -int(path.name.rpartition(".")[2])):
        yield path / "bin" / f"python{version}"


def works(interpreter: str | Path, version: str) -> bool:
    """Whether it starts, and is of that version: what pyenv puts on PATH may do neither."""
    told = "import sys, venv, ensurepip; print('%d.%d' % sys.version_info[:2])"
    try:
        answer = subprocess.run(  # noqa: S603  # an interpreter's name, with our own text
            [interpreter, "-c", told], capture_output=True, text=True, check=False
        )
    except OSError:
        return False
    return answer.returncode == 0 and answer.stdout.strip() == version


def find(version: str) -> str | Path | None:
    """The first interpreter of a version that works."""
    return next((one for one in candidates(version) if works(one, version)), None)


def command(arguments: Sequence[str | Path]) -> int:
    """Run a command where everybody sees what it prints."""
    print("$", *arguments, flush=True)
    return subprocess.run(arguments, cwd=ROOT, check=False).returncode  # noqa: S603  # whoever runs make gives them


def prepare(interpreter: str | Path, place: Path, run: Run) -> bool:
    """Make or update the environment of an interpreter; whether that worked."""
    stamp, python = place / "test.stamp", place / "bin" / "python"
    if stamp.exists() and stamp.stat().st_mtime >= PROJECT.stat().st_mtime:
        return True
    made = python.exists() or run([interpreter, "-m", "venv", place]) == 0
    if not made or run([python, "-m", "pip", "install", "--quiet", "--editable", ".[test]"]) != 0:
        return False
    stamp.touch()
    return True


def prepare_clients(place: Path, run: Run) -> None:
    """Make or update the environments of other people's clients beside an interpreter's. The tests of a client whose
    environment could not be made fail and say why, and all others run.
    """
    run([place / "bin" / "python", "-m", "tests.clients.environments"])


def run_on(version: str, arguments: Sequence[str], run: Run = command) -> Outcome:
    """Run the suite on one version of Python."""
    interpreter = find(version)
    if interpreter is None:
        return Outcome(version, None, "neither on PATH nor among pyenv's")
    place = ROOT / f".venv-{version}"
    if not prepare(interpreter, place, run):
        return Outcome(version, False, f"its environment {place.name} could not be made")
    prepare_clients(place, run)
    started = time.monotonic()
    status = run([place / "bin" / "python", "-m", "pytest", *arguments])
    seconds = f"{time.monotonic() - started:.0f} s"
    return Outcome(version, status == 0, seconds if status == 0 else f"pytest's status {status}, {seconds}")


def main(arguments: Sequence[str], on: Callable[[str, Sequence[str]], Outcome] = run_on) -> int:
    """Every supported version in turn, then one line for each."""
    outcomes = [on(version, arguments) for version in supported()]
    print("", *outcomes, sep="\n", flush=True)
    ran = [outcome.passed for outcome in outcomes if outcome.passed is not None]
    return 0 if ran and all(ran) else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
