"""What the gateway knows beside contract details: searches, price increments, exchanges, chains, the login."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from math import floor, log10
from typing import Final

from ibkr_actors.base.messages.connection import (
    CurrentTimeInMilliseconds,
    CurrentTimeInMillisecondsRequest,
    UserInfo,
    UserInfoRequest,
)
from ibkr_actors.base.messages.depth import MarketDepthExchanges, MarketDepthExchangesRequest
from ibkr_actors.base.messages.financial_advisors import (
    FinancialAdvisorRequest,
    ReplaceFinancialAdvisorRequest,
)
from ibkr_actors.base.messages.options import OptionChain, OptionChainsEnd, OptionChainsRequest
from ibkr_actors.base.messages.reference_data import (
    FamilyCodes,
    FamilyCodesRequest,
    MarketRule,
    MarketRuleRequest,
    MatchingSymbolsRequest,
    SmartComponents,
    SmartComponentsRequest,
    SoftDollarTiers,
    SoftDollarTiersRequest,
    SymbolSamples,
)
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.contracts.contract_description import ContractDescription
from ibkr_actors.classes.family_code import FamilyCode
from ibkr_actors.classes.market_depth import DepthExchange
from ibkr_actors.classes.price_increment import PriceIncrement
from ibkr_actors.classes.smart_component import SmartComponent
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.instruments.catalogue import NO_DEFINITION, Catalogue
from ibkr_actors.simulated_gateway.instruments.instrument import STOCK, Instrument
from ibkr_actors.simulated_gateway.market.book_levels import shows_market_makers
from ibkr_actors.simulated_gateway.refusals import Refusal, invalid
from ibkr_actors.simulated_gateway.replies.depth import single_exchanges
from ibkr_actors.simulated_gateway.replies.market_data import BBO_EXCHANGE
from ibkr_actors.simulated_gateway.replies.service import Handlers, Service

ROWS_OF_A_SEARCH: Final = 16
NO_ADVISOR: Final = "FA data operations ignored for non FA customers."
NO_FAMILY: Final = FamilyCode("*", "")
"""What a login without a family is told."""


class ReferenceDataReplies(Service):
    """Answers from the catalogue, and for the login of a plain account: no advisor, no family, no tiers.

    Not responsible for: contract details; the pace of searches, which real gateways limit to one a second.
    """

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue

    def handlers(self) -> Handlers:
        """Everything that one reply, or one list, answers."""
        return {
            MatchingSymbolsRequest: self._search,
            MarketRuleRequest: self._send_rule,
            SmartComponentsRequest: self._send_components,
            MarketDepthExchangesRequest: self._send_depth_exchanges,
            OptionChainsRequest: self._send_chains,
            SoftDollarTiersRequest: _send_tiers,
            FamilyCodesRequest: _send_families,
            UserInfoRequest: _send_user,
            CurrentTimeInMillisecondsRequest: _send_time,
            FinancialAdvisorRequest: _refuse_advisor,
            ReplaceFinancialAdvisorRequest: _refuse_advisor,
        }

    # ---------------------------------------------------------------------------------------------------- searches

    def _search(self, client: Client, request: MatchingSymbolsRequest) -> None:
        descriptions = [self._description(found) for found in _matching(self._catalogue, request.pattern)]
        client.tell(SymbolSamples(request.request_id, tuple(descriptions[:ROWS_OF_A_SEARCH])))

    def _description(self, instrument: Instrument) -> ContractDescription:
        contract = Contract(
            contract_id=instrument.contract_id,
            symbol=instrument.symbol,
            security_type=instrument.security_type,
            primary_exchange=instrument.listing_exchange,
            currency=instrument.currency,
        )
        return ContractDescription(contract, self._derivatives_on(instrument))

    def _derivatives_on(self, underlying: Instrument) -> tuple[str, ...]:
        types = {
            instrument.security_type
            for instrument in self._catalogue
            if instrument.underlying_contract_id == underlying.contract_id
        }
        return tuple(sorted(types))

    # ------------------------------------------------------------------------------------------ prices and exchanges

    def _send_rule(self, client: Client, request: MarketRuleRequest) -> None:
        rule = request.market_rule_id
        increments = _increments(found for found in self._catalogue if found.venue.market_rule == rule)
        if not increments:
            raise invalid(f"Invalid market rule id: {rule}")
        client.tell(MarketRule(rule, increments))

    def _send_components(self, client: Client, request: SmartComponentsRequest) -> None:
        if request.bbo_exchange != BBO_EXCHANGE:
            raise invalid(f"Invalid BBO exchange: {request.bbo_exchange}")
        client.tell(SmartComponents(request.request_id, _components(self._catalogue)))

    def _send_depth_exchanges(self, client: Client, _: MarketDepthExchangesRequest) -> None:
        # A dictionary instead of a set: the exchanges stay in the catalogue's order.
        exchanges = dict.fromkeys(
            exchange
            for instrument in self._catalogue
            if instrument.kind.has_depth
            for exchange in _depth_exchanges(instrument)
        )
        client.tell(MarketDepthExchanges(tuple(exchanges)))

    # ------------------------------------------------------------------------------------------------------ chains

    def _send_chains(self, client: Client, request: OptionChainsRequest) -> None:
        underlying = self._underlying(request)
        wanted = request.futures_option_exchange
        chains = _chains(request.request_id, self._catalogue.options_on(underlying.contract_id))
        client.tell_all(chain for chain in chains if wanted in ("", chain.exchange))
        client.tell(OptionChainsEnd(request.request_id))

    def _underlying(self, request: OptionChainsRequest) -> Instrument:
        """The instrument that is meant. Raises Refusal: 321 without a contract id, 200 when nothing fits."""
        if request.underlying_contract_id <= 0:
            raise invalid("Invalid contract id")
        description = Contract(contract_id=request.underlying_contract_id)
        underlying = self._catalogue.identify(description)
        symbol, security_type = request.underlying_symbol.upper(), request.underlying_security_type
        if (symbol, security_type) != (underlying.symbol, underlying.security_type):
            raise Refusal(200, NO_DEFINITION)
        return underlying


# ------------------------------------------------------------------------------------------------------- the catalogue


def _matching(catalogue: Iterable[Instrument], pattern: str) -> list[Instrument]:
    """What a search finds: the symbol itself, then symbols that begin so, then names; nothing for no pattern."""
    wanted = pattern.strip().upper()
    ranked = [
        (rank, instrument)
        for instrument in catalogue
        if not instrument.kind.is_derivative and (rank := _rank(instrument, wanted)) is not None
    ]
    return [instrument for _, instrument in sorted(ranked, key=lambda found: found[0])]


def _rank(instrument: Instrument, wanted: str) -> int | None:
    """How likely an instrument is meant, the likeliest 0; None when it does not fit."""
    if not wanted:
        return None
    fits = (
        instrument.symbol == wanted,
        instrument.symbol.startswith(wanted),
        f" {wanted}" in f" {instrument.name.upper()}",
    )
    return fits.index(True) if any(fits) else None


def _increments(instruments: Iterable[Instrument]) -> tuple[PriceIncrement, ...]:
    """The steps of a rule: each tick holds from the power of ten below the cheapest instrument that has it.

    Currencies need it: one rule has the pairs near 1 and the yen's, which is above 100 and has a tick of its own.
    """
    cheapest: dict[float, float] = {}
    for instrument in instruments:
        tick = instrument.minimum_tick
        cheapest[tick] = min(instrument.price, cheapest.get(tick, instrument.price))
    ticks = sorted(cheapest)
    edges = [0.0, *(_power_of_ten_below(cheapest[tick]) for tick in ticks[1:])]
    return tuple(map(PriceIncrement, edges, ticks))


def _power_of_ten_below(price: float) -> float:
    return 10.0 ** floor(log10(price))


def _components(catalogue: Iterable[Instrument]) -> tuple[SmartComponent, ...]:
    """The exchanges behind a stock's quote, each with its bit and its letter."""
    stocks = (instrument for instrument in catalogue if instrument.security_type == STOCK)
    exchanges = enumerate(exchange for stock in islice(stocks, 1) for exchange in single_exchanges(stock))
    return tuple(SmartComponent(bit, exchange, chr(ord("A") + bit)) for bit, exchange in exchanges)


