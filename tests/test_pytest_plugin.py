"""The plugin in a project of somebody else: a folder of its own, and pytest a process of its own."""

from __future__ import annotations

import re
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
DEADLINE = 100.0
PROJECT = {
    "conftest": """
import sys

import pytest

BEFORE_THE_TESTS = [name for name in sys.modules if name.startswith("ibkr_actors")]


@pytest.fixture
def imported_before_the_tests():
    return BEFORE_THE_TESTS


# Nothing here is about holidays, and that package brings pandas, whose import takes seconds.
sys.modules["exchange_calendars"] = None
""",
    "test_import": """
def test_nothing_of_the_package_is_imported_with_the_plugin(imported_before_the_tests):
    assert imported_before_the_tests == []
""",
    "test_settings": """
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
    assert (simulated_gateway.options.seed, other.options.seed) == (1, 9)
    assert simulated_gateway.port != other.port
""",
    **{f"test_sample_{number}": sample.source for number, sample in enumerate(SAMPLES)},
}
"""A project of somebody else, whose tests run in a process of their own; by the names of its files."""


_OF_IB_ASYNC = ("-W", "ignore:There is no current event loop:DeprecationWarning")
"""It makes its event loop by asking for the present one, of which Python warns since 3.12."""


@pytest.fixture(scope="module")
def outcome(tmp_path_factory) -> str:
    """What pytest says about the project."""
    folder = tmp_path_factory.mktemp("project")
    for name, source in PROJECT.items():
        (folder / f"{name}.py").write_text(source, encoding="utf-8")
    options = ("-v", "-p", "no:cacheprovider", "-W", "error", *_OF_IB_ASYNC, "--strict-markers")
    result = subprocess.run(  # noqa: S603  # our own tests
        [sys.executable, "-m", "pytest", *options],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    return result.stdout + result.stderr


@pytest.mark.parametrize("name", [name for name in PROJECT if name.startswith("test_sample")])
def test_the_samples_of_the_page_pass(outcome, name):
    wanted = PROJECT[name].count("\ndef test_")

    assert outcome.count(f"{name}.py::") == wanted, outcome
    assert len(re.findall(rf"{name}\.py::\w+ PASSED", outcome)) == wanted, outcome


def test_the_page_has_samples_with_tests():
    assert sum(source.count("\ndef test_") for source in PROJECT.values()) >= 8


def test_who_does_not_use_it_imports_nothing_of_the_package(outcome):
    """Coverage of the package would miss the lines that an import runs, had it been imported by the plugin."""
    test = "test_nothing_of_the_package_is_imported_with_the_plugin"

    assert f"test_import.py::{test} PASSED" in outcome, outcome


def test_the_plugin_imports_one_module_and_what_pytest_has_already():
    code = (
        "import sys, pytest; before = set(sys.modules); import pytest_ibkr_actors;"
        "print(*sorted(set(sys.modules) - before))"
    )

    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603

    assert result.stdout.split() == ["pytest_ibkr_actors"]


def test_the_package_needs_no_pytest():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert not [name for name in project["dependencies"] if name.startswith("pytest")]


class TestSettings:
    @pytest.mark.parametrize(
        "test",
        ["TestNested::test_settings_add_up_and_the_nearest_decides", "test_each_has_a_gateway_of_its_own"],
    )
    def test_come_from_markers_and_the_factory(self, outcome, test):
        assert f"test_settings.py::{test} PASSED" in outcome, outcome

    @pytest.mark.parametrize(
        ("test", "reason"),
        [
            (
                "test_by_place",
                "the marker simulated_gateway takes settings by name, such as seed=1; got (7,)",
            ),
            ("test_misspelt", "unexpected keyword argument 'sead'"),
        ],
    )
    def test_with_mistakes_are_errors_that_name_them(self, outcome, test, reason):
        assert f"test_settings.py::{test} ERROR" in outcome, outcome
        assert reason in outcome


@pytest.mark.parametrize("package", ["ibkr_actors", "pytest_ibkr_actors"])
def test_both_packages_are_typed(package):
    assert (ROOT / package / "py.typed").is_file()
    assert tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["package-data"][package]


def test_pytest_finds_it_by_its_entry_point():
    (found,) = [each for each in entry_points(group="pytest11") if each.value == "pytest_ibkr_actors"]

    assert found.name == "ibkr_actors"
