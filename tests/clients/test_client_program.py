"""A program is judged by all that it says: what it prints, what it writes to stderr, how it ends."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.clients import client_program
from tests.clients.client_program import ProgramFailed, run
from tests.clients.environments import Environment, PythonEnvironment
from tests.clients.sightings import Connected, End

END = """print('{"saw": "end"}')"""


class Here(PythonEnvironment):
    """The environment of the tests: nothing has to be installed."""

    def command(self, program: Path) -> list[str | Path]:
        return [sys.executable, program]


@pytest.fixture
def here(tmp_path: Path) -> Environment:
    """Where a program of a few lines can run."""
    environment = Here("here", tmp_path, [])
    environment.folder.mkdir()
    return environment


def program(folder: Path, *lines: str) -> str:
    """Write a program; its path."""
    path = folder / "program.py"
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


def test_what_it_prints_is_its_transcript(here: Environment, tmp_path: Path) -> None:
    said = """print('{"saw": "connected", "client": 5, "server_version": 157, "accounts": ["DU1"]}')"""

    day = run(here, program(tmp_path, said, END))

    assert day.transcript.sightings == [Connected(5, 157, ["DU1"]), End()]
    assert day.began < day.ended


@pytest.mark.parametrize(
    ("lines", "told"),
    [
        (["raise SystemExit(3)"], "ended with 3"),
        (["import sys", "print('careful', file=sys.stderr)", END], "careful"),
        (["import warnings", "warnings.warn('old')", END], "UserWarning: old"),
        (["import threading", "threading.Thread(target=lambda: 1 / 0).start()", END], "ZeroDivisionError"),
    ],
)
def test_an_exit_status_a_warning_or_a_traceback_of_a_thread_fails_it(
    here: Environment, tmp_path: Path, lines: list[str], told: str
) -> None:
    with pytest.raises(ProgramFailed, match=told):
        run(here, program(tmp_path, *lines))


def test_one_that_hangs_fails_with_what_it_said_last(
    here: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_program, "DEADLINE", 0.5)

    with pytest.raises(ProgramFailed, match=r"did not end in 0\.5 s.*\n.*last words"):
        run(
            here,
            program(
                tmp_path, "print('last words', flush=True)", "import threading", "threading.Event().wait()"
            ),
        )


@pytest.mark.parametrize(
    "line", ["not JSON", '{"saw": "ghosts"}', '{"saw": "scan", "code": 5, "symbols": []}']
)
def test_a_line_that_means_nothing_fails_it(here: Environment, tmp_path: Path, line: str) -> None:
    with pytest.raises(AssertionError, match="a program printed"):
        run(here, program(tmp_path, f"print({line!r})", END))


def test_one_that_stops_before_its_end_fails(here: Environment, tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="0 lines of End"):
        run(here, program(tmp_path, "pass"))


def test_it_sees_nothing_of_the_environment_of_the_tests(
    here: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "/somewhere")
    monkeypatch.setenv("NODE_PATH", "/somewhere")
    told = "import os; assert not {'PYTHONPATH', 'NODE_PATH'} & set(os.environ)"

    run(here, program(tmp_path, told, END))
