"""Who an order is for and how it trades, as an old rule of the New York Stock Exchange asks."""

from __future__ import annotations

from ibkr_actors.wire.codes import Words


class Rule80A(Words):
    """`Order.rule_80a`."""

    INDIVIDUAL = "I"
    AGENCY = "A"
    AGENT_FOR_OTHER_MEMBER = "W"
    INDIVIDUAL_INDEX_ARBITRAGE = "J"
    """A program trade that is index arbitrage; so for the two below."""
    AGENCY_INDEX_ARBITRAGE = "U"
    AGENT_FOR_OTHER_MEMBER_INDEX_ARBITRAGE = "M"
    INDIVIDUAL_PROGRAM_TRADE = "K"
    """A program trade that is no index arbitrage; so for the two below."""
    AGENCY_PROGRAM_TRADE = "Y"
    AGENT_FOR_OTHER_MEMBER_PROGRAM_TRADE = "N"
