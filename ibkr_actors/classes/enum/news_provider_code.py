"""Providers of news."""

from __future__ import annotations

from ibkr_actors.wire.codes import Words


class NewsProviderCode(Words):
    """The providers that logins commonly have; `request_news_providers` tells those of yours."""

    BRIEFING_GENERAL = "BRFG"
    """Briefing.com: general market columns."""
    BRIEFING_ANALYST_ACTIONS = "BRFUPDN"
    BRIEFING_TRADER = "BRF"
    """By subscription."""
    DOW_JONES_NEWSLETTERS = "DJNL"
    DOW_JONES_NEWS_SERVICE = "DJ-N"
    DOW_JONES_TRADER_NEWS = "DJ-RT"
    DOW_JONES_ASIA_PACIFIC = "DJ-RTA"
    DOW_JONES_EUROPE = "DJ-RTE"
    DOW_JONES_GLOBAL = "DJ-RTG"
    DOW_JONES_PRO = "DJ-RTPRO"
    BENZINGA_PRO = "BZ"
    """By subscription."""
    FLY_ON_THE_WALL = "FLY"
    """By subscription."""
    MIDNIGHT_TRADER = "MT"
    """By subscription."""
