"""The market of a gateway in another process, made again: it is a function of the seed and the time."""

from __future__ import annotations

from datetime import datetime
from typing import TypeVar

from ibkr_actors.base.messages.connection import StartApiRequest
from ibkr_actors.base.messages.declaration import Message, Request
from ibkr_actors.base.messages.history import HistoricalData, HistoricalDataRequest
from ibkr_actors.classes.bar import Bar
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.simulated_gateway.gateway import Gateway, Options
from ibkr_actors.simulated_gateway.hours.market_time import EASTERN
from ibkr_actors.simulated_gateway.instruments.catalogue import Catalogue
from ibkr_actors.simulated_gateway.market.market import Market
from ibkr_actors.simulated_gateway.market.quotes import Quote

M = TypeVar("M", bound=Message)

STEP = 0.25
"""Seconds between two prices."""


class Replica:
    """The prices of a gateway that was started at some time with some seed."""

    def __init__(self, seed: int, started: float) -> None:
        self._seed = seed
        self._started = started

    def quotes(self, contract_id: int, began: float, ended: float) -> list[Quote]:
        """Every quote of an instrument between two times, in order."""
        catalogue = Catalogue(datetime.fromtimestamp(self._started, EASTERN).date())
        market = Market(catalogue, self._seed, self._started)
        shown: list[Quote] = []
        now = max(began - STEP, self._started)
        while now < ended + STEP:  # the step that `ended` falls into included
            market.advance(now)
            shown.append(market.quote(contract_id))
            now += STEP
        return shown

    def ask(self, request: Request, now: float) -> list[Message]:
        """What a request is answered with at a time."""
        gateway = Gateway(Options(seed=self._seed), self._started)
        client = gateway.connect(200)
        gateway.handle(client, StartApiRequest(1), now)
        return [message for _, messages in gateway.handle(client, request, now) for message in messages]

    def answer(self, kind: type[M], request: Request, now: float) -> M:
        """The answer of a kind to a request."""
        return next(message for message in self.ask(request, now) if isinstance(message, kind))

    def bars(self, contract_id: int, duration: str, size: str, now: float) -> tuple[Bar, ...]:
        """What a request for bars, in regular hours until now, is answered with."""
        wanted = Contract(contract_id=contract_id, exchange="SMART")
        request = HistoricalDataRequest(wanted, "", duration, size, request_id=1)
        return self.answer(HistoricalData, request, now).bars
