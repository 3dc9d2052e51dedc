"""Market scans: what can be asked (the parameters, in XML), and the rows that a scan finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Final
from xml.etree.ElementTree import Element, SubElement, tostring

from msgspec import Struct

from ibkr_actors.classes.scanner import Scanner, ScannerRow
from ibkr_actors.simulated_gateway.instruments.instrument import STOCK, Instrument
from ibkr_actors.simulated_gateway.market.market import Market
from ibkr_actors.simulated_gateway.market.price_paths import DAY, STEPS_PER_SECOND
from ibkr_actors.simulated_gateway.market.quotes import Quote
from ibkr_actors.simulated_gateway.refusals import historical

MOST_ROWS: Final = 50
INSTRUMENT: Final = "STK"

LOCATIONS: Final = {
    "STK.US": ("US Stocks", ("NASDAQ", "NYSE", "ARCA")),
    "STK.US.MAJOR": ("Listed/NASDAQ", ("NASDAQ", "NYSE", "ARCA")),
    "STK.NASDAQ": ("NASDAQ", ("NASDAQ",)),
    "STK.NASDAQ.NMS": ("NASDAQ GS", ("NASDAQ",)),
    "STK.NYSE": ("NYSE", ("NYSE",)),
    "STK.ARCA": ("Arca", ("ARCA",)),
    "STK.AMEX": ("NYSE MKT", ()),
}
"""Name of each location, and the listing exchanges in it."""

STOCK_TYPES: Final[dict[str, tuple[str, ...]]] = {
    "": ("COMMON", "ETF"),
    "ALL": ("COMMON", "ETF"),
    "STOCK": ("COMMON",),
    "CORP": ("COMMON",),
    "ETF": ("ETF",),
    "ADR": (),
    "REIT": (),
    "CEF": (),
}

_UNKNOWN_TO_US: Final = (
    ("market_cap_above", "marketCapAbove"),
    ("market_cap_below", "marketCapBelow"),
    ("moody_rating_above", "moodyRatingAbove"),
    ("moody_rating_below", "moodyRatingBelow"),
    ("sp_rating_above", "spRatingAbove"),
    ("sp_rating_below", "spRatingBelow"),
    ("maturity_date_above", "maturityDateAbove"),
    ("maturity_date_below", "maturityDateBelow"),
    ("coupon_rate_above", "couponRateAbove"),
    ("coupon_rate_below", "couponRateBelow"),
    ("average_option_volume_above", "avgOptVolumeAbove"),
)
"""Filters by what this market knows nothing of, in the scanner's and in the wire's words."""


class _Candidate(Struct, frozen=True):
    """One stock at the time of the scan."""

    instrument: Instrument
    quote: Quote
    market: Market

    @property
    def change(self) -> float:
        """Since yesterday's close, in percent."""
        return (self.quote.last / self.quote.close - 1) * 100

    @property
    def change_since_open(self) -> float:
        return (self.quote.last / self.quote.open - 1) * 100

    @property
    def gap(self) -> float:
        return (self.quote.open / self.quote.close - 1) * 100

    @property
    def range(self) -> float:
        """Of the day, in percent."""
        return (self.quote.high - self.quote.low) / self.quote.close * 100

    @property
    def hotness(self) -> float:
        """Volume as a multiple of what is usual for a day."""
        return self.quote.volume / self.instrument.daily_volume

    @property
    def volume_rate(self) -> float:
        """Volume of the last minute."""
        contract_id = self.instrument.contract_id
        end = self.market.present_step(contract_id) + 1
        return self.market.series(contract_id).between(end - 60 * STEPS_PER_SECOND, end).volume

    def place(self, weeks: int) -> float:
        """Where the price stands between the low (0) and the high (1) of so many weeks."""
        contract_id = self.instrument.contract_id
        end = self.market.present_step(contract_id) + 1
        first = (end // DAY - 7 * weeks) * DAY
        prices = self.market.series(contract_id).running(first, end)
        return (self.quote.last - prices.low) / (prices.high - prices.low)


_Score = Callable[[_Candidate], float]

SCANS: Final[dict[str, tuple[str, _Score]]] = {
    "TOP_PERC_GAIN": ("Top % Gainers", lambda stock: stock.change),
    "TOP_PERC_LOSE": ("Top % Losers", lambda stock: -stock.change),
    "MOST_ACTIVE": ("Most Active", lambda stock: stock.quote.volume),
    "MOST_ACTIVE_USD": ("Most Active ($)", lambda stock: stock.quote.volume * stock.quote.last),
    "HOT_BY_VOLUME": ("Hot Contracts by Volume", lambda stock: stock.hotness),
    "HOT_BY_PRICE": ("Hot Contracts by Price", lambda stock: abs(stock.change) / stock.instrument.volatility),
    "HOT_BY_PRICE_RANGE": ("Hot by Price Range", lambda stock: stock.range / stock.instrument.volatility),
    "TOP_VOLUME_RATE": ("Top Volume Rate", lambda stock: stock.volume_rate),
    "TOP_TRADE_RATE": ("Top Trade Rate", lambda stock: stock.volume_rate),
    "TOP_TRADE_COUNT": ("Top Trade Count", lambda stock: stock.quote.volume),
    "TOP_PRICE_RANGE": ("Top Price Range", lambda stock: stock.range),
    "TOP_OPEN_PERC_GAIN": ("Top % Gainers Since Open", lambda stock: stock.change_since_open),
    "TOP_OPEN_PERC_LOSE": ("Top % Losers Since Open", lambda stock: -stock.change_since_open),
    "HIGH_OPEN_GAP": ("Top Close-to-Open % Gainers", lambda stock: stock.gap),
    "LOW_OPEN_GAP": ("Top Close-to-Open % Losers", lambda stock: -stock.gap),
    "HIGH_VS_13W_HL": ("13-Week High", lambda stock: stock.place(13)),
    "LOW_VS_13W_HL": ("13-Week Low", lambda stock: -stock.place(13)),
    "HIGH_VS_26W_HL": ("26-Week High", lambda stock: stock.place(26)),
    "LOW_VS_26W_HL": ("26-Week Low", lambda stock: -stock.place(26)),
    "HIGH_VS_52W_HL": ("52-Week High", lambda stock: stock.place(52)),
    "LOW_VS_52W_HL": ("52-Week Low", lambda stock: -stock.place(52)),
}
"""Name of each scan, and what it ranks by, the highest first."""

_Test = Callable[[_Candidate, float], bool]

FILTERS: Final[dict[str, tuple[str, str, _Test]]] = {
    "priceAbove": ("PRICE", "Price Above", lambda stock, limit: stock.quote.last > limit),
    "priceBelow": ("PRICE", "Price Below", lambda stock, limit: stock.quote.last < limit),
    "usdPriceAbove": ("PRICE_USD", "Price (USD) Above", lambda stock, limit: stock.quote.last > limit),
    "usdPriceBelow": ("PRICE_USD", "Price (USD) Below", lambda stock, limit: stock.quote.last < limit),
    "volumeAbove": ("VOLUME", "Volume Above", lambda stock, limit: stock.quote.volume > limit),
    "changePercAbove": ("CHANGEPERC", "Change (%) Above", lambda stock, limit: stock.change > limit),
    "changePercBelow": ("CHANGEPERC", "Change (%) Below", lambda stock, limit: stock.change < limit),
}
"""Group and name of each filter, and what it lets through."""


def scan(scanner: Scanner, market: Market) -> list[ScannerRow]:
    """The stocks that fit, best first, 50 at most; [] when none does (the caller answers 165).

    Raises Refusal(162, ...) for an unknown instrument, location, stock type, scan code or filter.
    """
    if scanner.instrument != INSTRUMENT:
        raise historical(f"Scanner instrument {scanner.instrument} is disabled.")
    if scanner.scan_code not in SCANS:
        raise historical(f"Scanner type with code {scanner.scan_code} is disabled.")
    exchanges, types, limits = _exchanges(scanner), _stock_types(scanner), list(_limits(scanner))
    candidates = (
        _Candidate(instrument, market.quote(instrument.contract_id), market)
        for instrument in market.catalogue
        if instrument.security_type == STOCK
        and instrument.primary_exchange in exchanges
        and instrument.stock_type in types
    )
    quoted = (stock for stock in candidates if stock.quote.open > 0 and stock.quote.close > 0)
    found = [stock for stock in quoted if all(FILTERS[name][2](stock, limit) for name, limit in limits)]
    found.sort(key=SCANS[scanner.scan_code][1], reverse=True)
    return [
        ScannerRow(rank=rank, contract=stock.instrument.contract(), market_name=stock.instrument.market_name)
        for rank, stock in enumerate(found[: _number_of_rows(scanner)])
    ]


def _number_of_rows(scanner: Scanner) -> int:
    wanted = scanner.number_of_rows
    return MOST_ROWS if wanted is None or wanted < 0 else min(wanted, MOST_ROWS)


def _exchanges(scanner: Scanner) -> set[str]:
    """The listing exchanges of a location, or of several with commas between them."""
    found: set[str] = set()
    for location in scanner.location_code.split(","):
        if location.strip() not in LOCATIONS:
            raise historical(f"Scanner location {location} is disabled.")
        found.update(LOCATIONS[location.strip()][1])
    return found


def _stock_types(scanner: Scanner) -> tuple[str, ...]:
    try:
        return STOCK_TYPES[scanner.stock_type_filter.upper()]
    except KeyError:
        raise historical(f"Scanner filter stkTypes={scanner.stock_type_filter} is disabled.") from None


def _limits(scanner: Scanner) -> Iterator[tuple[str, float]]:
    """All filters that are set, as fields or by name."""
    for field, name in _UNKNOWN_TO_US:
        if getattr(scanner, field):
            raise historical(f"Scanner filter {name} is disabled.")
    fields = (
        ("priceAbove", scanner.above_price),
        ("priceBelow", scanner.below_price),
        ("volumeAbove", scanner.above_volume),
    )
    yield from ((name, limit) for name, limit in fields if limit is not None)
    for pair in scanner.filter_options:
        if pair.tag not in FILTERS:
            raise historical(f"Scanner filter {pair.tag} is disabled.")
        yield pair.tag, _limit(pair.tag, pair.value)


def _limit(name: str, text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise historical(f"Scanner filter {name} has no number: {text}") from None


@lru_cache(maxsize=1)
def scanner_parameters() -> str:
    """The XML that tells which instruments, locations, scan codes and filters there are."""
    root = Element("ScanParameterResponse")
    _add_instruments(root)
    _add_locations(root)
    _add_scans(root)
    _add_filters(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode")


def _add(parent: Element, tag: str, /, **texts: str) -> Element:
    """A child with children that hold a text each."""
    child = SubElement(parent, tag)
    for name, text in texts.items():
        SubElement(child, name).text = text
    return child


def _add_instruments(root: Element) -> None:
    instruments = SubElement(root, "InstrumentList", varName="instrumentList")
    groups = dict.fromkeys(group for group, _, _ in FILTERS.values())
    _add(
        instruments,
        "Instrument",
        name="US Stocks",
        type=INSTRUMENT,
        filters=",".join(groups),
        group="STK.GLOBAL",
        shortName="US",
        cloudScanNotSupported="false",
    )


def _add_locations(root: Element) -> None:
    """The United States, in them the major exchanges, in those each exchange."""
    tree = SubElement(root, "LocationTree", varName="locationTree")
    for code, (name, _) in LOCATIONS.items():
        location = _add(
            tree,
            "Location",
            displayName=name,
            locationCode=code,
            instruments=INSTRUMENT,
            routeExchange="SMART",
        )
        if code in ("STK.US", "STK.US.MAJOR"):
            tree = SubElement(location, "LocationTree", varName="locationTree")


def _add_scans(root: Element) -> None:
    scans = SubElement(root, "ScanTypeList", varName="scanTypeList")
    for code, (name, _) in SCANS.items():
        _add(
            scans,
            "ScanType",
            displayName=name,
            scanCode=code,
            instruments=INSTRUMENT,
            absoluteColumns="false",
            supportsSorting="true",
            respSizeLimit=str(MOST_ROWS),
            access="unrestricted",
        )


def _add_filters(root: Element) -> None:
    filters = SubElement(root, "FilterList", varName="filterList")
    groups: dict[str, Element] = {}
    for code, (group, name, _) in FILTERS.items():
        if group not in groups:
            groups[group] = _add(filters, "RangeFilter", id=group, category="Price and volume")
        field = _add(groups[group], "AbstractField", code=code, displayName=name, acceptNegatives="true")
        field.set("type", "scanner.filter.DoubleField")
