"""Conditions that make an order wait, or cancel it."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

from msgspec import Struct

from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.kinds import ALWAYS_SENT_BOOL, FALSE_TEXTS, read_float, read_int, write_float, write_int


class OrderCondition(Struct, frozen=True, repr_omit_defaults=True, tag_field="condition"):
    """One condition; `conjunction` says how it is joined to the next: True for AND, False for OR.

    A union on the wire: field `type` tells which of the classes below it is. `value_field` is the field that a
    condition with an operator compares; None for one without.
    """

    wire_tag_field: ClassVar[str] = "type"
    value_field: ClassVar[tuple[str, Any, Any] | None] = None

    type: Annotated[int, Wire(1)] = 0
    conjunction: Annotated[bool, Wire(2, ALWAYS_SENT_BOOL)] = True


def _same(text: str) -> str:
    return text


class PriceCondition(OrderCondition, frozen=True, tag="price"):
    """The price of a contract is above (or below) a level."""

    value_field = ("price", read_float, write_float)

    type: Annotated[int, Wire(1)] = 1
    is_more: Annotated[bool, Wire(3, ALWAYS_SENT_BOOL)] = False
    """True for at or above, False for at or below."""
    price: Annotated[float, Wire(10)] = 0.0
    contract_id: Annotated[int, Wire(4)] = 0
    exchange: Annotated[str, Wire(5)] = ""
    trigger_method: Annotated[int, Wire(11)] = 0
    """As `Order.trigger_method`."""


class TimeCondition(OrderCondition, frozen=True, tag="time"):
    """A time is past (or to come)."""

    value_field = ("time", _same, _same)

    type: Annotated[int, Wire(1)] = 3
    is_more: Annotated[bool, Wire(3, ALWAYS_SENT_BOOL)] = False
    time: Annotated[str, Wire(12)] = ""
    """"YYYYMMDD HH:MM:SS zone"."""


class MarginCondition(OrderCondition, frozen=True, tag="margin"):
    """The margin cushion of the account is above (or below) a percentage."""

    value_field = ("percent", lambda text: int(float(text or 0)), write_int)

    type: Annotated[int, Wire(1)] = 4
    is_more: Annotated[bool, Wire(3, ALWAYS_SENT_BOOL)] = False
    percent: Annotated[int, Wire(8)] = 0


class ExecutionCondition(OrderCondition, frozen=True, tag="execution"):
    """Something was traded in a symbol."""

    type: Annotated[int, Wire(1)] = 5
    security_type: Annotated[str, Wire(7)] = ""
    exchange: Annotated[str, Wire(5)] = ""
    symbol: Annotated[str, Wire(6)] = ""


class VolumeCondition(OrderCondition, frozen=True, tag="volume"):
    """The day's volume of a contract is above (or below) a number of shares."""

    value_field = ("volume", read_int, write_int)

    type: Annotated[int, Wire(1)] = 6
    is_more: Annotated[bool, Wire(3, ALWAYS_SENT_BOOL)] = False
    volume: Annotated[int, Wire(13)] = 0
    contract_id: Annotated[int, Wire(4)] = 0
    exchange: Annotated[str, Wire(5)] = ""


class PercentChangeCondition(OrderCondition, frozen=True, tag="percent_change"):
    """The day's change of a contract, in percent, is above (or below) a level."""

    value_field = ("change_percent", read_float, write_float)

    type: Annotated[int, Wire(1)] = 7
    is_more: Annotated[bool, Wire(3, ALWAYS_SENT_BOOL)] = False
    change_percent: Annotated[float, Wire(9)] = 0.0
    contract_id: Annotated[int, Wire(4)] = 0
    exchange: Annotated[str, Wire(5)] = ""


AnyCondition = (
    PriceCondition
    | TimeCondition
    | MarginCondition
    | ExecutionCondition
    | VolumeCondition
    | PercentChangeCondition
)

CONDITION_OF_TYPE: dict[int, type[OrderCondition]] = {
    kind().type: kind
    for kind in (
        PriceCondition,
        TimeCondition,
        MarginCondition,
        ExecutionCondition,
        VolumeCondition,
        PercentChangeCondition,
    )
}


def read_conditions(fields: list[str], index: int, _version: int) -> tuple[tuple[AnyCondition, ...], int]:
    """The conditions of a text frame, from their count on, and the index behind them.

    Raises ValueError for a type that the protocol does not know, for the length of such a condition is unknown too.
    """
    number = int(fields[index] or 0)
    index += 1
    if not 0 <= number <= len(fields) - index:
        raise ValueError(
            f"{number} conditions announced, with {len(fields) - index} fields left in the frame"
        )
    conditions = []
    for _ in range(number):
        condition, index = _read_condition(fields, index)
        conditions.append(condition)
    return tuple(conditions), index


def _read_condition(fields: list[str], index: int) -> tuple[Any, int]:
    kind = CONDITION_OF_TYPE.get(int(fields[index]))
    if kind is None:
        raise ValueError(f"{fields[index]} is no type of condition")
    conjunction = fields[index + 1] == "a"
    index += 2
    if kind is ExecutionCondition:
        security_type, exchange, symbol = fields[index : index + 3]
        return ExecutionCondition(
            conjunction=conjunction, security_type=security_type, exchange=exchange, symbol=symbol
        ), index + 3
    assert kind.value_field is not None
    name, read, _write = kind.value_field
    values: dict[str, Any] = {"is_more": fields[index] not in FALSE_TEXTS, name: read(fields[index + 1])}
    index += 2
    if "contract_id" in kind.__struct_fields__:
        values["contract_id"], values["exchange"] = read_int(fields[index]), fields[index + 1]
        index += 2
    if kind is PriceCondition:
        values["trigger_method"] = read_int(fields[index])
        index += 1
    return kind(conjunction=conjunction, **values), index


def write_conditions(conditions: tuple[AnyCondition, ...], _version: int) -> list[str]:
    """The count and the conditions as text fields; the inverse of `read_conditions`."""
    texts = [str(len(conditions))]
    for condition in conditions:
        texts += _write_condition(condition)
    return texts


def _write_condition(condition: Any) -> list[str]:
    texts = [str(condition.type), "a" if condition.conjunction else "o"]
    if isinstance(condition, ExecutionCondition):
        return [*texts, condition.security_type, condition.exchange, condition.symbol]
    name, _read, write = condition.value_field
    texts += ["1" if condition.is_more else "0", write(getattr(condition, name))]
    if "contract_id" in condition.__struct_fields__:
        texts += [write_int(condition.contract_id), condition.exchange]
    if isinstance(condition, PriceCondition):
        texts.append(write_int(condition.trigger_method))
    return texts
