"""Market data of combinations: quotes made of their legs', told again when a leg moves."""

from __future__ import annotations

from collections.abc import Callable, Collection, Hashable, Iterator
from dataclasses import dataclass

from msgspec import structs

from ibkr_actors.simulated_gateway.exchange.combos import quote_of
from ibkr_actors.simulated_gateway.instruments.instrument import Instrument
from ibkr_actors.simulated_gateway.market.market import Market, Quote
from ibkr_actors.simulated_gateway.market.ticks import TickValue, changed_ticks

Send = Callable[[list[TickValue]], None]


@dataclass(slots=True)
class _Followed:
    instrument: Instrument
    send: Send
    seen: Quote


class CombinationTicks:
    """Who follows which combination, and what changed of it.

    A combination is quoted and not traded: it has a bid and an ask, and no last price, no volume and no day.
    Not responsible for: what a combination is made of, who may see it.
    """

    def __init__(self, market: Market) -> None:
        self._market = market
        self._followed: dict[Hashable, _Followed] = {}

    def quote(self, instrument: Instrument) -> Quote:
        """The quote of now."""
        return structs.replace(quote_of(self._market, instrument), last=0.0)

    def follow(self, key: Hashable, instrument: Instrument, send: Send) -> None:
        """Send what changes from now on, until `end`."""
        self._followed[key] = _Followed(instrument, send, self.quote(instrument))

    def end(self, key: Hashable) -> None:
        """Send no more."""
        del self._followed[key]

    def legs(self) -> Iterator[int]:
        """The contract ids of all legs that are followed."""
        for one in self._followed.values():
            yield from (number for number, _ in one.instrument.legs)

    def quotes_changed(self, changed: Collection[int]) -> None:
        """Send what changed of the combinations with one of these legs."""
        for one in self._followed.values():
            if any(number in changed for number, _ in one.instrument.legs):
                before, one.seen = one.seen, self.quote(one.instrument)
                one.send(changed_ticks(one.seen, before))
