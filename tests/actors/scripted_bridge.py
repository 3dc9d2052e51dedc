"""A bridge that does what a test says: real sockets and the real protocol, and nothing by itself but the welcome."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from ibkr_actors.base.codec import Role
from ibkr_actors.base.messages.connection import ManagedAccounts, NextValidId, StartApiRequest
from ibkr_actors.base.session import Session
from ibkr_actors.wire.frames import frame
from tests.actors.helpers import Record

Answer = Callable[[Any], list[Any]]


class ScriptedBridge:
    """Listens, serves one client at a time, records requests, answers as `answers` says.

    `requests` holds everything that clients sent; `connections` counts the clients that started the API. `welcome` is
    what follows the start; `mute` accepts connections and says nothing.
    """

    def __init__(
        self, *, accounts: str = "DU1", next_id: int = 1, mute: bool = False, version: int = 203
    ) -> None:
        self.requests = Record()
        self.answers: dict[type, Answer] = {}
        self.welcome: list[Any] = [ManagedAccounts(accounts), NextValidId(next_id)]
        self.hangs_up_after_welcome = False
        self.connections = 0
        self.port = 0
        self._mute = mute
        self._version = version
        self._lock = threading.RLock()
        self._client: socket.socket | None = None
        self._session: Session | None = None
        self._stopping = False

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Listen; at the same port as before, when there was one."""
        self._stopping = False
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._run, name="scripted bridge", daemon=True)
        self._thread.start()
        return self

    def stop(self) -> None:
        """Hang up and listen no more."""
        self._stopping = True
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()
        self._thread.join(5.0)

    def hang_up(self) -> None:
        """End the present connection."""
        with self._lock:
            if self._client is not None:
                with contextlib.suppress(OSError):  # the client was faster
                    self._client.shutdown(socket.SHUT_RDWR)

    def say(self, *messages: Any) -> None:
        """Send messages to the client; bytes are the payload of one as they are."""
        with self._lock:
            assert self._client is not None
            assert self._session is not None
            encode = self._session.encode
            frames = (frame(one) if isinstance(one, bytes) else encode(one) for one in messages)
            self._client.sendall(b"".join(frames))

    def sent(self, kind: type) -> list[Any]:
        """The requests of a type that came so far."""
        return self.requests.of(kind)

    def _run(self) -> None:
        while not self._stopping:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            with client:
                self._serve(client)
            with self._lock:
                self._client = None

    def _serve(self, client: socket.socket) -> None:
        session = Session(
            Role.GATEWAY, range(157, self._version + 1), connection_time="20261123 10:00:00 EST"
        )
        with self._lock:
            self._client, self._session = client, session
        try:
            while data := client.recv(1 << 16):
                if self._mute:
                    continue
                messages = session.receive(data)
                client.sendall(session.output())
                for message in messages:
                    self._take(message)
        except OSError:
            return

    def _take(self, message: Any) -> None:
        if isinstance(message, StartApiRequest):
            self.connections += 1
            self.say(*self.welcome)
            if self.hangs_up_after_welcome:
                self.hang_up()
        else:
            answer = self.answers.get(type(message))
            if answer is not None:
                self.say(*answer(message))
        self.requests.add(message)
