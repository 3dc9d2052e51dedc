"""The catalogue of instruments that the simulated gateway knows, and how a description finds one of them."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Final, NamedTuple
from zoneinfo import ZoneInfo

from ibkr_actors.classes.contracts.contract import ComboLeg, Contract
from ibkr_actors.simulated_gateway.instruments.catalogue_files import listing
from ibkr_actors.simulated_gateway.instruments.instrument import COMBINATION, CONTINUOUS, FUTURE, Instrument
from ibkr_actors.simulated_gateway.instruments.listings import listed_instruments
from ibkr_actors.simulated_gateway.refusals import Refusal

__all__ = ["Catalogue", "Instrument", "Leg", "Refusal"]

NO_DEFINITION: Final = "No security definition has been found for the request"
AMBIGUOUS: Final = "The contract description specified for {symbol} is ambiguous"

_ZONE: Final = ZoneInfo("America/New_York")
_OLD_EXCHANGE_NAMES: Final = {"ISLAND": "NASDAQ", "GLOBEX": "CME", "IBCMDTY": "SMART"}
_LENGTH_OF_MONTH: Final = len("YYYYMM")
_NO_RIGHT: Final = ("", "0", "?")
_FUTURES_AND_CONTINUOUS: Final = "FUT+CONTFUT"


class Leg(NamedTuple):
    """One leg of a combination: what it is, and how many go which way."""

    instrument: Instrument
    leg: ComboLeg


class Catalogue:
    """All instruments: those of the built-in files and of a user's, futures and options with the expiries that follow.

    Responsible for: finding what a contract, complete or partial, describes; what has expired, and what is listed
    after it as the days pass.
    Not responsible for: prices, or who may trade what.

    `prices`, by contract id, replace those of the files. Raises ConfigurationError for a user's file with mistakes.
    """

    def __init__(
        self, today: date, file: Path | str | None = None, prices: Mapping[int, float] | None = None
    ) -> None:
        self._prices = prices
        self._listing = None if file is None else listing(Path(file))
        self._beginning = self._today = today
        self._now = datetime.combine(today, time(), _ZONE).timestamp()
        self._by_id: dict[int, Instrument] = {}
        self._options: dict[int, list[Instrument]] = {}
        # By symbol and security type, and by symbol alone under an empty type: every order looks here.
        self._by_symbol: dict[tuple[str, str], list[Instrument]] = {}
        # What will expire, the next one last: time asks for it at every step.
        self._ending: list[Instrument] = []
        self._day_ends = 0.0
        self._list_day()

    def _list_day(self) -> None:
        for instrument in listed_instruments(self._today, self._beginning, self._listing, self._prices):
            if instrument.contract_id not in self._by_id:
                self._add(instrument)
        self._ending.sort(key=lambda instrument: instrument.expires or 0.0, reverse=True)
        tomorrow = datetime.combine(self._today + timedelta(days=1), time(), _ZONE)
        self._day_ends = tomorrow.timestamp()

    def _add(self, instrument: Instrument) -> None:
        self._by_id[instrument.contract_id] = instrument
        symbols = filter(None, (instrument.symbol, instrument.facts.cusip))
        for symbol in dict.fromkeys(symbols):
            for security_type in (instrument.security_type, ""):
                self._by_symbol.setdefault((symbol, security_type), []).append(instrument)
        if instrument.right:
            self._options.setdefault(instrument.underlying_contract_id, []).append(instrument)
        if instrument.expires is not None and not instrument.is_over(self._now):
            self._ending.append(instrument)

    def advance(self, now: float) -> list[Instrument]:
        """Let it be `now`: what has expired since, the earliest first; on a new day others are listed."""
        self._now = now
        over = []
        while self._ending and self._ending[-1].is_over(now):
            over.append(self._ending.pop())
        if now >= self._day_ends:
            self._today = datetime.fromtimestamp(now, _ZONE).date()
            self._list_day()
        return over

    def forget_expired_options(self, before: float, kept: Container[int]) -> None:
        """Forget the options that expired before a time, but for those with ids that somebody still needs.

        Real gateways know no expired options either; of futures they do.
        """
        gone = {
            number
            for number, each in self._by_id.items()
            if each.right and each.is_over(before) and number not in kept
        }
        if not gone:
            return
        for number in gone:
            del self._by_id[number]
        for table in (self._by_symbol, self._options):
            for key, listed in table.items():
                table[key] = [each for each in listed if each.contract_id not in gone]  # type: ignore[index]

    def __iter__(self) -> Iterator[Instrument]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def __getitem__(self, contract_id: int) -> Instrument:
        """The instrument of a contract id, expired or not; KeyError when there is none."""
        return self._by_id[contract_id]

    def __contains__(self, contract_id: int) -> bool:
        return contract_id in self._by_id

    def find(self, contract: Contract) -> list[Instrument]:
        """All instruments that fit a description; fields that it leaves unset fit any. [] when none fits.

        With a contract id only the exchange counts beside it, as at the bridge. Without one, a symbol, local symbol,
        security id or issuer id is needed. What has expired is found with `include_expired` only.
        """
        if contract.contract_id:
            found = self._with_id(contract)
        elif contract.symbol or contract.local_symbol or contract.security_id or contract.issuer_id:
            found = [each for each in self._candidates(contract) if _fits(each, contract)]
        else:
            found = []
        if not contract.include_expired:
            found = [instrument for instrument in found if not instrument.is_over(self._now)]
        return self._with_continuous(contract.security_type, found)

    def _with_id(self, contract: Contract) -> list[Instrument]:
        instrument = self._by_id.get(contract.contract_id)
        return [instrument] if instrument and _trades_at(instrument, contract.exchange) else []

    def _candidates(self, contract: Contract) -> Iterable[Instrument]:
        if not contract.symbol:
            return self
        return self._by_symbol.get((contract.symbol.upper(), _listed_type(contract.security_type)), ())

    def _with_continuous(self, wanted: str, futures: list[Instrument]) -> list[Instrument]:
        """The front futures of what was found as the continuous ones, where those are asked for."""
        if wanted not in (CONTINUOUS, _FUTURES_AND_CONTINUOUS):
            return futures
        fronts: dict[tuple[str, str], Instrument] = {}
        for future in futures:
            if future.security_type == FUTURE and not future.is_over(self._now):
                fronts.setdefault((future.trading_class, future.exchange), future)
        chained = [front.chained() for front in fronts.values()]
        return chained if wanted == CONTINUOUS else [*futures, *chained]

    def identify(self, contract: Contract) -> Instrument:
        """The one instrument that a description fits.

        Raises Refusal(200, ...) with the bridge's text when none fits, or when several do (ambiguous).
        """
        found = self.find(contract)
        if not found:
            raise Refusal(200, NO_DEFINITION)
        if len(found) > 1:
            raise Refusal(200, AMBIGUOUS.format(symbol=contract.symbol or contract.local_symbol))
        return found[0]

    def legs(self, combination: Contract) -> list[Leg]:
        """The legs of a BAG, each found by its contract id. Raises Refusal(200, ...) for none, or an unknown one."""
        if combination.security_type != COMBINATION or not combination.combo_legs:
            raise Refusal(200, NO_DEFINITION)
        return [
            Leg(self.identify(Contract(contract_id=leg.contract_id, exchange=leg.exchange)), leg)
            for leg in combination.combo_legs
        ]

    def options_on(self, contract_id: int) -> list[Instrument]:
        """The option chain of an underlying, by expiry, strike and right, without those that have expired."""
        chain = self._options.get(contract_id, ())
        return [option for option in chain if not option.is_over(self._now)]


def _listed_type(security_type: str) -> str:
    """The type that a continuous future is listed under."""
    return FUTURE if security_type in (CONTINUOUS, _FUTURES_AND_CONTINUOUS) else security_type


def _fits(instrument: Instrument, contract: Contract) -> bool:
    return (
        _same_texts(instrument, contract)
        and _trades_at(instrument, contract.exchange)
        and _listed_at(instrument, contract.primary_exchange)
        and _expires(instrument, contract.last_trade_date_or_contract_month)
        and _same_terms(instrument, contract)
        and _has_security_id(instrument, contract)
    )


def _same_texts(instrument: Instrument, contract: Contract) -> bool:
    """Symbols are told apart without regard to case, as the bridge does; the other texts as they are."""
    return (
        contract.symbol.upper() in ("", instrument.symbol, instrument.facts.cusip)
        and contract.local_symbol.upper() in ("", instrument.local_symbol)
        and _listed_type(contract.security_type) in ("", instrument.security_type)
        and contract.currency in ("", instrument.currency)
        and contract.trading_class in ("", instrument.trading_class)
    )


def _trades_at(instrument: Instrument, exchange: str) -> bool:
    return not exchange or _OLD_EXCHANGE_NAMES.get(exchange, exchange) in instrument.venue.valid_exchanges


def _listed_at(instrument: Instrument, exchange: str) -> bool:
    """Options and futures have no listing exchange: whatever is asked fits."""
    listed = instrument.primary_exchange
    return not exchange or not listed or _OLD_EXCHANGE_NAMES.get(exchange, exchange) == listed


def _expires(instrument: Instrument, text: str) -> bool:
    """`text` is a month, a day, or a day with time and zone. The month of a future is its contract month."""
    expiry = text.split(" ", maxsplit=1)[0]
    if len(expiry) == _LENGTH_OF_MONTH and instrument.security_type == FUTURE:
        return instrument.contract_month == expiry
    return instrument.expiry.startswith(expiry)


def _same_terms(instrument: Instrument, contract: Contract) -> bool:
    right = "" if contract.right in _NO_RIGHT else contract.right[0].upper()
    return (
        (not contract.strike or contract.strike == instrument.strike)
        and right in ("", instrument.right)
        and (not contract.multiplier or _number(contract.multiplier) == _number(instrument.multiplier or "1"))
    )


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _has_security_id(instrument: Instrument, contract: Contract) -> bool:
    if contract.issuer_id and contract.issuer_id != instrument.issuer_id:
        return False
    if not contract.security_id:
        return True
    known = {"ISIN": instrument.isin, "CUSIP": instrument.facts.cusip}
    return known.get(contract.security_id_type, "") == contract.security_id
