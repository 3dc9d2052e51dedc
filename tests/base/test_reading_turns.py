"""Whose turn it is to read a connection: handed over between reads, kept by who reads, lost by who stays away."""

from __future__ import annotations

import itertools
import random
import socket
import threading
import time
from types import SimpleNamespace

import pytest
from pykka._envelope import Envelope

from ibkr_actors.actors.mailbox import Mailbox
from ibkr_actors.actors.messages import IDLE, Batch
from ibkr_actors.base import reading_turns
from ibkr_actors.base.messages.connection import CurrentTime
from ibkr_actors.base.reading_turns import CREDIT, LOOKS, PATIENCE, SHARE, ReadingTurns, StandIn
from tests.actors.helpers import PATIENCE as A_WHILE
from tests.actors.helpers import Clock, Record

pytestmark = pytest.mark.skipif(
    not reading_turns.CAN_STAND_IN, reason="this system lets no thread wait for a pipe and a socket at once"
)


class Waiter:
    """A stand-in without a thread: reads on the test's own, one read at a time, and has mail when it has read."""

    def __init__(self, turns: ReadingTurns) -> None:
        self.clock = Clock()
        self.mail = False
        self.stand_in = StandIn(lambda: turns, lambda: self.mail, self.clock)

    def get_mail(self) -> None:
        """Something has come for it."""
        self.mail = True
        self.stand_in.wake()

    def wait(self) -> bool:
        """Handle what was read before, and wait for more; whether it was its turn."""
        self.mail = False
        return self.stand_in.read_for(A_WHILE) == 0.0


class Line:
    """A connection that always has something to read, for whoever has the turn."""

    def __init__(self) -> None:
        self.ours, self.theirs = socket.socketpair()
        self.theirs.send(b"\0")
        self.reads = Record()
        self.turns = ReadingTurns(self.ours.fileno(), self.read)
        self.waiters: list[Waiter] = []

    def read(self) -> None:
        """Each read brings something for everybody."""
        self.reads.add(threading.current_thread())
        for waiter in self.waiters:
            waiter.get_mail()

    def waiter(self) -> Waiter:
        """One more who waits for what is read."""
        self.waiters.append(Waiter(self.turns))
        return self.waiters[-1]

    def close(self) -> None:
        self.ours.close()
        self.theirs.close()


@pytest.fixture
def line():
    line = Line()
    yield line
    line.close()


class Naps(threading.Event):
    """The sleeps of the reader's own thread, without a thread: something happens in each, and no time passes."""

    def __init__(self) -> None:
        super().__init__()
        self.timeouts: list[float | None] = []
        self.happen = iter(())

    def wait(self, timeout=None):
        self.timeouts.append(timeout)
        next(self.happen)()
        return self.is_set()


@pytest.fixture
def naps(monkeypatch):
    """A function that lets the reader's own thread wait for its turn while this and that happens; returns how long each
    of its sleeps would have been at most, None for one without an end."""

    def nap_while(line, *happenings):
        naps.timeouts.clear()
        naps.happen = iter(happenings)
        line.turns.wait()
        assert not list(naps.happen)
        return naps.timeouts

    naps = Naps()
    monkeypatch.setattr(reading_turns, "threading", SimpleNamespace(Event=lambda: naps, Lock=threading.Lock))
    return nap_while


def nothing():
    """Happens."""


def has_the_turn(line, waiter):
    """Let a waiter apply for the turn, and hand it over."""
    assert not waiter.wait()
    line.read()
    line.turns.pass_on()


def waiting_for_its_turn(turns):
    """The reader's own thread, which ends when it is its turn; its error is the thread's."""
    outcome = []

    def wait():
        try:
            turns.wait()
        except ValueError as error:
            outcome.append(error)

    thread = threading.Thread(target=wait, daemon=True)
    thread.start()
    return thread, outcome


