"""History over spans of any length: bars and ticks."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import tzinfo
from itertools import chain
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from ibkr_actors.base.bar_periods import (
    DAY,
    bar_size_of,
    is_of_days,
    latest_trading_day,
    moment,
    refuse_empty_span,
)
from ibkr_actors.base.history_gaps import Session, gaps_among, in_seconds
from ibkr_actors.base.history_plan import HistoryPlan, Step
from ibkr_actors.base.messages.contracts import ContractDataRequest
from ibkr_actors.base.messages.historical_ticks import HistoricalTicksRequest
from ibkr_actors.base.messages.history import HistoricalData, HistoricalDataRequest
from ibkr_actors.base.messages.history_queries import HeadTimestamp, HeadTimestampRequest, HistoricalSchedule
from ibkr_actors.base.tick_pages import TICKS_AT_ONCE, TickPages
from ibkr_actors.classes.bar import Bar
from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.bar_size import BarSize
from ibkr_actors.classes.enum.date_format import DateFormat
from ibkr_actors.classes.enum.duration_unit import DurationUnit
from ibkr_actors.classes.enum.historical_data_type import HistoricalDataType
from ibkr_actors.classes.historical_session import HistoricalSession
from ibkr_actors.classes.history import History
from ibkr_actors.classes.rows import Rows
from ibkr_actors.classes.tick import HistoricalTick, HistoricalTickBidAsk, HistoricalTickLast, SingleTick
from ibkr_actors.classes.value import snapshot
from ibkr_actors.errors import IbkrError, InvalidRequest
from ibkr_actors.higher_requests.asking import Asks, Clock, Patience, answer_if_any
from ibkr_actors.higher_requests.history_file import HistoryFile, heading_of
from ibkr_actors.higher_requests.progress import Progress, Watcher, told_to
from ibkr_actors.higher_requests.spans import Edge, day_edge, instant

_TICK_KINDS: Final[dict[str, type[SingleTick]]] = {
    HistoricalDataType.TRADES: HistoricalTickLast,
    HistoricalDataType.BID_ASK: HistoricalTickBidAsk,
    HistoricalDataType.MIDPOINT: HistoricalTick,
}
_DAYS_BEFORE_YEARS: Final = 365
_USUAL: Final = Patience()


class _Asking:
    """One request of many steps for one contract, while it runs."""

    def __init__(
        self, asks: Asks, clock: Clock, patience: Patience, contract: Contract, what: str, *, regular: bool
    ) -> None:
        self._asks, self._clock, self._patience = asks, clock, patience
        self._contract, self._what, self._regular = snapshot(contract, Contract), what, regular

    def bars_request(self, end: str, duration: str, size: BarSize) -> HistoricalDataRequest:
        request = HistoricalDataRequest(
            self._contract, end, duration, size, self._what, self._regular, DateFormat.EPOCH_SECONDS
        )
        return snapshot(request, HistoricalDataRequest)

    def bars(self, step: Step, size: BarSize) -> tuple[Bar, ...]:
        """The bars of a step; none when the bridge has none."""
        parts = self._parts(self.bars_request(step.end_text, step.duration, size))
        return tuple(bar for part in parts if isinstance(part, HistoricalData) for bar in part.bars)

    def ticks(self, page: int, *, ignore_size: bool) -> list[Any]:
        """The ticks of a page; none when the bridge has none."""
        start = f"{moment(page):%Y%m%d-%H:%M:%S}"
        request = HistoricalTicksRequest(
            self._contract, start, "", TICKS_AT_ONCE, self._what, self._regular, ignore_size
        )
        parts: list[Any] = self._parts(snapshot(request, HistoricalTicksRequest))
        return list(chain.from_iterable(part.ticks for part in parts))

    def first_moment(self) -> int:
        """The first moment of which there is such history. Raises InvalidRequest when the bridge knows none."""
        request = HeadTimestampRequest(self._contract, self._what, self._regular, DateFormat.EPOCH_SECONDS)
        parts = self._parts(snapshot(request, HeadTimestampRequest))
        told = next((part.at for part in parts if isinstance(part, HeadTimestamp)), None)
        if told is None:
            raise InvalidRequest(
                f"the bridge tells no first moment of {self._what} of {self._contract}: give a start"
            )
        return int(told.timestamp())

    def sessions(self, start: int, end: int) -> tuple[HistoricalSession, ...] | None:
        """The trading sessions that the bridge tells of a span; none of one that has not begun.

        None when it tells nothing at all.
        """
        now = self._clock.now()
        if start >= now:
            return ()
        last = min(end + DAY, int(now))
        days = -(-(last - start) // DAY) + 2
        unit, count = (
            (DurationUnit.DAY, days)
            if days <= _DAYS_BEFORE_YEARS
            else (DurationUnit.YEAR, -(-days // 365) + 1)
        )
        text = f"{moment(last):%Y%m%d-%H:%M:%S}" if end + DAY < now else ""
        request = HistoricalDataRequest(
            self._contract,
            text,
            unit.times(count),
            BarSize.ONE_DAY,
            HistoricalDataType.SCHEDULE,
            self._regular,
        )
        parts = self._parts(snapshot(request, HistoricalDataRequest))
        schedules = [part for part in parts if isinstance(part, HistoricalSchedule)]
        return (
            tuple(session for schedule in schedules for session in schedule.sessions) if schedules else None
        )

    def zone(self) -> tzinfo:
        """The exchange's time zone, for days that are given without one. Raises InvalidRequest when it is not told."""
        answer = self._asks.answer_to(snapshot(ContractDataRequest(self._contract), ContractDataRequest))
        parts: list[Any] = answer.parts
        names = {part.details.time_zone_id for part in parts}
        name = names.pop() if len(names) == 1 else ""
        try:
            return ZoneInfo(name)
        except (ValueError, KeyError, OSError) as error:
            raise InvalidRequest(
                f"a day leaves open in which time zone, and the bridge tells {name or 'none'} for {self._contract}: "
                "give aware times as start and end"
            ) from error

    def _parts(self, request: Any) -> list[Any]:
        answer = answer_if_any(self._asks, request, self._patience, self._clock)
        return [] if answer is None else list(answer.parts)


