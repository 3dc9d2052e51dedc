"""A desk's configuration: a TOML file, decoded into Structs that refuse what they do not know.

`load` reads a file, replaces `${VARIABLE}` in texts by the environment's values, and checks everything that can be
checked without a connection, strategy classes and their parameters included. Whatever is wrong raises
ConfigurationError, in one line: the file, the key, and what was expected.
"""

from __future__ import annotations

import importlib
import os
import re
import tomllib
import traceback
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct, field

from ibkr_actors.actors.strategy import StrategyActor
from ibkr_actors.actors.supervisor import RestartPolicy
from ibkr_actors.base.pacing import MESSAGES_PER_SECOND
from ibkr_actors.base.server_versions import NEWEST, OLDEST
from ibkr_actors.errors import ConfigurationError, DeskError

Port = Annotated[int, Meta(ge=1, le=65535)]
Positive = Annotated[float, Meta(gt=0)]


class Section(Struct, forbid_unknown_fields=True, frozen=True):
    """A table of the file; a key that it does not have is an error."""


class BridgeSection(Section, frozen=True):
    """`[bridge]`: where TWS or IB Gateway is, or that the simulated gateway takes its place."""

    simulated: bool = False
    """Run the simulated gateway inside this process; host and port are then not used."""
    seed: int = 0
    """Seed of the simulated market."""
    host: str = "127.0.0.1"
    port: Port = 7497
    client_id: Annotated[int, Meta(ge=0)] = 0
    highest_version: Annotated[int, Meta(ge=OLDEST, le=NEWEST)] = NEWEST
    """Speak no newer server version than this."""
    timeout: Positive = 15.0
    """Seconds for the first connection."""


class DeskSection(Section, frozen=True):
    """`[desk]`: what the desk may do."""

    allow_live_trading: bool = False
    """Needed, together with `live_accounts`, to trade an account that does not begin with D."""
    live_accounts: tuple[str, ...] = ()
    messages_per_second: Annotated[int, Meta(ge=1)] = MESSAGES_PER_SECOND
    journal: str = ""
    """File for the journal of orders; empty for none."""


class RestartSection(Section, frozen=True):
    """`restart = {...}` of a strategy: when it is started again after a failure."""

    restart: bool = True
    most_failures: Annotated[int, Meta(ge=0)] = 5
    within: Positive = 60.0
    first_delay: Positive = 0.5
    longest_delay: Positive = 30.0


class StrategySection(Section, frozen=True):
    """`[[strategies]]`: one strategy."""

    code: Annotated[str, Meta(min_length=1, pattern=r"^[A-Za-z0-9_-]+$")]
    """Its name in the log and in the summary; unique."""
    strategy: str
    """Where its class is: `package.module:Class`."""
    parameters: dict[str, Any] = field(default_factory=dict)
    restart: RestartSection = RestartSection()


