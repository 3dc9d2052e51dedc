"""What the documents promise is there: commands, files, links, keys, and the code that readers copy."""

from __future__ import annotations

import asyncio
import importlib.util
import re
import shlex
import tomllib
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import pytest
from loguru import logger
from msgspec import NODEFAULT, Struct, structs
from typer.testing import CliRunner

import ibkr_actors
from ibkr_actors.cli import app
from ibkr_actors.cli.statuses import EXIT_FAILED, EXIT_OK, EXIT_UNUSABLE
from ibkr_actors.configuration import Configuration, load
from ibkr_actors.multiple_client_application import MultiClientApplication
from ibkr_actors.simulated_gateway.gateway import Gateway
from ibkr_actors.simulated_gateway.server import Server
from tests.documentation.errors import errors_of
from tests.documentation.pages import PAGES
from tests.documentation.samples import namespace, run_imports, samples_of, unknown_names
from tests.documentation.structure import enumerations, values
from tests.trading import still_market, wait_for

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
WRITTEN = [
    "README.md",
    *sorted(
        path.relative_to(ROOT).as_posix()
        for path in (ROOT / "docs").rglob("*.md")
        if path.relative_to(ROOT / "docs").as_posix() not in PAGES
    ),
]
"""The pages that people write; the others are made from the declarations."""
SAMPLES = {page: samples_of(page, (ROOT / page).read_text(encoding="utf-8")) for page in WRITTEN}
KEYS = (ROOT / "docs/configuration.md").read_text(encoding="utf-8")
AAPL = 265598


def blocks(text: str, language: str = "") -> list[str]:
    """The fenced blocks of a language."""
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return [block for name, block in fenced if name == language]


def commands(text: str) -> list[list[str]]:
    """The command lines in the blocks of the shell, in words; comments and Windows' backslashes apart."""
    lines = [line for block in blocks(text, "sh") for line in block.splitlines()]
    return [shlex.split(line.replace("\\", "/"), comments=True) for line in lines if line.strip()]


ALL_COMMANDS = [
    command for page in WRITTEN for command in commands((ROOT / page).read_text(encoding="utf-8"))
]
EACH_COMMAND = pytest.mark.parametrize(
    "command", [list(words) for words in dict.fromkeys(map(tuple, ALL_COMMANDS))], ids=" ".join
)


