"""What a configuration may say, and the one line that answers a wrong one: the file, the key, what was expected."""

from __future__ import annotations

import re
from enum import Enum
from pathlib import Path
from typing import get_args, get_type_hints

import pytest
from msgspec import Struct

from ibkr_actors.actors.strategy import StrategyActor
from ibkr_actors.actors.supervisor import RestartPolicy
from ibkr_actors.base.message_codes import ENDS_OF_CHOICE, CodeTreatment, Ends, Severity
from ibkr_actors.configuration import _OF_A_SIMULATION, BridgeSection, CodeSection, Loaded, load
from ibkr_actors.errors import ConfigurationError
from strategies.moving_average_cross import MovingAverageCross

ROOT = Path(__file__).parent.parent
CROSS = "strategies.moving_average_cross:MovingAverageCross"


class Pace(Enum):
    """A choice of words in a strategy's parameters."""

    SLOW = "slow"
    FAST = "fast"


class Nested(Struct, forbid_unknown_fields=True, frozen=True):
    """A table in a strategy's parameters."""

    pace: Pace = Pace.SLOW


class Choosy(StrategyActor):
    """A strategy whose parameters have a table in them."""

    class Parameters(Struct, forbid_unknown_fields=True):
        inner: Nested = Nested()


def written(folder: Path, text: str) -> Path:
    """A configuration file."""
    path = folder / "desk.toml"
    path.write_text(text, encoding="utf-8")
    return path


def strategy(
    text: str = "", *, code: str = "cross", place: str = CROSS, parameters: str = 'symbol = "AAPL"'
) -> str:
    """The text of one strategy."""
    return f'[[strategies]]\ncode = "{code}"\nstrategy = "{place}"\n{text}\n[strategies.parameters]\n{parameters}\n'


@pytest.fixture
def objection(tmp_path: Path):
    """What is said against a text: one line, which begins with the file."""

    def objection_to(text: str) -> str:
        path = written(tmp_path, text)
        with pytest.raises(ConfigurationError) as caught:
            load(path)
        said = str(caught.value)
        assert "\n" not in said
        assert said.startswith(f"{path}: ")
        return said.removeprefix(f"{path}: ")

    return objection_to


@pytest.fixture
def good(tmp_path: Path):
    def good_one(text: str) -> Loaded:
        return load(written(tmp_path, text))

    return good_one


class TestGoodFiles:
    def test_an_empty_file_means_the_defaults(self, good):
        bridge = good("").configuration.bridge

        assert (bridge.host, bridge.port, bridge.simulated) == ("127.0.0.1", 7497, False)

    def test_every_table_is_read(self, good):
        loaded = good(
            """
            bridge = {host = "bridge.local", port = 4001, client_id = 3, highest_version = 178, timeout = 2}
            desk = {allow_live_trading = true, live_accounts = ["U12", "U13"], messages_per_second = 10}
            logging = {level = "DEBUG", file = "desk.log"}
            """
        )
        settings = loaded.configuration

        assert (settings.bridge.port, settings.bridge.highest_version, settings.bridge.timeout) == (
            4001,
            178,
            2.0,
        )
        assert settings.desk.live_accounts == ("U12", "U13")
        assert settings.logging.level == "DEBUG"

    def test_a_strategy_comes_with_its_class_its_parameters_and_its_policy(self, good):
        text = strategy(
            "restart = {most_failures = 2, first_delay = 0.1}", parameters='symbol = "IBM"\nslow = 30'
        )

        (found,) = good(text).strategies

        assert found.strategy is MovingAverageCross
        assert found.parameters == {"symbol": "IBM", "slow": 30}
        assert found.policy == RestartPolicy(True, 2, 60.0, 0.1, 30.0)

    @pytest.mark.parametrize("path", sorted((ROOT / "config").glob("*.toml")), ids=lambda path: path.name)
    def test_the_files_that_come_with_the_project_are_good(self, path):
        loaded = load(path)
        assert loaded.strategies or loaded.configuration.rabbitmq

    def test_the_demo_needs_neither_account_nor_network(self):
        assert load(ROOT / "config/demo.toml").configuration.bridge.simulated


