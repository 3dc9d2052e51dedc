"""The vendor's client (`ibapi`, 10.51) as its documentation says to use it: a subclass of wrapper and client."""

from __future__ import annotations

import contextlib
import logging
import socket
import threading
from collections.abc import Callable
from inspect import isfunction, signature
from types import SimpleNamespace
from typing import Any, Final

from ibapi.client import EClient
from ibapi.contract import Contract
from ibapi.wrapper import EWrapper

# Its log repeats every callback, and some lines have more placeholders than arguments: logging complains on stderr.
logging.getLogger("ibapi").setLevel(logging.CRITICAL)

ACCOUNT: Final = "DU1000001"
DEADLINE: Final = 10.0
"""Seconds that any one answer may take."""
BID, ASK, LAST = 1, 2, 4

OPENED: list[VendorApplication] = []
"""All applications, until their threads have ended."""


class VendorApplication(EWrapper, EClient):
    """The vendor's client with a thread for its message loop, and a record of all its callbacks.

    Responsible for: the record, waiting for something in it, the end of both threads of the client.
    Not responsible for: what the callbacks mean.
    """

    def __init__(self) -> None:
        EWrapper.__init__(self)
        EClient.__init__(self, wrapper=self)
        self.calls: list[SimpleNamespace] = []
        """Every callback: its name as `callback`, its arguments by name."""
        self.number = -1
        OPENED.append(self)
        self._news = threading.Condition()
        self._loop = threading.Thread(target=self.run, name="message loop of ibapi", daemon=True)

    def open(self, host: str, port: int, number: int) -> None:
        """Connect, and start the message loop. Returns without waiting for the welcome."""
        self.number = number
        self.connect(host, port, number)
        self._reader = self.reader  # the client forgets it when it is disconnected
        self._loop.start()

    def close(self) -> None:
        """Disconnect. The threads of the client end soon after, for its message loop looks up five times a second."""
        connection = self.conn
        with contextlib.suppress(
            OSError, AttributeError
        ):  # closed by the other side, or by the reader, already
            connection.socket.shutdown(
                socket.SHUT_RDWR
            )  # wakes the reader, which looks up once a second only
        self.disconnect()

    def join(self) -> None:
        """Returns when both threads of the client have ended."""
        self._loop.join(DEADLINE)
        self._reader.join(DEADLINE)

    def record(self, callback: str, arguments: dict[str, Any]) -> None:
        """Keep a callback, and wake whoever waits."""
        with self._news:
            self.calls.append(SimpleNamespace(callback=callback, **arguments))
            self._news.notify_all()

    def wait_until(self, condition: Callable[[], object], what: str) -> None:
        """Wait until a condition holds. Raises TimeoutError that lists the errors that came instead."""
        with self._news:
            if not self._news.wait_for(condition, DEADLINE):
                errors = [(call.reqId, call.errorCode, call.errorString) for call in self.all("error")]
                raise TimeoutError(f"no {what} within {DEADLINE} s; errors so far: {errors}")

    def all(self, callback: str, since: int = 0, **arguments: object) -> list[SimpleNamespace]:
        """The callbacks of one name with these arguments, from a place in the record on."""
        return [
            call
            for call in self.calls[since:]
            if call.callback == callback and arguments.items() <= vars(call).items()
        ]

    def first(self, callback: str, since: int = 0, **arguments: object) -> SimpleNamespace:
        """The first such callback, waited for."""
        self.wait_until(lambda: self.all(callback, since, **arguments), callback)
        return self.all(callback, since, **arguments)[0]


def _recorder(name: str) -> Callable[..., None]:
    parameters = signature(getattr(EWrapper, name))

    def callback(self: VendorApplication, *args: Any, **kwargs: Any) -> None:
        bound = parameters.bind(self, *args, **kwargs)
        bound.apply_defaults()
        del bound.arguments["self"]
        self.record(name, bound.arguments)

    return callback


for _name, _method in vars(EWrapper).items():
    if isfunction(_method) and not _name.startswith("_"):
        setattr(VendorApplication, _name, _recorder(_name))


def stock(symbol: str) -> Contract:
    """A stock as users name it."""
    contract = Contract()
    contract.symbol, contract.secType, contract.exchange, contract.currency = symbol, "STK", "SMART", "USD"
    return contract
