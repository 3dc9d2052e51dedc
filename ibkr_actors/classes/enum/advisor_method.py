"""How a financial advisor's order is shared among the accounts of a group."""

from __future__ import annotations

from ibkr_actors.wire.codes import Words


class AdvisorMethod(Words):
    """`Order.advisor_method`."""

    EQUAL = "Equal"
    """The same quantity for each account."""
    EQUAL_QUANTITY = "EqualQuantity"
    """The same, as older bridges spell it."""
    NET_LIQUIDATION = "NetLiq"
    """In proportion to the net liquidation value."""
    AVAILABLE_EQUITY = "AvailableEquity"
    """In proportion to the equity with loan value."""
    PERCENTAGE_CHANGE = "PctChange"
    """Each account's position changes by `Order.advisor_percentage`."""
    PERCENTAGE = "Percent"
    """By percentages that the group names; so for those below."""
    RATIO = "Ratio"
    CONTRACTS_OR_SHARES = "ContractsOrShares"
    MONETARY_AMOUNT = "MonetaryAmount"