class TestVariables:
    def test_stand_for_values_of_the_environment_in_any_text(self, good, monkeypatch):
        monkeypatch.setenv("BRIDGE", "bridge.local")
        monkeypatch.setenv("SYMBOL", "IBM")

        loaded = good('bridge = {host = "my.${BRIDGE}"}\n' + strategy(parameters='symbol = "${SYMBOL}"'))

        assert loaded.configuration.bridge.host == "my.bridge.local"
        assert loaded.strategies[0].parameters == {"symbol": "IBM"}

    def test_stand_in_lists_too(self, good, monkeypatch):
        monkeypatch.setenv("ACCOUNT", "U1234567")

        loaded = good('desk = {allow_live_trading = true, live_accounts = ["${ACCOUNT}"]}')

        assert loaded.configuration.desk.live_accounts == ("U1234567",)

    def test_a_number_among_a_strategys_parameters_may_be_one(self, good, monkeypatch):
        monkeypatch.setenv("QUANTITY", "25")

        (found,) = good(strategy(parameters='symbol = "IBM"\nquantity = "${QUANTITY}"')).strategies

        assert found.strategy.parse_parameters(found.parameters).quantity == 25

    @pytest.mark.parametrize(
        ("text", "key"),
        [
            ('bridge = {host = "${NOBODY_SETS_THIS}"}', "bridge.host"),
            ('desk = {live_accounts = ["U1", "${NOBODY_SETS_THIS}"]}', "desk.live_accounts[1]"),
            (strategy(parameters='symbol = "${NOBODY_SETS_THIS}"'), "strategies[0].parameters.symbol"),
        ],
    )
    def test_one_that_is_not_set_is_named_with_its_key(self, objection, text, key):
        assert objection(text) == f"key {key}: the environment has no variable 'NOBODY_SETS_THIS'"


class TestFilesThatCantBeRead:
    def test_a_missing_file(self, tmp_path):
        with pytest.raises(
            ConfigurationError, match=r"nowhere\.toml: can't be read: No such file or directory$"
        ):
            load(tmp_path / "nowhere.toml")

    def test_a_folder(self, tmp_path):
        with pytest.raises(ConfigurationError, match=f"^{re.escape(str(tmp_path))}: can't be read: "):
            load(tmp_path)

    def test_what_is_not_toml_is_said_with_its_line(self, objection):
        assert re.match(r"is not TOML: .*line 2", objection("[bridge]\nport == 7\n"))

    def test_what_is_not_even_text(self, tmp_path):
        path = tmp_path / "desk.toml"
        path.write_bytes(b"host = '\xff'")

        with pytest.raises(ConfigurationError, match=r"desk.toml: is not TOML: .*utf-8"):
            load(path)


class TestKeysAndValues:
    @pytest.mark.parametrize(
        ("text", "said"),
        [
            (
                "bridge = {prot = 1}",
                "key bridge.prot: is not known; expected one of simulated, seed, hours, speed, limits, ",
            ),
            (
                'bridge = {faults = ["lost-ack", "data-lots@30s"]}',
                "key bridge.faults[1]: fault 'data-lots' is not known; expected one of nightly-reset, ",
            ),
            (
                'bridge = {nightly_reset = "late"}',
                "key bridge.nightly_reset: nightly reset: 'late' is no time: expected ",
            ),
            (
                "brigde = {}",
                "key brigde: is not known; expected one of bridge, desk, strategies, codes, logging",
            ),
            (
                strategy("colour = 1"),
                "key strategies[0].colour: is not known; expected one of code, strategy, ",
            ),
            (
                strategy("restart = {after = 1}"),
                "key strategies[0].restart.after: is not known; expected one of restart, most_failures, within, ",
            ),
        ],
    )
    def test_an_unknown_key_is_answered_with_the_known_ones(self, objection, text, said):
        assert objection(text).startswith(said)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ('bridge = {port = "7497"}', "key bridge.port: expected int, got str"),
            ("bridge = 7497", "key bridge: expected object, got int"),
            ("bridge = {simulated = 1}", "key bridge.simulated: expected bool, got int"),
            ('desk = {live_accounts = "U1"}', "key desk.live_accounts: expected array, got str"),
            ("desk = {live_accounts = [1]}", "key desk.live_accounts[0]: expected str, got int"),
            ("logging = {file = 3}", "key logging.file: expected str, got int"),
        ],
    )
    def test_a_wrong_type(self, objection, text, said):
        assert objection(text) == said

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("bridge = {port = 0}", "key bridge.port: expected int >= 1"),
            ("bridge = {port = 65536}", "key bridge.port: expected int <= 65535"),
            ("bridge = {client_id = -1}", "key bridge.client_id: expected int >= 0"),
            ("bridge = {highest_version = 156}", "key bridge.highest_version: expected int >= 157"),
            ("bridge = {highest_version = 227}", "key bridge.highest_version: expected int <= 226"),
            ("bridge = {timeout = inf}", "key bridge.timeout: expected float <= 1000000.0"),
            ("bridge = {timeout = 1e12}", "key bridge.timeout: expected float <= 1000000.0"),
            (
                strategy("restart = {longest_delay = inf}"),
                "key strategies[0].restart.longest_delay: expected float <= 1000000.0",
            ),
            ("bridge = {client_id = 2147483648}", "key bridge.client_id: expected int <= 2147483647"),
            (
                "bridge = {simulated = true, start = 0001-01-01T00:00:00}",
                "key bridge.start: expected a time in the years 1900 to 2199, got 0001",
            ),
            (
                "bridge = {simulated = true, start = 9999-12-31T00:00:00}",
                "key bridge.start: expected a time in the years 1900 to 2199, got 9999",
            ),
            (
                "desk = {messages_per_second = 10000000000000000000000}",
                "key desk.messages_per_second: expected int <= 1000000",
            ),
            ("bridge = {timeout = 0}", "key bridge.timeout: expected float > 0.0"),
            ("desk = {messages_per_second = 0}", "key desk.messages_per_second: expected int >= 1"),
            (strategy("restart = {within = -1}"), "key strategies[0].restart.within: expected float > 0.0"),
        ],
    )
    def test_a_value_out_of_range(self, objection, text, said):
        assert objection(text) == said

    @pytest.mark.parametrize("name", _OF_A_SIMULATION)
    def test_keys_of_a_simulation_without_it(self, objection, name):
        """Who forgets `simulated = true` beside them would trade with a real bridge."""
        values = {"seed": "1", "speed": "60", "nightly_reset": '"23:45"', "start": "2026-11-27T09:25:00"}
        words = {
            "hours": '"exchange"',
            "limits": '"real"',
            "market_data": '"delayed"',
            "catalogue": '"mine.toml"',
        }
        value = (values | words).get(name, "[]")

        assert objection(f"[bridge]\n{name} = {value}").startswith(
            f"key bridge.{name}: has no effect without simulated = true"
        )

    def test_each_key_of_a_bridge_is_of_a_simulation_or_of_a_connection(self):
        of_a_connection = {"host", "port", "client_id", "highest_version", "timeout"}

        assert {*BridgeSection.__struct_fields__} == {*_OF_A_SIMULATION, *of_a_connection, "simulated"}

    def test_a_word_that_is_no_choice_is_answered_with_the_choices(self, objection):
        said = objection('logging = {level = "LOUD"}')

        assert said == "key logging.level: expected one of TRACE, DEBUG, INFO, WARNING, ERROR, got 'LOUD'"

    def test_a_missing_key(self, objection):
        said = objection(f'[[strategies]]\nstrategy = "{CROSS}"')

        assert said == "key strategies[0].code: is missing, and has no default"


