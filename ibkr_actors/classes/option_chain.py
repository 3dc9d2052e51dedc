"""Option chains: which options on an underlying are listed where, and the contracts that come of it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, tzinfo
from typing import Any, Final

from msgspec import field

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.contracts.option import Call, FuturesOption, Option, Put
from ibkr_actors.classes.enum.option_right import OptionRight
from ibkr_actors.classes.enum.security_type import SecurityType
from ibkr_actors.classes.rows import Rows
from ibkr_actors.classes.tables import Table, Tabular
from ibkr_actors.classes.value import FrozenValue
from ibkr_actors.errors import InvalidRequest

SMART: Final = "SMART"
_NEAR: Final = 10


class ListedStrike(FrozenValue, frozen=True):
    """One row of a chain's table: an expiration with a strike."""

    exchange: str
    trading_class: str
    multiplier: str
    expiration: date
    strike: float


class Chain(Tabular, FrozenValue, frozen=True):
    """The options on an underlying that one exchange lists under one trading class.

    Not every strike has an option at every expiration: a contract made of the two may not exist. What does exist is
    told by `request_contract_details(Option(symbol, expiration))`.
    """

    underlying: Contract = field(default_factory=Contract)
    exchange: str = ""
    """SMART for what is routed to the best of several exchanges."""
    trading_class: str = ""
    """Such as SPX for monthly and SPXW for weekly options."""
    multiplier: str = ""
    """Units of the underlying in one option, as text."""
    expirations: tuple[date, ...] = ()
    """In order."""
    strikes: tuple[float, ...] = ()
    """In order, in the underlying's currency."""

    def __str__(self) -> str:
        """The chain in few words."""
        span = f"{self.expirations[0]} to {self.expirations[-1]}" if self.expirations else "none"
        return (
            f"{self.trading_class} at {self.exchange} x{self.multiplier}: {len(self.expirations)} expirations "
            f"({span}), {len(self.strikes)} strikes"
        )

    def __repr__(self) -> str:
        """The same: all strikes of all exchanges would fill many screens."""
        return f"<Chain {self}>"

    def calls(self, expiration: date | str, strikes: Iterable[float] | None = None) -> Rows[Contract]:
        """The calls of an expiration, at all strikes or those given.

        Raises InvalidRequest for an expiration or strike that the chain has not.
        """
        return self._options(expiration, strikes, (OptionRight.CALL,))

    def puts(self, expiration: date | str, strikes: Iterable[float] | None = None) -> Rows[Contract]:
        """The puts of an expiration; as `calls`."""
        return self._options(expiration, strikes, (OptionRight.PUT,))

    def options(self, expiration: date | str, strikes: Iterable[float] | None = None) -> Rows[Contract]:
        """The calls and puts of an expiration, each strike's call first; as `calls`."""
        return self._options(expiration, strikes, (OptionRight.CALL, OptionRight.PUT))

    def strikes_near(self, price: float, count: int = _NEAR) -> tuple[float, ...]:
        """The `count` strikes nearest to a price, in order; fewer when the chain has no more."""
        if not price > 0 or count < 1:
            raise InvalidRequest(f"strikes near {price!r}: give a price above 0 and a count of 1 or more")
        nearest = sorted(self.strikes, key=lambda strike: (abs(strike - price), strike))
        return tuple(sorted(nearest[:count]))

    def near_the_money(self, price: float, expiration: date | str, count: int = _NEAR) -> Rows[Contract]:
        """The calls and puts of an expiration at the `count` strikes nearest to the underlying's price."""
        return self.options(expiration, self.strikes_near(price, count))

    def next_expiration(self, day: date) -> date:
        """The first expiration on a day or after it. Raises InvalidRequest when there is none."""
        for expiration in self.expirations:
            if expiration >= day:
                return expiration
        raise InvalidRequest(f"{self} has no expiration on {day} or later")

    def rows(self) -> Rows[ListedStrike]:
        """Each expiration with each strike."""
        return Rows(
            (
                ListedStrike(self.exchange, self.trading_class, self.multiplier, expiration, strike)
                for expiration in self.expirations
                for strike in self.strikes
            ),
            ListedStrike,
        )

    def table(self, columns: Iterable[str] | None, zone: str | tzinfo) -> Table:
        """A row for each expiration with each strike."""
        return self.rows().table(columns, zone)

    def _options(
        self, expiration: date | str, strikes: Iterable[float] | None, rights: tuple[OptionRight, ...]
    ) -> Rows[Contract]:
        day = self._expiration(expiration)
        wanted = self.strikes if strikes is None else tuple(strikes)
        unknown = [strike for strike in wanted if strike not in self.strikes]
        if unknown:
            raise InvalidRequest(f"{self} has no strike {', '.join(map(str, unknown))}")
        return Rows((self._option(day, strike, right) for strike in wanted for right in rights), Contract)

    def _expiration(self, given: date | str) -> date:
        day = given.date() if isinstance(given, datetime) else given
        if isinstance(day, str):
            day = next((known for known in self.expirations if f"{known:%Y%m%d}" == day), day)
        if isinstance(day, str) or day not in self.expirations:
            listed = ", ".join(f"{known:%Y%m%d}" for known in self.expirations) or "none"
            raise InvalidRequest(
                f"{self.trading_class} at {self.exchange} has no expiration {given}; it has {listed}"
            )
        return day

    def _option(self, expiration: date, strike: float, right: OptionRight) -> Contract:
        described: dict[str, Any] = {
            "exchange": self.exchange,
            "currency": self.underlying.currency,
            "multiplier": self.multiplier,
            "trading_class": self.trading_class,
        }
        symbol, day = self.underlying.symbol, f"{expiration:%Y%m%d}"
        if self.underlying.security_type == SecurityType.FUTURE:
            return FuturesOption(symbol, day, strike, right, **described)
        kind: type[Option] = Call if right is OptionRight.CALL else Put
        return kind(symbol, day, strike, **described)


