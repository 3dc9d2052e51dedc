"""The names that other clients have for our calls, handlers, classes and fields.

Responsible for:
1. what the vendor's client (`ibapi`) calls them: found by making the oracles' calls on a client that only records,
   and by changing one field after the other to see which argument changes with it;
2. what `ib_async` calls them: found in its own classes and signatures;
3. the few names that follow from nothing, in the tables below and nowhere else.
"""

from __future__ import annotations

import dataclasses
import importlib
import inspect
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from functools import cache
from typing import Any, Final

import ib_async
import ib_async.objects
from google.protobuf.message import Message as ProtobufMessage
from ib_async.client import Client
from ib_async.ib import IB
from ib_async.wrapper import Wrapper
from ibapi.client import EClient
from ibapi.wrapper import EWrapper
from msgspec import Struct
from msgspec.structs import replace

from ibkr_actors.actors.strategy import StrategyActor
from ibkr_actors.base.api_calls import ApiCalls, Call
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.messages.history import HistoricalData
from ibkr_actors.base.server_versions import NEWEST, OLDEST
from ibkr_actors.wire.tags import TagValue
from tests.documentation.structure import PROTOBUF, Field, fields_of, places
from tests.oracles.vendor_client import plain
from tests.oracles.vendor_names import NAMED, in_whole_words, vendor_names
from tests.oracles.vendor_replies import CALLBACKS, FILLED, expected
from tests.oracles.vendor_requests import CALLS
from tests.wire.generated import filled

IBAPI_CLASSES: Final = {
    "DepthMarketDataDescription": "DepthMktDataDescription",
    "HistogramDataEntry": "HistogramData",
    "HistoricalDataBar": "BarData",
    "WshEventDataRequest": "WshEventData",
}
"""The vendor's classes whose name is not that of the protobuf message, nor ours."""

IB_ASYNC_CLASSES: Final = IBAPI_CLASSES | {
    "AccountSummary": "AccountValue",
    "AccountUpdateMulti": "AccountValue",
    "CommissionAndFeesReport": "CommissionReport",
    "MarketDepthData": "MktDepthData",
    "PortfolioValue": "PortfolioItem",
    "PositionMulti": "Position",
    "RealTimeBarTick": "RealTimeBar",
    "ScannerDataElement": "ScanData",
    "SecDefOptParameter": "OptionChain",
    "TickNews": "NewsTick",
    "TickOptionComputation": "OptionComputation",
}
"""Likewise ib_async's, by the name of the protobuf message."""

IB_ASYNC_CALLBACKS: Final = {
    "commissionAndFeesReport": "commissionReport",
    "tickPrice": "priceSizeTick",
}
"""The methods of ib_async's wrapper that are not called as the vendor's."""

IB_ASYNC_EVENTS: Final = {
    "updateAccountValue": "accountValueEvent",
    "updateNewsBulletin": "newsBulletinEvent",
    "wshEventData": "wshEvent",
    "wshMetaData": "wshMetaEvent",
}
"""The events of ib_async that are not called as the callback, with `Event` behind it."""

IB_ASYNC_FIELDS: Final = {
    "combo_key": "legsStr",
    "contract": "contractDetails",
    "exchange": "exch",
    "family_code": "familyCodeStr",
    "key": "tag",
    "size": "count",
}
"""What ib_async's classes call a field of ours, where they have nothing under the vendor's name or our words."""

NOTHING: Final = ""


# --------------------------------------------------------------------------------------------- our calls and handlers


def our_call(request: type[Message]) -> str | None:
    """The name of the call that makes a request; None for what no user sends."""
    for name, call in vars(ApiCalls).items():
        if isinstance(call, Call) and call._request is request:
            return name
    name = request.facts.handler.removesuffix("_request")
    return name if hasattr(StrategyActor, name) else None


# ----------------------------------------------------------------------------------------- the vendor's, by experiment


@dataclasses.dataclass(frozen=True)
class Called:
    """A call that was made: the method, and its arguments by the names that the method gives them."""

    method: str
    arguments: dict[str, Any]


