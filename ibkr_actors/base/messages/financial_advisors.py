"""The configuration of a financial advisor's login: reading it and replacing it, as XML."""

from __future__ import annotations

from typing import Annotated

from ibkr_actors.base.messages.declaration import IdentifiedRequest, Reply, Request, message, one
from ibkr_actors.base.server_versions import PROTOBUF_FINANCIAL_ADVISORS
from ibkr_actors.classes.enum.financial_advisor_data_type import FinancialAdvisorDataType
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.codes import Number
from ibkr_actors.wire.fields import layout


@message(16, protobuf_since=PROTOBUF_FINANCIAL_ADVISORS, legacy_version=1)
class FinancialAdvisorConfiguration(Reply, frozen=True):
    """One part of the advisor's configuration."""

    data_type: Annotated[Number[FinancialAdvisorDataType], Wire(1)] = 0
    xml: Annotated[str, Wire(2)] = ""


@message(103, protobuf_since=PROTOBUF_FINANCIAL_ADVISORS)
class ReplaceFinancialAdvisorEnd(Reply, frozen=True):
    """The advisor's configuration has been replaced."""

    request_id: Annotated[int, Wire(1)] = -1
    text: Annotated[str, Wire(2)] = ""
    """How it went, in words."""


@message(
    18,
    protobuf_since=PROTOBUF_FINANCIAL_ADVISORS,
    legacy_version=1,
    replies=one(FinancialAdvisorConfiguration, unidentified=True),
)
class FinancialAdvisorRequest(Request, frozen=True):
    """Ask for one part of the advisor's configuration; an error (321, 322, 344) tells a login that is no advisor's."""

    data_type: Annotated[Number[FinancialAdvisorDataType], Wire(1)] = FinancialAdvisorDataType.GROUPS


@message(
    19,
    protobuf_since=PROTOBUF_FINANCIAL_ADVISORS,
    legacy_version=1,
    text=layout("data_type", "xml", "request_id"),
    replies=one(ReplaceFinancialAdvisorEnd),
)
class ReplaceFinancialAdvisorRequest(IdentifiedRequest, frozen=True):
    """Replace one part of the advisor's configuration."""

    data_type: Annotated[Number[FinancialAdvisorDataType], Wire(2)] = FinancialAdvisorDataType.GROUPS
    xml: Annotated[str, Wire(3)] = ""
    """The whole part, as the answer to `FinancialAdvisorRequest` has it."""
