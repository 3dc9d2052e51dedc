"""The samples of `docs/orders.md`: run once, what they print, and the orders that they make."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ibkr_actors.classes.orders.order import Order

PAGE = (Path(__file__).parents[3] / "docs/orders.md").read_text(encoding="utf-8")
SAMPLES = re.findall(r"^```python\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def promised(sample: str) -> list[str]:
    """What a sample says that it prints: comments behind `print`, or on lines of their own."""
    return re.findall(r"(?:^|  )# (.*)$", sample, re.MULTILINE)


def run() -> tuple[list[list[str]], list[Order]]:
    """What each sample prints, and the orders that they print or give a name, once each."""
    made: list[Order] = []
    printed: list[list[str]] = []

    def show(order: Order) -> None:
        printed[-1].append(str(order))
        made.append(order)

    known: dict[str, Any] = {"print": show}
    for sample in SAMPLES:
        printed.append([])
        exec(compile(sample, "docs/orders.md", "exec"), known)  # noqa: S102  # our own page
        made.extend(_orders_in(known.values()))
    return printed, list(_without_repetition(made))


def _orders_in(values: Iterable[Any]) -> Iterator[Order]:
    for value in values:
        if isinstance(value, Order):
            yield value
        elif isinstance(value, list):
            yield from _orders_in(value)


def _without_repetition(orders: list[Order]) -> Iterable[Order]:
    return {repr(order): order for order in orders}.values()


PRINTED, ORDERS = run()
