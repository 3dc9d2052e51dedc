"""Waiting before the next attempt."""

from __future__ import annotations

from ibkr_actors.base.back_off import BackOff


def test_each_wait_is_at_most_twice_the_one_before_until_the_longest():
    back_off = BackOff(1.0, 8.0, seed=1)

    for longest in (1.0, 2.0, 4.0, 8.0, 8.0, 8.0):
        assert longest / 2 <= back_off.next() <= longest


def test_two_clients_do_not_come_back_at_the_same_moment():
    assert BackOff(seed=1).next() != BackOff(seed=2).next()


def test_after_a_success_it_begins_anew():
    back_off = BackOff(1.0, 64.0, seed=1)
    for _ in range(5):
        back_off.next()

    back_off.reset()

    assert back_off.next() <= 1.0


def test_a_thousand_failures_overflow_nothing():
    back_off = BackOff(0.25, 30.0, seed=1)
    assert all(back_off.next() <= 30.0 for _ in range(1000))