class TestStrategies:
    @pytest.mark.parametrize("code", ["", "a b", "cross!", "cross.1"])
    def test_a_code_is_a_plain_word(self, objection, code):
        assert objection(strategy(code=code)).startswith("key strategies[0].code: expected str ")

    def test_no_two_share_a_code(self, objection):
        assert objection(strategy() + strategy()) == "key strategies[1].code: 'cross' is used twice"

    @pytest.mark.parametrize("place", ["strategies.moving_average_cross", "MovingAverageCross"])
    def test_a_class_is_named_with_its_module(self, objection, place):
        said = objection(strategy(place=place))

        assert said == f"key strategies[0].strategy: expected package.module:Class, got {place!r}"

    @pytest.mark.parametrize("module", ["strategies.nowhere", "", ".strategies"])
    def test_a_module_that_is_not_there(self, objection, module):
        said = objection(strategy(place=f"{module}:Anything"))

        assert said.startswith(f"key strategies[0].strategy: {module!r} can't be imported: ")

    @pytest.mark.parametrize("name", ["Nothing", "Parameters", "time", "deque"])
    def test_a_class_that_is_not_there_or_is_no_strategy(self, objection, name):
        said = objection(strategy(place=f"strategies.moving_average_cross:{name}"))

        expected = f"strategies.moving_average_cross has no strategy class {name!r}"
        assert said == f"key strategies[0].strategy: {expected}"

    @pytest.mark.parametrize(
        ("source", "said"),
        [
            ("one = 1\ntwo = nonsense\n", "NameError: name 'nonsense' is not defined"),
            ("def broken(:\n", "SyntaxError: "),
            ("raise ValueError('several\\nlines')", "ValueError: several lines"),
            ("import sys\nsys.exit(0)\n", "SystemExit: 0 ("),
            ("import sys\nsys.exit()\n", "SystemExit ("),
        ],
    )
    def test_a_module_with_a_mistake_is_answered_with_the_mistake(
        self, objection, tmp_path, monkeypatch, source, said
    ):
        monkeypatch.syspath_prepend(tmp_path)
        name = f"mistaken_{abs(hash(source))}"
        (tmp_path / f"{name}.py").write_text(source)

        told = objection(strategy(place=f"{name}:Strategy"))

        assert told.startswith(f"key strategies[0].strategy: {name!r} can't be imported: {said}")

    def test_the_line_of_the_mistake_is_told(self, objection, tmp_path, monkeypatch):
        monkeypatch.syspath_prepend(tmp_path)
        (tmp_path / "mistaken_in_line_2.py").write_text("one = 1\ntwo = nonsense\n")

        assert objection(strategy(place="mistaken_in_line_2:Strategy")).endswith(
            "mistaken_in_line_2.py, line 2)"
        )


