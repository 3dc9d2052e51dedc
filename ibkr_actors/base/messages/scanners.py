"""Market scans."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated

from msgspec import field

from ibkr_actors.base.messages.declaration import (
    Cancellation,
    IdentifiedRequest,
    Reply,
    Request,
    message,
    one,
    stream,
)
from ibkr_actors.base.messages.layouts import SHORT_STRIKE
from ibkr_actors.base.server_versions import PROTOBUF_SCANNERS
from ibkr_actors.classes.scanner import Scanner, ScannerRow
from ibkr_actors.classes.value import snapshot
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.fields import each, layout, within
from ibkr_actors.wire.tags import TagValue


@message(19, protobuf_since=PROTOBUF_SCANNERS, legacy_version=1)
class ScannerParameters(Reply, frozen=True):
    """Everything that a scan may ask for, as XML of some two megabytes."""

    xml: Annotated[str, Wire(1)] = ""

    def __repr__(self) -> str:
        """How it begins and how long it is; `xml` has all of it."""
        return f"ScannerParameters(xml={self.xml[:80]!r}... {len(self.xml):,} characters)"


@message(
    20,
    protobuf_since=PROTOBUF_SCANNERS,
    legacy_version=3,
    text=layout(
        "request_id",
        each(
            "rows",
            "rank",
            within(
                "contract",
                "contract_id",
                "symbol",
                "security_type",
                "last_trade_date_or_contract_month",
                SHORT_STRIKE,
                "right",
                "exchange",
                "currency",
                "local_symbol",
            ),
            "market_name",
            "contract.trading_class",
            "distance",
            "benchmark",
            "projection",
            "combo_key",
        ),
    ),
)
class ScannerData(Reply, frozen=True):
    """The whole result of a scan, best first; sent again about every half minute."""

    request_id: Annotated[int, Wire(1)] = -1
    rows: Annotated[tuple[ScannerRow, ...], Wire(2)] = ()


@message(
    24, protobuf_since=PROTOBUF_SCANNERS, legacy_version=1, replies=one(ScannerParameters, unidentified=True)
)
class ScannerParametersRequest(Request, frozen=True):
    """Ask for everything that a scan may ask for."""


@message(23, protobuf_since=PROTOBUF_SCANNERS, legacy_version=1)
class CancelScannerSubscription(Cancellation, frozen=True):
    """End a scan; error 162 confirms it."""


@message(
    22,
    protobuf_since=PROTOBUF_SCANNERS,
    text=layout(
        "request_id",
        within(
            "scanner",
            "number_of_rows",
            "instrument",
            "location_code",
            "scan_code",
            "above_price",
            "below_price",
            "above_volume",
            "market_cap_above",
            "market_cap_below",
            "moody_rating_above",
            "moody_rating_below",
            "sp_rating_above",
            "sp_rating_below",
            "maturity_date_above",
            "maturity_date_below",
            "coupon_rate_above",
            "coupon_rate_below",
            "exclude_convertible",
            "average_option_volume_above",
            "scanner_setting_pairs",
            "stock_type_filter",
            "filter_options",
            "subscription_options",
        ),
    ),
    replies=stream(ScannerData, cancel=CancelScannerSubscription),
)
class ScannerSubscriptionRequest(IdentifiedRequest, frozen=True):
    """Subscribe to the result of a scan."""

    scanner: Annotated[Scanner, Wire(2)] = field(default_factory=Scanner)


def scanner_subscription(
    scanner: Scanner,
    subscription_options: Iterable[TagValue] | None = None,
    filter_options: Iterable[TagValue] | None = None,
    *,
    request_id: int = 0,
) -> ScannerSubscriptionRequest:
    """Subscribe to the result of a scan. Options that are given here are added to those of the scanner."""
    whole = snapshot(scanner, Scanner)
    whole.subscription_options = (*whole.subscription_options, *(subscription_options or ()))
    whole.filter_options = (*whole.filter_options, *(filter_options or ()))
    return ScannerSubscriptionRequest(whole, request_id=request_id)
