"""Tables of a catalogue file that say where and when instruments trade."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Annotated, Final
from zoneinfo import available_timezones

from msgspec import Meta, Struct

from ibkr_actors.simulated_gateway.hours.calendars import is_known
from ibkr_actors.simulated_gateway.hours.trading_hours import HOURS, TradingHours
from ibkr_actors.simulated_gateway.instruments.catalogue_listed import EntryError
from ibkr_actors.simulated_gateway.instruments.instrument import Venue

_MINUTES_AN_HOUR: Final = 60

Clock = Annotated[str, Meta(pattern=r"^-?\d{2}:\d{2}$")]


class HoursEntry(Struct, forbid_unknown_fields=True):
    """`[hours.NAME]`: times of the exchange's own clock as HH:MM; -07:00 is 17:00 on the evening before."""

    zone: str
    opening: Clock
    closing: Clock
    liquid_opening: Clock = ""
    """Regular trading; the whole session when it is left out."""
    liquid_closing: Clock = ""
    calendar: str = "FX"
    """Its days: a code of the package `exchange_calendars` such as XTKS; FX for weekdays but the three holidays that
    all have in common; or 24/7."""

    def hours(self) -> TradingHours:
        """The same in minutes. Raises EntryError for a zone or a calendar that there isn't."""
        if not is_known(self.calendar):
            raise EntryError(
                "calendar", f"expected FX, 24/7 or a code of exchange_calendars, got {self.calendar!r}"
            )
        if self.zone not in available_timezones():
            raise EntryError("zone", f"expected a time zone such as Asia/Tokyo, got {self.zone!r}")
        opening, closing = _minutes(self.opening), _minutes(self.closing)
        return TradingHours(
            self.zone,
            opening,
            closing,
            _minutes(self.liquid_opening) if self.liquid_opening else opening,
            _minutes(self.liquid_closing) if self.liquid_closing else closing,
            self.calendar,
        )


def _minutes(clock: str) -> int:
    hours, _, minutes = clock.removeprefix("-").partition(":")
    if clock.startswith("-"):
        return int(minutes) - int(hours) * _MINUTES_AN_HOUR
    return int(hours) * _MINUTES_AN_HOUR + int(minutes)


class VenueEntry(Struct, forbid_unknown_fields=True):
    """`[venues.NAME]`: where and when instruments trade, and the rules there."""

    hours: str
    """A name under `[hours]`, or of the built-in hours."""
    valid_exchanges: Annotated[tuple[str, ...], Meta(min_length=1)]
    """The usual route first."""
    order_types: str
    market_rule: int
    minimum_size: Decimal = Decimal(1)
    suggested_size: Decimal = Decimal(1)
    lot: Annotated[int, Meta(ge=1)] = 1
    """Quoted sizes are multiples of it."""
    aggregation_group: int | None = None

    def venue(self, hours: Mapping[str, TradingHours]) -> Venue:
        """Raises EntryError for hours that nobody defines."""
        known = {**HOURS, **hours}
        if self.hours not in known:
            raise EntryError("hours", f"expected one of {', '.join(sorted(known))}, got {self.hours!r}")
        return Venue(
            valid_exchanges=self.valid_exchanges,
            order_types=self.order_types,
            hours=known[self.hours],
            market_rule=self.market_rule,
            minimum_size=self.minimum_size,
            suggested_size=self.suggested_size,
            lot=self.lot,
            aggregation_group=self.aggregation_group,
        )
