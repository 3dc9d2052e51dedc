"""A market scan: what to look for, and one row of what was found."""

from __future__ import annotations

from typing import Annotated

from msgspec import field

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.location_code import LocationCode
from ibkr_actors.classes.enum.scan_code import ScanCode
from ibkr_actors.classes.enum.scanner_instrument import ScannerInstrument
from ibkr_actors.classes.enum.stock_type_filter import StockTypeFilter
from ibkr_actors.classes.spelling import Day
from ibkr_actors.classes.value import FrozenValue, Value
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.codes import Word
from ibkr_actors.wire.kinds import OPTIONAL_LONG
from ibkr_actors.wire.tags import TagValue


class Scanner(Value):
    """A market scan: the instruments, the place, what to rank by, and filters. Mutable, for users fill it in."""

    number_of_rows: Annotated[int | None, Wire(1)] = -1
    """Rows wanted, 50 at most; -1 for the bridge's choice."""
    instrument: Annotated[Word[ScannerInstrument], Wire(2)] = ""
    """What kind of thing to look for: one of the usual codes, or another from the scanner parameters."""
    location_code: Annotated[Word[LocationCode], Wire(3)] = ""
    """Where to look, likewise; several are joined by commas."""
    scan_code: Annotated[Word[ScanCode], Wire(4)] = ""
    """What to rank by: one of the usual codes, or another from the scanner parameters."""
    above_price: Annotated[float | None, Wire(5)] = None
    """Only prices above."""
    below_price: Annotated[float | None, Wire(6)] = None
    """Only prices below."""
    above_volume: Annotated[int | None, Wire(7, OPTIONAL_LONG)] = None
    """Only volumes above."""
    market_cap_above: Annotated[float | None, Wire(8)] = None
    """Only market capitalisations above."""
    market_cap_below: Annotated[float | None, Wire(9)] = None
    """Only market capitalisations below."""
    moody_rating_above: Annotated[str, Wire(10)] = ""
    """Only Moody ratings above."""
    moody_rating_below: Annotated[str, Wire(11)] = ""
    """Only Moody ratings below."""
    sp_rating_above: Annotated[str, Wire(12)] = ""
    """Only S&P ratings above."""
    sp_rating_below: Annotated[str, Wire(13)] = ""
    """Only S&P ratings below."""
    maturity_date_above: Annotated[Day, Wire(14)] = ""
    """Only maturities after that day: a `date`, or "YYYYMMDD"."""
    maturity_date_below: Annotated[Day, Wire(15)] = ""
    """Only maturities before that day."""
    coupon_rate_above: Annotated[float | None, Wire(16)] = None
    """Only coupons above."""
    coupon_rate_below: Annotated[float | None, Wire(17)] = None
    """Only coupons below."""
    exclude_convertible: Annotated[bool, Wire(18)] = False
    """No convertible bonds."""
    average_option_volume_above: Annotated[int | None, Wire(19, OPTIONAL_LONG)] = None
    """Only average option volumes above."""
    scanner_setting_pairs: Annotated[str, Wire(20)] = ""
    """Settings, as the scan code defines them."""
    stock_type_filter: Annotated[Word[StockTypeFilter], Wire(21)] = ""
    """Only such stocks."""
    filter_options: Annotated[tuple[TagValue, ...], Wire(22)] = ()
    """Filters by name, from the scanner parameters."""
    subscription_options: Annotated[tuple[TagValue, ...], Wire(23)] = ()
    """Options of the subscription."""


class ScannerRow(FrozenValue, frozen=True):
    """One instrument found by a scan."""

    rank: Annotated[int, Wire(1)] = 0
    """0 for the best."""
    contract: Annotated[Contract, Wire(2)] = field(default_factory=Contract)
    """The instrument."""
    market_name: Annotated[str, Wire(3)] = ""
    """Name of the market, such as NMS."""
    distance: Annotated[str, Wire(4)] = ""
    """As the scan code defines it; empty for most."""
    benchmark: Annotated[str, Wire(5)] = ""
    """As the scan code defines it; empty for most."""
    projection: Annotated[str, Wire(6)] = ""
    """As the scan code defines it; empty for most."""
    combo_key: Annotated[str, Wire(7)] = ""
    """The legs of a combination, in the bridge's own spelling."""
