"""A desk's configuration: a TOML file, decoded into Structs that refuse what they do not know.

`load` reads a file, replaces `${VARIABLE}` in texts by the environment's values, and checks everything that can be
checked without a connection, strategy classes and their parameters included. Whatever is wrong raises
ConfigurationError, in one line: the file, the key, and what was expected.
"""

from __future__ import annotations

import importlib
import os
import re
import traceback
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import msgspec
from msgspec import Meta, Struct, field

from ibkr_actors.actors.strategy import StrategyActor
from ibkr_actors.actors.supervisor import CODE, RestartPolicy
from ibkr_actors.base.message_codes import CodeTreatment, Ends, Severity
from ibkr_actors.base.pacing import MESSAGES_PER_SECOND
from ibkr_actors.base.server_versions import NEWEST, OLDEST
from ibkr_actors.base.timeouts import Timeout
from ibkr_actors.base.toml_files import MANY, Section, in_words, read_toml
from ibkr_actors.broker_configuration import RabbitMQSection, check_broker, check_secrets
from ibkr_actors.errors import ConfigurationError, DeskError
from ibkr_actors.simulated_gateway.faults import parse_fault, planned_faults
from ibkr_actors.simulated_gateway.hours.clock import FASTEST, check_beginning
from ibkr_actors.simulated_gateway.hours.market_time import EASTERN
from ibkr_actors.simulated_gateway.hours.trading_hours import Hours
from ibkr_actors.simulated_gateway.instruments.catalogue import Catalogue
from ibkr_actors.simulated_gateway.limit_sets import Limits
from ibkr_actors.simulated_gateway.market.data_rights import Subscription
from ibkr_actors.simulated_gateway.market.market_data_files import MarketData

Port = Annotated[int, Meta(ge=1, le=65535)]
HIGHEST_CLIENT_ID: Final = 2**31 - 1
"""The wire has 32 bits for it."""


class BridgeSection(Section, frozen=True):
    """`[bridge]`: where TWS or IB Gateway is, or that the simulated gateway takes its place."""

    simulated: bool = False
    """Run the simulated gateway inside this process; host and port are then not used."""
    seed: int = 0
    """Seed of the simulated market."""
    hours: Hours = Hours.ALWAYS
    """When the simulated market trades: `always`, or in the hours of the `exchange`."""
    speed: Annotated[float, Meta(gt=0, le=FASTEST)] = 1.0
    """How many times as fast as real the simulated gateway's time runs."""
    limits: Limits = Limits.NONE
    """What the simulated gateway enforces of a real one's limits: `real` or `none`."""
    faults: tuple[str, ...] = ()
    """What goes wrong with the simulated gateway, each as NAME[:KEY=VALUE,...][@WHEN]."""
    nightly_reset: str | None = None
    """When its servers are reset each night: HH:MM in New York."""
    start: datetime | None = None
    """When its time begins: 2026-11-27T09:25:00, New York's unless a zone is given; now if left out."""
    catalogue: str = ""
    """A catalogue file that extends or replaces the instruments of the simulated gateway."""
    market_data: Subscription = Subscription.LIVE
    """What the simulated login has subscribed to: `live` data, `delayed` (none; delayed data come), `none`."""
    data: tuple[str, ...] = ()
    """Files of real bars or ticks that the simulated gateway replays: `FILE` or `NAME=FILE`."""
    host: str = "127.0.0.1"
    """Machine that the bridge runs on."""
    port: Port = 7497
    """Usually 7497 (TWS) or 4002 (IB Gateway) for paper accounts, 7496 or 4001 for live ones."""
    client_id: Annotated[int, Meta(ge=0, le=HIGHEST_CLIENT_ID)] = 0
    """Number of this connection; the bridge accepts each once at a time."""
    highest_version: Annotated[int, Meta(ge=OLDEST, le=NEWEST)] = NEWEST
    """Speak no newer server version than this."""
    timeout: Timeout = 15.0
    """Seconds for the first connection."""


class DeskSection(Section, frozen=True):
    """`[desk]`: what the desk may do."""

    allow_live_trading: bool = False
    """Needed, together with `live_accounts`, to trade an account that does not begin with D."""
    live_accounts: tuple[str, ...] = ()
    """The live accounts that may be traded, each by its whole code."""
    messages_per_second: Annotated[int, Meta(ge=1, le=MANY)] = MESSAGES_PER_SECOND
    """Send no more than this: the bridge ends connections that do."""
    journal: str = ""
    """File for the journal of orders; empty for none."""
    durable_journal: bool = False
    """An order leaves when the disk has its record: a power failure loses none."""


