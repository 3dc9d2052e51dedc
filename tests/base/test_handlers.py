"""Methods that nearly are handlers."""

from __future__ import annotations

import pytest

from ibkr_actors.base.handlers import warn_of_misspelt_handlers
from tests.actors.conftest import log  # noqa: F401


class Base:
    """What calls handlers."""

    def notice(self, notice):
        """A handler that is there."""

    def positions(self, account):
        """None, and the base's own."""


def with_method(name, method):
    return type("Mine", (Base,), {name: method})


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("tick_prices", "tick_price"),
        ("order_change", "order_changed"),
        ("tickPrice", "tick_price"),
        ("historical_datas", "historical_data"),
        ("notices", "notice"),
    ],
)
def test_a_method_that_no_message_reaches_is_named_with_the_handler_that_is_meant(log, name, meant):  # noqa: F811
    warn_of_misspelt_handlers(with_method(name, lambda self, message: None), Base)
    (line,) = log.items
    assert line.startswith("WARNING")
    assert f"no message reaches Mine.{name}; is the handler {meant} meant?" in line


@pytest.mark.parametrize(
    "name",
    [
        "tick_price",
        "order_changed",
        "notice",
        "positions",
        "_tick_prices",
        "close_position",
        "order_state",
        "on_fill",
    ],
)
def test_handlers_the_base_s_own_methods_and_helpers_are_not(log, name):  # noqa: F811
    warn_of_misspelt_handlers(with_method(name, lambda self, message: None), Base)
    assert log.items == []


@pytest.mark.parametrize(
    "method",
    [lambda self: None, lambda self, one, two: None, property(lambda self: None)],
    ids=["without arguments", "with two", "property"],
)
def test_nor_is_what_takes_no_message(log, method):  # noqa: F811
    warn_of_misspelt_handlers(with_method("open_orders", method), Base)
    assert log.items == []
