"""Desks and their journals, over real sockets: who has one, and what is on the disk when an order leaves."""

from __future__ import annotations

import os

import pytest

from ibkr_actors.actors.recovery import recover
from ibkr_actors.base.messages.orders import PlaceOrderRequest
from ibkr_actors.errors import ConnectFailed, DeskError
from ibkr_actors.multiple_client_application import MultiClientApplication
from tests.actors.conftest import _no_thread_left, log  # noqa: F401
from tests.actors.helpers import Record, ibm, limit_order, recording
from tests.actors.scripted_bridge import ScriptedBridge


@pytest.fixture
def bridge():
    with ScriptedBridge() as bridge:
        yield bridge


@pytest.fixture
def desk(bridge, tmp_path):
    """Makes desks at the bridge, all with the same journal."""

    def made(client_id=7, port=bridge.port, **options):
        return MultiClientApplication(
            "127.0.0.1", port, client_id, journal=tmp_path / "orders.journal", **options
        )

    return made


def buying(record):
    """A strategy that buys once, as it starts."""
    return recording(record, initialize=lambda self: self.place_order(limit_order(), ibm()) and None)


class TestAJournal:
    def test_is_one_desk_s_at_a_time(self, bridge, desk, tmp_path):
        first, second = desk(7), desk(8)
        first.register(buying(Record()), code="cross")
        with first:
            with pytest.raises(DeskError, match=r"another desk has the journal .*orders\.journal"):
                second.start()
            assert not second.running
            bridge.requests.wait_for(PlaceOrderRequest)
        assert [order.order_id for order in recover(tmp_path / "orders.journal", 7).orders] == [1]

    def test_is_free_for_the_next_desk_when_one_has_stopped(self, desk):
        for client_id in (7, 8):
            with desk(client_id) as running:
                assert running.running

    def test_is_that_of_a_desk_that_starts_again(self, desk):
        one = desk()
        for _ in range(2):
            with one:
                assert one.running

    def test_is_free_when_a_desk_could_not_start(self, desk):
        with pytest.raises(ConnectFailed):
            desk(port=1).start(timeout=0.5)
        with desk() as running:
            assert running.running


class TestADurableJournal:
    def test_has_an_order_on_the_disk_before_the_bridge_has_it(self, bridge, desk, monkeypatch, tmp_path):
        journal, kept = tmp_path / "orders.journal", []

        def keep(descriptor):
            if os.fstat(descriptor).st_ino == journal.stat().st_ino:
                kept.append((journal.read_text().count('"place"'), len(bridge.sent(PlaceOrderRequest))))

        monkeypatch.setattr(os, "fsync", keep)
        one = desk(durable_journal=True)
        one.register(buying(Record()), code="cross")
        with one:
            bridge.requests.wait_for(PlaceOrderRequest)
        assert kept == [(1, 0)]

    def test_needs_a_journal(self):
        with pytest.raises(DeskError, match="durable_journal has no effect without a journal"):
            MultiClientApplication(durable_journal=True)
