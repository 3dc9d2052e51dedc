"""Strategies start, fail, start again, and stop; the clock is the test's, the strategies' threads are real."""

from __future__ import annotations

import threading

import pytest

from ibkr_actors.actors import supervisor
from ibkr_actors.actors.messages import (
    ActorEnded,
    Adopt,
    CancelAll,
    Fate,
    Forget,
    Register,
    StartStrategies,
    StopStrategies,
    StopStrategy,
)
from ibkr_actors.actors.strategy import NoParameters, StrategyActor
from ibkr_actors.actors.supervisor import RestartPolicy, Staff, Supervisor
from ibkr_actors.errors import DeskError
from tests.actors.helpers import PATIENCE, Clock, FakeMail, Record, fake_desk


class Broken(StrategyActor):
    def initialize(self):
        raise RuntimeError("at fault")


class Arrangement:
    def __init__(self, strategy, policy=None):
        self.clock, self.desk, self.mail, self.signals = (
            Clock(),
            fake_desk(),
            FakeMail("supervisor"),
            Record(),
        )
        for name in ("strategy_started", "strategy_stopped", "strategy_failed"):
            getattr(self.desk.signals, name).connect(
                lambda _sender, name=name, **_facts: self.signals.add(name), weak=False
            )
        self.member = Staff("cross", strategy, NoParameters(), policy or RestartPolicy())
        self.actor = Supervisor(self.desk, [self.member], lambda _change: None, clock=self.clock)
        self.actor.run_behind(self.mail)
        self.actor.receive(StartStrategies())

    def hear_of_the_end(self):
        """The news that the strategy's host told."""
        assert self.member.running is not None
        assert self.member.running.join(PATIENCE)
        self.actor.receive(self.mail.of(ActorEnded)[-1])

    def fail(self, times, every):
        for _ in range(times):
            self.hear_of_the_end()
            self.clock.now += every
            self.actor.act()


def test_the_others_know_a_strategy_before_it_runs():
    seen = []

    class Looking(StrategyActor):
        def initialize(self):
            seen.extend(type(message) for message in (*self.desk.router.told, *self.desk.orders.told))

    arrangement = Arrangement(Looking)
    arrangement.actor.receive(StopStrategies(PATIENCE))
    assert seen == [Register, Adopt]


def test_a_strategy_that_fails_is_started_again_after_its_delay(log):
    arrangement = Arrangement(Broken, RestartPolicy(first_delay=10.0))
    arrangement.hear_of_the_end()
    assert (arrangement.member.state, arrangement.member.starts) == ("restarting", 1)
    assert len(arrangement.desk.router.of(Forget)) == 1
    arrangement.clock.now += 4.9  # the least that jitter leaves is half of it
    arrangement.actor.act()
    assert arrangement.member.starts == 1
    arrangement.clock.now += 5.2
    arrangement.actor.act()
    assert arrangement.member.starts == 2
    arrangement.hear_of_the_end()
    assert not any("(failure 1)" in line for line in log.items), "each start counts from one: it says nothing"


def test_one_that_can_t_have_what_a_thread_needs_has_failed_and_is_started_again(log, monkeypatch):
    """The process may have too many threads or open files; a strategy that does not run must not look as if it did."""
    with monkeypatch.context() as patch:
        patch.setattr(supervisor, "start", refuse)
        arrangement = Arrangement(StrategyActor, RestartPolicy(first_delay=1.0))
    assert arrangement.member.state == "restarting"
    assert "too many open files" in arrangement.member.last_error
    assert arrangement.signals.items == ["strategy_failed"]

    arrangement.clock.now += 1.0
    arrangement.actor.act()
    assert (arrangement.member.state, arrangement.member.starts) == ("running", 2)
    arrangement.actor.receive(StopStrategies(PATIENCE))


def refuse(*_arguments, **_named):
    raise OSError("too many open files")


