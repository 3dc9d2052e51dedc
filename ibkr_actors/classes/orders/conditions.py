"""Conditions that make an order wait, or cancel it.

`&` and `|` join them: `order.conditions = PriceCondition(...) & TimeCondition(...) | MarginCondition(...)`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, ClassVar, Final

from msgspec import Struct
from msgspec.structs import replace

from ibkr_actors.classes.enum.condition_type import ConditionType
from ibkr_actors.classes.enum.security_type import SecurityType
from ibkr_actors.classes.enum.trigger_method import TriggerMethod
from ibkr_actors.classes.moment import moment
from ibkr_actors.classes.spelling import Moment
from ibkr_actors.errors import InvalidRequest
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.codes import Number, Word, codes_of
from ibkr_actors.wire.kinds import ALWAYS_SENT_BOOL, FALSE_TEXTS, read_float, read_int, write_float, write_int


class OrderCondition(Struct, frozen=True, repr_omit_defaults=True, tag_field="condition"):
    """One condition; `conjunction` says how it is joined to the next: True for AND, False for OR.

    A union on the wire: field `type` tells which of the classes below it is. `value_field` is the field that a
    condition with an operator compares; None for one without.
    """

    wire_tag_field: ClassVar[str] = "type"
    value_field: ClassVar[tuple[str, Any, Any] | None] = None

    type: Annotated[Number[ConditionType], Wire(1)] = 0
    conjunction: Annotated[bool, Wire(2, ALWAYS_SENT_BOOL)] = True

    def __and__(self, other: OrderCondition | Conditions) -> Conditions:
        """This condition and the others. Raises InvalidRequest as `Conditions` does."""
        return Conditions((self,)) & other

    def __or__(self, other: OrderCondition | Conditions) -> Conditions:
        """This condition or the others."""
        return Conditions((self,)) | other


class Conditions(tuple[Any, ...]):
    """Conditions joined by `&` and `|`; what `Order.conditions` takes.

    The protocol has a row of conditions and no parentheses; "and" binds stronger than "or", as in Python. So what
    joins alternatives by "and" can't be said: `(a | b) & c` raises InvalidRequest, `a & c | b & c` says the same.
    """

    __slots__ = ()

    def __and__(self, other: OrderCondition | Conditions) -> Conditions:
        """All of them. Raises InvalidRequest when either side holds alternatives."""
        behind = _row(other)
        if any(not condition.conjunction for side in (self, behind) for condition in side[:-1]):
            raise InvalidRequest("conditions have no parentheses: say `a & c | b & c` for `(a | b) & c`")
        return self._join(behind, conjunction=True)

    def __or__(self, other: OrderCondition | Conditions) -> Conditions:
        """Either of them."""
        return self._join(_row(other), conjunction=False)

    def _join(self, behind: Conditions, *, conjunction: bool) -> Conditions:
        return Conditions((*self[:-1], replace(self[-1], conjunction=conjunction), *behind))


def _row(conditions: OrderCondition | Conditions) -> Conditions:
    return conditions if isinstance(conditions, Conditions) else Conditions((conditions,))


def _same(text: str) -> str:
    return text


class PriceCondition(OrderCondition, frozen=True, tag="price"):
    """The price of a contract is above (or below) a level."""

    value_field = ("price", read_float, write_float)

    type: Annotated[Number[ConditionType], Wire(1)] = ConditionType.PRICE
    is_more: Annotated[bool, Wire(3, ALWAYS_SENT_BOOL)] = False
    """True for at or above, False for at or below."""
    price: Annotated[float, Wire(10)] = 0.0
    contract_id: Annotated[int, Wire(4)] = 0
    exchange: Annotated[str, Wire(5)] = ""
    trigger_method: Annotated[Number[TriggerMethod], Wire(11)] = TriggerMethod.DEFAULT
    """The prices that count."""


class TimeCondition(OrderCondition, frozen=True, tag="time"):
    """A time is past (or to come)."""

    value_field = ("time", _same, _same)

    type: Annotated[Number[ConditionType], Wire(1)] = ConditionType.TIME
    is_more: Annotated[bool, Wire(3, ALWAYS_SENT_BOOL)] = False
    time: Annotated[Moment, Wire(12)] = ""
    """An aware `datetime`, "YYYYMMDD-HH:MM:SS" (UTC) or "YYYYMMDD HH:MM:SS zone"."""

    @property
    def at(self) -> datetime | None:
        """The time, aware; None where a text leaves it open."""
        return moment(self.time)


class MarginCondition(OrderCondition, frozen=True, tag="margin"):
    """The margin cushion of the account is above (or below) a percentage: equity that no margin is needed for."""

    value_field = ("percent", lambda text: int(float(text or 0)), write_int)

    type: Annotated[Number[ConditionType], Wire(1)] = ConditionType.MARGIN
    is_more: Annotated[bool, Wire(3, ALWAYS_SENT_BOOL)] = False
    percent: Annotated[int, Wire(8)] = 0


class ExecutionCondition(OrderCondition, frozen=True, tag="execution"):
    """Something was traded in a symbol."""

    type: Annotated[Number[ConditionType], Wire(1)] = ConditionType.EXECUTION
    security_type: Annotated[Word[SecurityType], Wire(7)] = ""
    exchange: Annotated[str, Wire(5)] = ""
    symbol: Annotated[str, Wire(6)] = ""


class VolumeCondition(OrderCondition, frozen=True, tag="volume"):
    """The day's volume of a contract is above (or below) a number of shares."""

    value_field = ("volume", read_int, write_int)

    type: Annotated[Number[ConditionType], Wire(1)] = ConditionType.VOLUME
    is_more: Annotated[bool, Wire(3, ALWAYS_SENT_BOOL)] = False
    volume: Annotated[int, Wire(13)] = 0
    contract_id: Annotated[int, Wire(4)] = 0
    exchange: Annotated[str, Wire(5)] = ""


