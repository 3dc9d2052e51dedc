"""Combinations: whether their legs make sense, and what their orders trade.

A combination has no market of its own. Its price is that of its legs, bought at their asks and sold at their bids.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Final

from ibkr_actors.classes.contracts.contract import ComboLeg, Contract
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.order_type import OrderType
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.instruments.catalogue import Catalogue
from ibkr_actors.simulated_gateway.instruments.instrument import (
    COMBINATION,
    FUTURE,
    OPTION,
    STOCK,
    Instrument,
)
from ibkr_actors.simulated_gateway.market.market import Market, Quote
from ibkr_actors.simulated_gateway.orders.order_kinds import LEG_BY_LEG
from ibkr_actors.simulated_gateway.orders.order_parts import Part
from ibkr_actors.simulated_gateway.refusals import Refusal, invalid

COMBINATION_ID: Final = 28812380
"""The bridge's id of all combinations in US dollars (K)."""
LEGS_INVALID: Final = (312, "The combo details are invalid.")
LEGS_NEEDED: Final = (314, "Security type 'BAG' requires combo leg details.")
CROSS_CURRENCY: Final = (10000, "Cross currency combo error.")
NON_GUARANTEED_LEGS: Final = (10002, "Invalid non-guaranteed legs.")
CURRENCY_UNSUPPORTED: Final = (10011, "Currency is not supported for Smart combo.")
_TRADED: Final = (STOCK, OPTION, FUTURE, "FOP")
_NON_GUARANTEED: Final = (STOCK, OPTION)
_MOST_LEGS: Final = 6
_DIGITS: Final = 10

NON_GUARANTEED: Final = "NonGuaranteed"
PRIORITY: Final = "LeginPrio"
LARGEST_SEGMENT: Final = "MaxSegSize"
TO_MARKET: Final = "ChangeToMktTime1"


def _is_whole(text: str) -> bool:
    return text.isdecimal() and int(text) > 0


_ROUTING: Final[dict[str, tuple[Callable[[str], bool], int, str]]] = {
    NON_GUARANTEED: (lambda text: text in ("0", "1"), 10027, "Invalid combo routing tag."),
    PRIORITY: (lambda text: text in ("-1", "0", "1"), 10022, "Invalid leg priority."),
    LARGEST_SEGMENT: (_is_whole, 10023, "Invalid combo segment size."),
    TO_MARKET: (_is_whole, 10025, "Invalid time to change leg 2 to market."),
}
"""The routing parameters that the gateway acts on: which values they take, and what is said of others (D)."""


def combination(catalogue: Catalogue, contract: Contract) -> Instrument:
    """What the gateway takes a combination for. Raises Refusal for legs that make none."""
    if not contract.combo_legs:
        raise Refusal(*LEGS_NEEDED)
    legs = catalogue.legs(contract)
    instruments = [leg.instrument for leg in legs]
    for number, leg in enumerate(contract.combo_legs, 1):
        if leg.ratio < 1 or leg.action.upper() not in tuple(OrderAction):
            raise Refusal(313, f"The combo details for leg '{number}' are invalid.")
    if not 1 < len(legs) <= _MOST_LEGS or len({one.contract_id for one in instruments}) != len(legs):
        raise Refusal(*LEGS_INVALID)
    if any(one.security_type not in _TRADED for one in instruments):
        raise Refusal(*LEGS_INVALID)
    currencies = {one.currency for one in instruments}
    if len(currencies) > 1:
        raise Refusal(*CROSS_CURRENCY)
    if contract.currency not in ("", *currencies):
        raise Refusal(*CURRENCY_UNSUPPORTED)
    first = instruments[0]
    return Instrument(
        contract_id=COMBINATION_ID,
        symbol=contract.symbol,
        security_type=COMBINATION,
        currency=first.currency,
        exchange=contract.exchange or first.exchange,
        primary_exchange="",
        local_symbol=contract.symbol,
        trading_class="COMB",
        minimum_tick=min(one.minimum_tick for one in instruments),
        venue=first.venue,
        legs=tuple((leg.contract_id, _signed_ratio(leg)) for leg in contract.combo_legs),
    )


