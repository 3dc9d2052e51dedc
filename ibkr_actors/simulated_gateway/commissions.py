"""What an order costs: the broker's published fixed schedule for the United States.

Exchange, clearing and regulatory fees are left out: they change from month to month and from venue to venue.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from ibkr_actors.classes.contracts.contract import Contract

PER_SHARE: Final = Decimal("0.005")
STOCK_MINIMUM: Final = Decimal("1.00")
STOCK_MAXIMUM_SHARE: Final = Decimal("0.01")
"""Of the value of the trade; it wins over the minimum."""
PER_OPTION: Final = Decimal("0.65")
OPTION_MINIMUM: Final = Decimal("1.00")
PER_FUTURE: Final = Decimal("0.85")
CURRENCY_SHARE: Final = Decimal("0.00002")
"""0.2 basis points of the value of the trade."""
CURRENCY_MINIMUM: Final = Decimal("2.00")

_STEP: Final = Decimal("0.0001")


def order_commission(
    contract: Contract, quantity: Decimal, value: Decimal, dollar: Decimal = Decimal(1)
) -> Decimal:
    """The commission of an order of which `quantity` was filled for `value`, in the contract's currency.

    Minimum and maximum hold for the order as a whole, so an execution is charged what the order owes now less what it
    owed before. `dollar` is what one US dollar costs in the contract's currency: the schedule is in dollars.
    """
    match contract.security_type:
        case "OPT" | "FOP":
            commission = max(quantity * PER_OPTION, OPTION_MINIMUM) * dollar
        case "FUT":
            commission = quantity * PER_FUTURE * dollar
        case "CASH":
            commission = max(value * CURRENCY_SHARE, CURRENCY_MINIMUM * dollar)
        case _:
            fixed = max(quantity * PER_SHARE, STOCK_MINIMUM) * dollar
            commission = min(fixed, value * STOCK_MAXIMUM_SHARE)
    return commission.quantize(_STEP)
