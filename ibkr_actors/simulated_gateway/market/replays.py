"""What a gateway lists and replays: its catalogue, and for each file of data the instrument whose market it is."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from math import isnan
from pathlib import Path

from ibkr_actors.errors import ConfigurationError
from ibkr_actors.simulated_gateway.hours.market_time import EASTERN, eastern_text
from ibkr_actors.simulated_gateway.instruments.catalogue import Catalogue, Instrument
from ibkr_actors.simulated_gateway.market.market_data_files import MarketData
from ibkr_actors.simulated_gateway.market.replayed_events import Events, events_of


def catalogue_and_replays(
    file: Path | str | None, data: Iterable[MarketData], now: float
) -> tuple[Catalogue, dict[int, Events]]:
    """The catalogue of a gateway whose time begins at `now`, and the events of the data by contract id.

    An instrument with data has the data's first price in the catalogue, so that the strikes of its options lie around
    it. Raises ConfigurationError for data of an unknown instrument, for two files of one, and when all data have ended
    by `now`.
    """
    today = datetime.fromtimestamp(now, EASTERN).date()
    catalogue = Catalogue(today, file)
    replays: dict[int, Events] = {}
    for each in data:
        instrument = _instrument_of(each, catalogue)
        if instrument.contract_id in replays:
            raise ConfigurationError(
                f"{each.path}: the data of {instrument.local_symbol} are in another file"
            )
        replays[instrument.contract_id] = events_of(each, instrument)
    if replays:
        _check_time(replays, now)
        prices = {contract_id: _first_price(events) for contract_id, events in replays.items()}
        catalogue = Catalogue(today, file, prices)
    catalogue.advance(now)
    return catalogue, replays


def _instrument_of(data: MarketData, catalogue: Catalogue) -> Instrument:
    """The instrument of a contract id, a local symbol or a symbol; of several the one that is no derivative."""
    if data.name.isdecimal() and int(data.name) in catalogue:
        return catalogue[int(data.name)]
    named = [each for each in catalogue if data.name in (each.local_symbol, each.symbol)]
    for fits in (
        [each for each in named if not each.kind.is_derivative],
        [each for each in named if each.local_symbol == data.name],
    ):
        if len(fits) == 1:
            return fits[0]
    expected = "expected the symbol, local symbol or contract id of one listed instrument"
    several = ", ".join(str(each.contract_id) for each in named[:5])
    found = f"{data.name!r} means several: {several}" if named else f"there is no {data.name!r}"
    raise ConfigurationError(f"{data.path}: {expected}, but {found}; name it: --data CONTRACT_ID={data.path}")


def _check_time(replays: dict[int, Events], now: float) -> None:
    end = max(events.end for events in replays.values())
    if end <= now:
        raise ConfigurationError(
            f"the data end at {eastern_text(end)}, before the gateway's time begins at {eastern_text(now)}: "
            "start it within the data (--start), or leave the start out"
        )


def _first_price(events: Events) -> float:
    first = events.event(0)
    return (first.bid + first.ask) / 2 if isnan(first.price) else first.price
