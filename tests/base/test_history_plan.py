"""A span of any length is asked for in legal steps, and comes whole: each bar once, none cut, none missing."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibkr_actors.base.bar_periods import end_of_period, is_of_days, key_of, period_of, seconds_of
from ibkr_actors.base.bar_periods import moment as moment_of
from ibkr_actors.base.history_plan import Answer, HistoryPlan
from ibkr_actors.classes.bar import Bar
from ibkr_actors.classes.enum.bar_size import BarSize
from ibkr_actors.errors import InvalidRequest
from tests.base.historical_service import DAY, Service, at, run
from tests.helpers import generated

NOW = at("2026-11-23 18:00:10")

EACH_SIZE = pytest.mark.parametrize("size", list(BarSize))
ONE_OF_EACH_STEP = pytest.mark.parametrize(
    "size",
    [BarSize(size) for size in ("30 secs", "2 mins", "5 mins", "1 hour", "1 day", "1 week", "1 month")],
)


def wanted(service: Service, start: int, end: int) -> list[Bar]:
    """The bars that begin in a span, made at once."""
    if is_of_days(service.size):
        start = period_of(moment_of(start).date(), service.size)
        end = end_of_period(period_of(moment_of(end - 1).date(), service.size), service.size)
    margin = 40 * DAY if is_of_days(service.size) else DAY
    around = service.bars(start - margin, min(end + margin, service.now))
    return [bar for bar in around if start <= key_of(bar, service.size) < end]


class TestASpan:
    @EACH_SIZE
    @generated(6)
    @given(data=st.data())
    def test_comes_whole_whatever_it_is(self, size, data):
        days = 1 if seconds_of(size) < 60 else 15 if not is_of_days(size) else 1_500
        end = data.draw(st.integers(NOW - 30 * DAY, NOW + 2 * DAY))
        start = end - data.draw(st.integers(1, days * DAY))
        service = Service(size, NOW)

        bars = run(HistoryPlan(size, start, end), service)

        assert bars == wanted(service, start, end)

    @EACH_SIZE
    def test_comes_whole_when_the_contract_is_younger(self, size):
        service = Service(size, NOW, first=date(2026, 11, 18))
        start = at("2026-11-01 00:00") if not is_of_days(size) else at("2020-01-01 00:00")

        bars = run(HistoryPlan(size, start, NOW), service)

        assert bars == wanted(service, start, NOW)

    def test_of_weeks_of_small_bars_needs_no_more_steps_than_days_of_trading(self):
        service = Service(BarSize.ONE_MINUTE, NOW)

        bars = run(HistoryPlan(BarSize.ONE_MINUTE, NOW - 70 * DAY, NOW), service)

        assert len(bars) > 49 * 390
        assert len(service.asked) < 51

    def test_that_ends_before_it_begins_is_refused(self):
        with pytest.raises(InvalidRequest, match="start is not before the end"):
            HistoryPlan(BarSize.ONE_DAY, NOW, NOW)

    def test_before_there_was_anything_is_empty(self):
        service = Service(BarSize.ONE_HOUR, NOW, first=date(2026, 11, 18))

        assert run(HistoryPlan(BarSize.ONE_HOUR, NOW - 90 * DAY, NOW - 60 * DAY), service) == []


class TestAStep:
    @pytest.mark.parametrize(
        ("size", "longest"),
        [
            ("1 secs", "1800 S"),
            ("5 secs", "3600 S"),
            ("10 secs", "14400 S"),
            ("15 secs", "14400 S"),
            ("30 secs", "28800 S"),
            ("1 min", "28800 S"),
            ("2 mins", "2 D"),
            ("3 mins", "1 W"),
            ("20 mins", "1 W"),
            ("30 mins", "1 M"),
            ("8 hours", "1 M"),
            ("1 day", "1 Y"),
            ("1 week", "1 Y"),
            ("1 month", "1 Y"),
        ],
    )
    def test_is_no_longer_than_the_vendors_table_allows(self, size, longest):
        step = HistoryPlan(BarSize(size), NOW - 2_000 * DAY, NOW - DAY).step(NOW)

        assert step.duration == longest

    def test_is_no_longer_than_what_is_asked_for(self):
        start = at("2026-11-20 15:00")

        step = HistoryPlan(BarSize.FIVE_MINUTES, start, start + 3_600).step(NOW)

        assert (step.end_text, step.duration) == ("20261120-16:05:00", "2 D")

    def test_up_to_now_has_no_end(self):
        assert HistoryPlan(BarSize.ONE_HOUR, NOW - DAY, NOW).step(NOW).end_text == ""

    def test_goes_on_where_the_answer_before_began(self):
        plan = HistoryPlan(BarSize.ONE_MINUTE, NOW - 20 * DAY, NOW - DAY)
        first = plan.step(NOW)

        plan.take(first, [Bar(str(at("2026-11-18 14:30")))], NOW)

        assert plan.step(NOW).to == at("2026-11-18 14:30")

    def test_without_an_answer_goes_back_as_far_as_it_surely_looked(self):
        plan = HistoryPlan(BarSize.ONE_MINUTE, NOW - 20 * DAY, NOW - DAY)
        first = plan.step(NOW)

        plan.take(first, [], NOW)

        assert plan.step(NOW).to == first.sure

    def test_skips_the_hours_in_which_nothing_was_traded(self):
        friday, monday = (at(f"2026-11-{day} 14:30") for day in (20, 23))
        sessions = [(start, start + 6 * 3_600 + 1_800) for start in (friday, monday)]

        step = HistoryPlan(
            BarSize.ONE_SECOND, NOW - 20 * DAY, at("2026-11-22 12:00"), sessions=sessions
        ).step(NOW)

        assert step.to == at("2026-11-20 21:00")

    @pytest.mark.parametrize("day", ["2026-10-01", "2026-11-20"])
    def test_asks_for_hours_that_the_sessions_do_not_reach_to(self, day):
        service = Service(BarSize.ONE_HOUR, NOW)
        session = at(f"{day} 14:30"), at(f"{day} 21:00")

        bars = run(HistoryPlan(BarSize.ONE_HOUR, NOW - 60 * DAY, NOW - DAY, sessions=[session]), service)

        assert bars == wanted(service, NOW - 60 * DAY, NOW - DAY)


class TestWhatIsGivenUpToNowOnly:
    @pytest.mark.parametrize(
        ("size", "days", "duration"),
        [("1 day", 10, "11 D"), ("1 hour", 400, "2 Y"), ("1 week", 30, "1 Y"), ("30 secs", 0.25, "21600 S")],
    )
    def test_is_asked_for_at_once(self, size, days, duration):
        start = at("2026-11-23 00:00") - int(days * DAY)
        now = at("2026-11-23 00:00")
        plan = HistoryPlan(BarSize(size), start, now, newest_only=True)
        step = plan.step(now)

        assert (step.end_text, step.duration) == ("", duration)
        plan.take(step, [], now)
        assert plan.step(now) is None

    def test_is_refused_where_bars_are_too_small(self):
        with pytest.raises(InvalidRequest, match="reach back 1800 seconds; 86400 were asked for"):
            HistoryPlan(BarSize.ONE_SECOND, NOW - DAY, NOW, newest_only=True).step(NOW)


class TestWhatIsKnown:
    @ONE_OF_EACH_STEP
    def test_is_not_asked_for_again(self, size):
        start, end = (
            (NOW - 3_000 * DAY, NOW - 40 * DAY) if is_of_days(size) else (NOW - 4 * DAY, NOW - 3 * DAY)
        )
        kept, service = interrupted(size, start, end, after=None)
        again = Service(size, NOW)

        bars = run(HistoryPlan(size, start, end, known=kept), again)

        assert bars == wanted(service, start, end)
        assert again.asked == []

    @ONE_OF_EACH_STEP
    @pytest.mark.parametrize("after", [1, 2, 3])
    def test_is_where_the_next_run_goes_on(self, size, after):
        start, end = (
            (NOW - 3_000 * DAY, NOW + DAY) if is_of_days(size) else (NOW - 3 * DAY - 3_600, NOW + DAY)
        )
        kept, _ = interrupted(size, start, end, after=after)
        later = Service(size, NOW + 3 * DAY)

        bars = run(HistoryPlan(size, start, end + 3 * DAY, known=kept), later)

        assert bars == wanted(later, start, end + 3 * DAY)

    def test_holds_nothing_of_a_bar_that_still_runs(self):
        now = at("2026-11-23 18:01")
        plan = HistoryPlan(BarSize.ONE_HOUR, now - 3_600 * 6, now + 60)
        running, before = at("2026-11-23 18:00"), at("2026-11-23 17:00")

        answer = plan.take(plan.step(now), [Bar(str(before)), Bar(str(running))], now)

        assert (answer.end, [bar.date for bar in answer.bars]) == (running, [str(before)])

    def test_holds_nothing_of_a_bar_that_may_still_run_by_the_bridges_clock(self):
        plan = HistoryPlan(BarSize.ONE_HOUR, NOW - 3_600 * 6, NOW)
        running, before = at("2026-11-23 17:00"), at("2026-11-23 16:00")

        answer = plan.take(plan.step(NOW), [Bar(str(before)), Bar(str(running))], NOW)

        assert (answer.end, [bar.date for bar in answer.bars]) == (running, [str(before)])


def interrupted(size: BarSize, start: int, end: int, after: int | None) -> tuple[list[Answer], Service]:
    """The answers of a plan that was given up after so many steps."""
    plan, service = HistoryPlan(size, start, end), Service(size, NOW)
    kept: list[Answer] = []
    while (step := plan.step(NOW)) is not None and (after is None or len(kept) < after):
        kept.append(plan.take(step, service.answer(step), NOW))
    return kept, service


class TestProgress:
    def test_goes_from_nothing_to_all(self):
        plan, service, seen = (
            HistoryPlan(BarSize.ONE_MINUTE, NOW - 10 * DAY, NOW),
            Service(BarSize.ONE_MINUTE, NOW),
            [],
        )
        while (step := plan.step(NOW)) is not None:
            seen.append(plan.done)
            plan.take(step, service.answer(step), NOW)

        assert seen == sorted(seen)
        assert seen[0] == 0.0
        assert plan.done == 1.0


class TestABarsTime:
    def test_is_refused_where_its_text_tells_none(self):
        with pytest.raises(
            InvalidRequest, match="dated '20261123  09:30:00', which tells no time with a zone"
        ):
            key_of(Bar("20261123  09:30:00"), BarSize.ONE_HOUR)
