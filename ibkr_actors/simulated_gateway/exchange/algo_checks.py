"""Which algorithms there are, for which orders, and which parameters each takes.

Names and values of the parameters are those of the project's own classes of algorithms, which users fill in; here
they are read back. Codes: 439 an algorithm that is not known, 441 a value that it can't take, 442 an order that it is
not for, 443 a parameter that it does not have.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeAlias

from ibkr_actors.classes.enum.algo_strategy import AlgoStrategy
from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.enum.time_in_force import TimeInForce
from ibkr_actors.classes.orders.algo import (
    AMOUNT,
    CLOCK_IN_UTC,
    FLAG,
    SHARE,
    TIME,
    WHOLE,
    WHOLE_OR_ZERO,
    WHOLE_PERCENT,
    Algo,
    Parameter,
    Spell,
    parameters_of,
)
from ibkr_actors.classes.orders.benchmark_algos import ArrivalPrice, ClosePrice, Twap, Vwap
from ibkr_actors.classes.orders.impact_algos import (
    AccumulateDistribute,
    Adaptive,
    BalanceImpactRisk,
    DarkIce,
    MinimiseImpact,
)
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.classes.orders.volume_algos import (
    PercentageOfVolume,
    PercentageOfVolumeByPrice,
    PercentageOfVolumeBySize,
    PercentageOfVolumeByTime,
)
from ibkr_actors.errors import InvalidRequest
from ibkr_actors.simulated_gateway.exchange.algo_times import algo_time
from ibkr_actors.simulated_gateway.instruments.catalogue import Instrument
from ibkr_actors.simulated_gateway.instruments.instrument import FUTURE, OPTION, STOCK
from ibkr_actors.simulated_gateway.refusals import Refusal

UNKNOWN: Final = (439, "Order processing failed. Algorithm definition not found.")
NOT_FOR_ORDER: Final = (442, "Specified algorithm is not allowed for this order.")

ALGOS: Final[dict[str, type[Algo]]] = {
    kind.strategy: kind
    for kind in (
        Adaptive,
        ArrivalPrice,
        ClosePrice,
        DarkIce,
        PercentageOfVolume,
        PercentageOfVolumeByPrice,
        PercentageOfVolumeBySize,
        PercentageOfVolumeByTime,
        Twap,
        Vwap,
        AccumulateDistribute,
        BalanceImpactRisk,
        MinimiseImpact,
    )
}
"""What the gateway works. INLINE is not among them: recorded gateways answer 439 where it is not routed to CSFBALGO."""

_GONE: Final = ((AlgoStrategy.TIME_WEIGHTED_AVERAGE_PRICE, "strategyType"),)
"""Published parameters that recorded gateways no longer know."""
_OF_OPTIONS: Final = (AlgoStrategy.BALANCE_IMPACT_RISK, AlgoStrategy.MINIMISE_IMPACT)
_OF_ANYTHING: Final = (AlgoStrategy.ADAPTIVE, AlgoStrategy.ACCUMULATE_DISTRIBUTE)
_TYPES: Final = (OrderType.MARKET, OrderType.LIMIT)
_TIMES: Final = (TimeInForce.DAY, TimeInForce.GOOD_TILL_CANCELLED, TimeInForce.GOOD_TILL_DATE)

Value: TypeAlias = float | bool | str
Values: TypeAlias = Mapping[str, Value]
"""Of an algorithm's parameters, by their tags."""


def check_algo(order: Order, instrument: Instrument) -> None:
    """Raises Refusal for an algorithm that can't work the order."""
    if not order.algo_strategy:
        return
    kind = ALGOS.get(order.algo_strategy)
    if kind is None:
        raise Refusal(*UNKNOWN)
    fits = order.order_type in _TYPES and order.time_in_force in _TIMES
    if not fits or not _is_for(order.algo_strategy, instrument):
        raise Refusal(*NOT_FOR_ORDER)
    values_of(order)


def _is_for(strategy: str, instrument: Instrument) -> bool:
    """Options have algorithms of their own; Adaptive and Accumulate/Distribute work nearly anything (D)."""
    if strategy in _OF_ANYTHING:
        return instrument.security_type in (STOCK, OPTION, FUTURE)
    if strategy in _OF_OPTIONS:
        return instrument.security_type == OPTION
    return instrument.security_type == STOCK


def values_of(order: Order) -> dict[str, Value]:
    """The parameters as values. Raises Refusal for one that is not known, missing, or can't be read."""
    strategy = order.algo_strategy
    known = {
        parameter.tag: (parameter, is_needed) for _, parameter, is_needed in parameters_of(ALGOS[strategy])
    }
    values: dict[str, Value] = {}
    for given in order.algo_parameters:
        tag, text = given.tag, given.value
        if tag not in known or (strategy, tag) in _GONE:
            raise Refusal(443, f"Order processing failed. Unknown algo attribute: {tag}")
        if text != "":
            values[tag] = _read(known[tag][0], text)
    missing = [tag for tag, (_, is_needed) in known.items() if is_needed and tag not in values]
    if missing:
        raise Refusal(441, f"Algo attributes validation failed: {', '.join(missing)} must be specified")
    return values


def _read(parameter: Parameter, text: str) -> Value:
    try:
        value: Value = _READERS.get(parameter.spell, _choice)(parameter, text)
    except (ValueError, InvalidRequest, Refusal) as error:
        raise Refusal(
            441, f"Algo attributes validation failed: {parameter.tag}={text} is not valid"
        ) from error
    return value


def _number(parameter: Parameter, text: str) -> float:
    value = float(text)
    parameter.spell(Algo, parameter.tag, value)  # raises InvalidRequest for one out of range
    return value


def _whole(parameter: Parameter, text: str) -> float:
    value = int(text)
    parameter.spell(Algo, parameter.tag, value)
    return value


def _flag(_: Parameter, text: str) -> bool:
    flags = {"1": True, "true": True, "0": False, "false": False}
    return flags[text.lower()] if text.lower() in flags else _raise(text)


def _raise(text: str) -> bool:
    raise ValueError(text)


def _time(_: Parameter, text: str) -> str:
    algo_time(text, 0.0)
    return text


def _choice(parameter: Parameter, text: str) -> str:
    return parameter.spell(Algo, parameter.tag, text)


_READERS: Final[dict[Spell, Callable[[Parameter, str], Any]]] = {
    SHARE: _number,
    AMOUNT: _number,
    WHOLE: _whole,
    WHOLE_OR_ZERO: _whole,
    WHOLE_PERCENT: _whole,
    FLAG: _flag,
    TIME: _time,
    CLOCK_IN_UTC: _time,
}
