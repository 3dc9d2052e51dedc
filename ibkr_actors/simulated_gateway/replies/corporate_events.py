"""The calendar of corporate events behind Wall Street Horizon: a function of the seed and the days asked for."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from random import Random
from typing import Any, Final, NamedTuple

from ibkr_actors.simulated_gateway.instruments.instrument import STOCK, Instrument

EVENT_TYPES: Final = {
    "wshe_ed": "Earnings Date",
    "wshe_eps": "Earnings Call",
    "wshe_div": "Dividend",
    "wshe_bod": "Board of Directors Meeting",
    "wshe_fyed": "Fiscal Year End",
}
"""By the tag that filters name."""

FILTERS: Final = {
    "watchlist": "Contract ids",
    "country": "Country",
    "limit": "Number of events",
    "limit_region": "Number of events in a region",
}
"""What else a filter may hold."""

_QUARTER: Final = 91
_REACH: Final = timedelta(days=_QUARTER)
_YEAR: Final = timedelta(days=365)


class CorporateEvent(NamedTuple):
    """One event of one company."""

    day: date
    tag: str
    instrument: Instrument

    def told(self, today: date) -> dict[str, Any]:
        """As the answer has it; what lies ahead is not confirmed yet."""
        return {
            "event_type": self.tag,
            "event_name": EVENT_TYPES[self.tag],
            "conids": [str(self.instrument.contract_id)],
            "symbol": self.instrument.symbol,
            "company": self.instrument.name,
            "index_date": f"{self.day:%Y%m%d}",
            "status": "CONFIRMED" if self.day <= today else "UNCONFIRMED",
        }


class CorporateEvents:
    """Each stock has every kind of event once a quarter, on a day that the seed chooses.

    Not responsible for: who may see it, the order of requests.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def find(
        self, instruments: Iterable[Instrument], tags: Iterable[str], start: date, end: date, today: date
    ) -> list[CorporateEvent]:
        """The events of some kinds on days from the start to the end, both included, in the order of time.

        The calendar knows two years before `today` and one year behind it.
        """
        wanted = frozenset(tags)
        start, end = max(start, today - 2 * _YEAR), min(end, today + _YEAR)
        events = (
            event
            for instrument in instruments
            if instrument.security_type == STOCK
            for event in self._of_instrument(instrument, start, end)
        )
        return sorted(
            (event for event in events if event.tag in wanted),
            key=lambda event: (event.day, event.tag, event.instrument.contract_id),
        )

    def _of_instrument(self, instrument: Instrument, start: date, end: date) -> Iterator[CorporateEvent]:
        for quarter in range(start.toordinal() // _QUARTER, end.toordinal() // _QUARTER + 1):
            for tag in EVENT_TYPES:
                random = Random(f"{self._seed} events {instrument.contract_id} {tag} {quarter}")  # noqa: S311 - no secret
                day = date.fromordinal(quarter * _QUARTER + random.randrange(_QUARTER))
                if start <= day <= end:
                    yield CorporateEvent(day, tag, instrument)


def default_end(start: date) -> date:
    """Until when events are told to somebody who names no end."""
    return min(start, date.max - _REACH) + _REACH


def metadata() -> str:
    """The kinds of events and of filters, in JSON."""
    return json.dumps(
        {
            "meta_data": {
                "event_types": [{"tag": tag, "name": name} for tag, name in EVENT_TYPES.items()],
                "filters": [{"tag": tag, "name": name} for tag, name in FILTERS.items()],
            }
        }
    )
