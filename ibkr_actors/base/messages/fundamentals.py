"""Fundamental data, which only older bridges have: newer ones answer with error 10358."""

from __future__ import annotations

from typing import Annotated

from msgspec import field

from ibkr_actors.base.messages.declaration import Cancellation, IdentifiedRequest, Reply, message, one
from ibkr_actors.base.messages.layouts import PERHAPS_COUNTED_OPTIONS
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.fundamental_report_type import FundamentalReportType
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.codes import Word
from ibkr_actors.wire.fields import layout, within
from ibkr_actors.wire.tags import TagValue


@message(51, legacy_version=1)
class FundamentalData(Reply, frozen=True):
    """A report about a company, in XML."""

    request_id: Annotated[int, Wire(1)] = -1
    data: Annotated[str, Wire(2)] = ""


@message(53, legacy_version=1)
class CancelFundamentalData(Cancellation, frozen=True):
    """End a request for fundamental data."""


@message(
    52,
    legacy_version=2,
    text=layout(
        "request_id",
        within(
            "contract",
            "contract_id",
            "symbol",
            "security_type",
            "exchange",
            "primary_exchange",
            "currency",
            "local_symbol",
        ),
        "report_type",
        PERHAPS_COUNTED_OPTIONS,
    ),
    replies=one(FundamentalData, cancel=CancelFundamentalData),
)
class FundamentalDataRequest(IdentifiedRequest, frozen=True):
    """Ask for a report about the company behind a stock."""

    contract: Annotated[Contract, Wire(2)] = field(default_factory=Contract)
    report_type: Annotated[Word[FundamentalReportType], Wire(3)] = ""
    options: Annotated[tuple[TagValue, ...], Wire(4)] = ()