class TestTurns:
    def test_begin_as_the_reader_s_own(self, line):
        waiter = line.waiter()
        line.turns.wait()
        assert not waiter.wait()
        assert not line.reads.items

    def test_pass_to_one_that_asked_and_has_something_to_do(self, line):
        asleep, awake = line.waiter(), line.waiter()
        assert not asleep.wait()
        assert not awake.wait()
        awake.get_mail()
        line.turns.pass_on()

        assert awake.wait()
        assert not asleep.wait()
        assert line.reads.items == [threading.current_thread()]

    def test_do_not_pass_to_one_that_sleeps_for_nothing_would_wake_it(self, line):
        asleep = line.waiter()
        assert not asleep.wait()
        line.turns.pass_on()
        line.turns.wait()
        assert not asleep.wait()

    def test_pass_to_one_that_was_woken_though_its_mailbox_is_empty_again(self, line):
        """A queue may hand things over to whoever waits, so that nobody ever sees them in it."""
        waiter = line.waiter()
        assert not waiter.wait()
        waiter.get_mail()
        waiter.mail = False
        line.turns.pass_on()
        assert waiter.wait()

    def test_are_kept_from_read_to_read(self, line):
        waiter = line.waiter()
        has_the_turn(line, waiter)
        assert all(waiter.wait() for _ in range(100))
        assert len(line.reads.items) == 101

    def test_are_lost_by_one_that_stays_away(self, line):
        waiter = line.waiter()
        has_the_turn(line, waiter)
        assert waiter.wait()
        line.turns.wait()  # the reader's own thread: ends, though nobody gives anything up
        assert not waiter.wait()

    def test_are_over_at_once_for_one_that_leaves(self, line, monkeypatch):
        """Its successor may be waiting for what comes next."""
        monkeypatch.setattr(reading_turns, "PATIENCE", A_WHILE)
        waiter = line.waiter()
        has_the_turn(line, waiter)
        assert waiter.wait()
        reader, _ = waiting_for_its_turn(line.turns)
        waiter.stand_in.leave()
        reader.join(A_WHILE / 2)
        assert not reader.is_alive()

    def test_do_not_pass_to_one_that_has_left(self, line):
        gone, waiter = line.waiter(), line.waiter()
        assert not gone.wait()
        assert not waiter.wait()
        gone.stand_in.leave()
        line.read()
        line.turns.pass_on()
        assert waiter.wait()

    def test_stay_with_who_has_them_when_another_one_leaves(self, line):
        waiter, other = line.waiter(), line.waiter()
        has_the_turn(line, waiter)
        other.stand_in.leave()
        assert waiter.wait()

    def test_are_lost_though_nothing_was_read_for_long(self, line, monkeypatch):
        """Then the reader's own thread sleeps, and has to be woken by the first that is read."""
        timeouts = Record()

        class Watched(threading.Event):
            def wait(self, timeout=None):
                timeouts.add(timeout)
                return super().wait(timeout)

        monkeypatch.setattr(reading_turns, "threading", SimpleNamespace(Event=Watched, Lock=threading.Lock))
        quiet = Line()
        waiter = quiet.waiter()
        has_the_turn(quiet, waiter)
        assert quiet.turns.begin(waiter.stand_in, asks=True)
        reader, _ = waiting_for_its_turn(quiet.turns)
        timeouts.wait(lambda timeout: timeout is None, "a sleep without an end")

        quiet.turns.pause(heard=False)
        reader.join(A_WHILE)
        assert not reader.is_alive()
        quiet.close()

    def test_may_last_longer_than_the_system_counts_milliseconds(self, line):
        waiter = line.waiter()
        has_the_turn(line, waiter)
        waiter.mail = False
        assert waiter.stand_in.read_for(1e9) == 0.0
        assert line.reads.items

    def test_end_with_an_exception_which_is_the_reader_s(self, line):
        waiter = line.waiter()
        has_the_turn(line, waiter)
        line.turns.read = fail
        assert not waiter.wait()  # it is none of its business
        reader, outcome = waiting_for_its_turn(line.turns)
        reader.join(A_WHILE)
        assert str(outcome[0]) == "no frame"


def fail():
    raise ValueError("no frame")