class Chains(Rows[Chain]):
    """All chains of an underlying: one for each exchange and trading class."""

    def __init__(self, chains: Iterable[Chain] = ()) -> None:
        super().__init__(chains, Chain)

    @property
    def exchanges(self) -> tuple[str, ...]:
        """Where options on the underlying are listed, in order; SMART among them where the bridge routes them."""
        return tuple(sorted({chain.exchange for chain in self}))

    @property
    def trading_classes(self) -> tuple[str, ...]:
        """The trading classes, in order."""
        return tuple(sorted({chain.trading_class for chain in self}))

    def chain(self, exchange: str = "", trading_class: str = "") -> Chain:
        """The one chain of an exchange and a trading class.

        Without an exchange that of SMART, or of the only exchange where nothing is routed; without a trading class the
        only one, or the one named as the underlying. Raises InvalidRequest that lists the chains when that leaves none
        or several.
        """
        place = exchange or (SMART if SMART in self.exchanges else "")
        found = [chain for chain in self if chain.exchange == place] if place else list(self)
        named = trading_class or self._usual_class(found)
        found = [chain for chain in found if named in ("", chain.trading_class)]
        if not self:
            raise InvalidRequest("the bridge knows no options on this underlying: there is no chain")
        if len(found) != 1:
            listed = "".join(f"\n  {chain}" for chain in (found or self))
            raise InvalidRequest(
                f"exchange {exchange or 'not given'}, trading class {trading_class or 'not given'}: "
                f"{len(found)} chains fit; name one of these:{listed}"
            )
        return found[0]

    @staticmethod
    def _usual_class(chains: list[Chain]) -> str:
        own = [chain.trading_class for chain in chains if chain.trading_class == chain.underlying.symbol]
        return own[0] if own else ""

    def rows(self) -> Rows[ListedStrike]:
        """Each expiration with each strike, of every chain."""
        return Rows((row for chain in self for row in chain.rows()), ListedStrike)

    def table(self, columns: Iterable[str] | None, zone: str | tzinfo) -> Table:
        """A row for each expiration with each strike."""
        return self.rows().table(columns, zone)