class RecordingClient:
    """Stands in for the vendor's client: remembers which method was called with what."""

    def __init__(self) -> None:
        self.calls: list[Called] = []

    def __getattr__(self, name: str) -> Callable[..., None]:
        signature = inspect.signature(getattr(EClient, name))

        def record(*arguments: Any, **named: Any) -> None:
            bound = signature.bind(self, *arguments, **named).arguments
            self.calls.append(Called(name, dict(list(bound.items())[1:])))

        return record


def _calls_for(request: Message) -> list[Called]:
    client = RecordingClient()
    CALLS[type(request)](client, request)
    return client.calls


def _callbacks_for(reply: Message, version: int) -> list[Called]:
    return [
        Called(name, dict(zip(_parameters(EWrapper, name), arguments, strict=False)))
        for name, arguments in expected(reply, version)
    ]


def _parameters(owner: type, method: str) -> list[str]:
    return list(inspect.signature(getattr(owner, method)).parameters)[1:]


def _made_for(message: Message, version: int = NEWEST) -> list[Called]:
    """What the oracles make of a message; nothing for one that the vendor's client does not know."""
    if type(message) not in CALLS and type(message) not in CALLBACKS and type(message) is not HistoricalData:
        return []
    return _calls_for(message) if message.facts.to_bridge else _callbacks_for(message, version)


@cache
def vendor_methods(message: type[Message]) -> tuple[str, ...]:
    """The vendor's call for a request, or its callbacks for a reply."""
    made = _made_for(filled(message, NEWEST, FILLED))
    return tuple(dict.fromkeys(called.method for called in made))


@cache
def _parameter_of(message: type[Message]) -> Mapping[str, str]:
    """For each field of a message the parameters of the vendor's methods that change with it."""
    found: dict[str, str] = {}
    for version in (NEWEST, max(OLDEST, message.facts.since)):  # some fields are gone in the newest
        whole = filled(message, version, FILLED)
        for name in message.__struct_fields__:
            changed = replace(whole, **{name: _another(getattr(whole, name))})
            parameters = _differing(_made_for(whole, version), _made_for(changed, version))
            same = [parameter for parameter in parameters if in_whole_words(parameter) == name]
            if parameters:
                found.setdefault(name, ", ".join(same or parameters))
    return found


def _differing(before: list[Called], after: list[Called]) -> list[str]:
    found: dict[str, None] = {}
    for one, other in zip(before, after, strict=False):
        for parameter, value in one.arguments.items():
            # A protobuf message has our fields under its own names: see `_protobuf_name`.
            same = _comparable(value) == _comparable(other.arguments.get(parameter))
            if not same and not isinstance(value, ProtobufMessage):
                found[parameter] = None
    return list(found)


def _comparable(value: Any) -> Any:
    """The vendor's objects have no equality of their own."""
    return plain(value) if isinstance(value, list) or type(value).__module__.startswith("ibapi.") else value


def _another(value: Any) -> Any:
    """A value of the same type that is another one."""
    match value:
        case bool():
            return not value
        case int():
            return value ^ 7  # three bits, for numbers that are flags
        case float() | Decimal():
            return value + 1
        case str():
            return value + "x"
        case (Struct(), *_) if not isinstance(value[0], TagValue):
            return tuple(type(element)() for element in value)
        case tuple():
            return value[:-1]
        case Struct():
            return type(value)()
        case _:
            return value


def vendor_class(struct: type[Struct]) -> type | None:
    """The vendor's class for one of our values."""
    names = _candidates(struct, IBAPI_CLASSES)
    named = {one.__name__: one for one in NAMED}
    found = next((named[name] for name in names if name in named), None)
    if found is not None and vendor_names(found).keys() & set(struct.__struct_fields__):
        return found
    if issubclass(struct, Message):  # the vendor has classes of the same names for other things
        names = [IBAPI_CLASSES.get(place.protobuf, NOTHING) for place in places()[struct]]
    common = importlib.import_module("ibapi.common")
    return next((one for name in names if inspect.isclass(one := getattr(common, name, None))), None)


def _candidates(struct: type[Struct], exceptions: Mapping[str, str]) -> list[str]:
    protobuf = [place.protobuf for place in places()[struct]]
    return [
        *(exceptions[name] for name in protobuf if name in exceptions),
        struct.__name__,
        *protobuf,
    ]


