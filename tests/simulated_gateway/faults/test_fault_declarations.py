"""How faults are written and when they come."""

from __future__ import annotations

from datetime import datetime, time

import pytest

from ibkr_actors.errors import ConfigurationError
from ibkr_actors.simulated_gateway import Options, Server
from ibkr_actors.simulated_gateway.faults import FAULTS, fault_named, parse_fault, planned_faults
from ibkr_actors.simulated_gateway.faults.catalogue import DataLost, FarmFlap, LostAck, NightlyReset
from ibkr_actors.simulated_gateway.faults.when import When, parse_when
from tests.simulated_gateway.helpers import NOW


@pytest.mark.parametrize(
    ("text", "fault", "when"),
    [
        ("lost-ack", LostAck(), None),
        ("lost-ack:times=3", LostAck(times=3), None),
        ("data-lost@30s", DataLost(), When(after=30.0)),
        (
            "farm-flap:farm=ushmds, seconds=2.5 @ every:5m",
            FarmFlap(seconds=2.5, farm="ushmds"),
            When(every=300.0),
        ),
        ("nightly-reset:data=lost@23:45", NightlyReset(data="lost"), When(daily=time(23, 45))),
        ("data-lost@2026-11-27T10:00", DataLost(), When(at=datetime(2026, 11, 27, 10))),  # noqa: DTZ001
    ],
)
def test_a_fault_is_written_in_one_word(text: str, fault: object, when: When | None) -> None:
    planned = parse_fault(text)

    assert (planned.fault, planned.when) == (fault, when)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("data-lots", "fault 'data-lots' is not known; expected one of nightly-reset, data-lost, "),
        (
            "data-lost",
            "befalls who is connected, and at the start nobody is: say when, such as data-lost@30s",
        ),
        ("lost-ack:often=3", "fault 'lost-ack' has no parameter 'often'; expected times"),
        ("lost-ack:3", "expected key=value, got '3'"),
        ("lost-ack:times=many", "fault 'lost-ack', parameter times: expected int, got str"),
        ("lost-ack:times=0", "parameter times: expected int >= 1"),
        ("farm-flap:farm=moon@5s", r"parameter farm: expected str matching regex '\^\(usfuture\|usfarm\|"),
        ("pacing:code=7", "parameter code: invalid enum value 7"),
        ("data-lost@soon", "'soon' is no time: expected 30s, 5m, 2h or 1d after the start, every:5m, "),
        ("data-lost@every:0s", "'every:0s' is no time"),
    ],
)
def test_what_is_wrong_is_said_with_what_was_expected(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        parse_fault(text)


def test_a_server_takes_faults_by_name_and_refuses_what_it_does_not_know() -> None:
    with Server() as server:
        with pytest.raises(ConfigurationError, match="fault 'lost-ack', parameter times"):
            server.fault("lost-ack", times=0)
        server.fault("lost-ack", times=1)
    with pytest.raises(ConfigurationError, match="fault 'nothing' is not known"):
        Server(Options(faults=("nothing",)))


def test_the_nightly_reset_needs_a_time_of_day() -> None:
    assert planned_faults((), "23:45")[0].when == When(daily=time(23, 45))
    with pytest.raises(ConfigurationError, match="nightly reset '5m': expected a time of day"):
        planned_faults((), "5m")


def test_times_come_one_after_the_other() -> None:
    daily, every, once = parse_when("23:45"), parse_when("every:5m"), parse_when("30s")

    assert daily.first(NOW) == NOW + (13 * 60 + 45) * 60  # it is ten o'clock in New York
    assert daily.following(daily.first(NOW)) == daily.first(NOW) + 86_400
    assert (every.first(NOW), every.following(NOW + 300)) == (NOW + 300, NOW + 600)
    assert (once.first(NOW), once.following(NOW + 30)) == (NOW + 30, None)


def test_every_fault_and_parameter_says_what_it_is() -> None:
    for name, kind in FAULTS.items():
        assert kind.summary(), name
        assert all(meaning for _, _, meaning in kind.parameters()), name
        assert fault_named(name) == kind()
