"""What tells one contract from another, and how a contract is shown in few words."""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from ibkr_actors.classes.enum.option_right import OptionRight
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.security_type import SecurityType

if TYPE_CHECKING:
    from ibkr_actors.classes.contracts.contract import ComboLeg, Contract

_NO_RIGHT: Final = frozenset(("", "0", "?"))
_RIGHTS: Final = {
    "C": OptionRight.CALL,
    "CALL": OptionRight.CALL,
    "P": OptionRight.PUT,
    "PUT": OptionRight.PUT,
}
_SMART: Final = "SMART"


def identity_of(contract: Contract) -> tuple[Hashable, ...]:
    """A value that is equal for equal contracts, and for no others; see `Contract`."""
    if contract.security_type == SecurityType.BAG:
        return _identity_of_bag(contract)
    if contract.contract_id:
        # A chain of futures goes by the id of one of them, and is another thing to ask for.
        chained = contract.security_type == SecurityType.CONTINUOUS_FUTURE
        return "id", contract.contract_id, chained
    return "described", *_description_of(contract).values()


def fits(contract: Contract, description: Contract) -> bool:
    """Whether nothing in a description speaks against a contract; see `Contract.fits`."""
    if contract.contract_id and description.contract_id:
        return contract == description
    told, wanted = _description_of(contract), _description_of(description)
    exchange = wanted.pop("exchange")
    if not all(told[name] == value for name, value in wanted.items() if value):
        return False
    known = {contract.exchange, contract.primary_exchange}
    return exchange in ("", _SMART) or exchange in known


def right_of(text: Any) -> OptionRight | None:
    """The right that a text stands for, in any of its spellings; None where it stands for none."""
    return _RIGHTS.get(str(text).upper())


def _identity_of_bag(contract: Contract) -> tuple[Hashable, ...]:
    """By its legs, for the bridge gives one id to all combinations of a currency."""
    legs = sorted((leg.contract_id, str(leg.action), leg.ratio) for leg in contract.combo_legs)
    neutral = contract.delta_neutral_contract
    against = None if neutral is None else (neutral.contract_id, neutral.delta, neutral.price)
    return "bag", contract.symbol, contract.currency, contract.exchange, tuple(legs), against


def _description_of(contract: Contract) -> dict[str, Hashable]:
    """The fields that describe a contract; spellings of the same are the same, and what is not told is empty."""
    return {
        "symbol": contract.symbol,
        "security_type": str(contract.security_type),
        "expiry": _expiry(contract.last_trade_date_or_contract_month),
        "strike": _number(contract.strike) or 0,
        "right": "" if contract.right in _NO_RIGHT else str(right_of(contract.right) or contract.right),
        "multiplier": _number(contract.multiplier),
        "exchange": contract.exchange,
        "primary_exchange": contract.primary_exchange,
        "currency": contract.currency,
        "local_symbol": contract.local_symbol,
        "trading_class": contract.trading_class,
        "security_id_type": str(contract.security_id_type),
        "security_id": contract.security_id,
        "issuer_id": contract.issuer_id,
    }


def _expiry(told: str | date) -> str:
    """The day or the month alone: the bridge may add a time."""
    return told.strftime("%Y%m%d") if isinstance(told, date) else told.partition(" ")[0]


def _number(told: Any) -> Hashable:
    """A number however it is spelled (100, "100", "100.0"); a text that is none as it is."""
    try:
        return float(told)
    except (ValueError, TypeError):
        return told or ""


# ------------------------------------------------------------------------------------------------------- in words


def in_words(contract: Contract) -> str:
    """The contract in few words; see `Contract.__str__`."""
    return " ".join(filter(None, _words(contract))) or "an empty contract"


def _words(contract: Contract) -> Iterator[str]:
    right = right_of(contract.right)
    id_ = f"#{contract.contract_id}" if contract.contract_id else ""
    is_pair = contract.security_type == SecurityType.FOREX
    name = contract.symbol or contract.local_symbol or contract.security_id or id_
    yield f"{name}.{contract.currency}" if is_pair else name
    if contract.security_type != SecurityType.OPTION or right is None:
        yield str(contract.security_type)
    yield _expiry(contract.last_trade_date_or_contract_month)
    yield f"{contract.strike:.12g}" if contract.strike else ""
    yield right or ""
    yield f"({_legs_in_words(contract)})" if contract.combo_legs else ""
    listed = "" if contract.primary_exchange == contract.exchange else contract.primary_exchange
    yield "/".join(filter(None, (contract.exchange, listed)))
    yield "" if is_pair else contract.currency


def _legs_in_words(contract: Contract) -> str:
    return " ".join(map(_leg_in_words, contract.combo_legs))


def _leg_in_words(leg: ComboLeg) -> str:
    sign = "+" if leg.action == OrderAction.BUY else "-"
    return f"{sign}{leg.ratio} #{leg.contract_id}"