def vendor_field(struct: type[Struct], field: Field) -> str:
    """What the vendor calls a field: an attribute, a parameter of the call or callback, or a field of protobuf."""
    owner = vendor_class(struct)
    if owner in NAMED and field.name in vendor_names(owner):
        return vendor_names(owner)[field.name]
    protobuf = _protobuf_name(struct, field)
    found = _matching(vars(owner()), field.name, protobuf) if owner else NOTHING
    if found or not issubclass(struct, Message):
        return found or protobuf
    return _parameter_of(struct).get(field.name, protobuf)


def _protobuf_name(struct: type[Struct], field: Field) -> str:
    for place in places()[struct]:
        named = PROTOBUF["messages"].get(place.protobuf, {}).get(str(field.number))
        if named:
            return str(named[0])
    return NOTHING


def _matching(theirs: Iterable[str], ours: str, *spellings: str) -> str:
    """The name among theirs that is one of the spellings, or says our words."""
    wanted = {spelling.strip("_").casefold() for spelling in spellings if spelling}
    bare = {name: name.strip("_") for name in theirs}
    exact = (name for name, spelled in bare.items() if spelled.casefold() in wanted)
    return next(exact, None) or next((n for n, b in bare.items() if in_whole_words(b) == ours), NOTHING)


# ---------------------------------------------------------------------------------------------------------- ib_async


def ib_async_methods(message: type[Message]) -> list[str]:
    """ib_async's call for a request; the event or else the inner method that a reply reaches."""
    found = [ib_async_method(message, name) for name in vendor_methods(message)]
    return [name for name in dict.fromkeys(found) if name]


def ib_async_method(message: type[Message], vendors: str) -> str:
    """What ib_async has for one of the vendor's methods; empty where it has nothing."""
    if message.facts.to_bridge:
        owners = (IB, Client)
        found = ((owner, _matching(vars(owner), NOTHING, vendors)) for owner in owners)
        return next((f"{owner.__name__}.{name}" for owner, name in found if name), NOTHING)
    callback = IB_ASYNC_CALLBACKS.get(vendors, vendors)
    event = IB_ASYNC_EVENTS.get(vendors, f"{callback}Event")
    if event in IB.events:
        return f"IB.{event}"
    return f"Wrapper.{callback}" if callback in vars(Wrapper) else NOTHING


def ib_async_class(struct: type[Struct]) -> type | None:
    """ib_async's class for a value or a message of ours."""
    for name in _candidates(struct, IB_ASYNC_CLASSES):
        found = getattr(ib_async, name, None) or getattr(ib_async.objects, name, None)
        if inspect.isclass(found) and _shares_a_name(struct, found):
            return found
    return None


def _shares_a_name(struct: type[Struct], theirs: type) -> bool:
    """Whether a class of that name is about the same: some have another meaning there."""
    attributes = _attributes(theirs)
    return any(_matching(attributes, one.name, vendor_field(struct, one)) for one in fields_of(struct))


def _attributes(owner: type) -> list[str]:
    if dataclasses.is_dataclass(owner):
        return [field.name for field in dataclasses.fields(owner)]
    return list(getattr(owner, "_fields", ()))


def ib_async_field(struct: type[Struct], field: Field) -> str:
    """What ib_async calls a field: an attribute of its class, else a parameter; empty where it has none."""
    vendors = vendor_field(struct, field)
    before_fees = vendors.replace("AndFees", "")  # what the vendor had too, until it put fees into the names
    owner = ib_async_class(struct)
    theirs = _attributes(owner) if owner else []
    other = IB_ASYNC_FIELDS.get(field.name, NOTHING)
    found = _matching(theirs, field.name, vendors, before_fees) or (other if other in theirs else NOTHING)
    if found or not issubclass(struct, Message):
        return found
    return _matching(_ib_async_parameters(struct), field.name, vendors)


def _ib_async_parameters(message: type[Message]) -> list[str]:
    """The parameters of what ib_async has for a message; its inner client adds the request id."""
    owners = (IB, Client) if message.facts.to_bridge else (Wrapper,)
    found: dict[str, None] = {}
    for vendors in vendor_methods(message):
        called = IB_ASYNC_CALLBACKS.get(vendors, vendors)
        for owner in owners:
            name = _matching(vars(owner), NOTHING, called)
            found.update(dict.fromkeys(_parameters(owner, name) if name else ()))
    return [name.lstrip("_") for name in found]