class TestParameters:
    @pytest.mark.parametrize(
        ("parameters", "said"),
        [
            ("", ".symbol: is missing, and has no default"),
            (
                'symbol = "IBM"\nfats = 3',
                ".fats: is not known; expected one of symbol, exchange, currency, fast, slow, ",
            ),
            ('symbol = "IBM"\nfast = "three"', ".fast: expected int, got str"),
            ('symbol = "IBM"\nquantity = 0', ".quantity: expected int >= 1"),
            ('symbol = "IBM"\nfast = 30', ": fast (30) has to be shorter than slow (20)"),
        ],
    )
    def test_are_checked_by_the_strategys_own_types(self, objection, parameters, said):
        assert objection(strategy(parameters=parameters)).startswith(f"key strategies[0].parameters{said}")

    def test_a_choice_inside_a_table_of_theirs_is_answered_with_the_choices(self, objection):
        text = strategy(place=f"{__name__}:Choosy", parameters='inner = {pace = "medium"}')

        assert (
            objection(text)
            == "key strategies[0].parameters.inner.pace: expected one of slow, fast, got 'medium'"
        )


class TestCodes:
    def test_are_treated_as_the_file_says(self, good):
        codes = good(
            """
            [[codes]]
            code = 10089
            ends = "nothing"

            [[codes]]
            code = 10167
            severity = "error"
            ends = "request or new order"
            """
        ).configuration.codes

        assert [section.treatment() for section in codes] == [
            CodeTreatment(10089, None, Ends.NOTHING),
            CodeTreatment(10167, Severity.ERROR, Ends.REQUEST_OR_NEW_ORDER),
        ]

    def test_can_be_made_to_end_what_a_treatment_can_end(self):
        words = get_type_hints(CodeSection)["ends"]

        assert set(get_args(get_args(words)[0])) == set(ENDS_OF_CHOICE)

    def test_can_have_every_severity(self):
        words = get_type_hints(CodeSection)["severity"]

        assert set(get_args(get_args(words)[0])) == set(Severity)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ("severity = 'error'", "key codes[0].code: is missing, and has no default"),
            ("code = '200'\nends = 'nothing'", "key codes[0].code: expected int, got str"),
            ("code = 0\nends = 'nothing'", "key codes[0].code: expected int >= 1"),
            (
                "code = 200\nseverity = 'mild'",
                "key codes[0].severity: expected one of error, warning, information, got 'mild'",
            ),
            (
                "code = 200\nends = 'order'",
                "key codes[0].ends: expected one of nothing, request, request or new order, market data, got 'order'",
            ),
            (
                "code = 200\nend = 'nothing'",
                "key codes[0].end: is not known; expected one of code, severity, ends",
            ),
            ("code = 200", "key codes[0]: expected a severity, or what the code ends"),
            (
                "code = 200\nseverity = 'warning'\nends = 'request'",
                "key codes[0]: a code that ends a request is an error; expected severity error, got warning",
            ),
            (
                "code = 200\nends = 'nothing'\n[[codes]]\ncode = 200\nends = 'nothing'",
                "key codes[1].code: 200 is used twice",
            ),
        ],
    )
    def test_that_make_no_sense_are_answered_with_what_was_expected(self, objection, text, said):
        assert objection(f"[[codes]]\n{text}") == said


class TestJournal:
    def test_may_be_durable(self, good):
        desk = good('desk = {journal = "orders.journal", durable_journal = true}').configuration.desk

        assert desk.durable_journal

    def test_that_is_not_there_can_t_be_durable(self, objection):
        said = objection("desk = {durable_journal = true}")

        assert said == "key desk.durable_journal: needs desk.journal: the name of its file"


class TestLiveAccounts:
    def test_take_two_keys(self, good):
        desk = good('desk = {allow_live_trading = true, live_accounts = ["U1234567"]}').configuration.desk

        assert desk.live_accounts == ("U1234567",)

    def test_named_without_permission_are_refused(self, objection):
        said = objection('desk = {live_accounts = ["U1234567"]}')

        assert said.startswith("key desk.live_accounts: has no effect without allow_live_trading = true")

    def test_permission_without_an_account_is_refused(self, objection):
        said = objection("desk = {allow_live_trading = true}")

        assert said.startswith("key desk.live_accounts: expected the live accounts to be traded")
