"""What the judges of a transcript ask of it more than once, or in more than a line."""

from __future__ import annotations

import itertools
import re
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from tests.clients.sightings import ContractFound, Log, Notice, OpenOrder, OpenOrders, S, Transcript

ACCOUNT = "DU1000001"
CENT = Decimal("0.01")
UNKNOWN_CONTRACT = "No security definition has been found for the request"
FARMS = [
    (2104, "Market data farm connection is OK:usfuture"),
    (2104, "Market data farm connection is OK:usfarm"),
    (2106, "HMDS data farm connection is OK:ushmds"),
    (2158, "Sec-def data farm connection is OK:secdefnj"),
]
EXPECTED_CODES = {2104, 2106, 2158, 200, 201, 202, 10147, 10148, 162, 2152}
"""All that the gateway has reason to say on such a day; 162 confirms the end of a scan, 2152 comes with depth."""
WAYS_TO_FILLED = (["PreSubmitted", "Filled"], ["PreSubmitted", "Submitted", "Filled"])
"""In one fill, in several."""
TESLA = 76792991
"""The stock that questions beyond the everyday are about."""
MICROSOFT = 272093
"""The other leg of the combination with it."""
NEVER_PLACED = 987_654
"""The order that the day's client tries to cancel, and has not placed."""


def repeats_a_notice(log: Log, seen: Transcript) -> bool:
    """Whether it is a notice in the words of the client: of `ib_insync` and of `ib_async`, which log them all."""
    if "Traceback" in log.text:
        return False
    if "Canceled order: " in log.text:  # they give an order up when an error names it
        given_up = re.search(r"orderId=(\d+)", log.text)
        return given_up is not None and bool(set(seen_codes(seen, int(given_up[1]))) & {200, 201})
    if f"cancelOrder: Unknown orderId {NEVER_PLACED}" in log.text:
        return True
    told = re.search(r"Error (\d+), reqId (-?\d+): (.*)", log.text)
    return told is not None and any(
        (notice.code, notice.number) == (int(told[1]), int(told[2])) and told[3].startswith(notice.text)
        for notice in seen.all(Notice)
    )


def seen_codes(seen: Transcript, number: int) -> list[int]:
    """The codes about a request or an order."""
    return [notice.code for notice in seen.all(Notice, number=number)]


def strikes(options: list[ContractFound], right: str) -> list[float]:
    """Of the calls or the puts."""
    return sorted(one.strike for one in options if one.right[:1] == right)


def in_this_order(told: list[float], shown: list[float]) -> bool:
    """Whether each price was shown, not before the one that was told before it."""
    rest = iter(price for price, _ in itertools.groupby(shown))
    return all(price in rest for price, _ in itertools.groupby(told))


def ticks_since(now: float) -> str:
    """When ticks of the past are to begin: on the last Wednesday before today, in the afternoon of UTC."""
    today = datetime.fromtimestamp(now, UTC)
    return f"{today - timedelta(days=(today.weekday() - 2) % 7 or 7):%Y%m%d-15:00:00}"


def own_orders(seen: Transcript, moment: str, label: str) -> list[OpenOrder]:
    """The orders of the client that placed this one, in the list of a moment."""
    client = seen.order(label).client
    return [order for order in seen.the(OpenOrders, moment=moment).orders if order.client == client]


def before_and_after(seen: Transcript, kind: type[S], label: str) -> tuple[S, S]:
    """What was looked at before and after a trade."""
    return seen.the(kind, moment=f"before {label}"), seen.the(kind, moment=f"after {label}")