class LoggingSection(Section, frozen=True):
    """`[logging]`: what is logged, and where."""

    level: Literal["TRACE", "DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    file: str = ""
    """A file that gets the log too; empty for none."""


class Configuration(Section, frozen=True):
    """A whole file."""

    bridge: BridgeSection = BridgeSection()
    desk: DeskSection = DeskSection()
    strategies: tuple[StrategySection, ...] = ()
    logging: LoggingSection = LoggingSection()


class LoadedStrategy(Struct, frozen=True):
    """A strategy of the file, with its class found and its parameters checked."""

    code: str
    strategy: type[StrategyActor]
    parameters: dict[str, Any]
    policy: RestartPolicy


class Loaded(Struct, frozen=True):
    """A configuration that can be run."""

    path: Path
    configuration: Configuration
    strategies: tuple[LoadedStrategy, ...]


def load(path: Path) -> Loaded:
    """Read and check a configuration. Raises ConfigurationError."""
    values = _substitute(_read(path), path, "")
    try:
        configuration = msgspec.convert(values, Configuration)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{path}: {_in_words(error)}") from error
    _check_codes(path, configuration)
    _check_live_accounts(path, configuration.desk)
    strategies = tuple(
        _load_strategy(path, number, section) for number, section in enumerate(configuration.strategies)
    )
    return Loaded(path, configuration, strategies)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigurationError(f"{path}: can't be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: is not TOML: {error}") from error


_VARIABLE: Final = re.compile(r"\$\{([^}]*)\}")


def _substitute(value: Any, path: Path, key: str) -> Any:
    """The value with variables of the environment filled into its texts."""
    match value:
        case str():
            return _VARIABLE.sub(lambda found: _variable(found[1], path, key), value)
        case dict():
            return {
                name: _substitute(inner, path, f"{key}.{name}".lstrip(".")) for name, inner in value.items()
            }
        case list():
            return [_substitute(inner, path, f"{key}[{index}]") for index, inner in enumerate(value)]
        case _:
            return value


def _variable(name: str, path: Path, key: str) -> str:
    if name not in os.environ:
        raise ConfigurationError(f"{path}: key {key}: the environment has no variable {name!r}")
    return os.environ[name]


_PLACE: Final = re.compile(r"(?P<reason>.*?)(?: - at `\$(?P<key>[^`]*)`)?", re.DOTALL)


def _in_words(error: msgspec.ValidationError) -> str:
    """`key bridge.port: expected int, got str` from the library's own words."""
    match = _PLACE.fullmatch(str(error))
    reason = match["reason"] if match else str(error)
    key = ((match["key"] if match else "") or "").lstrip(".")
    unknown = re.fullmatch(r"Object contains unknown field `(.*)`", reason)
    if unknown:
        place = f"{key}.{unknown[1]}".lstrip(".")
        return f"key {place}: is not known; check its spelling and its table"
    reason = reason[:1].lower() + reason[1:].replace("`", "")
    return f"key {key}: {reason}" if key else reason


def _check_codes(path: Path, configuration: Configuration) -> None:
    seen: set[str] = set()
    for number, section in enumerate(configuration.strategies):
        if section.code in seen:
            raise ConfigurationError(f"{path}: key strategies[{number}].code: {section.code!r} is used twice")
        seen.add(section.code)


def _check_live_accounts(path: Path, desk: DeskSection) -> None:
    if desk.live_accounts and not desk.allow_live_trading:
        raise ConfigurationError(
            f"{path}: key desk.live_accounts: has no effect without allow_live_trading = true; add it, or remove "
            "the accounts"
        )
    if desk.allow_live_trading and not desk.live_accounts:
        raise ConfigurationError(
            f"{path}: key desk.live_accounts: expected the live accounts to be traded, beside allow_live_trading"
        )


def _load_strategy(path: Path, number: int, section: StrategySection) -> LoadedStrategy:
    key = f"strategies[{number}]"
    strategy = _find_class(path, f"{key}.strategy", section.strategy)
    try:
        strategy.parse_parameters(section.parameters)
    except DeskError as error:
        cause = error.__cause__
        words = _in_words(cause) if isinstance(cause, msgspec.ValidationError) else str(error)
        raise ConfigurationError(f"{path}: key {key}.parameters of {section.strategy}: {words}") from error
    restart = section.restart
    policy = RestartPolicy(
        restart.restart, restart.most_failures, restart.within, restart.first_delay, restart.longest_delay
    )
    return LoadedStrategy(section.code, strategy, section.parameters, policy)


def _with_place(error: Exception) -> str:
    """An error in one line, with the line of the source where it was raised, if the import got as far."""
    words = f"{type(error).__name__}: {' '.join(str(error).split())}"
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return words if frame.filename.startswith("<") else f"{words} ({frame.filename}, line {frame.lineno})"


def _find_class(path: Path, key: str, place: str) -> type[StrategyActor]:
    module_name, mark, class_name = place.partition(":")
    if not mark:
        raise ConfigurationError(f"{path}: key {key}: expected package.module:Class, got {place!r}")
    try:
        module = importlib.import_module(module_name)
    except Exception as error:  # a module is the user's own code: anything may be wrong with it
        reason = f"{module_name!r} can't be imported: {_with_place(error)}"
        raise ConfigurationError(f"{path}: key {key}: {reason}") from error
    found = getattr(module, class_name, None)
    if not isinstance(found, type) or not issubclass(found, StrategyActor):
        raise ConfigurationError(f"{path}: key {key}: {module_name} has no strategy class {class_name!r}")
    return found
