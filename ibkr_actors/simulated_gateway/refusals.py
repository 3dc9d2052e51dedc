"""What the gateway says when it refuses or ends something: codes and texts as real gateways send them."""

from __future__ import annotations

from typing import Final

from ibkr_actors.base.codec import ID_FIELDS
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.errors import IbkrError

ANONYMOUS: Final = "bF"
"""Stands for the obfuscated name that the texts of 321 and 322 carry; it differs from build to build."""


class Refusal(IbkrError):
    """The gateway answers a request with an error: `code` and `text` are what goes on the wire."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code} {text}")
        self.code, self.text = code, text


def id_of(request: Message) -> int:
    """The id that an error about a request carries: the request's or the order's, else -1."""
    for name in ID_FIELDS:
        number = getattr(request, name, None)
        if number is not None:
            return int(number)
    return -1


def invalid(cause: str, code: int = 321) -> Refusal:
    """A request with a value that fails validation."""
    return Refusal(code, f"Error validating request.-'{ANONYMOUS}' : cause - {cause}")


def unprocessable(cause: str) -> Refusal:
    """A valid request that can't be processed now."""
    return Refusal(322, f"Error processing request.-'{ANONYMOUS}' : cause - {cause}")


def unreadable(reason: str) -> Refusal:
    """A message whose fields can't be read."""
    return Refusal(320, f"Error reading request. {reason}")


def historical(detail: str) -> Refusal:
    """Error 162: the historical service's failures, and its confirmation of cancellations."""
    return Refusal(162, f"Historical Market Data Service error message:{detail}")


def duplicate_ticker() -> Refusal:
    """A request id that is in use."""
    return Refusal(102, "Duplicate ticker id")


def unknown_ticker(request_id: int) -> Refusal:
    """A cancellation of something that isn't there."""
    return Refusal(300, f"Can't find EId with tickerId:{request_id}")


DUPLICATE_CLIENT: Final = (
    326,
    "Unable to connect as the client id is already in use. Retry with a unique client id.",
)
AUTO_BIND: Final = (
    327,
    "Only API connections with clientId set to 0 can set the auto bind TWS orders property.",
)
NO_ZONE: Final = (
    2174,
    "Warning: You submitted request with date-time attributes without explicit time zone. Please switch to use "
    "yyyymmdd-hh:mm:ss in UTC or use instrument timezone, like US/Eastern. Implied time zone functionality will be "
    "removed in the next API release",
)
_PACING: Final = "Historical data request pacing violation"
PACING_VIOLATION: Final = (162, f"Historical Market Data Service error message:{_PACING}")
REAL_TIME_PACING: Final = (420, f"Invalid Real-time Query:{_PACING}")

DUPLICATE_ORDER: Final = (103, "Duplicate order id")
FILLED_ORDER: Final = (104, "Cannot modify a filled order.")
OTHER_ORDER: Final = (105, "Order being modified does not match original order")
OFF_GRID: Final = (110, "The price does not conform to the minimum price variation for this contract.")
STILL_PROCESSED: Final = (2102, "Unable to modify this order as it is still being processed.")
OTHER_TYPE: Final = (329, "Order modify failed. Cannot change to the new order type.")
OTHER_TIME_IN_FORCE: Final = (462, "Order modify failed. Cannot change to the new Time in Force.")
OTHER_PARENT: Final = (10341, "Parent order id cannot be modified.")
LOCATING: Final = (
    404,
    "Shares for this order are not immediately available for short sale. The order will be held while we attempt to "
    "locate the shares.",
)
IGNORES_OUTSIDE_HOURS: Final = (
    2109,
    "Order Event Warning:Attribute 'Outside Regular Trading Hours' is ignored based on the order type and destination. "
    "PlaceOrder is now being processed.",
)
TYPE_UNSUPPORTED: Final = (387, "Unsupported order type for this exchange and security type.")
TRAIL_OF_MARKET: Final = (328, "Trailing stop orders can be attached to limit or stop-limit orders only.")
WHAT_IF_UNTRANSMITTED: Final = (413, "What-if order must have the transmit flag set to TRUE.")
ZERO_SIZE: Final = (434, "The order size cannot be zero.")
ACCOUNT_NEEDED: Final = (435, "You must specify an account.")
ACCOUNT_UNKNOWN: Final = (321, f"Error validating request.-'{ANONYMOUS}' : cause - Invalid account code.")
MISSING_PARENT: Final = (10006, "Missing parent order.")
TIME_IN_FORCE: Final = (10052, "Invalid time in force:")


def preset_time_in_force(name: str) -> tuple[int, str]:
    """A time in force was missing, and the preset had one."""
    return 10349, f"Order TIF was set to {name} based on order preset."


def message_rate(limit: int, received: int, client_id: int) -> tuple[int, str]:
    """A client sends too fast; `received` counts what it sent within a second."""
    return 100, f"Max rate of messages per second has been exceeded:max={limit} rec={received} ({client_id})"


def order_rejected(reason: str) -> tuple[int, str]:
    """The order system says no."""
    return 201, f"Order rejected - reason:{reason}"


def cancelled(reason: str = "") -> tuple[int, str]:
    """An order is cancelled, by whomever; real gateways mostly leave the reason out."""
    return 202, f"Order Canceled - reason:{reason}"


def in_transition(permanent_id: int) -> tuple[int, str]:
    """A cancellation of an order that is being cancelled already."""
    return 161, (f"Cancel attempted when order is not in a cancellable state.  Order permId ={permanent_id}")


def order_not_found(order_id: int) -> Refusal:
    """A cancellation of an order that this client never placed."""
    return Refusal(10147, f"OrderId {order_id} that needs to be cancelled is not found.")


def order_not_cancellable(order_id: int, state: str) -> Refusal:
    """A cancellation of an order that has ended."""
    return Refusal(
        10148, f"OrderId {order_id} that needs to be cancelled cannot be cancelled, state: {state}."
    )
