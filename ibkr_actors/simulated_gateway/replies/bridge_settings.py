"""The settings of the simulated bridge: what they are, how an update changes them, what the bridge calls them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final, NamedTuple, TypeVar

from msgspec import Struct, structs

from ibkr_actors.classes.bridge_configuration import (
    ApiConfiguration,
    ApiPrecautions,
    ApiSettings,
    ConfigurationWarning,
    LockAndExit,
    MessageConfiguration,
    OrdersConfiguration,
    SmartRoutingConfiguration,
)

S = TypeVar("S", bound=Struct)

LOGGING_LEVELS: Final = ("system", "error", "warning", "information", "detail")
"""By the numbers of `ServerLogLevel`, from 1."""

ROOT: Final = "configuration"

_NAMES: Final = {
    "bypass_route_marketable_to_bbo": "bypassRouteMarketableToBBO",
    "prepare_daily_profit_and_loss": "prepareDailyPnL",
    "component_exchange_separator": "componentExchSeparator",
    "show_forex_data_in_tenths_of_pips": "showForexDataIn1_10Pips",
    "allow_forex_trading_in_tenths_of_pips": "allowForexTradingIn1_10Pips",
    "reject_messages_above_maximum_rate": "rejectMessagesAboveMaxRate",
    "historical_data_maximum_size": "historicalDataMaxSize",
    "trusted_ip_addresses": "trustedIPs",
}
"""The bridge's names, where they are not ours in its way of writing words together."""

_TWELVE_HOURS: Final = re.compile(r"(0?[1-9]|1[0-2]):[0-5]\d")


class Configuration(Struct, frozen=True):
    """All settings; the fields are those of the messages that tell and change them."""

    lock_and_exit: LockAndExit
    messages: tuple[MessageConfiguration, ...]
    api: ApiConfiguration
    orders: OrdersConfiguration


class Change(NamedTuple):
    """One setting that an update changes."""

    path: str
    """In the bridge's names."""
    value: Any


def default_configuration(
    *,
    announces_open_orders: bool,
    is_read_only: bool = False,
    master_client_id: int | None = None,
    negative_manual_ids: bool = False,
) -> Configuration:
    """What a bridge is set to when it is new."""
    return Configuration(
        LockAndExit("11:45", "PM", "restart"),
        (
            MessageConfiguration(
                131, "Order precautions", "The size or the price exceeds a limit.", "Hidden", enabled=True
            ),
            MessageConfiguration(
                422, "Connection of a client", "Accept the incoming connection?", "Hidden", enabled=False
            ),
        ),
        ApiConfiguration(
            ApiPrecautions(**dict.fromkeys(ApiPrecautions.__struct_fields__, False)),
            ApiSettings(
                read_only_api=is_read_only,
                total_quantity_for_mutual_funds=False,
                download_open_orders_on_connection=announces_open_orders,
                include_virtual_fx_positions=True,
                prepare_daily_profit_and_loss=True,
                send_status_updates_for_volatility_orders=False,
                encode_api_messages="osCodePage",
                use_negative_auto_range=negative_manual_ids,
                create_api_message_log_file=False,
                include_market_data_in_log_file=False,
                expose_trading_schedule_to_api=True,
                logging_level="error",
                master_client_id=master_client_id,
                bulk_data_timeout=30,
                send_market_data_in_lots_for_us_stocks=False,
                reject_messages_above_maximum_rate=False,
                maintain_connection_on_incorrect_fields=True,
                send_instrument_timezone="instrument",
                allow_localhost_only=True,
                trusted_ip_addresses=("127.0.0.1",),
            ),
        ),
        OrdersConfiguration(
            SmartRoutingConfiguration(
                seek_price_improvement=False,
                pre_open_reroute=False,
                do_not_route_to_dark_pools=False,
                default_algorithm="SMART",
            )
        ),
    )


# ------------------------------------------------------------------------------------------------------------- updates


def updated(before: S, update: Any) -> S:
    """Settings with the parts of an update that are said. An empty list says nothing, and None neither."""
    changes: dict[str, Any] = {}
    for name in before.__struct_fields__:
        said, present = getattr(update, name, None), getattr(before, name)
        if name == "messages":
            changes[name] = _messages_updated(present, said or ())
        elif isinstance(present, Struct) and said is not None:
            changes[name] = updated(present, said)
        elif said is not None and said != ():
            changes[name] = said
    return structs.replace(before, **changes)


def _messages_updated(
    before: tuple[MessageConfiguration, ...], update: tuple[MessageConfiguration, ...]
) -> tuple[MessageConfiguration, ...]:
    said = {message.id: message for message in update}
    return tuple(updated(message, said[message.id]) if message.id in said else message for message in before)


def changes_between(before: Struct, after: Struct, path: str = ROOT) -> Iterator[Change]:
    """The settings in which two configurations differ."""
    for name in before.__struct_fields__:
        old, new = getattr(before, name), getattr(after, name)
        where = f"{path}.{bridge_name(name)}"
        if name == "messages":
            for earlier, later in zip(old, new, strict=True):
                yield from changes_between(earlier, later, f"{where}[{earlier.id}]")
        elif isinstance(old, Struct):
            yield from changes_between(old, new, where)
        elif old != new:
            yield Change(where, new)


def bridge_name(name: str) -> str:
    """What the bridge calls a field: `logging_level` is its loggingLevel."""
    first, *others = name.split("_")
    return _NAMES.get(name, first + "".join(word.capitalize() for word in others))


# --------------------------------------------------------------------------------------------------------------- checks


def objections(before: Configuration, update: Any, changes: list[Change]) -> list[str]:
    """What is wrong with an update, each with the setting that it is about; [] when it can be done."""
    known = {message.id for message in before.messages}
    unknown = [message.id for message in update.messages if message.id not in known]
    wrong = [f"{ROOT}.messages[{number}]: no message has this id" for number in unknown]
    for path, value in changes:
        check = _CHECKS.get(path)
        if check is not None and (objection := check(value)):
            wrong.append(f"{path}: {objection}")
    return wrong


def _level_objection(value: Any) -> str:
    return "" if value in LOGGING_LEVELS else f"expected one of {', '.join(LOGGING_LEVELS)}"


def _time_objection(value: Any) -> str:
    return "" if _TWELVE_HOURS.fullmatch(value) else "expected a time on a clock of twelve hours, as 11:45"


def _half_objection(value: Any) -> str:
    return "" if value in ("AM", "PM") else "expected AM or PM"


def _port_objection(_value: Any) -> str:
    return "a simulated gateway keeps the port that it was started with"


_SETTINGS: Final = f"{ROOT}.api.settings"
_CHECKS: Final = {
    f"{_SETTINGS}.loggingLevel": _level_objection,
    f"{_SETTINGS}.socketPort": _port_objection,
    f"{ROOT}.lockAndExit.autoLogoffTime": _time_objection,
    f"{ROOT}.lockAndExit.autoLogoffPeriod": _half_objection,
}

_WARNINGS: Final = {
    (f"{_SETTINGS}.readOnlyApi", False): ConfigurationWarning(
        501, "Read-only API", "Clients will be able to place orders."
    ),
    (f"{_SETTINGS}.allowLocalhostOnly", False): ConfigurationWarning(
        502, "Connections from localhost only", "Other machines will be able to connect."
    ),
}
"""By the setting and the value that it changes to."""


def warnings_of(changes: list[Change]) -> list[ConfigurationWarning]:
    """What has to be accepted before the changes are made."""
    return [warning for change in changes if (warning := _WARNINGS.get((change.path, change.value)))]
