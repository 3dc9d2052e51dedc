"""Parts of a financial advisor's configuration."""

from __future__ import annotations

from ibkr_actors.wire.codes import Numbers


class FinancialAdvisorDataType(Numbers):
    """The part of an advisor's configuration that a request reads or replaces, and an answer holds.

    2 were allocation profiles, which bridges since server version 177 have no more.
    """

    GROUPS = 1
    """Groups of accounts, with how an order is allocated among them."""
    ALIASES = 3
    """Names of accounts."""
