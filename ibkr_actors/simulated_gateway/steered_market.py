"""The market of a simulated gateway in the hands of a test or an embedding program."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Final, TypeAlias

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.errors import InvalidRequest
from ibkr_actors.simulated_gateway.gateway import Gateway
from ibkr_actors.simulated_gateway.instruments.catalogue import Catalogue
from ibkr_actors.simulated_gateway.market.quotes import Quote
from ibkr_actors.simulated_gateway.refusals import Refusal

Instrument: TypeAlias = str | int | Contract
"""A symbol (of a stock, else an index, and so on), a contract id, or a contract with what tells it from others."""

NAMED_BY_SYMBOL: Final = ("STK", "IND", "CASH", "CRYPTO", "CMDTY", "FUND")
"""What a symbol alone means, the first that there is: not the derivatives that share it."""


class SteeredMarket:
    """Sets prices, by symbols and contracts.

    Responsible for: finding what is meant; prices that stay until they are set again or released.
    Not responsible for: what becomes of orders and what clients are told, which happens at the gateway's next step.
    """

    def __init__(self, hold: Callable[[], AbstractContextManager[Gateway]]) -> None:
        self._hold = hold

    def set_price(
        self,
        instrument: Instrument,
        price: float | None = None,
        *,
        bid: float | None = None,
        ask: float | None = None,
        last: float | None = None,
        bid_size: float | None = None,
        ask_size: float | None = None,
    ) -> None:
        """Let an instrument trade at a price, with bid and ask around it, and forget what was set before.

        Without `price` only what is given is set, and what was set before stays. Sizes are in shares or contracts.
        Raises InvalidRequest for an instrument that the gateway does not know, for a price that is not on the grid of
        ticks, for a bid that is not below the ask, and for nothing to set.
        """
        if price is not None and last is not None:
            raise InvalidRequest("set_price: price and last both say where it traded last; give one of them")
        last = price if price is not None else last
        if all(value is None for value in (bid, ask, last, bid_size, ask_size)):
            raise InvalidRequest("set_price: nothing to set; give a price, or bid, ask, last or a size")
        with self._hold() as gateway:
            number = _identified(gateway.catalogue, instrument)
            try:
                gateway.market.set_quote(
                    number,
                    bid=bid,
                    ask=ask,
                    last=last,
                    bid_size=bid_size,
                    ask_size=ask_size,
                    afresh=price is not None,
                )
            except ValueError as error:
                raise InvalidRequest(f"set_price of {instrument}: {error}") from error

    def halt(self, instrument: Instrument) -> None:
        """Halt trading in an instrument. Raises InvalidRequest for one that the gateway does not know."""
        self._set_halted(instrument, 1)

    def resume(self, instrument: Instrument) -> None:
        """End a halt. Raises InvalidRequest for an instrument that the gateway does not know."""
        self._set_halted(instrument, 0)

    def _set_halted(self, instrument: Instrument, halted: int) -> None:
        with self._hold() as gateway:
            gateway.market.set_quote(_identified(gateway.catalogue, instrument), halted=halted)

    def release(self, instrument: Instrument) -> None:
        """Let an instrument move by itself again. Raises InvalidRequest for one that the gateway does not know."""
        with self._hold() as gateway:
            gateway.market.release(_identified(gateway.catalogue, instrument))

    def contract_id(self, instrument: Instrument) -> int:
        """The contract id of an instrument. Raises InvalidRequest for one that the gateway does not know."""
        with self._hold() as gateway:
            return _identified(gateway.catalogue, instrument)

    def quote(self, instrument: Instrument) -> Quote:
        """What the market shows of it now. Raises InvalidRequest for an instrument that the gateway does not know."""
        with self._hold() as gateway:
            return gateway.market.quote(_identified(gateway.catalogue, instrument))


def _identified(catalogue: Catalogue, instrument: Instrument) -> int:
    """The contract id of what is meant."""
    if isinstance(instrument, int):
        if instrument not in catalogue:
            raise InvalidRequest(f"the gateway knows no instrument with the contract id {instrument}")
        return instrument
    if isinstance(instrument, Contract):
        return _one(catalogue, instrument, instrument)
    described = [Contract(symbol=instrument, security_type=each) for each in NAMED_BY_SYMBOL]
    known = [contract for contract in described if catalogue.find(contract)]
    return _one(catalogue, known[0] if known else Contract(symbol=instrument), instrument)


def _one(catalogue: Catalogue, contract: Contract, named: Instrument) -> int:
    try:
        return catalogue.identify(contract).contract_id
    except Refusal as refusal:
        raise InvalidRequest(f"{named}: {refusal.text}; name a contract of the gateway's catalogue") from None
