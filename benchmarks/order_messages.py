"""openOrder and orderStatus of the one order that every client places: a limit order that starts to work.

Follows frames that real gateways sent, so that a client has as many fields to decode as it would in life.
The permanent id equals the order id.
"""

from benchmarks.frames import Fields, protobuf_body, protobuf_frame, text_frame
from benchmarks.scenarios import ACCOUNT, CLIENT_ID, LIMIT_PRICE, ORDER_QUANTITY

OPEN_ORDER, ORDER_STATUS = 5, 3
OUTSIDE_HOURS_SINCE = 195
"""Server version from which the order state holds margins outside regular hours."""
SUBMITTER_SINCE = 199
"""Server version from which openOrder's text ends as it does at 200 (fields were added from 183 on)."""

_UNSET = "1.7976931348623157E308"


def accepted_as_text(order_id: int, version: int) -> bytes:
    """Both frames, as text of server `version`."""
    status = ("Submitted", 0, ORDER_QUANTITY, 0, order_id, 0, 0, CLIENT_ID, "", 0)
    return text_frame(OPEN_ORDER, *_open_order(order_id, version)) + text_frame(
        ORDER_STATUS, order_id, *status
    )


def _open_order(order_id: int, version: int) -> list[str]:
    """The fields of openOrder; in this notation `U` is the wire's unset double."""
    order = (
        f"{order_id}|265598|AAPL|STK||0|?||SMART|USD|AAPL|NMS|BUY|{ORDER_QUANTITY}|LMT|{LIMIT_PRICE}|0.0|DAY|"
        f"|{ACCOUNT}||0||{CLIENT_ID}|{order_id}|0|0|0||{order_id}.0/{ACCOUNT}/100||||||0|||0||-1|0|"
        "|||||2147483647|0|0|0||3|0|0||0|0||0|None||0||||?|0|0||0|0||||||0|0|0|2147483647|2147483647|"
        "||0||IB|0|0||0|0|"
    )
    state = "Submitted|U|U|U|U|U|U|U|U|U|||||"
    outside_hours = "|U|U|U|U|U|U|U|U|U|-9223372036854775808||0|" if version >= OUTSIDE_HOURS_SINCE else ""
    conditions_and_adjustments = "|0|0|0|None|U|188.25|U|U|U|U|0||||0|1|0|0|0|||0|||||"
    tail = "||0||0||2147483647||0" if version >= SUBMITTER_SINCE else ""
    text = order + state + outside_hours + conditions_and_adjustments + tail
    return [_UNSET if field == "U" else field for field in text.split("|")]


def accepted_as_protobuf(order_id: int) -> bytes:
    """Both frames, with protobuf bodies."""
    body = protobuf_body({1: order_id, 2: _CONTRACT, 3: _order(order_id), 4: protobuf_body({1: "Submitted"})})
    return protobuf_frame(OPEN_ORDER, body) + protobuf_frame(ORDER_STATUS, _status(order_id))


_CONTRACT = protobuf_body(
    {1: 265598, 2: "AAPL", 3: "STK", 5: 0.0, 8: "SMART", 10: "USD", 11: "AAPL", 12: "NMS"}
)


def _order(order_id: int) -> bytes:
    identity: Fields = {1: CLIENT_ID, 2: order_id, 3: order_id, 4: 0}
    terms: Fields = {
        5: "BUY",
        6: str(ORDER_QUANTITY),
        8: "LMT",
        9: LIMIT_PRICE,
        10: 0.0,
        11: "DAY",
        12: ACCOUNT,
    }
    rest: Fields = {15: "IB", 23: 188.25, 30: 3, 31: 0, 38: 0, 40: 0, 41: "None", 46: 0, 69: 0, 70: 0, 72: -1}
    newer: Fields = {93: "None", 98: 0, 111: 1, 115: "0", 118: "Not an insider or substantial shareholder"}
    newest: Fields = {120: 0, 122: 0, 137: "paper-user-01", 142: 0}
    return protobuf_body({**identity, **terms, **rest, **newer, **newest})


def _status(order_id: int) -> bytes:
    amounts: Fields = {2: "Submitted", 3: "0", 4: str(ORDER_QUANTITY), 5: 0.0}
    return protobuf_body({1: order_id, **amounts, 6: order_id, 7: 0, 8: 0.0, 9: CLIENT_ID, 11: 0.0})
