"""The gateway's time: what clocks tell, and which moments the gateway is brought to. Nothing waits here."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from loguru import logger

from ibkr_actors.simulated_gateway.hours.clock import MOST_PIECES, RunningClock, SteppedClock, Timeline
from tests.simulated_gateway.helpers import NOW

START = datetime.fromtimestamp(NOW, UTC)


class Machine:
    """The machine's own time, under the test's hand."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


class TestClocks:
    def test_a_fast_clock_runs_from_its_start_at_its_speed(self) -> None:
        machine = Machine()
        clock = RunningClock(START, speed=60, monotonic=machine)

        machine.seconds += 2

        assert clock.now() == NOW + 120
        assert clock.seconds_until(NOW + 180) == 1.0
        assert clock.seconds_until(NOW) == 0.0

    def test_a_start_without_a_zone_is_new_yorks(self) -> None:
        assert SteppedClock(datetime(2026, 11, 23, 10, 0)).now() == NOW  # noqa: DTZ001  # the point of the test

    @pytest.mark.parametrize("speed", [0.0, -1.0, 1e6, float("inf"), float("nan")])
    def test_a_speed_has_to_be_a_number_above_zero(self, speed: float) -> None:
        with pytest.raises(ValueError, match="speed has to be a number above zero"):
            RunningClock(speed=speed)

    @pytest.mark.parametrize("clock", [RunningClock, SteppedClock])
    @pytest.mark.parametrize("year", [1, 1899, 2200, 9999])
    def test_a_start_has_to_be_in_years_that_have_a_market(self, clock, year: int) -> None:
        with pytest.raises(ValueError, match=f"in the years 1900 to 2199, got {year:04d}"):
            clock(datetime(year, 1, 1))  # noqa: DTZ001  # as a configuration may name it

    def test_a_stepped_clock_stands_still_and_never_goes_back(self) -> None:
        clock = SteppedClock(START)

        clock.move(0.5)

        assert clock.now() == NOW + 0.5
        assert clock.seconds_until(NOW + 1) is None
        with pytest.raises(ValueError, match="can't be moved by -1"):
            clock.move(-1)


class TestTimeline:
    def test_a_clock_of_usual_speed_is_followed_tick_by_tick(self) -> None:
        machine = Machine()
        timeline = Timeline(RunningClock(START, monotonic=machine), tick=0.25)

        machine.seconds += 0.125
        early = list(timeline.due())
        machine.seconds += 0.125

        assert early == []
        assert list(timeline.due()) == [NOW + 0.25]
        assert timeline.wait() == 0.25

    def test_a_fast_clock_skips_no_second(self) -> None:
        machine = Machine()
        timeline = Timeline(RunningClock(START, speed=10, monotonic=machine), tick=0.25)

        machine.seconds += 0.25

        assert list(timeline.due()) == [NOW + 1, NOW + 2, NOW + 2.5]

    def test_between_two_looks_at_the_sockets_time_goes_on_only_so_far(self) -> None:
        machine = Machine()
        timeline = Timeline(RunningClock(START, speed=3600, monotonic=machine), tick=0.25)

        machine.seconds += 0.25

        assert len(list(timeline.due())) == MOST_PIECES
        assert timeline.wait() == 0.0

    def test_a_request_is_served_at_no_time_behind_one_already_told(self) -> None:
        machine = Machine()
        timeline = Timeline(RunningClock(START, speed=60, monotonic=machine), tick=0.25)
        told = []

        for _ in range(40):
            machine.seconds += 0.07
            told.append(timeline.now())
            for moment in timeline.due():
                told += [moment, timeline.now()]

        assert told == sorted(told)
        assert told[-1] == pytest.approx(NOW + 40 * 0.07 * 60, abs=15)

    def test_a_step_of_any_length_goes_in_pieces_to_its_end(self) -> None:
        clock = SteppedClock(START)
        timeline = Timeline(clock, tick=0.25)

        clock.move(100.125)
        moments = list(timeline.due(most=None))

        assert len(moments) == 101
        assert moments[-1] == NOW + 100.125
        assert timeline.wait() is None

    def test_a_gateway_that_can_not_follow_says_so_once(self) -> None:
        lines: list[str] = []
        sink = logger.add(lambda line: lines.append(str(line)), format="{message}")
        machine = Machine()
        timeline = Timeline(RunningClock(START, speed=3600, monotonic=machine), tick=0.25)

        machine.seconds += 60
        for _ in range(3):
            list(timeline.due())

        logger.remove(sink)
        assert lines == ["the gateway can't follow a clock of speed 3600: it is 60 seconds late\n"]