class PercentChangeCondition(OrderCondition, frozen=True, tag="percent_change"):
    """The day's change of a contract, in percent, is above (or below) a level."""

    value_field = ("change_percent", read_float, write_float)

    type: Annotated[Number[ConditionType], Wire(1)] = ConditionType.PERCENT_CHANGE
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

_TRIGGER_METHODS: Final = codes_of(TriggerMethod)
_SECURITY_TYPES: Final = codes_of(SecurityType)
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
        code, exchange, symbol = fields[index : index + 3]
        return ExecutionCondition(
            conjunction=conjunction, security_type=_SECURITY_TYPES[code], exchange=exchange, symbol=symbol
        ), index + 3
    assert kind.value_field is not None
    name, read, _write = kind.value_field
    values: dict[str, Any] = {"is_more": fields[index] not in FALSE_TEXTS, name: read(fields[index + 1])}
    index += 2
    if "contract_id" in kind.__struct_fields__:
        values["contract_id"], values["exchange"] = read_int(fields[index]), fields[index + 1]
        index += 2
    if kind is PriceCondition:
        values["trigger_method"] = _TRIGGER_METHODS[fields[index]]
        index += 1
    return kind(conjunction=conjunction, **values), index


def write_conditions(conditions: tuple[AnyCondition, ...], _version: int) -> list[str]:
    """The count and the conditions as text fields; the inverse of `read_conditions`."""
    texts = [str(len(conditions))]
    for condition in conditions:
        texts += _write_condition(condition)
    return texts


def _write_condition(condition: Any) -> list[str]:
    texts = [write_int(condition.type), "a" if condition.conjunction else "o"]
    if isinstance(condition, ExecutionCondition):
        return [*texts, condition.security_type, condition.exchange, condition.symbol]
    name, _read, write = condition.value_field
    texts += ["1" if condition.is_more else "0", write(getattr(condition, name))]
    if "contract_id" in condition.__struct_fields__:
        texts += [write_int(condition.contract_id), condition.exchange]
    if isinstance(condition, PriceCondition):
        texts.append(write_int(condition.trigger_method))
    return texts
