"""A dictionary that does not grow for ever."""

from __future__ import annotations

from ibkr_actors.base.newest import Newest


def test_beyond_its_limit_what_was_put_longest_ago_is_forgotten():
    newest = Newest(2)
    for key in ("a", "b", "a", "c"):
        newest.put(key, key.upper())
    assert newest == {"a": "A", "c": "C"}