def _depth_exchanges(instrument: Instrument) -> Iterator[DepthExchange]:
    """Where an instrument's book can be seen; books of stocks name market makers."""
    service = "Deep2" if shows_market_makers(instrument) else "Deep"
    group = instrument.venue.aggregation_group
    for exchange in single_exchanges(instrument):
        yield DepthExchange(exchange, instrument.security_type, "", service, group)


def _chains(request_id: int, options: list[Instrument]) -> Iterator[OptionChain]:
    """One chain for each trading class and exchange, in the order of the catalogue."""
    classes: dict[tuple[str, str], list[Instrument]] = {}
    for option in options:
        classes.setdefault((option.trading_class, option.multiplier), []).append(option)
    for (trading_class, multiplier), members in classes.items():
        expirations = tuple(sorted({option.expiry for option in members}))
        strikes = tuple(sorted({option.strike for option in members}))
        for exchange in members[0].venue.valid_exchanges:
            yield OptionChain(
                request_id=request_id,
                exchange=exchange,
                underlying_contract_id=members[0].underlying_contract_id,
                trading_class=trading_class,
                multiplier=multiplier,
                expirations=expirations,
                strikes=strikes,
            )


# ----------------------------------------------------------------------------------------------------------- the login


def _send_tiers(client: Client, request: SoftDollarTiersRequest) -> None:
    client.tell(SoftDollarTiers(request.request_id))


def _send_families(client: Client, _: FamilyCodesRequest) -> None:
    client.tell(FamilyCodes((NO_FAMILY,)))


def _send_user(client: Client, request: UserInfoRequest) -> None:
    client.tell(UserInfo(request.request_id))


def _send_time(client: Client, _: CurrentTimeInMillisecondsRequest) -> None:
    client.tell(CurrentTimeInMilliseconds(int(client.now * 1000)))


def _refuse_advisor(
    _client: Client, _request: FinancialAdvisorRequest | ReplaceFinancialAdvisorRequest
) -> None:
    raise invalid(NO_ADVISOR)
