"""The gateway's command line, as a process: what it says first, how it ends."""

from __future__ import annotations

import socket
import sys

import pytest

from tests.clients.gateway_process import GatewayFailed, GatewayProcess
from tests.clients.vendor_application import VendorApplication, stock


def test_it_listens_where_its_first_line_says_and_on_this_machine_only() -> None:
    with GatewayProcess() as gateway, socket.create_connection((gateway.host, gateway.port), timeout=5):
        assert gateway.host == "127.0.0.1"


@pytest.mark.skipif(sys.platform == "win32", reason="a process can't be asked to end there")
def test_it_ends_cleanly_when_asked_though_a_client_is_connected() -> None:
    with GatewayProcess() as gateway:
        application = VendorApplication()
        application.open(gateway.host, gateway.port, 1)
        application.first("nextValidId")

        gateway.stop()

        application.first("connectionClosed")
        application.close()


def test_the_same_seed_makes_the_same_market() -> None:
    assert _bars("--seed", "5") == _bars("--seed", "5")
    assert _bars("--seed", "5") != _bars("--seed", "6")


def test_a_version_that_it_does_not_speak_is_refused_by_name() -> None:
    with pytest.raises(GatewayFailed, match="server-version"), GatewayProcess("--server-version", "99"):
        pass


def _bars(*options: str) -> list[tuple[str, float, float]]:
    """Date, open and close of a year of days. They lie in the past, so the time of the call changes nothing."""
    with GatewayProcess(*options) as gateway:
        application = VendorApplication()
        application.open(gateway.host, gateway.port, 1)
        application.first("nextValidId")
        application.reqHistoricalData(1, stock("IBM"), "", "1 Y", "1 day", "TRADES", 1, 1, False, [])
        application.first("historicalDataEnd", reqId=1)
        bars = [call.bar for call in application.all("historicalData", reqId=1)]
        application.close()
    return [(bar.date, bar.open, bar.close) for bar in bars[:-2]]
