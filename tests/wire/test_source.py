"""Generated functions: what tracebacks find of them."""

from __future__ import annotations

import pytest

from ibkr_actors.wire.source import Source, field_of_failure, source_of


def function_that_fails(field, *, after=0, title="reader of Nothing"):
    source = Source("fail", "", {})
    for _ in range(after):
        source.line("pass")
    source.line("raise ValueError('wrong')", field=field)
    return source.compile(title)


def field_that_failed_in(function):
    with pytest.raises(ValueError, match="wrong") as failed:
        function()
    return field_of_failure(failed.value)


class TestTwoSourcesOfOneTitle:
    def test_failures_of_both_name_their_fields(self):
        first = function_that_fails("order.limit_price", after=3)
        second = function_that_fails("order_id")

        assert field_that_failed_in(first) == "order.limit_price"
        assert field_that_failed_in(second) == "order_id"

    def test_each_shows_its_own(self):
        first, second = function_that_fails("a", after=1), function_that_fails("b")

        assert "# a" in source_of(first)
        assert "# b" in source_of(second)

    def test_the_same_source_compiled_again_is_kept_once(self):
        files = {function_that_fails("a", title="reader of All").__code__.co_filename for _ in range(3)}

        assert files == {"<ibkr_actors reader of All>"}
