"""Who answers higher requests in tests: a market of bars, ticks and chains, with troubles on demand."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from typing import Any

from ibkr_actors.base.history_plan import Step
from ibkr_actors.base.messages.contracts import ContractData, ContractDataRequest
from ibkr_actors.base.messages.declaration import Request
from ibkr_actors.base.messages.executions import CommissionAndFeesReport
from ibkr_actors.base.messages.historical_ticks import HistoricalTicksLast, HistoricalTicksRequest
from ibkr_actors.base.messages.history import HistoricalData, HistoricalDataRequest
from ibkr_actors.base.messages.history_queries import HeadTimestamp, HeadTimestampRequest, HistoricalSchedule
from ibkr_actors.base.messages.options import OptionChain, OptionChainsRequest
from ibkr_actors.base.replies import Answer
from ibkr_actors.classes.contracts.contract_details import ContractDetails
from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.enum.bar_size import BarSize
from ibkr_actors.classes.historical_session import HistoricalSession
from ibkr_actors.classes.moment import moment
from ibkr_actors.classes.tick import HistoricalTickLast
from ibkr_actors.errors import IbkrError, RequestRejected
from ibkr_actors.higher_requests.asking import Clock
from ibkr_actors.higher_requests.requests import HigherRequests
from tests.base.historical_service import Service

IBM = Stock("IBM", contract_id=8314)


class StandingClock(Clock):
    """Time that passes only while somebody waits."""

    def __init__(self, now: float) -> None:
        self.time, self.slept = now, []

    def now(self) -> float:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)


class FakeBridge(HigherRequests):
    """Answers from a `Service` of bars, and with what a test says."""

    def __init__(self, now: int) -> None:
        self.now = now
        self.higher_request_clock = StandingClock(now)
        self.asked: list[Any] = []
        self.troubles: deque[IbkrError | None] = deque()
        """What happens to the next requests, instead of an answer."""
        self.ticks: list[HistoricalTickLast] = []
        self.chains: list[OptionChain] = []
        self.executions: list[Any] = []
        self.sessions: tuple[HistoricalSession, ...] = ()
        self.missing: set[str] = set()
        """Dates of bars that the bridge has lost."""

    def answer_to(self, request: Request) -> Answer:
        self.asked.append(request)
        trouble = self.troubles.popleft() if self.troubles else None
        if trouble is not None:
            raise trouble
        answer = Answer(request)
        answer.parts = list(self._parts(request))
        return answer

    def perform(self, request: Request) -> Any:
        return self.answer_to(request).parts[0].contract

    def known_commissions(self) -> Mapping[str, CommissionAndFeesReport]:
        return {"a.01": CommissionAndFeesReport("a.01", 1.25, "USD")}

    def _parts(self, request: Any) -> list[Any]:
        match request:
            case HistoricalDataRequest(what_to_show="SCHEDULE"):
                return [HistoricalSchedule(0, "", "", "US/Eastern", self.sessions)]
            case HistoricalDataRequest():
                return [HistoricalData(0, tuple(self._bars(request)))]
            case HistoricalTicksRequest():
                start = moment(request.start).timestamp()
                found = [tick for tick in self.ticks if tick.time >= start][: request.number_of_ticks]
                return [HistoricalTicksLast(0, tuple(found), True)]
            case HeadTimestampRequest():
                return [HeadTimestamp(0, str(self.now - 10 * 86_400))]
            case ContractDataRequest():
                return [ContractData(0, IBM, ContractDetails(time_zone_id="US/Eastern"))]
            case OptionChainsRequest():
                return self.chains
            case _:
                return self.executions

    def _bars(self, request: HistoricalDataRequest) -> Any:
        end = int(moment(request.end).timestamp()) if request.end else None
        bars = Service(BarSize(request.bar_size), self.now).answer(Step(end, request.duration, 0, 0))
        if not bars:
            raise RequestRejected(request, 162, "HMDS query returned no data: IBM@SMART Trades")
        return [bar for bar in bars if bar.date not in self.missing]