class TestTheReadersOwnThread:
    @pytest.fixture
    def line(self, naps):
        line = Line()
        yield line
        line.close()

    @pytest.fixture
    def waiter(self, line):
        """One that reads."""
        waiter = line.waiter()
        has_the_turn(line, waiter)
        assert line.turns.begin(waiter.stand_in, asks=True)
        return waiter

    @pytest.fixture
    def hears(self, line, waiter):
        """Something is read, and more is waited for."""
        return lambda: waiter.wait() and line.turns.begin(waiter.stand_in, asks=True)

    @pytest.fixture
    def acts(self, line, waiter):
        """The one that reads has not heard anything, but has something to do."""

        def act():
            line.turns.pause(heard=False)
            assert line.turns.begin(waiter.stand_in, asks=True)

        return act

    @pytest.fixture
    def leaves(self, line, waiter):
        def leave():
            line.turns.pause(heard=False)
            waiter.stand_in.leave()

        return leave

    def test_looks_at_one_that_hears_something(self, line, naps, hears, leaves):
        hearing = [hears] * (3 * LOOKS)
        assert naps(line, *hearing, leaves) == [PATIENCE] * (3 * LOOKS + 1)

    def test_sleeps_after_some_looks_at_one_that_hears_nothing(self, line, naps, leaves):
        looks = [nothing] * LOOKS
        assert naps(line, *looks, leaves) == [PATIENCE] * LOOKS + [None]

    def test_wakes_for_one_look_when_that_one_acts(self, line, naps, acts, leaves):
        """A strategy that acts ten times a second must not cost it two hundred looks."""
        looks = [nothing] * LOOKS
        assert naps(line, *looks, acts, nothing, acts, nothing, leaves) == [
            *[PATIENCE] * LOOKS,
            *[None, PATIENCE] * 2,
            None,
        ]

    def test_looks_again_as_often_when_that_one_has_heard_something(self, line, naps, hears, leaves):
        looks = [nothing] * LOOKS
        assert naps(line, *looks, hears, *looks, leaves) == [*[PATIENCE] * LOOKS, None] * 2

    def test_looks_as_often_at_the_next_one(self, line, naps, leaves):
        looks = [nothing] * LOOKS
        first = naps(line, *looks, leaves).copy()
        successor = line.waiter()
        has_the_turn(line, successor)
        assert line.turns.begin(successor.stand_in, asks=True)
        assert naps(line, *looks, lambda: line.turns.pause(heard=False, give_up=True)) == first

    def test_takes_the_turn_back_from_one_that_was_away_all_the_time(self, line, naps, waiter):
        line.turns.pause(heard=True)
        reads = waiter.wait
        assert naps(line, reads, reads, nothing) == [PATIENCE] * 3
        assert not waiter.wait()


class TestOneThatIsNotPrompt:
    def late(self, waiter):
        """Come back so late that the reader's own thread had to step in."""
        return self.away_for(60 * PATIENCE, waiter)

    def away_for(self, seconds, waiter):
        waiter.clock.now += seconds
        return waiter.wait()

    def test_keeps_the_turn_a_few_times(self, line):
        waiter = line.waiter()
        has_the_turn(line, waiter)
        assert waiter.wait()
        assert all(self.late(waiter) for _ in range(int(CREDIT / PATIENCE / 2)))

    def test_is_not_one_that_python_keeps_for_a_moment_again_and_again(self, line):
        """To tidy up young objects takes it about a millisecond, twenty times a second."""
        waiter = line.waiter()
        has_the_turn(line, waiter)
        assert waiter.wait()
        assert all(self.away_for(0.0012, waiter) for _ in range(200))

    def test_is_one_that_is_away_for_several_milliseconds_each_time(self, line):
        waiter = line.waiter()
        has_the_turn(line, waiter)
        assert waiter.wait()
        assert not all(self.away_for(0.004, waiter) for _ in range(200))

    def test_gives_it_up_when_others_had_to_wait_too_often(self, line):
        waiter = line.waiter()
        has_the_turn(line, waiter)
        turns = list(itertools.takewhile(bool, (self.late(waiter) for _ in range(100))))
        assert len(turns) < 10
        line.turns.wait()

        line.read()
        line.turns.pass_on()
        line.turns.wait()  # it has not asked either

    def test_may_have_it_again_when_enough_time_has_passed(self, line):
        waiter = line.waiter()
        has_the_turn(line, waiter)
        while self.late(waiter):
            pass
        waiter.clock.now += 2 * PATIENCE / SHARE
        has_the_turn(line, waiter)
        assert waiter.wait()

    def test_is_not_one_that_takes_its_time_between_turns(self, line):
        """While the reader's own thread reads, nobody waits for it."""
        waiter = line.waiter()
        has_the_turn(line, waiter)
        assert waiter.wait()
        line.turns.wait()  # it was away too long, once
        for _ in range(100):
            waiter.clock.now += 60 * PATIENCE
            assert not waiter.wait()
        has_the_turn(line, line.waiter())  # whoever applied is forgotten
        line.turns.wait()
        has_the_turn(line, waiter)
        assert waiter.wait()