class TestCommands:
    @EACH_COMMAND
    def test_are_targets_of_make_or_programs_that_are_there(self, command):
        program, *rest = command
        if program == "make":
            assert re.search(rf"^{rest[0]}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
        elif rest[0] == "-m":
            assert rest[1] in ("venv", "pip", "pytest", "ibkr_actors", "tests.clients.environments")
        else:
            assert rest[0] == "run.py"
            assert (ROOT / "run.py").is_file()

    @EACH_COMMAND
    def test_name_files_that_are_there(self, command):
        named = [word for word in command if word.endswith(".toml")]

        assert [word for word in named if not (ROOT / word).is_file()] == []

    @EACH_COMMAND
    def test_use_options_that_the_program_has(self, command):
        if "ibkr_actors" in command:
            help_of = command[command.index("ibkr_actors") + 1]
        elif "run.py" in command:
            help_of = "run"
        else:
            return
        told = CliRunner(env={"COLUMNS": "200", "NO_COLOR": "1", "TERM": "dumb"}).invoke(
            app, [help_of, "--help"]
        )

        assert [word for word in command if word.startswith("--") and word not in told.output] == []


@pytest.mark.parametrize("page", [*WRITTEN, *(f"docs/{name}" for name in PAGES)])
def test_links_lead_to_files(page):
    links = re.findall(r"\]\((?!https?:)([^)#]+)", (ROOT / page).read_text(encoding="utf-8"))

    assert [link for link in links if not ((ROOT / page).parent / link).exists()] == []


@pytest.fixture
def errors_logged():
    """What is logged as an error: a strategy that fails raises on its own thread, where no test sees it."""
    found: list[str] = []
    sink = logger.add(lambda message: found.append(str(message)), level="ERROR", format="{message}")
    yield found
    logger.remove(sink)


@pytest.fixture
def event_loop():
    """The present one, for samples of ib_async: it asks for one, and closes none."""
    loop = asyncio.new_event_loop()
    asyncio.set_event_loop(loop)
    yield
    for _ in range(2):  # what is closing needs the loop to close
        loop.run_until_complete(asyncio.sleep(0))
    loop.close()
    asyncio.set_event_loop_policy(None)


class TestTheSamples:
    @pytest.mark.parametrize(
        "page", [page for page in WRITTEN if any(not one.reason for one in SAMPLES[page])]
    )
    def test_of_a_page_run_as_they_stand(self, page, errors_logged, event_loop):
        """In their order, in one namespace, against a simulated gateway; a traceback names page and line."""
        with Server() as server, namespace(server.host, server.port) as names:
            for sample in SAMPLES[page]:
                if not sample.reason:
                    sample.run(names)

        assert errors_logged == []

    @pytest.mark.parametrize(
        "sample", [one for page in WRITTEN for one in SAMPLES[page] if one.reason], ids=str
    )
    def test_that_are_fragments_import_and_name_what_is_there(self, sample):
        run_imports(sample)

        assert unknown_names(sample, SAMPLES[sample.page]) == []

    def test_are_all_found(self):
        """A block in another language, or with a slip in its fence, would be run by nobody."""
        for page in WRITTEN:
            text = (ROOT / page).read_text(encoding="utf-8")
            opened = re.findall(r"^ *```(?:py|python|python3|pycon)\b", text, re.MULTILINE)

            assert len(opened) == len(SAMPLES[page]), page


class TestTheReference:
    """The pages that mkdocstrings fills from docstrings."""

    REFERENCE = "\n".join(
        (ROOT / page).read_text(encoding="utf-8") for page in WRITTEN if page.startswith("docs/reference/")
    )
    NAMED = tuple(re.findall(r"^::: ([\w.]+)$", REFERENCE, re.MULTILINE))

    @pytest.mark.parametrize("name", NAMED)
    def test_names_what_is_there(self, name):
        module, _, member = name.rpartition(".")

        assert importlib.util.find_spec(name) if member.islower() else hasattr(import_module(module), member)

    @pytest.mark.parametrize(
        "value",
        [*values(), *enumerations(), *(error for _, error in errors_of())],
        ids=lambda value: value.__name__,
    )
    def test_has_every_value_enumeration_and_error(self, value):
        assert f"{value.__module__}.{value.__name__}".startswith(self.NAMED)


def _strategy_of_the_readme() -> str:
    return next(block for block in blocks(README, "python") if "class BuyTheDip" in block)


class TestTheCodeOfTheReadme:
    def test_has_a_strategy_that_trades_when_the_price_dips(self):
        """The strategy as it stands, on a desk, against the simulated gateway; the test sets the quotes."""
        names: dict[str, Any] = {"__name__": "readme"}
        exec(compile(_strategy_of_the_readme(), "README.md", "exec"), names)  # noqa: S102  # our own text

        with still_market(quoted(100.0)) as server:
            desk = MultiClientApplication(server.host, server.port)
            desk.register(names["BuyTheDip"], code="dip")
            with desk:
                wait_for(desk, lambda _: line_of(desk) >= 100.0)
                with server.hold() as gateway:
                    quoted(90.0)(gateway)
                status = wait_for(
                    desk, lambda status: any(order.status == "Filled" for order in status.orders)
                )

        assert {order.code for order in status.orders} == {"dip"}
        assert {strategy.state for strategy in status.strategies} == {"running"}

    def test_gives_the_desk_the_name_that_it_uses(self):
        assert "class BuyTheDip(StrategyActor):" in README
        assert 'desk.register(BuyTheDip, code="dip")' in README


def quoted(bid: float):
    """Pins AAPL's quote."""

    def pin(gateway: Gateway) -> None:
        gateway.market.set_quote(AAPL, bid=bid, ask=bid + 0.02, last=bid, bid_size=1000, ask_size=1000)

    return pin


def line_of(desk: MultiClientApplication) -> float:
    """The highest price that the desk's lines have told."""
    quotes = desk._crew.ask("market_data", "quotes").values()
    return max((getattr(tick, "price", 0.0) for _, newest in quotes for tick in newest.values()), default=0.0)


def keys_of(struct: type[Struct], table: str = "") -> Iterator[tuple[str, str, str]]:
    """Each key of a table of the configuration and of those in it: table, key, default as TOML has it."""
    hints = get_type_hints(struct)
    for one in structs.fields(struct):
        kind = hints[one.name]
        tables = [each for each in get_args(kind) if isinstance(each, type) and issubclass(each, Struct)]
        if get_origin(kind) is not tuple and tables:
            kind = tables[0]  # a table that may be left out
        if get_origin(kind) is tuple and issubclass(get_args(kind)[0], Struct):
            yield from keys_of(get_args(kind)[0], f"[[{one.name}]]")
        elif isinstance(kind, type) and issubclass(kind, Struct):
            yield from keys_of(kind, f"[{one.name}]" if not table else f"{one.name} = {{}}")
        else:
            yield table, one.name, default_of(one)


def default_of(one: structs.FieldInfo) -> str:
    default = one.default if one.default is not NODEFAULT else one.default_factory
    if default is NODEFAULT:
        return "none"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    if isinstance(default, str):
        return f'`"{default}"`'
    return {(): "`[]`", dict: "`{}`", None: "unset"}.get(default, f"`{default}`")


class TestTheKeysOfAConfiguration:
    @pytest.mark.parametrize(("table", "key", "default"), list(keys_of(Configuration)))
    def test_are_described_each_with_its_default(self, table, key, default):
        _, _, section = KEYS.partition(f"## `{table}`")
        section, _, _ = section.partition("\n## ")

        assert re.search(rf"^\| `{key}` \| [^|]+ \| {re.escape(default)} \| [^|]+ \|$", section, re.MULTILINE)

    def test_are_all_that_is_described(self):
        described = re.findall(r"^\| `(\w+)` \|", KEYS, re.MULTILINE)

        assert sorted(described) == sorted(key for _, key, _ in keys_of(Configuration))

    @pytest.mark.parametrize("number", range(len(blocks(KEYS, "toml"))))
    def test_are_used_in_examples_that_are_good(self, number, tmp_path, monkeypatch):
        monkeypatch.setenv("TWS_HOST", "127.0.0.1")
        path = tmp_path / "example.toml"
        path.write_text(blocks(KEYS, "toml")[number], encoding="utf-8")

        load(path)

    @pytest.mark.parametrize("status", [EXIT_OK, EXIT_FAILED, EXIT_UNUSABLE])
    def test_come_with_every_exit_status(self, status):
        assert re.search(rf"^\| {status} \| \w", KEYS, re.MULTILINE)


def test_the_version_of_the_package_is_that_of_the_distribution():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]

    assert project.get("version", ibkr_actors.__version__) == ibkr_actors.__version__