class HistoryRequests(Asks):
    """Requests for history that may take many steps. Whoever mixes it in answers the calls of `Asks`."""

    higher_request_clock: Clock = Clock()

    def request_history(
        self,
        contract: Contract,
        start: Edge | None = None,
        end: Edge | None = None,
        bar_size: BarSize | str = BarSize.ONE_DAY,
        what_to_show: HistoricalDataType | str = HistoricalDataType.TRADES,
        use_regular_trading_hours: bool = True,
        *,
        sessions: Iterable[Session] | bool = False,
        keep_in: str | Path | None = None,
        progress: Watcher = False,
        patience: Patience = _USUAL,
    ) -> History:
        """The bars that begin in a span of any length, each once, in order.

        `start` and `end` are aware times, days of the exchange (the end's day is part of the span) or the bridge's
        text. Without a start the span begins with the first bar there is, without an end it lasts until now. Bars of a
        day and longer are those of each day, week or month that the span touches. Dates of shorter ones are epoch
        seconds; `bar.at` is the time.

        * `sessions`: when the contract was traded, or True to ask the bridge. The result tells the `gaps` then, and
          hours between two sessions are not asked for.
        * `keep_in`: a file for what has come. The same call goes on from there, also with another span. After a split
          begin a new one, for the bridge adjusts what was before it.
        * `progress`: a function that is told a `Progress` after each step, or True for a bar in the terminal.
        * `patience`: how often a step is tried when the bridge has a trouble that passes.

        Raises InvalidRequest for a span, size or file that can't be, RequestRejected, RequestTimeout and ConnectionLost
        when the bridge does not answer, OSError when the file can't be written; a note tells how far it came.
        """
        size = bar_size_of(bar_size)
        newest_only = _is_newest_only(what_to_show, keep_in)
        asking = self._asking(contract, what_to_show, use_regular_trading_hours, patience)
        first, last = self._span(asking, start, end, size)
        traded = _traded(asking, sessions, first, last)
        asked_at = int(
            self.higher_request_clock.now()
        )  # the newest bars come first, and others may take long
        with _kept_in(keep_in, asking, size) as file:
            plan = HistoryPlan(
                size,
                first,
                last,
                known=file.known if file is not None else (),
                sessions=in_seconds(traded or ()),
                newest_only=newest_only,
            )
            with (
                _told_how_far(plan, keep_in, newest_only),
                told_to(progress, f"{contract.symbol} {size}") as tell,
            ):
                self._follow(plan, asking, size, file, tell)
        end_of_gaps = min(plan.end, asked_at)
        gaps = None if traded is None else gaps_among(plan.keys(), size, traded, plan.start, end_of_gaps)
        return History(plan.bars(), start=moment(plan.start), end=moment(plan.end), gaps=gaps)

    def _follow(
        self,
        plan: HistoryPlan,
        asking: _Asking,
        size: BarSize,
        file: HistoryFile | None,
        tell: Callable[[Progress], None],
    ) -> None:
        while (step := plan.step(now := self.higher_request_clock.now())) is not None:
            answer = plan.take(step, asking.bars(step, size), now)
            if file is not None:
                file.keep(answer)
            tell(Progress(plan.done, len(plan.keys()), moment(max(plan.reached, plan.start))))

    def request_tick_history(
        self,
        contract: Contract,
        start: Edge,
        end: Edge | None = None,
        what_to_show: HistoricalDataType | str = HistoricalDataType.TRADES,
        use_regular_trading_hours: bool = True,
        ignore_size: bool = False,
        *,
        sessions: Iterable[Session] | bool = False,
        progress: Watcher = False,
        patience: Patience = _USUAL,
    ) -> Rows[Any]:
        """The ticks of a span of any length, each once, in order: trades, quotes (BID_ASK) or midpoints.

        Parameters as those of `request_history`; `ignore_size` leaves out quotes that change in size only. A day of a
        busy stock is hundreds of requests: with `sessions` nights and weekends take none.
        """
        kind = _TICK_KINDS.get(str(what_to_show))
        if kind is None:
            raise InvalidRequest(f"there are no ticks of {what_to_show}: ask for {', '.join(_TICK_KINDS)}")
        asking = self._asking(contract, what_to_show, use_regular_trading_hours, patience)
        first, last = self._span(asking, start, end, None)
        traded = _traded(asking, sessions, first, last)
        pages: TickPages[Any] = TickPages(first, last, in_seconds(traded or ()))
        found = 0
        with told_to(progress, f"{contract.symbol} ticks") as tell:
            while (page := pages.page(self.higher_request_clock.now())) is not None:
                ticks = asking.ticks(page, ignore_size=ignore_size)
                pages.take(page, ticks)
                found += len(ticks)
                tell(Progress(pages.done, found, moment(pages.reached)))
        return Rows(pages.ticks(), kind)

    def _asking(
        self, contract: Contract, what_to_show: HistoricalDataType | str, regular: bool, patience: Patience
    ) -> _Asking:
        return _Asking(
            self, self.higher_request_clock, patience, contract, str(what_to_show), regular=regular
        )

    def _span(
        self, asking: _Asking, start: Edge | None, end: Edge | None, size: BarSize | None
    ) -> tuple[int, int]:
        """The span in epoch seconds. Raises InvalidRequest for one that ends before it begins."""
        first, last = self._edges(asking, start, end, size)
        refuse_empty_span("the span", first, last)
        return first, last

    def _edges(
        self, asking: _Asking, start: Edge | None, end: Edge | None, size: BarSize | None
    ) -> tuple[int, int]:
        now = int(self.higher_request_clock.now())
        if size is not None and is_of_days(size):
            first = moment(asking.first_moment()) if start is None else start
            last = latest_trading_day(now) if end is None else end
            return day_edge(first, is_end=False), day_edge(last, is_end=True)
        zones: list[tzinfo] = []

        def zone() -> tzinfo:
            zones[:] = zones or [asking.zone()]
            return zones[0]

        first_second = asking.first_moment() if start is None else instant(start, zone, is_end=False)
        return first_second, now + 1 if end is None else instant(end, zone, is_end=True)


