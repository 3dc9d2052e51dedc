"""Reports about companies."""

from __future__ import annotations

from ibkr_actors.wire.codes import Words


class FundamentalReportType(Words):
    """`FundamentalDataRequest.report_type`."""

    SNAPSHOT = "ReportSnapshot"
    """The company at a glance."""
    FINANCIAL_SUMMARY = "ReportsFinSummary"
    RATIOS = "ReportRatios"
    FINANCIAL_STATEMENTS = "ReportsFinStatements"
    ANALYST_ESTIMATES = "RESC"
    CALENDAR = "CalendarReport"
    """Events to come."""
