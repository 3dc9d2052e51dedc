"""Zeros of a field that clients fill with an integer when nobody sets it, and with a double when somebody does."""

from __future__ import annotations

import pytest

from ibkr_actors.wire.kinds import write_float_or_zero


@pytest.mark.parametrize(
    ("number", "text"),
    [(None, "0"), (0.0, "0"), (0, "0"), (-0.0, "-0.0"), (0.5, "0.5")],
)
def test_only_a_plain_zero_has_no_point(number, text):
    assert write_float_or_zero(number) == text
