"""Environments for the clients of other people: `make test`, or `python -m tests.clients.environments`.

environments.toml says which, and at which versions. Each is made once, in the folder `clients` of the virtual
environment that runs this, and made anew when its recipe or the Python has changed.

Exit status: 0 when every environment that this machine can have is there, 1 when one could not be made.
"""

from __future__ import annotations

import functools
import re
import shutil
import subprocess
import sys
import tomllib
import venv
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from msgspec import Struct, convert

HERE: Final = Path(__file__).parent
ROOT: Final = HERE.parent.parent
RECIPES: Final = HERE / "environments.toml"
PLACE: Final = Path(sys.prefix) / "clients"
HOW: Final = "python -m tests.clients.environments"

Run = Callable[[Sequence[str | Path], Path], int]
"""Runs a command in a folder and returns its exit status; a parameter, so that tests run nothing."""


class EnvironmentFailed(Exception):
    """An environment could not be made; the text says which command failed. The tests that need it fail with it."""


def run_visibly(arguments: Sequence[str | Path], folder: Path) -> int:
    """Run a command where everybody sees what it prints."""
    return subprocess.run(arguments, cwd=folder, check=False).returncode  # noqa: S603  # our own words


class Environment(ABC):
    """Where one client is installed, with what it depends on, and nothing else.

    Responsible for: whether it is there as its recipe says, making it, the command that runs a program in it.
    Not responsible for: what the programs do.
    """

    def __init__(self, name: str, place: Path) -> None:
        self.name = name
        self.folder = place / name
        """The environment."""

    @property
    @abstractmethod
    def recipe(self) -> str:
        """All that decides what is in it."""

    @abstractmethod
    def impossible(self) -> str:
        """Why this machine can't have it; empty when it can."""

    @abstractmethod
    def command(self, program: Path) -> list[str | Path]:
        """The command that runs a program; its arguments may follow."""

    @abstractmethod
    def _steps(self, run: Run) -> list[Sequence[str | Path]]:
        """Prepare the folder; the commands that fill it."""

    @property
    def _stamp(self) -> Path:
        return self.folder / "recipe"

    def is_ready(self) -> bool:
        """It is there, and is what its recipe says."""
        return self._stamp.is_file() and self._stamp.read_text(encoding="utf-8") == self.recipe

    def missing(self) -> str:
        """Why a test can't use it, and what to do; empty when it can."""
        return self.impossible() or ("" if self.is_ready() else f"run `{HOW}` to install {self.name}")

    @property
    def _failure(self) -> Path:
        return self.folder / "failure"

    def failure(self) -> str:
        """What went wrong when it was made last; empty when nothing did, or it was never tried."""
        return self._failure.read_text(encoding="utf-8") if self._failure.is_file() else ""

    def make(self, run: Run = run_visibly) -> None:
        """Make it, or make it anew, unless it is ready. Raises EnvironmentFailed."""
        if self.is_ready():
            return
        shutil.rmtree(self.folder, ignore_errors=True)
        self.folder.mkdir(parents=True)
        for step in self._steps(run):
            if status := run(step, self.folder):
                words = " ".join(str(word) for word in step)
                said = f"the client {self.name} could not be installed: `{words}` ended with {status}."
                said += f" `{HOW}` tries again"
                self._failure.write_text(said, encoding="utf-8")
                raise EnvironmentFailed(said)
        self._stamp.write_text(self.recipe, encoding="utf-8")


class PythonEnvironment(Environment):
    """A virtual environment of the Python that runs this."""

    def __init__(self, name: str, place: Path, requirements: Sequence[str]) -> None:
        super().__init__(name, place)
        self.requirements = requirements

    @property
    def recipe(self) -> str:
        return "\n".join([f"Python {sys.version} at {sys.base_prefix}", *self.requirements])

    def impossible(self) -> str:
        return ""

    def command(self, program: Path) -> list[str | Path]:
        return [self._interpreter, program]

    @property
    def _interpreter(self) -> Path:
        folder, name = ("Scripts", "python.exe") if sys.platform == "win32" else ("bin", "python")
        return self.folder / folder / name

    def _steps(self, run: Run) -> list[Sequence[str | Path]]:
        venv.create(self.folder, symlinks=sys.platform != "win32")
        # Not the pip of the new environment: it would have to be installed there first.
        pip: list[str | Path] = [sys.executable, "-m", "pip", "--python", self._interpreter]
        return [[*pip, "install", "--quiet", "--disable-pip-version-check", *self.requirements]]


class NodeEnvironment(Environment):
    """A folder of Node modules, into which programs are copied."""

    def __init__(self, name: str, place: Path, manifests: Path, oldest: int) -> None:
        super().__init__(name, place)
        self.manifests = manifests
        """The folder of package.json and package-lock.json."""
        self.oldest = oldest

    @property
    def recipe(self) -> str:
        return (self.manifests / "package-lock.json").read_text(encoding="utf-8")

    def impossible(self) -> str:
        for tool in ("node", "npm"):
            if shutil.which(tool) is None:
                return f"{tool} is not installed"
        version = node_version()
        return "" if version >= self.oldest else f"node is version {version}; {self.name} needs {self.oldest}"

    def command(self, program: Path) -> list[str | Path]:
        # Node looks for modules from the folder of a program, whatever the working directory is.
        for part in program.parent.glob("*.mjs"):
            shutil.copy(part, self.folder)
        return [_found("node"), self.folder / program.name]

    def _steps(self, run: Run) -> list[Sequence[str | Path]]:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(self.manifests / name, self.folder)
        return [[_found("npm"), "ci", "--silent", "--no-audit", "--no-fund", "--ignore-scripts"]]


def _found(tool: str) -> str:
    """Where it is: on Windows `npm` is a script, which is not started by its bare name."""
    return shutil.which(tool) or tool


@functools.cache
def node_version() -> int:
    """The major version of the Node that is installed; 0 when it does not say."""
    told = subprocess.run([_found("node"), "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    match = re.match(r"v(\d+)\.", told.stdout)
    return int(match[1]) if match else 0


class _Python(Struct, forbid_unknown_fields=True):
    requirements: list[str]


class _Node(Struct, forbid_unknown_fields=True):
    folder: str
    node: int


class _Recipes(Struct, forbid_unknown_fields=True):
    python: dict[str, _Python]
    node: dict[str, _Node]


def environments(place: Path = PLACE) -> dict[str, Environment]:
    """All of them by name, in the order of environments.toml."""
    recipes = convert(tomllib.loads(RECIPES.read_text(encoding="utf-8")), _Recipes)
    pythons = [PythonEnvironment(name, place, recipe.requirements) for name, recipe in recipes.python.items()]
    nodes = [
        NodeEnvironment(name, place, HERE / recipe.folder, recipe.node)
        for name, recipe in recipes.node.items()
    ]
    return {environment.name: environment for environment in [*pythons, *nodes]}


def main(place: Path = PLACE, run: Run = run_visibly) -> int:
    """Make all that this machine can have, and say in a line what it can't."""
    failures = 0
    for environment in environments(place).values():
        if reason := environment.impossible():
            print(f"{environment.name}: not tested, for {reason}", flush=True)
            continue
        try:
            environment.make(run)
        except EnvironmentFailed as failure:
            print(failure, file=sys.stderr, flush=True)
            failures += 1
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
