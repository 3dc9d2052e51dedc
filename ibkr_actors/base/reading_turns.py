"""Whose turn it is to read a connection: its own thread's, or that of one that waits for what is read.

A thread that does nothing but read wakes another one for whatever it reads, and a thread that was woken finds its
processor asleep or its caches cold. Where the other one had nothing to do but to wait, it may as well read itself: then
what the bridge says needs one wakeup instead of two. The reader's own thread is there for the times in which nobody
waits.
"""

from __future__ import annotations

import math
import os
import select
import threading
import time
import weakref
from collections.abc import Callable
from typing import Final

PATIENCE: Final = 0.005
"""Seconds after which somebody whose turn it is and who does not read counts as stuck. A thread that computes keeps the
interpreter for as long as that anyway."""
LOOKS: Final = 20
"""Looks at one that reads and hears nothing, until the reader's thread looks no more and lets itself be woken."""
PROMPT: Final = 0.002
"""Seconds for which nobody minds that nothing is read: more than Python takes again and again to tidy up young objects,
which is about one millisecond. At 0.001 a strategy that traded without a pause was out of credit after two seconds."""
SHARE: Final = 0.001
"""Of all time, at most so much may pass while the connection waits for one that is not prompt."""
CREDIT: Final = 0.05
"""Seconds of such waiting that are free, for a processor may be busy and memory be tidied up."""
LONGEST_WAIT: Final = 3600.0
"""Seconds to wait at a time: the system counts milliseconds, and not further than a month."""
CAN_STAND_IN: Final = hasattr(select, "poll")
"""Whether a thread can wait for its mailbox and for a connection at once."""


class ReadingTurns:
    """Whose turn it is to read one connection; it begins as that of the reader's own thread.

    Invariants: one reads at a time, the one whose turn it is. Whoever reads has handed over all it read before another
    one does. One that stays away gives up its turn within two times `PATIENCE`, whatever it is busy with.

    `fileno` is that of the connection; `read` reads what is there, and must not wait for more.
    """

    def __init__(self, fileno: int, read: Callable[[], None]) -> None:
        self.fileno, self.read = fileno, read
        self._lock = threading.Lock()
        self._recall = threading.Event()
        self._applicants: list[StandIn] = []
        self._holder: StandIn | None = None
        """None: the reader's own thread."""
        self._is_reading = False
        self._pauses = 0
        self._quiet = 0
        """Looks in a row at one that was reading and had heard nothing."""
        self._looks_on = True
        """False: the reader's thread sleeps until it is called."""
        self._failure: BaseException | None = None

    # ------------------------------------------------------------------------------------ for the reader's own thread

    def pass_on(self) -> None:
        """Between two reads: let somebody have the turn who asked for it, and who is awake now to take it."""
        if self._applicants:
            with self._lock:
                self._holder = next((one for one in self._applicants if one.is_called), None)
                if self._holder is not None:
                    self._applicants.clear()
                    self._quiet = 0

    def wait(self) -> None:
        """Until it is this thread's turn. Raises the exception that ended the turn of another one."""
        while self._holder is not None:
            pauses = self._pauses
            was_called = self._recall.wait(PATIENCE if self._looks_on else None)
            self._recall.clear()
            if not was_called:
                self._look(pauses)
        if self._failure is not None:
            raise self._failure

    def _look(self, pauses: int) -> None:
        """After a while in which nobody called: take the turn back from one that was away for all of it, and sleep
        while one that reads hears nothing. `pauses` is how many there were before."""
        with self._lock:
            if self._is_reading:
                self._quiet += 1
                self._looks_on = self._quiet < LOOKS
            elif pauses == self._pauses:
                self._holder = None

    # ------------------------------------------------------------------------------------------------ for stand-ins

    def begin(self, stand_in: StandIn, *, asks: bool) -> bool:
        """Whether it is the turn of this one, which reads until it calls `pause`; if not, and it `asks`, it applies."""
        with self._lock:
            if self._holder is stand_in:
                self._is_reading = True
                return True
            if asks and stand_in not in self._applicants:
                self._applicants.append(stand_in)
            return False

    def pause(self, *, heard: bool, give_up: bool = False) -> None:
        """It has something else to do; it keeps the turn unless it gives it up, or stays away for too long."""
        with self._lock:
            self._is_reading = False
            self._pauses += 1
            if heard:
                self._quiet = 0
            if give_up:
                self._holder = None
            if give_up or not self._looks_on:
                self._looks_on = True
                self._recall.set()

    def fail(self, error: BaseException) -> None:
        """Reading has ended with an exception, which is for the reader's own thread to deal with."""
        self._failure = error
        self.pause(heard=True, give_up=True)

    def leave(self, stand_in: StandIn) -> None:
        """This one, which is not reading, will read no more."""
        with self._lock:
            if stand_in in self._applicants:
                self._applicants.remove(stand_in)
            if self._holder is stand_in:
                self._holder = None
                self._recall.set()


