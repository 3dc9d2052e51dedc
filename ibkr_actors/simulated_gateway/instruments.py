"""The catalogue of instruments that the simulated gateway knows, and how a description finds one of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Final

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.simulated_gateway.instrument import FUTURE, Instrument, Refusal
from ibkr_actors.simulated_gateway.listings import listed_instruments

__all__ = ["Catalogue", "Instrument", "Refusal"]

NO_DEFINITION: Final = "No security definition has been found for the request"
AMBIGUOUS: Final = "The contract description specified for {symbol} is ambiguous"

_OLD_EXCHANGE_NAMES: Final = {"ISLAND": "NASDAQ", "GLOBEX": "CME"}
_LENGTH_OF_MONTH: Final = len("YYYYMM")
_NO_RIGHT: Final = ("", "0", "?")


class Catalogue:
    """All instruments: those of `instruments.toml`, futures and options with the expiries that follow a date.

    Responsible for: finding what a contract, complete or partial, describes.
    Not responsible for: prices, or who may trade what.
    """

    def __init__(self, today: date) -> None:
        self._by_id = {instrument.contract_id: instrument for instrument in listed_instruments(today)}
        self._options: dict[int, list[Instrument]] = {}
        # By symbol and security type, and by symbol alone under an empty type: every order looks here.
        self._by_symbol: dict[tuple[str, str], list[Instrument]] = {}
        for instrument in self:
            for security_type in (instrument.security_type, ""):
                self._by_symbol.setdefault((instrument.symbol, security_type), []).append(instrument)
            if instrument.right:
                self._options.setdefault(instrument.underlying_contract_id, []).append(instrument)

    def __iter__(self) -> Iterator[Instrument]:
        return iter(self._by_id.values())

    def __len__(self) -> int:
        return len(self._by_id)

    def __getitem__(self, contract_id: int) -> Instrument:
        """The instrument of a contract id; KeyError when there is none."""
        return self._by_id[contract_id]

    def __contains__(self, contract_id: int) -> bool:
        return contract_id in self._by_id

    def find(self, contract: Contract) -> list[Instrument]:
        """All instruments that fit a description; fields that it leaves unset fit any. [] when none fits.

        With a contract id only the exchange counts beside it, as at the bridge. Without one, a symbol, local symbol
        or security id is needed.
        """
        if contract.contract_id:
            instrument = self._by_id.get(contract.contract_id)
            return [instrument] if instrument and _trades_at(instrument, contract.exchange) else []
        if not (contract.symbol or contract.local_symbol or contract.security_id):
            return []
        return [instrument for instrument in self._candidates(contract) if _fits(instrument, contract)]

    def _candidates(self, contract: Contract) -> Iterable[Instrument]:
        if not contract.symbol:
            return self
        return self._by_symbol.get((contract.symbol.upper(), contract.security_type), ())

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

    def options_on(self, contract_id: int) -> list[Instrument]:
        """The option chain of an underlying, by expiry, strike and right; [] when there is none."""
        return list(self._options.get(contract_id, ()))


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
        contract.symbol.upper() in ("", instrument.symbol)
        and contract.local_symbol.upper() in ("", instrument.local_symbol)
        and contract.security_type in ("", instrument.security_type)
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
    if not contract.security_id:
        return True
    return contract.security_id_type == "ISIN" and contract.security_id == instrument.isin
