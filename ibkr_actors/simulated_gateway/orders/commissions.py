"""What an order costs: the broker's published fixed schedule for the United States.

Exchange, clearing and regulatory fees are left out: they change from month to month and from venue to venue. Tiers by
the volume of a month are the first ones. The schedule is in dollars (D: the published pages of 2026).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final, TypeAlias

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.simulated_gateway.instruments.margins import TREASURY, multiplier_of

PER_SHARE: Final = Decimal("0.005")
STOCK_MINIMUM: Final = Decimal("1.00")
STOCK_MAXIMUM_SHARE: Final = Decimal("0.01")
"""Of the value of the trade; it wins over the minimum."""
PER_OPTION: Final = (
    (Decimal("0.10"), Decimal("0.65")),
    (Decimal("0.05"), Decimal("0.50")),
    (Decimal(0), Decimal("0.25")),
)
"""For premiums from so much on."""
OPTION_MINIMUM: Final = Decimal("1.00")
PER_FUTURE: Final = Decimal("0.85")
PER_FUTURE_OF: Final = dict.fromkeys(("MES", "MNQ", "MYM", "M2K"), Decimal("0.25")) | dict.fromkeys(
    ("M6A", "M6B", "M6E"), Decimal("0.15")
)
"""Micro futures on indices and on currencies, and options on them, are charged less."""
CURRENCY_SHARE: Final = Decimal("0.00002")
"""0.2 basis points of the value of the trade."""
CURRENCY_MINIMUM: Final = Decimal("2.00")
COMMODITY_SHARE: Final = Decimal("0.000015")
"""0.15 basis points."""
INDEX_CFD_SHARE: Final = Decimal("0.00005")
CFD_MINIMUM: Final = Decimal("1.00")
CRYPTO_SHARE: Final = Decimal("0.0018")
CRYPTO_MINIMUM: Final = Decimal("1.75")
CRYPTO_MAXIMUM_SHARE: Final = Decimal("0.01")
FUND_FEE: Final = Decimal("14.95")
FUND_MAXIMUM_SHARE: Final = Decimal("0.03")

BOND_FACE: Final = Decimal(1000)
"""Face value of one bond."""
TREASURY_TIERS: Final = (Decimal(1_000_000), Decimal("0.00002"), Decimal("0.000001"))
"""Shares of the face value, up to the first amount and beyond it."""
TREASURY_MINIMUM: Final = Decimal("5.00")
CORPORATE_TIERS: Final = (Decimal(10_000), Decimal("0.001"), Decimal("0.00025"))
CORPORATE_MINIMUM: Final = Decimal("1.00")

_STEP: Final = Decimal("0.0001")


def order_commission(
    contract: Contract, quantity: Decimal, value: Decimal, dollar: Decimal = Decimal(1)
) -> Decimal:
    """The commission of an order of which `quantity` was filled for `value`, in the contract's currency.

    Minimum and maximum hold for the order as a whole, so an execution is charged what the order owes now less what it
    owed before. `dollar` is what one US dollar costs in the contract's currency: the schedule is in dollars.
    """
    if not quantity:
        return Decimal(0)
    charge = CHARGES.get(contract.security_type, _shares)
    return (charge(contract, quantity, value / dollar) * dollar).quantize(_STEP)


_Charge: TypeAlias = Callable[[Contract, Decimal, Decimal], Decimal]
"""Contract, quantity, value in dollars; the commission in dollars."""


def _shares(_: Contract, quantity: Decimal, value: Decimal) -> Decimal:
    return min(max(quantity * PER_SHARE, STOCK_MINIMUM), value * STOCK_MAXIMUM_SHARE)


def _options(contract: Contract, quantity: Decimal, value: Decimal) -> Decimal:
    premium = value / (quantity * multiplier_of(contract))
    rate = next(rate for least, rate in PER_OPTION if premium >= least)
    return max(quantity * rate, OPTION_MINIMUM)


def _futures(contract: Contract, quantity: Decimal, _: Decimal) -> Decimal:
    return quantity * PER_FUTURE_OF.get(contract.symbol, PER_FUTURE)


def _currencies(_: Contract, _quantity: Decimal, value: Decimal) -> Decimal:
    return max(value * CURRENCY_SHARE, CURRENCY_MINIMUM)


def _commodities(_: Contract, _quantity: Decimal, value: Decimal) -> Decimal:
    return max(value * COMMODITY_SHARE, CURRENCY_MINIMUM)


def _cryptos(_: Contract, _quantity: Decimal, value: Decimal) -> Decimal:
    return min(max(value * CRYPTO_SHARE, CRYPTO_MINIMUM), value * CRYPTO_MAXIMUM_SHARE)


def _funds(_: Contract, _quantity: Decimal, value: Decimal) -> Decimal:
    return min(FUND_FEE, value * FUND_MAXIMUM_SHARE)


def _contracts_for_difference(contract: Contract, quantity: Decimal, value: Decimal) -> Decimal:
    """Those on currencies cost what the currencies do, those on indices a share of their value."""
    if "." in contract.local_symbol:
        return _currencies(contract, quantity, value)
    if contract.symbol.startswith(INDEX_CFD_PREFIX):
        return max(value * INDEX_CFD_SHARE, CFD_MINIMUM)
    return max(quantity * PER_SHARE, CFD_MINIMUM)


INDEX_CFD_PREFIX: Final = (
    "IBUS",
    "IBGB",
    "IBDE",
    "IBEU",
    "IBFR",
    "IBES",
    "IBCH",
    "IBNL",
    "IBJP",
    "IBHK",
    "IBAU",
)
"""How the symbols of contracts for difference on indices begin; a stock is called IBM."""


def _bonds(contract: Contract, quantity: Decimal, _: Decimal) -> Decimal:
    is_treasury = contract.symbol == TREASURY
    limit, first, rest = TREASURY_TIERS if is_treasury else CORPORATE_TIERS
    face = quantity * BOND_FACE
    charged = min(face, limit) * first + max(face - limit, Decimal(0)) * rest
    return max(charged, TREASURY_MINIMUM if is_treasury else CORPORATE_MINIMUM)


CHARGES: Final[dict[str, _Charge]] = {
    "OPT": _options,
    "FOP": _futures,
    "FUT": _futures,
    "CASH": _currencies,
    "CMDTY": _commodities,
    "CRYPTO": _cryptos,
    "FUND": _funds,
    "CFD": _contracts_for_difference,
    "BOND": _bonds,
}
"""By security type; stocks, funds traded at exchanges and warrants are charged by the share."""
