"""What a fault declares about itself: its name, its parameters, what it does.

The command line's help, the check of a configuration and the table in the documentation are made of the declarations.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any, ClassVar, Final, get_type_hints

import msgspec
from msgspec import Meta, Struct
from msgspec.inspect import type_info

from ibkr_actors.errors import ConfigurationError
from ibkr_actors.simulated_gateway.faults.effect import EVERY_CLIENT, Layer
from ibkr_actors.simulated_gateway.faults.when import When, parse_when

_WORD = re.compile(r"(?<=[a-z])(?=[A-Z])")

FAULT_FORM: Final = "NAME[:KEY=VALUE,...][@WHEN]"
"""How a fault is written on the command line and in a configuration."""

Seconds = Annotated[float, Meta(ge=0, description="How long it lasts.")]
SecondsOrEver = Annotated[float, Meta(ge=0, description="How long it lasts; 0 is for good.")]
Times = Annotated[int, Meta(ge=1, description="How often it happens.")]
OneClient = Annotated[
    int, Meta(ge=EVERY_CLIENT, description="The client id that it befalls; -1 is everybody.")
]


class Fault(Struct, frozen=True, forbid_unknown_fields=True):
    """A fault, with its parameters as fields. The docstring's first paragraph says what it does."""

    name: ClassVar[str]
    """How users call it; made of the class's name."""
    is_for_who_is_there: ClassVar[bool] = False
    """It befalls the clients that are connected when it comes; at the gateway's start it would befall nobody."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        cls.name = _WORD.sub("-", cls.__name__).lower()

    def begin(self, layer: Layer, now: float) -> None:
        """Let it come."""
        raise NotImplementedError

    @classmethod
    def summary(cls) -> str:
        """What it does, in one paragraph."""
        return " ".join((cls.__doc__ or "").partition("\n\n")[0].split())

    @classmethod
    def parameters(cls) -> Iterator[tuple[str, Any, str]]:
        """Each parameter: its name, its default, what it means."""
        hints = get_type_hints(cls, include_extras=True)
        for field in msgspec.structs.fields(cls):
            info = type_info(hints[field.name])
            description = getattr(info, "extra_json_schema", None) or {}
            yield field.name, field.default, description.get("description", "")


class Planned(Struct, frozen=True):
    """A fault and when it comes; None is at once."""

    fault: Fault
    when: When | None = None


def made(kinds: dict[str, type[Fault]], name: str, parameters: dict[str, Any]) -> Fault:
    """A fault of a name and parameters, which may be texts. Raises ConfigurationError."""
    kind = kinds.get(name)
    if kind is None:
        raise ConfigurationError(f"fault {name!r} is not known; expected one of {', '.join(kinds)}")
    known = [field.name for field in msgspec.structs.fields(kind)]
    for parameter in parameters:
        if parameter not in known:
            raise ConfigurationError(
                f"fault {name!r} has no parameter {parameter!r}; expected {' or '.join(known) or 'none'}"
            )
    try:
        return msgspec.convert(parameters, kind, strict=False)
    except msgspec.ValidationError as error:
        reason, _, place = str(error).partition(" - at `$.")
        reason = reason[:1].lower() + reason[1:].replace("`", "")
        raise ConfigurationError(f"fault {name!r}, parameter {place.rstrip('`')}: {reason}") from error


def parsed(kinds: dict[str, type[Fault]], text: str) -> Planned:
    """Read `NAME[:key=value,...][@when]`. Raises ConfigurationError."""
    what, has_time, moment = text.partition("@")
    name, _, rest = what.partition(":")
    fault = made(kinds, name.strip(), dict(_pairs(text, rest)))
    if has_time:
        try:
            return Planned(fault, parse_when(moment.strip()))
        except ValueError as error:
            raise ConfigurationError(f"fault {text!r}: {error}") from None
    if fault.is_for_who_is_there:
        raise ConfigurationError(
            f"fault {text!r} befalls who is connected, and at the start nobody is: say when, such as {text}@30s"
        )
    return Planned(fault)


def _pairs(text: str, rest: str) -> Iterator[tuple[str, str]]:
    for pair in rest.split(",") if rest else ():
        key, mark, value = pair.partition("=")
        if not mark:
            raise ConfigurationError(f"fault {text!r}: expected key=value, got {pair!r}")
        yield key.strip(), value.strip()
