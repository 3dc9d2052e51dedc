"""The counts of a connection: what was read, and what of it nobody knows."""

from __future__ import annotations

from collections import Counter

import pytest

from ibkr_actors.base.messages.connection import CurrentTime
from ibkr_actors.base.session import Session
from ibkr_actors.base.session_statistics import MOST_KEYS, OTHER_FIELDS, OTHER_IDS, Statistics
from ibkr_actors.wire.frames import frame
from tests.helpers import connected


def test_every_frame_is_counted_once():
    client, gateway = connected(200)

    client.receive(frame(b"199\x001\0") + gateway.encode(CurrentTime(2)) + frame(b"9\x001\0x\0"))

    assert client.statistics.frames == 3
    assert client.statistics.messages == 2
    assert client.statistics.undecodable == 1
    assert client.statistics.unknown == {199: 1}


def test_a_new_connection_counts_on():
    so_far = Statistics(messages=5, unknown=Counter({199: 1}))
    client, gateway = connected(200, statistics=so_far)

    client.receive(gateway.encode(CurrentTime(2)) + frame(b"199\x001\0"))

    assert so_far == Statistics(messages=6, unknown=Counter({199: 2}))


def test_endless_unknown_ids_take_bounded_memory():
    client, _ = connected(203)

    client.receive(b"".join(frame((500 + number).to_bytes(4, "big")) for number in range(3 * MOST_KEYS)))

    assert len(client.statistics.unknown) == MOST_KEYS + 1
    assert client.statistics.unknown[OTHER_IDS] == 2 * MOST_KEYS
    assert client.statistics.frames == 3 * MOST_KEYS


def test_endless_unknown_fields_take_bounded_memory():
    statistics = Statistics()

    statistics.note_fields("TickPrice", (str(number) for number in range(2 * MOST_KEYS)))

    assert len(statistics.unknown_fields) == MOST_KEYS + 1
    assert statistics.unknown_fields[OTHER_FIELDS] == MOST_KEYS


def test_a_copy_stands_still():
    statistics = Statistics()
    statistics.note_unknown(199)
    copy = statistics.copy()

    statistics.note_unknown(199)
    statistics.note_fields("TickPrice", ["7"])

    assert copy == Statistics(unknown=Counter({199: 1}))


@pytest.mark.parametrize(
    ("statistics", "words"),
    [
        (Statistics(messages=9), ""),
        (Statistics(undecodable=2), "2 unreadable"),
        (
            Statistics(
                undecodable=1,
                unknown=Counter({199: 2, 300: 5}),
                unknown_fields=Counter({("OpenOrder", "contract.99"): 3}),
            ),
            "1 unreadable; unknown ids 300 (5), 199 (2); unknown fields OpenOrder.contract.99 (3)",
        ),
        (Statistics(unknown=Counter(range(7))), "unknown ids 0 (1), 1 (1), 2 (1), 3 (1), 4 (1), 2 more"),
    ],
)
def test_what_was_not_understood_is_one_line(statistics, words):
    assert statistics.in_words() == words


def test_a_session_without_one_makes_its_own():
    first, second = connected(200)

    assert isinstance(first, Session)
    assert first.statistics is not second.statistics