def test_one_that_fails_too_often_stays_down(log):
    arrangement = Arrangement(Broken, RestartPolicy(most_failures=3, within=60.0))
    arrangement.fail(3, every=5.0)
    arrangement.hear_of_the_end()
    arrangement.clock.now += 1000
    arrangement.actor.act()
    assert (arrangement.member.state, arrangement.member.starts) == ("failed", 4)
    assert "RuntimeError('at fault')" in arrangement.member.last_error


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"orders_at_death": "cancle"}, "orders_at_death is one of keep, cancel, got 'cancle'"),
        ({"most_failures": "five"}, "most_failures is a whole number from 0 on, got 'five'"),
        ({"most_failures": -1}, "most_failures is a whole number from 0 on, got -1"),
        ({"first_delay": -1}, "first_delay is a number of seconds above 0, got -1"),
        ({"within": None}, "within is a number of seconds above 0, got None"),
    ],
)
def test_a_policy_that_can_t_be_is_refused_before_a_strategy_fails(values, words):
    """A misspelt "cancel" would leave the orders of a dead strategy at work."""
    with pytest.raises(DeskError, match=words):
        RestartPolicy(**values)


@pytest.mark.parametrize("code", ["", "a b", "a.b", 5, None, "a\n"])
def test_a_code_that_a_configuration_would_refuse_is_refused_in_a_program_too(code):
    with pytest.raises(DeskError, match="made of letters, digits, _ and -; got"):
        Staff.of(StrategyActor, code, {}, None)


def test_failures_long_ago_do_not_count(log):
    arrangement = Arrangement(Broken, RestartPolicy(most_failures=3, within=60.0))
    arrangement.fail(10, every=31.0)
    assert arrangement.member.starts == 11
    arrangement.hear_of_the_end()


def test_a_policy_may_be_not_to_start_again(log):
    arrangement = Arrangement(Broken, RestartPolicy(restart=False))
    arrangement.fail(1, every=1000)
    assert (arrangement.member.state, arrangement.member.starts) == ("failed", 1)


def test_news_of_an_earlier_life_is_no_news(log):
    arrangement = Arrangement(Broken, RestartPolicy(first_delay=0.1))
    arrangement.fail(1, every=5.0)
    old = arrangement.mail.of(ActorEnded)[0]
    arrangement.actor.receive(old)
    assert arrangement.member.starts == 2
    assert arrangement.signals.items.count("strategy_failed") == 1
    arrangement.hear_of_the_end()


@pytest.mark.parametrize(("stop", "fate"), [(None, Fate.STOPPED), (RuntimeError, Fate.FAILED)])
def test_the_end_of_the_desk_is_told_once_as_what_it_was(log, stop, fate):
    class Stopping(StrategyActor):
        def stop(self):
            if stop is not None:
                raise stop("at fault")
            super().stop()

    arrangement = Arrangement(Stopping)
    assert arrangement.actor.receive(StopStrategies(PATIENCE)) == []
    for news in arrangement.mail.of(ActorEnded):
        arrangement.actor.receive(news)
    assert arrangement.signals.items == ["strategy_started", f"strategy_{fate.value}"]
    assert arrangement.member.state == fate.value


def test_a_strategy_that_waits_for_its_restart_is_not_started_by_a_desk_that_ends(log):
    arrangement = Arrangement(Broken)
    arrangement.hear_of_the_end()
    arrangement.actor.receive(StopStrategies(PATIENCE))
    arrangement.clock.now += 1000
    arrangement.actor.act()
    assert (arrangement.member.state, arrangement.member.starts) == ("failed", 1)


def test_a_misspelt_handler_is_named_once_however_often_the_strategy_starts(log):
    class Misspelt(Broken):
        def tick_prices(self, tick):
            """No message reaches it."""

    arrangement = Arrangement(Misspelt, RestartPolicy(first_delay=0.1))
    arrangement.fail(1, every=5.0)
    arrangement.hear_of_the_end()
    assert arrangement.member.starts == 2
    (line,) = [line for line in log.items if "is the handler" in line]
    assert "no message reaches Misspelt.tick_prices; is the handler tick_price meant?" in line