class RestartSection(Section, frozen=True):
    """`restart = {...}` of a strategy: when it is started again after a failure."""

    restart: bool = True
    """Start it again at all."""
    most_failures: Annotated[int, Meta(ge=0)] = 5
    """More failures than these within `within` seconds, and it stays down."""
    within: Annotated[float, Meta(gt=0)] = 60.0
    """Seconds."""
    first_delay: Timeout = 0.5
    """Seconds before the first start at most, half of it at least; the next delays are each twice the one before."""
    longest_delay: Timeout = 30.0
    """Seconds that no delay exceeds."""


class StrategySection(Section, frozen=True):
    """`[[strategies]]`: one strategy."""

    code: Annotated[str, Meta(min_length=1, pattern=CODE)]
    """Its name in the log and in the summary; unique."""
    strategy: str
    """Where its class is: `package.module:Class`, found from the folder that the command runs in."""
    parameters: dict[str, Any] = field(default_factory=dict)
    """What the strategy's `Parameters` name; checked by their types."""
    restart: RestartSection = RestartSection()
    """When it is started again after a failure."""
    orders_at_death: Literal["keep", "cancel"] = "keep"
    """What becomes of its working orders when it stays down, or its process is dead."""


class CodeSection(Section, frozen=True):
    """`[[codes]]`: a code of the bridge that is to be treated otherwise than it usually is."""

    code: Annotated[int, Meta(ge=1)]
    """Its number; each once."""
    severity: Literal["error", "warning", "information"] | None = None
    """How grave it is. A warning and a piece of information end no request."""
    ends: Literal["nothing", "request", "request or new order", "market data"] | None = None
    """What is over when it comes. Nothing but its status ends an order."""

    def treatment(self) -> CodeTreatment:
        """The same, in the words of the desk."""
        severity = Severity(self.severity) if self.severity is not None else None
        return CodeTreatment(self.code, severity, Ends(self.ends) if self.ends is not None else None)


