"""Codes of mutual funds."""

from __future__ import annotations

from ibkr_actors.wire.codes import Words


class FundDistributionPolicy(Words):
    """`ContractDetails.fund_distribution_policy_indicator`."""

    ACCUMULATION = "N"
    """Income stays in the fund."""
    INCOME = "Y"
    """Income is paid out."""


class FundAssetType(Words):
    """`ContractDetails.fund_asset_type`."""

    OTHERS = "000"
    MONEY_MARKET = "001"
    FIXED_INCOME = "002"
    MULTIPLE_ASSETS = "003"
    EQUITY = "004"
    SECTOR = "005"
    GUARANTEED = "006"
    ALTERNATIVE = "007"