class TestAMailbox:
    def test_is_looked_into_while_one_reads(self):
        """Whoever waits for it hears of mail from any thread, though it waits for a connection as well."""
        line, mailbox = Line(), Mailbox(interval=A_WHILE)
        line.theirs.setblocking(False)
        mailbox.stand_in(lambda: line.turns)
        line.turns.read = lambda: line.reads.add(line.ours.recv(1))  # brings nothing for this mailbox
        applied = threading.Thread(target=mailbox.get)
        applied.start()
        while applied.is_alive():  # until it has asked for the turn, which it has before it takes mail
            mailbox.put(Envelope("first"))
            applied.join(0.01)
        mailbox.put(Envelope("second"))
        line.turns.pass_on()

        got = Record()

        def read_and_get():
            while mailbox.get().message != "last":
                pass
            got.add("last")

        threading.Thread(target=read_and_get, daemon=True).start()
        line.reads.wait(lambda data: data == b"\0", "a read by whoever waits for mail")
        mailbox.put(Envelope("last"))
        got.wait(lambda _: True, "mail that comes while one reads", A_WHILE / 2)
        line.close()

    def test_is_idle_after_its_interval_whoever_reads(self):
        line, mailbox = Line(), Mailbox(interval=0.001)
        mailbox.stand_in(lambda: line.turns)
        assert mailbox.get().message is IDLE
        mailbox.put(Envelope("something"))
        line.turns.pass_on()
        line.turns.read = lambda: line.reads.add("a read")  # again and again, and nothing for this mailbox
        assert mailbox.get().message == "something"
        assert mailbox.get().message is IDLE
        assert line.reads.items
        line.close()

    def test_that_was_looked_into_lets_one_sleep_again(self, line):
        """Or else a thread that has nothing to do would keep a processor busy."""
        mailbox = Mailbox(interval=0.02)
        silent = quiet(line)
        mailbox.stand_in(lambda: silent)
        assert mailbox.get().message is IDLE
        mailbox.put(Envelope("something"))
        silent.pass_on()
        assert mailbox.get().message == "something"
        for _ in range(20):  # some of them find it asleep
            ringing = threading.Timer(0.001, mailbox.put, [Envelope("a call")])
            ringing.start()
            while mailbox.get().message != "a call":
                pass
            ringing.join()
        before = silent.waits
        assert mailbox.get().message is IDLE
        assert silent.waits - before < 5

    def test_needs_no_connection(self):
        mailbox = Mailbox(interval=0.001)
        mailbox.stand_in(lambda: None)
        assert mailbox.get().message is IDLE


class Silent(ReadingTurns):
    """Turns at a connection that says nothing; counts how often somebody began to wait for it."""

    waits = 0

    def begin(self, stand_in, *, asks):
        self.waits += 1
        return super().begin(stand_in, asks=asks)


def quiet(line):
    """The turns at a line after it has said all it had to say."""
    line.ours.recv(1)
    return Silent(line.ours.fileno(), line.read)