class LoggingSection(Section, frozen=True):
    """`[logging]`: what is logged, and where."""

    level: Literal["TRACE", "DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"
    """The least that is logged."""
    file: str = ""
    """A file that gets the log too; empty for none."""


class Configuration(Section, frozen=True):
    """A whole file."""

    bridge: BridgeSection = BridgeSection()
    desk: DeskSection = DeskSection()
    strategies: tuple[StrategySection, ...] = ()
    codes: tuple[CodeSection, ...] = ()
    logging: LoggingSection = LoggingSection()
    rabbitmq: RabbitMQSection | None = None


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
    data: tuple[MarketData, ...] = ()
    """What the simulated gateway is to replay, read and checked."""
    is_desk: bool = True
    """Whether there is a bridge; else the strategies work at a desk in another process."""


def load(path: Path) -> Loaded:
    """Read and check a configuration. Raises ConfigurationError."""
    written = read_toml(path)
    check_secrets(path, written)
    values = _substitute(written, path, "")
    try:
        configuration = msgspec.convert(values, Configuration)
    except msgspec.ValidationError as error:
        raise ConfigurationError(f"{path}: {in_words(error, Configuration)}") from error
    _check_faults(path, configuration.bridge)
    _check_simulation(path, configuration.bridge, written.get("bridge", {}))
    _check_strategy_codes(path, configuration)
    _check_message_codes(path, configuration)
    _check_live_accounts(path, configuration.desk)
    _check_journal(path, configuration.desk)
    is_desk = configuration.rabbitmq is None or "bridge" in written
    _check_places(path, configuration, written, is_desk=is_desk)
    strategies = tuple(
        _load_strategy(path, number, section) for number, section in enumerate(configuration.strategies)
    )
    return Loaded(path, configuration, strategies, _checked_data(configuration.bridge), is_desk)


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


def _check_faults(path: Path, bridge: BridgeSection) -> None:
    for number, text in enumerate(bridge.faults):
        try:
            parse_fault(text)
        except ConfigurationError as error:
            raise ConfigurationError(f"{path}: key bridge.faults[{number}]: {error}") from None
    try:
        planned_faults((), bridge.nightly_reset)
    except ConfigurationError as error:
        raise ConfigurationError(f"{path}: key bridge.nightly_reset: {error}") from None


def _check_strategy_codes(path: Path, configuration: Configuration) -> None:
    seen: set[str] = set()
    for number, section in enumerate(configuration.strategies):
        if section.code in seen:
            raise ConfigurationError(f"{path}: key strategies[{number}].code: {section.code!r} is used twice")
        seen.add(section.code)


def _check_message_codes(path: Path, configuration: Configuration) -> None:
    seen: set[int] = set()
    for number, section in enumerate(configuration.codes):
        if section.code in seen:
            raise ConfigurationError(f"{path}: key codes[{number}].code: {section.code} is used twice")
        seen.add(section.code)
        if objection := section.treatment().objection():
            raise ConfigurationError(f"{path}: key codes[{number}]: {objection}")


_OF_A_SIMULATION: Final = (
    "seed",
    "hours",
    "speed",
    "limits",
    "faults",
    "nightly_reset",
    "start",
    "catalogue",
    "market_data",
    "data",
)
"""Keys of `[bridge]` that are about a simulated gateway."""


def _check_simulation(path: Path, bridge: BridgeSection, written: Mapping[str, Any]) -> None:
    """Who forgets `simulated = true` beside such a key would trade with a real bridge."""
    for name in _OF_A_SIMULATION:
        if name in written and not bridge.simulated:
            raise ConfigurationError(
                f"{path}: key bridge.{name}: has no effect without simulated = true; add it, or remove the key"
            )
    if bridge.start is not None:
        try:
            check_beginning(bridge.start)
        except ValueError as error:
            raise ConfigurationError(f"{path}: key bridge.start: {error}") from None


def _checked_data(bridge: BridgeSection) -> tuple[MarketData, ...]:
    """The data of a simulated gateway, once its catalogue is found to be good too."""
    if bridge.catalogue:
        Catalogue(datetime.now(EASTERN).date(), bridge.catalogue)
    return tuple(map(MarketData.read, bridge.data))


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


def _check_journal(path: Path, desk: DeskSection) -> None:
    if desk.durable_journal and not desk.journal:
        raise ConfigurationError(
            f"{path}: key desk.durable_journal: needs desk.journal: the name of its file"
        )


def _check_places(
    path: Path, configuration: Configuration, written: dict[str, Any], *, is_desk: bool
) -> None:
    if configuration.rabbitmq is None:
        return
    check_broker(path, configuration.rabbitmq, is_desk=is_desk, journal=configuration.desk.journal)
    if is_desk:
        return
    for key in ("desk", "codes"):
        if key in written:
            raise ConfigurationError(
                f"{path}: key {key}: is the desk's; a file without [bridge] has only strategies for a desk elsewhere"
            )
    if not configuration.strategies:
        raise ConfigurationError(f"{path}: key strategies: expected at least one, in a file without [bridge]")


def _load_strategy(path: Path, number: int, section: StrategySection) -> LoadedStrategy:
    key = f"strategies[{number}]"
    strategy = _find_class(path, f"{key}.strategy", section.strategy)
    _check_parameters(path, f"{key}.parameters", strategy, section.parameters)
    restart = section.restart
    policy = RestartPolicy(
        restart.restart,
        restart.most_failures,
        restart.within,
        restart.first_delay,
        restart.longest_delay,
        section.orders_at_death,
    )
    return LoadedStrategy(section.code, strategy, section.parameters, policy)


def _check_parameters(path: Path, key: str, strategy: type[StrategyActor], values: dict[str, Any]) -> None:
    try:
        strategy.parse_parameters(values)
    except DeskError as error:
        cause = error.__cause__
        words = f"key {key}: {error}"
        if isinstance(cause, msgspec.ValidationError):
            words = in_words(cause, strategy.Parameters, key)
        raise ConfigurationError(f"{path}: {words}") from error


def _with_place(error: BaseException) -> str:
    """An error in one line, with the line of the source where it was raised, if the import got as far."""
    words = f"{type(error).__name__}: {' '.join(str(error).split())}".removesuffix(": ")
    frame = traceback.extract_tb(error.__traceback__)[-1]
    return words if frame.filename.startswith("<") else f"{words} ({frame.filename}, line {frame.lineno})"


def _find_class(path: Path, key: str, place: str) -> type[StrategyActor]:
    module_name, mark, class_name = place.partition(":")
    if not mark:
        raise ConfigurationError(f"{path}: key {key}: expected package.module:Class, got {place!r}")
    try:
        module = importlib.import_module(module_name)
    except (Exception, SystemExit) as error:  # the user's own code: anything may be wrong with it
        reason = f"{module_name!r} can't be imported: {_with_place(error)}"
        raise ConfigurationError(f"{path}: key {key}: {reason}") from error
    found = getattr(module, class_name, None)
    if not isinstance(found, type) or not issubclass(found, StrategyActor):
        raise ConfigurationError(f"{path}: key {key}: {module_name} has no strategy class {class_name!r}")
    return found