def combined_contract(instrument: Instrument, contract: Contract) -> Contract:
    """The combination as it is told of: with its legs, and a description of them."""
    combined = instrument.contract(contract.exchange)
    combined.combo_legs = contract.combo_legs
    combined.combo_legs_description = ",".join(f"{number}|{ratio}" for number, ratio in instrument.legs)
    return combined


def quote_of(market: Market, instrument: Instrument) -> Quote:
    """The quote of an instrument; that of a combination is made of its legs', and its sizes are whole combinations."""
    if not instrument.legs:
        return market.quote(instrument.contract_id)
    legs = [(market.quote(number), ratio) for number, ratio in instrument.legs]
    bid, ask = prices_of(legs)
    return Quote(
        contract_id=instrument.contract_id,
        bid=bid,
        ask=ask,
        bid_size=min((one.bid_size if ratio > 0 else one.ask_size) // abs(ratio) for one, ratio in legs),
        ask_size=min((one.ask_size if ratio > 0 else one.bid_size) // abs(ratio) for one, ratio in legs),
        last=round((bid + ask) / 2, _DIGITS),  # its mark, for nobody trades it but through its legs
        last_size=0.0,
        last_time=max(quote.last_time for quote, _ in legs),
        open=0.0,
        high=0.0,
        low=0.0,
        close=0.0,
        volume=0.0,
        halted=max(quote.halted for quote, _ in legs),
    )


def prices_of(legs: Iterable[tuple[Quote, int | Decimal]]) -> tuple[float, float]:
    """Bid and ask of a combination, of the quote and the signed ratio of each leg."""
    pairs = [(quote, float(ratio)) for quote, ratio in legs]
    bid = sum(ratio * (quote.bid if ratio > 0 else quote.ask) for quote, ratio in pairs)
    ask = sum(ratio * (quote.ask if ratio > 0 else quote.bid) for quote, ratio in pairs)
    return round(bid, _DIGITS), round(ask, _DIGITS)


def parts_of(catalogue: Catalogue, contract: Contract) -> tuple[Part, ...]:
    """What an order for the combination trades; empty for a single contract."""
    if not contract.combo_legs:
        return ()
    return tuple(_part(leg.instrument, leg.leg) for leg in catalogue.legs(contract))


def _part(instrument: Instrument, leg: ComboLeg) -> Part:
    ratio = Decimal(_signed_ratio(leg))
    listing = instrument.contract(instrument.primary_exchange or instrument.exchange)
    return Part(instrument.contract(leg.exchange), listing, ratio, leg.price)


def _signed_ratio(leg: ComboLeg) -> int:
    return leg.ratio if leg.action.upper() == OrderAction.BUY else -leg.ratio


def check_combination(order: Order, contract: Contract, catalogue: Catalogue) -> None:
    """Raises Refusal for prices and routing that do not fit the combination."""
    has_prices = all(leg.price is not None for leg in contract.combo_legs)
    if order.order_type == OrderType.LIMIT and order.limit_price is None and not has_prices:
        raise invalid("Limit price must be specified")
    if order.order_type == OrderType.LIMIT_AND_MARKET and order.limit_price is None:
        raise invalid("Limit price must be specified")
    for parameter in order.smart_combo_routing_parameters:
        fits, code, text = _ROUTING.get(parameter.tag, (None, 10027, "Invalid combo routing tag."))
        if fits is None or not fits(parameter.value):
            raise Refusal(code, f"{text} {parameter.tag}={parameter.value}")
    kinds = {leg.instrument.security_type for leg in catalogue.legs(contract)}
    if not is_guaranteed(order) and not kinds <= set(_NON_GUARANTEED):
        raise Refusal(*NON_GUARANTEED_LEGS)


def routing(order: Order, tag: str) -> str:
    """The value of a routing parameter; empty when it is not given."""
    values = (pair.value for pair in order.smart_combo_routing_parameters if pair.tag == tag)
    return next(values, "")


def is_guaranteed(order: Order) -> bool:
    """All legs fill together or none does; otherwise one may fill before the other."""
    return order.order_type not in LEG_BY_LEG and routing(order, NON_GUARANTEED) != "1"