def test_mail_that_comes_just_before_one_would_sleep_is_seen(line):
    silent = quiet(line)
    looks = iter([False, False, True, True])  # the first is when it applies
    stand_in = StandIn(lambda: silent, looks.__next__)
    assert stand_in.read_for(A_WHILE) > 0.0
    stand_in.wake()
    silent.pass_on()

    began = time.monotonic()
    assert stand_in.read_for(A_WHILE) == 0.0
    assert time.monotonic() - began < A_WHILE / 2


def test_another_connection_is_another_one_to_wait_for(line):
    """One that was made behind a lost one: nothing is read of it because of what the lost one says."""
    new = Line()
    present = [line.turns, quiet(new)]
    waiter = Waiter(line.turns)
    waiter.stand_in = StandIn(lambda: present[0], lambda: waiter.mail)
    line.waiters.append(waiter)
    has_the_turn(line, waiter)
    assert waiter.wait()
    del present[0]

    waiter.mail = False
    assert waiter.stand_in.read_for(0.01) > 0.0
    waiter.get_mail()
    present[0].pass_on()
    waiter.mail = False
    assert waiter.stand_in.read_for(0.01) == 0.0
    assert not new.reads.items
    new.close()


class Relay:
    """Numbered bytes, read by a thread of their own and by those whose mailboxes they are for."""

    def __init__(self, boxes: int, rounds: int) -> None:
        self.ours, self.theirs = socket.socketpair()
        self.turns = ReadingTurns(self.ours.fileno(), self.read_what_is_there)
        self.boxes = [Mailbox(interval=0.05) for _ in range(boxes)]
        self.rounds = rounds
        self.heard: list[int] = []
        self.readers: set[str] = set()
        self.overlaps = 0
        self._reading = threading.Lock()
        for box in self.boxes:
            box.stand_in(lambda: self.turns)

    def read(self, flags: int) -> bool:
        data = self.ours.recv(7, flags)
        if not self._reading.acquire(blocking=False):
            self.overlaps += 1
            return False
        self.readers.add(threading.current_thread().name)
        for number in data:
            self.heard.append(number)
            count = len(self.heard)
            self.boxes[count % len(self.boxes)].put(Envelope(Batch([CurrentTime(count)], 0.0)))
        self._reading.release()
        return bool(data)

    def read_what_is_there(self) -> None:
        try:
            self.read(socket.MSG_DONTWAIT)
        except BlockingIOError:
            return

    def read_all(self) -> None:
        """The reader's own thread; ends with the stream."""
        while self.read(0):
            self.turns.pass_on()
            self.turns.wait()

    def handle(self, box: Mailbox, handled: list[int]) -> None:
        """One whose mailbox it is; now and then it is busy for longer than anybody waits."""
        luck = random.Random(1)  # noqa: S311  # the same in every run
        while len(handled) < self.rounds // len(self.boxes):
            message = box.get().message
            if message is not IDLE:
                handled.append(message.messages[0].time)
                if luck.random() < 0.02:
                    threading.Event().wait(3 * PATIENCE)


def test_many_take_turns_and_nothing_is_lost_doubled_or_out_of_order():
    rounds = 3000
    relay = Relay(3, rounds)
    handled: list[list[int]] = [[] for _ in relay.boxes]
    reader = threading.Thread(target=relay.read_all, name="reader", daemon=True)
    handlers = [
        threading.Thread(target=relay.handle, args=(box, got), name=f"handler {number}", daemon=True)
        for number, (box, got) in enumerate(zip(relay.boxes, handled, strict=True))
    ]
    for thread in (reader, *handlers):
        thread.start()
    for number in range(rounds):
        relay.theirs.send(bytes((number % 251,)))
    for thread in handlers:
        thread.join(6 * A_WHILE)
    relay.theirs.close()
    reader.join(A_WHILE)

    assert not relay.overlaps
    assert relay.heard == [number % 251 for number in range(rounds)]
    assert handled == [
        [count for count in range(1, rounds + 1) if count % 3 == box][: rounds // 3] for box in range(3)
    ]
    assert "reader" in relay.readers
    assert len(relay.readers) > 1
    assert not reader.is_alive()
    relay.ours.close()