class StandIn:
    """Reads a connection on a thread that waits for its mailbox, while it is that one's turn.

    Responsible for: looking at both, the mailbox and the connection; applying for the turn; and not keeping others
    waiting: one that is not prompt has to stay away for a thousand times as long (`SHARE`), once its `CREDIT` is used
    up.

    `turns` tells those of the present connection, None without one; `has_mail` whether something is in the mailbox.
    """

    def __init__(
        self,
        turns: Callable[[], ReadingTurns | None],
        has_mail: Callable[[], bool],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.is_called = False
        """Whether mail has come since it last looked: it is awake, or about to be. What is in its mailbox does not
        tell, for a queue may hand things over to one that waits."""
        self._has_mail, self._turns, self._clock = has_mail, turns, clock
        self._polled: ReadingTurns | None = None
        self._bell, self._ringer = os.pipe()
        os.set_blocking(self._ringer, False)
        # Not at the end of the program: until it has ended somebody may read, and ring.
        weakref.finalize(self, _close, self._bell, self._ringer).atexit = False
        self._sleeps = False
        self._away_since = math.inf
        """When it last stopped reading to do something else."""
        self._settled_at = 0.0
        """When the waiting that it has caused is made up for."""

    def wake(self) -> None:
        """From any thread, a handler of signals too: there is mail."""
        self.is_called = True
        if self._sleeps:
            self._sleeps = False
            os.write(self._ringer, b"\0")

    def read_for(self, seconds: float) -> float:
        """Read until there is mail, at most so long; returns how long to wait for mail without reading."""
        now = self._clock()
        deadline = now + seconds
        self.is_called = False
        self._count_what_waited(now)
        while not self._has_mail() and now < deadline:
            turns = self._turns()
            if turns is None or not turns.begin(self, asks=self._is_in_credit(now)):
                return deadline - now
            self._read(turns, min(deadline - now, LONGEST_WAIT))
            now = self._clock()
        return 0.0

    def leave(self) -> None:
        """On the thread that reads here: it will read no more. Its descriptors are closed when nobody knows it."""
        turns = self._turns()
        if turns is not None:
            turns.leave(self)

    def _read(self, turns: ReadingTurns, seconds: float) -> None:
        try:
            heard = self._wait(turns, seconds)
        except BaseException as error:
            turns.fail(error)
            if not isinstance(error, Exception):
                raise
            return
        now = self._clock()
        keeps = self._is_in_credit(now)
        self._away_since = now if keeps else math.inf
        turns.pause(heard=heard, give_up=not keeps)

    def _count_what_waited(self, now: float) -> None:
        """The connection waited for this one, if that was long; the reader's own thread has ended it at the latest."""
        away, self._away_since = now - self._away_since, math.inf
        if away > PROMPT:
            self._settled_at = max(now, self._settled_at) + min(away, 2 * PATIENCE) / SHARE

    def _is_in_credit(self, now: float) -> bool:
        return self._settled_at - now <= CREDIT / SHARE

    def _wait(self, turns: ReadingTurns, seconds: float) -> bool:
        """Until there is mail or something to read, which is read; whether there was."""
        if turns is not self._polled:
            self._poll = select.poll()
            self._poll.register(turns.fileno, select.POLLIN)
            self._poll.register(self._bell, select.POLLIN)
            self._polled = turns
        self._sleeps = True
        events = [] if self._has_mail() else self._poll.poll(math.ceil(seconds * 1000))
        self._sleeps = False
        descriptors = [descriptor for descriptor, _ in events]
        if self._bell in descriptors:
            os.read(self._bell, 1)
        heard = turns.fileno in descriptors
        if heard:
            turns.read()
        return heard


def _close(*descriptors: int) -> None:
    for descriptor in descriptors:
        os.close(descriptor)
