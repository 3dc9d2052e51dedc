"""Short texts that would become very large values are refused."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ibkr_actors.wire.kinds import read_decimal, read_optional_decimal
from ibkr_actors.wire.tags import MOST_PAIRS, TagValue, split_tags


@pytest.mark.parametrize("read", [read_decimal, read_optional_decimal])
@pytest.mark.parametrize(
    "text", ["1E+999999999", "-1e-999999999", "1e401", "NaN", "sNaN", "-Infinity", "x", "1,5"]
)
def test_no_quantity_is_told_by_its_text(read, text):
    """The first takes a gigabyte once it is written, and whoever asks for it as an integer waits for ever."""
    with pytest.raises(ValueError, match="is not a quantity") as refused:
        read(text)

    assert text in str(refused.value)


@pytest.mark.parametrize("text", ["0", "0.00000001", "-12.5", "1e300", "1" * 40, "1e-300"])
def test_every_quantity_that_a_double_can_hold_is_read(text):
    assert read_decimal(text) == Decimal(text)


def test_more_options_than_any_request_has_are_refused():
    with pytest.raises(ValueError, match=f"10001 options in one text; no request has more than {MOST_PAIRS}"):
        split_tags("a=;" * (MOST_PAIRS + 1))


def test_as_many_as_there_may_be_are_read():
    assert split_tags("a=1;" * MOST_PAIRS) == (TagValue("a", "1"),) * MOST_PAIRS
