"""The plugin in projects of others: each of them a folder of its own, and pytest a process of its own."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from importlib.metadata import entry_points
from pathlib import Path

import pytest

from tests.documentation.samples import samples_of

ROOT = Path(__file__).parent.parent
PAGE = "docs/testing_with_the_gateway.md"
SAMPLES = samples_of(PAGE, (ROOT / PAGE).read_text(encoding="utf-8"))
DEADLINE = 60.0
WITHOUT_CALENDARS = "import sys\n\nsys.modules['exchange_calendars'] = None\n"
"""Nothing here is about holidays, and that package brings pandas, whose import takes seconds."""
IMPORTS_NOTHING = """
import sys


def test_it():
    assert not [name for name in sys.modules if name.startswith("ibkr_actors")]
"""


def run_pytest(project: Path, *options: str, **files: str) -> subprocess.CompletedProcess[str]:
    """What pytest says about a project with such test files."""
    for name, source in (files | {"conftest": WITHOUT_CALENDARS}).items():
        (project / f"{name}.py").write_text(source, encoding="utf-8")
    return subprocess.run(  # noqa: S603  # our own tests
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-p",
            "no:cacheprovider",
            "-W",
            "error",
            "--strict-markers",
            *options,
        ],
        cwd=project,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )


def test_the_samples_of_the_page_pass(tmp_path):
    files = {f"test_sample_{number}": sample.source for number, sample in enumerate(SAMPLES)}

    result = run_pytest(tmp_path, **files)

    tests = sum(source.count("\ndef test_") for source in files.values())
    assert tests >= 5
    assert f"{tests} passed" in result.stdout, result.stdout


class TestAProjectThatDoesNotUseIt:
    def test_imports_nothing_of_the_package(self, tmp_path):
        result = run_pytest(tmp_path, test_nothing=IMPORTS_NOTHING)

        assert "1 passed" in result.stdout, result.stdout

    def test_imports_one_module_and_what_pytest_has_already(self):
        code = (
            "import sys, pytest; before = set(sys.modules); import pytest_ibkr_actors;"
            "print(*sorted(set(sys.modules) - before))"
        )

        result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603

        assert result.stdout.split() == ["pytest_ibkr_actors"]

    def test_needs_no_pytest_for_the_package(self):
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

        assert not [name for name in project["dependencies"] if name.startswith("pytest")]


def test_coverage_of_the_package_is_measured_from_its_first_line(tmp_path):
    """Nothing of it was imported before coverage began, or the lines that an import runs would be missed."""
    source = "def test_it(simulated_gateway_factory):\n    assert simulated_gateway_factory\n"
    measured = "ibkr_actors.simulated_gateway.holdings"

    result = run_pytest(tmp_path, f"--cov={measured}", "--cov-report=term-missing", test_gateway=source)

    assert "1 passed" in result.stdout, result.stdout + result.stderr
    (line,) = [line for line in result.stdout.splitlines() if "simulated_gateway/holdings.py" in line]
    first_missed = int(line.partition("%")[2].replace("-", ",").split(",")[0])
    assert first_missed > 40  # within a function that nothing has called
    assert "previously imported" not in result.stdout + result.stderr


class TestSettings:
    SOURCE = """
import pytest

pytestmark = pytest.mark.simulated_gateway(seed=1, cash=5)


@pytest.mark.simulated_gateway(seed=2)
class TestNested:
    @pytest.mark.simulated_gateway(accounts=["DU1"])
    def test_settings_add_up_and_the_nearest_decides(self, simulated_gateway):
        options = simulated_gateway.options
        assert (options.seed, options.cash, options.accounts) == (2, 5, ("DU1",))


@pytest.mark.simulated_gateway(7)
def test_by_place(simulated_gateway):
    pass


@pytest.mark.simulated_gateway(sead=7)
def test_misspelt(simulated_gateway):
    pass


def test_each_has_a_gateway_of_its_own(simulated_gateway, simulated_gateway_factory):
    other = simulated_gateway_factory(seed=9)
    assert (simulated_gateway.port, simulated_gateway.options.seed) != (other.port, 1)
"""

    def test_come_from_markers_and_mistakes_are_named(self, tmp_path):
        result = run_pytest(tmp_path, test_settings=self.SOURCE)

        assert "2 passed, 2 errors" in result.stdout, result.stdout
        assert (
            "the marker simulated_gateway takes settings by name, such as seed=1; got (7,)" in result.stdout
        )
        assert "unexpected keyword argument 'sead'" in result.stdout


@pytest.mark.parametrize("package", ["ibkr_actors", "pytest_ibkr_actors"])
def test_both_packages_are_typed(package):
    assert (ROOT / package / "py.typed").is_file()
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"][package]


def test_pytest_finds_it_by_its_entry_point():
    (found,) = [each for each in entry_points(group="pytest11") if each.value == "pytest_ibkr_actors"]

    assert found.name == "ibkr_actors"
