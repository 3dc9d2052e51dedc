"""What speaks against an order, told before it leaves: the bridge would refuse it later, or worse, take it."""

from __future__ import annotations

import math
from collections.abc import Collection
from decimal import Decimal

from ibkr_actors.classes.orders.order import Order

ACTIONS = ("BUY", "SELL", "SSHORT")


def objection_to(order: Order, accounts: Collection[str], live_accounts: Collection[str]) -> str:
    """Why the order must not leave; empty when nothing speaks against it.

    `accounts` are those of the login, `live_accounts` those that may be traded though they are live.
    """
    if order.action not in ACTIONS:
        return f"action {order.action!r} is none of {', '.join(ACTIONS)}"
    if not order.order_type:
        return "the order has no type"
    if not order.cash_quantity and not _is_positive(order.total_quantity):
        return f"quantity {order.total_quantity} is not positive"
    for price in (order.limit_price, order.auxiliary_price):
        if price is not None and not math.isfinite(price):
            return f"{price} is no price"
    return _objection_to_account(order.account, accounts, live_accounts)


def _is_positive(quantity: Decimal | None) -> bool:
    return quantity is not None and quantity.is_finite() and quantity > 0


def _objection_to_account(wanted: str, accounts: Collection[str], live_accounts: Collection[str]) -> str:
    if wanted and accounts and wanted not in accounts:
        return f"account {_masked(wanted)} is not one of this login"
    for account in (wanted,) if wanted else accounts:
        if not account.startswith("D") and account not in live_accounts:
            return f"account {_masked(account)} is live, and trading it is not allowed (allow_live_trading)"
    return ""


def _masked(account: str) -> str:
    """An account code for the log: its first letter and last two digits."""
    return f"{account[:1]}…{account[-2:]}"
