"""Whether an order may be placed or changed: as its owner's, as itself, and here and now."""

from __future__ import annotations

from collections.abc import Collection

from ibkr_actors.actors.messages import PlaceOrder
from ibkr_actors.actors.owned_order import OwnedOrder
from ibkr_actors.base.order_checks import objection_to, objection_to_exercise, objection_to_id


def denial_of(wanted: PlaceOrder, known: OwnedOrder | None) -> str:
    """Why its id can't be used for it, given the order that has that id; empty when it can.

    An order that has ended is not changed: under its id the bridge might make a new one of it.
    """
    if wanted.changes != (known is not None) or (known is not None and known.code != wanted.code):
        return "is no order of this strategy" if wanted.changes else "is in use"
    if known is not None and known.is_exercise:
        return "exercises options, which can't be changed; cancel it"
    if known is not None and not known.may_work:
        return f"has ended ({known.status}), so it can't be changed; place a new one"
    return ""


def objection_to_placing(
    wanted: PlaceOrder, accounts: Collection[str], live_accounts: Collection[str], *, stopping: bool
) -> str:
    """Why it must not leave; empty when nothing speaks against it."""
    order_id, order = wanted.request.order_id, wanted.request.order
    if stopping:
        return "the desk stops"
    if objection := objection_to_id(order_id):
        return objection
    if wanted.exercise is not None:
        return objection_to_exercise(wanted.exercise, accounts, live_accounts)
    if wanted.changes and order.what_if:
        return "a change can't be a what-if order; place one of its own"
    return objection_to(order, accounts, live_accounts)
