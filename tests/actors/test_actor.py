"""The loop of an actor, on a thread of its own and on the threads of others."""

from __future__ import annotations

import threading
import time

import pykka
import pytest

from ibkr_actors.actors.actor import Actor, DeskActor, start, tell
from ibkr_actors.actors.direct_mail import ShortCutMail, run_directly
from ibkr_actors.actors.messages import IDLE, ActorEnded, Batch, Fate, Stop
from ibkr_actors.base.messages.connection import CurrentTime
from tests.actors.helpers import PATIENCE, FakeMail, Record


def batch(*times):
    return Batch([CurrentTime(number) for number in times], 0.0)


class Recorder(Actor):
    """Records what its loop does; fails where it is told to."""

    act_interval = 0.01

    def __init__(self, code="recorder", fails_in=(), fault=ValueError):
        super().__init__(code)
        self.record, self.fails_in, self.fault = Record(), fails_in, fault

    def note(self, what):
        self.record.add((what, threading.current_thread()))
        if what in self.fails_in:
            raise self.fault(f"at fault: {what}")

    def initialize(self):
        self.note("initialize")

    def current_time(self, message):
        self.note(message.time)

    def act(self):
        self.note("act")

    def stop(self):
        self.note("stop")
        super().stop()

    def receive(self, message):
        if message == "question":
            self.note("question")
            return "answer"
        return super().receive(message)


class DeskRecorder(Recorder, DeskActor):
    """The same as one of the desk's own."""


def run(actor, ended=None, introduce=None):
    return start(actor, ended, introduce)


def names(actor):
    return [what for what, _ in actor.record.items]


def wait_for(actor, what):
    actor.record.wait(lambda item: item[0] == what, str(what))


class TestTheLoop:
    def test_initialises_handles_acts_and_stops_on_one_thread(self):
        actor, ended = Recorder(), FakeMail()
        running = run(actor, ended)
        running.mail.tell(batch(1, 2))
        running.mail.tell(Stop())

        assert running.join(PATIENCE)

        assert [name for name in names(actor) if name != "act"] == ["initialize", 1, 2, "stop"]
        assert len({thread for _, thread in actor.record.items}) == 1
        assert [(end.code, end.fate) for end in ended.of(ActorEnded)] == [("recorder", Fate.STOPPED)]
        assert running.ending is not None

    def test_acts_though_nothing_comes(self):
        actor = Recorder()
        running = run(actor)
        wait_for(actor, "act")
        running.mail.tell(Stop())
        assert running.join(PATIENCE)

    def test_acts_though_messages_never_cease(self):
        """Each message brings the next one, so the mailbox is never empty."""
        actor = Recorder()
        handle = actor.current_time

        def current_time(message):
            handle(message)
            if "act" not in names(actor):
                actor.mail.tell(batch(message.time + 1))
                actor.mail.tell(batch(message.time + 1))

        actor.current_time = current_time
        actor.act_interval = 0.02
        running = run(actor)
        running.mail.tell(batch(1))
        wait_for(actor, "act")
        running.mail.tell(Stop())
        assert running.join(PATIENCE)

    def test_acts_sooner_when_the_actor_asks_for_it_once(self):
        actor = Recorder()
        actor.act_interval = 60.0
        actor.wake_in = -1.0  # late already
        running = run(actor)
        running.mail.tell(batch(1))
        actor.record.wait(lambda _: names(actor).count("act") == 2, "a second act")
        assert actor.wake_in is None
        running.mail.tell(Stop())
        assert running.join(PATIENCE)

    def test_a_message_without_a_handler_is_skipped(self):
        class Deaf(Actor):
            pass

        Deaf("deaf").handle([CurrentTime(1)])

    def test_whoever_starts_it_can_wait_for_it_at_once(self):
        """The thread is known before it has run a single line."""
        running = run(Recorder())
        assert [thread.name for thread in running.traces.threads] == ["actor recorder"]
        running.mail.tell(Stop())
        assert running.join(PATIENCE)

    def test_an_introduction_comes_before_anything_the_actor_does(self):
        actor, order = Recorder(), []
        actor.initialize = lambda: order.append("initialize")
        running = run(actor, introduce=lambda mail: order.append(mail))
        running.mail.tell(Stop())
        assert running.join(PATIENCE)
        assert order == [running.mail, "initialize"]


