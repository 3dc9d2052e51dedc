"""Whoever waits for an answer: a thread, or nobody."""

from __future__ import annotations

import threading
from collections.abc import Callable

from ibkr_actors.base.message_codes import CodeFacts
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.declaration import Reply, Request
from ibkr_actors.base.replies import Answer
from ibkr_actors.errors import IbkrError, RequestTimeout


class Question(Answer):
    """An answer that is collected by itself: `answered` is called with it when it is complete, not when it fails."""

    def __init__(self, request: Request, answered: Callable[[Answer], None]) -> None:
        super().__init__(request)
        self._answered = answered

    def hear(self, reply: Reply) -> bool:
        """Collect; the last reply completes it."""
        is_over = super().hear(reply)
        if is_over:
            self._answered(self)
        return is_over


class Waiting(Question):
    """The same, while one thread waits: the reader's thread collects it, under the lock of both."""

    def __init__(self, request: Request, lock: threading.RLock, answered: Callable[[Answer], None]) -> None:
        super().__init__(request, answered)
        self._changed = threading.Condition(lock)
        self._has_left = False

    def hear(self, reply: Reply) -> bool:
        """Collect; wakes the thread with the last one."""
        return self._wake(super().hear(reply))

    def hear_notice(self, notice: Notice, facts: CodeFacts) -> bool:
        """Likewise, what is told by codes."""
        return self._wake(super().hear_notice(notice, facts))

    def _wake(self, is_over: bool) -> bool:
        if is_over:
            self._changed.notify_all()
        return is_over

    def fail(self, error: IbkrError) -> None:
        """No more replies come. From any thread."""
        with self._changed:
            super().fail(error)
            self._changed.notify_all()

    def leave(self) -> None:
        """The request was written: the bridge's time counts from now on. From any thread."""
        with self._changed:
            self._has_left = True
            self._changed.notify_all()

    def wait(self, timeout: float, state: Callable[[], str]) -> None:
        """Wait for the end of the answer.

        The time that pacing holds the request back is not the bridge's, and does not count. Raises the error that
        ended it, and RequestTimeout with the `state` as it is then.
        """
        with self._changed:
            self._changed.wait_for(lambda: self._has_left or self.is_over)
            if not self._changed.wait_for(lambda: self.is_over, timeout):
                raise RequestTimeout(self.request, timeout, state())
        if self.error is not None:
            raise self.error
