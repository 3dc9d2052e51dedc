"""The environments of other people's clients: pinned, made once, made anew by another recipe, named when missing."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.clients import environments as module
from tests.clients.conftest import KINDS
from tests.clients.environments import (
    HERE,
    HOW,
    ROOT,
    Environment,
    EnvironmentFailed,
    NodeEnvironment,
    PythonEnvironment,
    environments,
    main,
)


class Noting:
    """Runs nothing: keeps the commands, and says how each ended."""

    def __init__(self, status: int = 0) -> None:
        self.status = status
        self.commands: list[list[str]] = []

    def __call__(self, arguments: Sequence[str | Path], folder: Path) -> int:
        self.commands.append([str(word) for word in arguments])
        return self.status


@pytest.fixture
def python(tmp_path: Path) -> PythonEnvironment:
    """An environment that is not there yet."""
    return PythonEnvironment("somebody", tmp_path, ["somebody==1.0"])


@pytest.fixture
def node(tmp_path: Path) -> NodeEnvironment:
    """An environment of Node that is not there yet, on a machine that has what it needs."""
    return NodeEnvironment("stoqey", tmp_path, HERE / "stoqey", oldest=18)


@pytest.fixture
def _a_machine_with_node(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda tool: f"/usr/bin/{tool}")
    monkeypatch.setattr(module, "node_version", lambda: 20)


class TestRecipes:
    def test_every_requirement_is_pinned(self) -> None:
        for environment in environments().values():
            if isinstance(environment, PythonEnvironment):
                assert all(re.fullmatch(r"[\w-]+==[\w.]+", one) for one in environment.requirements)
        wanted = json.loads((HERE / "stoqey" / "package.json").read_text(encoding="utf-8"))["dependencies"]
        assert all(re.fullmatch(r"[\d.]+", version) for version in wanted.values())

    def test_clients_that_also_judge_within_the_tests_are_the_same_versions(self) -> None:
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
        latest = environments()["ibapi-latest"]

        assert isinstance(latest, PythonEnvironment)
        assert latest.requirements[0] in project["optional-dependencies"]["test"]

    def test_the_lock_of_node_modules_names_versions_and_checksums_but_no_registry(self) -> None:
        lock = json.loads((HERE / "stoqey" / "package-lock.json").read_text(encoding="utf-8"))

        modules = {name: one for name, one in lock["packages"].items() if name}
        assert all(one["version"] and one["integrity"] and "resolved" not in one for one in modules.values())
        assert not re.search(r"registry\.|//[^/]*npm", json.dumps(lock))


class TestMaking:
    def test_an_environment_is_made_with_its_requirements_and_then_ready(
        self, python: PythonEnvironment
    ) -> None:
        run = Noting()

        python.make(run)

        assert python.is_ready()
        assert not python.missing()
        (command,) = run.commands
        assert command[:2] == [sys.executable, "-m"]
        assert command[-1] == "somebody==1.0"
        assert Path(command[command.index("--python") + 1]).exists()

    def test_what_is_ready_is_left_alone(self, python: PythonEnvironment) -> None:
        python.make(Noting())
        run = Noting()

        python.make(run)

        assert run.commands == []

    def test_another_recipe_makes_it_anew(self, python: PythonEnvironment, tmp_path: Path) -> None:
        python.make(Noting())
        (python.folder / "left over").touch()
        newer = PythonEnvironment("somebody", tmp_path, ["somebody==1.1"])

        assert newer.missing() == f"run `{HOW}` to install somebody"
        newer.make(Noting())

        assert newer.is_ready()
        assert not (newer.folder / "left over").exists()

    def test_a_command_that_fails_is_named_and_leaves_nothing_ready(self, python: PythonEnvironment) -> None:
        with pytest.raises(
            EnvironmentFailed, match=r"somebody could not be installed: `.*==1\.0` ended with 7"
        ):
            python.make(Noting(status=7))

        assert python.missing()
        assert python.failure().endswith(f"ended with 7. `{HOW}` tries again")

    def test_what_failed_once_is_tried_again_and_forgotten_when_it_succeeds(
        self, python: PythonEnvironment
    ) -> None:
        with pytest.raises(EnvironmentFailed):
            python.make(Noting(status=7))

        python.make(Noting())

        assert python.is_ready()
        assert not python.failure()

    @pytest.mark.usefixtures("_a_machine_with_node")
    def test_node_modules_are_installed_from_the_lock(self, node: NodeEnvironment) -> None:
        run = Noting()

        node.make(run)

        assert node.is_ready()
        assert [command[:2] for command in run.commands] == [["/usr/bin/npm", "ci"]]
        assert (node.folder / "package-lock.json").read_text(encoding="utf-8") == node.recipe

    @pytest.mark.usefixtures("_a_machine_with_node")
    def test_a_node_program_is_copied_to_its_modules_with_its_parts(
        self, node: NodeEnvironment, tmp_path: Path
    ) -> None:
        node.make(Noting())
        for name in ("program.mjs", "part.mjs", "other.py"):
            (tmp_path / name).touch()

        command = node.command(tmp_path / "program.mjs")

        assert command == ["/usr/bin/node", node.folder / "program.mjs"]
        assert {path.name for path in node.folder.glob("*.*")} >= {"program.mjs", "part.mjs"}
        assert not (node.folder / "other.py").exists()


class TestWhatIsMissing:
    @pytest.mark.parametrize("tool", ["node", "npm"])
    def test_is_named(self, node: NodeEnvironment, monkeypatch: pytest.MonkeyPatch, tool: str) -> None:
        monkeypatch.setattr(shutil, "which", lambda asked: None if asked == tool else f"/usr/bin/{asked}")

        assert node.missing() == f"{tool} is not installed"

    @pytest.mark.usefixtures("_a_machine_with_node")
    def test_includes_a_node_that_is_new_enough(
        self, node: NodeEnvironment, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(module, "node_version", lambda: 16)

        assert node.missing() == "node is version 16; stoqey needs 18"

    def test_an_environment_that_was_not_made_says_how_to_make_it(self, python: PythonEnvironment) -> None:
        assert python.missing() == f"run `{HOW}` to install somebody"
        assert not python.failure()


class TestAllOfThem:
    @pytest.mark.usefixtures("_a_machine_with_node")
    def test_are_made_by_one_command(self, tmp_path: Path) -> None:
        assert main(tmp_path, Noting()) == 0
        assert all(environment.is_ready() for environment in environments(tmp_path).values())

    @pytest.mark.usefixtures("_a_machine_with_node")
    def test_one_that_fails_is_told_and_does_not_keep_the_others(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def run(arguments: Sequence[str | Path], folder: Path) -> int:
            return int(folder.name == "ib_insync")

        assert main(tmp_path, run) == 1

        ready = {name for name, one in environments(tmp_path).items() if one.is_ready()}
        assert ready == environments(tmp_path).keys() - {"ib_insync"}
        assert "ib_insync could not be installed" in capsys.readouterr().err

    def test_one_that_this_machine_cannot_have_is_told_and_is_no_failure(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setattr(shutil, "which", lambda tool: None)

        assert main(tmp_path, Noting()) == 0

        assert capsys.readouterr().out == "stoqey: not tested, for node is not installed\n"


def test_the_programs_of_all_environments_are_run_and_all_programs_have_one() -> None:
    assert {kind.environment for kind in KINDS.values()} == environments().keys()
    assert {kind.program for kind in KINDS.values()} == {
        path.name for path in (HERE / "programs").glob("use_*")
    }


def test_an_environment_is_where_the_tests_are_run_from() -> None:
    found: list[Environment] = list(environments().values())

    assert {environment.folder.parent for environment in found} == {Path(sys.prefix) / "clients"}