def _is_newest_only(what_to_show: HistoricalDataType | str, keep_in: str | Path | None) -> bool:
    """Whether the bridge tells such bars up to now only. Raises InvalidRequest for what is none, or can't be kept."""
    if what_to_show == HistoricalDataType.SCHEDULE:
        raise InvalidRequest("a schedule is no history of bars: ask request_historical_data for it")
    newest_only = what_to_show == HistoricalDataType.ADJUSTED_LAST
    if newest_only and keep_in is not None:
        raise InvalidRequest(
            "ADJUSTED_LAST changes with each dividend, and can't be kept in a file: keep TRADES"
        )
    return newest_only


def _traded(
    asking: _Asking, sessions: Iterable[Session] | bool, first: int, last: int
) -> tuple[Session, ...] | None:
    """When the contract was traded; None when nobody tells."""
    if sessions is True:
        return asking.sessions(first, last)
    return None if sessions is False else tuple(sessions or ())


@contextmanager
def _kept_in(path: str | Path | None, asking: _Asking, size: BarSize) -> Iterator[HistoryFile | None]:
    if path is None:
        yield None
    else:
        with HistoryFile(path, heading_of(asking.bars_request("", "", size))) as file:
            yield file


@contextmanager
def _told_how_far(plan: HistoryPlan, path: str | Path | None, newest_only: bool) -> Iterator[None]:
    """An error that ends a request of several steps says what is there."""
    try:
        yield
    except (IbkrError, OSError) as error:
        if not newest_only:
            error.add_note(
                f"{len(plan.keys())} bars from {moment(plan.reached)} on had come: {_what_is_kept(path, error)}"
            )
        raise


def _what_is_kept(path: str | Path | None, error: Exception) -> str:
    if path is None:
        return "name a file as keep_in to go on from there the next time"
    but = "but for the last step's " if isinstance(error, OSError) else ""
    return f"{but}they are kept in {path}, and the same call goes on from there"
