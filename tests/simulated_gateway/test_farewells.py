"""A client that is sent away hears why, whatever it still sends; and it can't stay."""

from __future__ import annotations

import selectors
import socket

import pytest

from ibkr_actors.simulated_gateway.farewells import LONGEST, Farewells


class Door:
    """Farewells with a clock that stands still, and the client's end of one connection."""

    def __init__(self) -> None:
        self.now = 0.0
        self.selector = selectors.DefaultSelector()
        self.farewells = Farewells(self.selector, lambda: self.now)
        with socket.create_server(("127.0.0.1", 0)) as listener:
            self.client = socket.create_connection(listener.getsockname())
            self.served, _ = listener.accept()
        self.served.setblocking(False)
        self.client.settimeout(5.0)

    def serve(self) -> None:
        """Whatever is ready."""
        for key, _ in self.selector.select(5.0):
            key.data.serve(key.fileobj)

    def close(self) -> None:
        """All of it."""
        self.farewells.close()
        self.selector.close()
        self.client.close()
        self.served.close()


@pytest.fixture
def door():
    door = Door()
    yield door
    door.close()


def test_the_last_word_arrives_though_the_client_goes_on_sending(door):
    door.client.sendall(b"unread" * 1000)
    door.served.send(b"farewell")
    door.farewells.add(door.served)
    door.client.sendall(b"more" * 1000)

    assert door.client.recv(64) == b"farewell"
    assert door.client.recv(64) == b""
    door.serve()
    assert len(door.farewells) == 1  # it has not left


def test_who_has_left_is_forgotten(door):
    door.farewells.add(door.served)
    door.client.close()
    door.serve()

    assert len(door.farewells) == 0
    assert door.served.fileno() == -1


def test_who_does_not_leave_is_closed_after_a_while(door):
    door.farewells.add(door.served)

    door.now = LONGEST / 2
    door.farewells.expire()
    assert len(door.farewells) == 1

    door.now = LONGEST
    door.farewells.expire()
    assert len(door.farewells) == 0
    assert door.served.fileno() == -1


def test_a_client_that_is_gone_already_is_not_waited_for(door):
    door.served.close()
    door.farewells.add(door.served)

    assert len(door.farewells) == 0
