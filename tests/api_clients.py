"""What tests of `IBKR_API` do at a scripted bridge."""

from __future__ import annotations

from ibkr_actors.api import IBKR_API, OrderHandle
from ibkr_actors.base.messages.orders import PlaceOrderRequest
from ibkr_actors.classes.contracts.contract import Contract
from tests.actors.helpers import PATIENCE, ibm, limit_order, status
from tests.actors.scripted_bridge import ScriptedBridge


def working_order(ibkr: IBKR_API, bridge: ScriptedBridge, contract: Contract | None = None) -> OrderHandle:
    """An order that the bridge works."""
    handle: OrderHandle = ibkr.place_order(limit_order(), contract or ibm())
    bridge.requests.wait_for(PlaceOrderRequest)
    bridge.say(status(handle.order_id, "Submitted"))
    handle.wait_for("Submitted", PATIENCE)
    return handle
