"""What market data the login may see, and how it is told that it may not."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from ibkr_actors.simulated_gateway.instruments.instrument import CURRENCY, Instrument
from ibkr_actors.simulated_gateway.refusals import Refusal, historical


class Subscription(StrEnum):
    """The market data that a login has subscribed to. Currencies need no subscription."""

    LIVE = "live"
    """All data, at once."""
    DELAYED = "delayed"
    """None; delayed ticks come to who asks for them."""
    NONE = "none"
    """None, and delayed ticks are not enabled either."""


NEEDS_SUBSCRIPTION: Final = (
    "Requested market data requires additional subscription for API. "
    "See link in 'Market Data Connections' dialog for more details."
)
NOT_SUBSCRIBED: Final = "Requested market data is not subscribed."
SHOWING_DELAYED: Final = (10167, f"{NOT_SUBSCRIBED} Displaying delayed market data.")
NO_DELAYED: Final = (10168, f"{NOT_SUBSCRIBED} Delayed market data is not enabled.")
NO_DEPTH: Final = (354, NOT_SUBSCRIBED)
NO_HISTOGRAM: Final = (2188, "Historical market data subscription is required.")


class DataRights:
    """Says of each kind of data whether the login may see it; each check raises the refusal of a real gateway."""

    def __init__(self, subscription: Subscription) -> None:
        self._subscription = subscription

    def _covers(self, instrument: Instrument) -> bool:
        return self._subscription is Subscription.LIVE or instrument.security_type == CURRENCY

    def check_ticks(self, instrument: Instrument, *, delayed: bool) -> bool:
        """Whether delayed ticks come instead of live ones, which the client is warned of."""
        if self._covers(instrument):
            return False
        if self._subscription is Subscription.NONE:
            raise Refusal(*NO_DELAYED)
        if not delayed:
            what = f"{instrument.symbol} {_market(instrument)}/TOP/ALL"
            raise Refusal(10089, f"{NEEDS_SUBSCRIPTION}Delayed market data is available.{what}")
        return True

    def check_depth(self, instrument: Instrument) -> None:
        """Books of orders are never delayed."""
        if not self._covers(instrument):
            raise Refusal(*NO_DEPTH)

    def check_tick_by_tick(self, instrument: Instrument) -> None:
        """Nor are ticks one by one."""
        if not self._covers(instrument):
            raise Refusal(10189, f"Failed to request tick-by-tick data:{_no_permissions(instrument)}")

    def check_real_time_bars(self, instrument: Instrument) -> None:
        """Nor are bars of five seconds."""
        if not self._covers(instrument):
            raise Refusal(420, f"Invalid Real-time Query:{_no_permissions(instrument)}")

    def check_history(self, instrument: Instrument) -> None:
        """Bars and head timestamps."""
        if not self._covers(instrument):
            raise historical(_no_permissions(instrument))

    def check_past_ticks(self, instrument: Instrument) -> None:
        """Ticks of the past."""
        if not self._covers(instrument):
            raise Refusal(10187, f"Failed to request historical ticks:{_no_permissions(instrument)}")

    def check_histogram(self, instrument: Instrument) -> None:
        """Volumes by price."""
        if not self._covers(instrument):
            raise Refusal(*NO_HISTOGRAM)


def _market(instrument: Instrument) -> str:
    """The market as the recorded text names it: NASDAQ.NMS."""
    return f"{instrument.listing_exchange}.{instrument.trading_class}"


def _no_permissions(instrument: Instrument) -> str:
    return f"No market data permissions for {instrument.listing_exchange} {instrument.security_type}"