class TestAConstructor:
    @pytest.fixture
    def slow(self):
        """A strategy whose constructor needs as long as the test likes."""

        class Slow(StrategyActor):
            begun, let_go = threading.Event(), threading.Event()
            initialized = threading.Event()

            def __init__(self, code, parameters=None):
                super().__init__(code, parameters)
                self.begun.set()
                self.let_go.wait(PATIENCE)

            def initialize(self):
                self.initialized.set()

        yield Slow
        Slow.let_go.set()

    def test_delays_nobody(self, slow):
        arrangement = Arrangement(slow)
        assert slow.begun.wait(PATIENCE)
        assert [one.state for one in arrangement.actor.receive("strategies")] == ["running"]
        slow.let_go.set()
        assert slow.initialized.wait(PATIENCE)
        arrangement.actor.receive(StopStrategies(PATIENCE))

    def test_that_fails_counts_as_a_failure_of_the_start(self, log):
        class Unmakable(StrategyActor):
            def __init__(self, code, parameters=None):
                raise RuntimeError("no model")

        arrangement = Arrangement(Unmakable, RestartPolicy(most_failures=1, first_delay=1.0))
        arrangement.fail(1, every=1.0)
        arrangement.hear_of_the_end()
        assert (arrangement.member.state, arrangement.member.starts) == ("failed", 2)
        assert "no model" in arrangement.member.last_error
        assert len(arrangement.desk.router.of(Forget)) == 2
        assert any("cross failed in its constructor" in line and "no model" in line for line in log.items)

    def test_that_is_not_done_when_the_desk_stops_is_left_behind_and_begins_no_life(self, slow, log):
        arrangement = Arrangement(slow)
        assert slow.begun.wait(PATIENCE)
        assert arrangement.actor.receive(StopStrategies(0.0)) == ["cross"]
        assert arrangement.member.state == "left behind"
        assert any("cross did not stop" in line for line in log.items)
        slow.let_go.set()
        assert arrangement.member.running.join(PATIENCE)
        assert not slow.initialized.is_set()


@pytest.mark.parametrize("policy", ["keep", "cancel"])
class TestTheOrdersAreEndedAsThePolicySays:
    @staticmethod
    def cancelled(arrangement):
        return [told.code for told in arrangement.desk.orders.of(CancelAll)]

    def test_of_one_that_fails_while_the_desk_stops(self, log, policy):
        class Stopping(StrategyActor):
            def stop(self):
                raise RuntimeError("at fault")

        arrangement = Arrangement(Stopping, RestartPolicy(orders_at_death=policy))
        arrangement.actor.receive(StopStrategies(PATIENCE))
        assert self.cancelled(arrangement) == ["cross"] * (policy == "cancel")

    @pytest.mark.parametrize("ending", [StopStrategies(PATIENCE), StopStrategy("cross")])
    def test_of_one_that_waits_for_its_restart_and_is_stopped(self, log, policy, ending):
        arrangement = Arrangement(Broken, RestartPolicy(orders_at_death=policy))
        arrangement.hear_of_the_end()
        assert self.cancelled(arrangement) == []
        arrangement.actor.receive(ending)
        assert self.cancelled(arrangement) == ["cross"] * (policy == "cancel")

    def test_of_one_that_is_stuck_when_the_desk_stops(self, log, policy):
        begun, let_go = threading.Event(), threading.Event()

        class Stuck(StrategyActor):
            def initialize(self):
                begun.set()
                let_go.wait(PATIENCE)

        arrangement = Arrangement(Stuck, RestartPolicy(orders_at_death=policy))
        assert begun.wait(PATIENCE)
        assert arrangement.actor.receive(StopStrategies(0.0)) == ["cross"]
        assert self.cancelled(arrangement) == ["cross"] * (policy == "cancel")
        let_go.set()
        arrangement.member.running.join(PATIENCE)

    def test_but_not_of_one_that_stops_in_order(self, policy):
        arrangement = Arrangement(StrategyActor, RestartPolicy(orders_at_death=policy))
        arrangement.actor.receive(StopStrategies(PATIENCE))
        assert self.cancelled(arrangement) == []
