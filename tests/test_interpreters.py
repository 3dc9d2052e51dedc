"""`make test-all` runs the suite on every supported Python that is there, and says which ones are not."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests import interpreters
from tests.interpreters import Outcome, candidates, main, prepare, run_on, supported, works

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
PASSED = Outcome("3.11", True, "5 s")
FAILED = Outcome("3.12", False, "pytest's status 1, 5 s")
MISSING = Outcome("3.13", None, "neither on PATH nor among pyenv's")


class Noting:
    """Runs nothing: keeps the commands, and says how each ended."""

    def __init__(self, *statuses: int) -> None:
        self.commands: list[list[str]] = []
        self.statuses = list(statuses)

    def __call__(self, arguments):
        self.commands.append([str(word) for word in arguments])
        return self.statuses.pop(0) if self.statuses else 0


@pytest.fixture
def root(tmp_path, monkeypatch) -> Path:
    """A project somewhere else, on whose machine only this Python is."""
    monkeypatch.setattr(interpreters, "ROOT", tmp_path)
    monkeypatch.setattr(interpreters, "find", lambda version: sys.executable if version == HERE else None)
    return tmp_path


class TestTheVersions:
    def test_are_those_of_the_classifiers_and_this_one_is_among_them(self):
        assert supported()[0] == "3.11"
        assert HERE in supported()

    def test_are_looked_for_on_the_path_then_among_those_of_pyenv_newest_first(self, tmp_path):
        for patch in ("3.12.1", "3.12.10", "3.12.9", "3.12-dev", "3.13.0"):
            (tmp_path / patch).mkdir()

        found = list(candidates("3.12", tmp_path))

        assert found[0] == "python3.12"
        assert [path.parts[-3] for path in found[1:]] == ["3.12.10", "3.12.9", "3.12.1"]

    def test_count_only_when_the_interpreter_starts_and_is_of_that_version(self, tmp_path):
        assert works(sys.executable, HERE)
        assert not works(sys.executable, "3.99")
        assert not works(tmp_path / "python3.99", "3.99")


class TestOneVersion:
    def test_gets_an_environment_of_its_own_and_runs_the_suite_in_it(self, root):
        run = Noting()
        (root / f".venv-{HERE}").mkdir()

        outcome = run_on(HERE, ["-q"], run)

        python = str(root / f".venv-{HERE}" / "bin" / "python")
        assert outcome.passed
        assert [command[0] for command in run.commands] == [sys.executable, python, python, python]
        assert run.commands[-2][1:] == ["-m", "tests.clients.environments"]
        assert run.commands[-1][1:] == ["-m", "pytest", "-q"]

    def test_keeps_its_environment_until_the_project_changes(self, root):
        place = root / ".venv-x"
        place.mkdir()
        (place / "test.stamp").touch()
        run = Noting()

        assert prepare(sys.executable, place, run)
        assert run.commands == []

    def test_fails_with_its_suite(self, root):
        (root / f".venv-{HERE}").mkdir()

        assert run_on(HERE, [], Noting(0, 0, 0, 3)).passed is False

    def test_runs_its_suite_though_a_client_of_somebody_else_could_not_be_installed(self, root):
        (root / f".venv-{HERE}").mkdir()
        run = Noting(0, 0, 1, 0)

        assert run_on(HERE, [], run).passed
        assert run.commands[-1][1:] == ["-m", "pytest"]

    @pytest.mark.parametrize("statuses", [(1,), (0, 1)])
    def test_fails_when_it_has_no_environment(self, root, statuses):
        outcome = run_on(HERE, [], Noting(*statuses))

        assert str(outcome) == f"Python {HERE}: FAILED (its environment .venv-{HERE} could not be made)"

    def test_that_is_not_there_is_neither_passed_nor_failed(self, root):
        outcome = run_on("3.99", [], Noting())

        assert str(outcome) == "Python 3.99: not found (neither on PATH nor among pyenv's)"


class TestTheEnd:
    @pytest.mark.parametrize(
        ("outcomes", "status"),
        [
            ((PASSED, MISSING, MISSING), 0),
            ((PASSED, FAILED, MISSING), 1),
            ((MISSING, MISSING, MISSING), 1),
        ],
    )
    def test_is_good_when_one_passed_and_none_failed(self, outcomes, status, monkeypatch):
        monkeypatch.setattr(interpreters, "supported", lambda: ["a", "b", "c"])
        following = iter(outcomes)

        assert main([], lambda *_: next(following)) == status

    def test_has_a_line_for_each_version(self, monkeypatch, capsys):
        monkeypatch.setattr(interpreters, "supported", lambda: ["a", "b", "c"])
        following = iter((PASSED, FAILED, MISSING))

        main([], lambda *_: next(following))

        assert capsys.readouterr().out.splitlines()[-3:] == [
            "Python 3.11: passed (5 s)",
            "Python 3.12: FAILED (pytest's status 1, 5 s)",
            "Python 3.13: not found (neither on PATH nor among pyenv's)",
        ]