class TestFailure:
    @pytest.mark.parametrize("place", ["initialize", 2, "act", "stop"])
    def test_ends_the_actor_and_is_logged_with_its_traceback(self, place, log):
        actor, ended = Recorder(fails_in=(place,)), FakeMail()
        running = run(actor, ended)
        for message in (batch(1, 2, 3), Stop()):
            tell(running.mail, message)

        assert running.join(PATIENCE)

        (end,) = ended.of(ActorEnded)
        assert (end.fate, str(end.error)) == (Fate.FAILED, f"at fault: {place}")
        assert place != 2 or 3 not in names(actor)
        assert any("Traceback" in line and f"at fault: {place}" in line for line in log.items)

    @pytest.mark.parametrize("fault", [SystemExit, KeyboardInterrupt, GeneratorExit])
    def test_a_strategy_that_calls_exit_ends_alone(self, fault, log):
        """pykka would stop every actor of the process."""
        bystander = run(Recorder("bystander"))
        ended = FakeMail()
        running = run(Recorder(fails_in=(1,), fault=fault), ended)
        running.mail.tell(batch(1))

        assert running.join(PATIENCE)

        assert [end.fate for end in ended.of(ActorEnded)] == [Fate.FAILED]
        assert bystander.mail.is_alive()
        bystander.mail.tell(Stop())
        assert bystander.join(PATIENCE)

    def test_costs_one_of_the_desk_s_own_only_the_message_that_caused_it(self, log):
        actor = DeskRecorder(fails_in=("initialize", 2, "act", "question"))
        running = run(actor)
        running.mail.tell(batch(1, 2, 3))
        running.mail.tell("nonsense")
        assert isinstance(running.mail.ask("question", timeout=PATIENCE), ValueError)
        running.mail.tell(batch(4))
        running.mail.tell(Stop())

        assert running.join(PATIENCE)

        assert [name for name in names(actor) if name != "act"] == [
            "initialize",
            1,
            2,
            3,
            "question",
            4,
            "stop",
        ]
        assert any("does not understand str" in line for line in log.items)

    def test_at_every_message_does_not_fill_the_log(self, log):
        actor = DeskRecorder(fails_in=tuple(range(1000)))
        actor.act_interval = 60.0
        running = run(actor)
        running.mail.tell(batch(*range(1000)))
        running.mail.tell(Stop())
        assert running.join(PATIENCE)
        assert 9 < len(log.items) < 30


class TestDirectly:
    def test_it_runs_on_the_thread_of_whoever_tells_it(self):
        actor = Recorder()
        running = run_directly(actor, threading.RLock())
        running.mail.tell(batch(1))
        running.mail.tell(IDLE)
        assert running.mail.ask("question") == "answer"
        running.mail.tell(Stop())
        assert names(actor) == ["initialize", 1, "act", "question", "stop"]
        assert {thread for _, thread in actor.record.items} == {threading.current_thread()}

    def test_after_its_end_it_is_dead_as_any_other(self):
        running = run_directly(Recorder(), threading.RLock())
        running.mail.tell(Stop())
        assert not running.mail.is_alive()
        assert not tell(running.mail, batch(1))
        with pytest.raises(pykka.ActorDeadError):
            running.mail.tell(batch(1))

    def test_a_failure_costs_the_message_that_caused_it(self, log):
        actor = Recorder(fails_in=(2, "question"))
        running = run_directly(actor, threading.RLock())
        running.mail.tell(batch(1, 2, 3))
        assert isinstance(running.mail.ask("question"), ValueError)
        assert names(actor) == ["initialize", 1, 2, 3, "question"]
        assert any("at fault: 2" in line for line in log.items)

    def test_one_thread_at_a_time(self, switches_often):
        inside = []

        class Careful(Actor):
            def current_time(self, _message):
                inside.append(1)
                assert len(inside) == 1
                time.sleep(0)
                inside.pop()

        running = run_directly(Careful("careful"), threading.RLock())
        threads = [
            threading.Thread(target=lambda: [running.mail.tell(batch(1)) for _ in range(200)])
            for _ in range(4)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        assert inside == []
        assert running.mail._failures == 0


def test_a_short_cut_takes_some_messages_on_the_teller_s_thread():
    slow, taken = FakeMail(), []
    mail = ShortCutMail(slow, (Stop,), taken.append)
    mail.tell(Stop())
    mail.tell(IDLE)
    assert (taken, slow.told) == ([Stop()], [IDLE])
