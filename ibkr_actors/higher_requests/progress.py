"""How far a request of many steps is, told to a function or shown in the terminal."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import TypeAlias

from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Display

from ibkr_actors.classes.value import FrozenValue


class Progress(FrozenValue, frozen=True):
    """What a request of many steps has so far."""

    done: float
    """Part of the span: from 0 to 1."""
    found: int
    """Bars or ticks that are there."""
    reached: datetime
    """Bars are there from then on, for they are asked for backwards; ticks up to then."""


Watcher: TypeAlias = Callable[[Progress], None] | bool
"""A function that is told after each step; True for a bar in the terminal, False for neither."""


@contextmanager
def told_to(watcher: Watcher, title: str) -> Iterator[Callable[[Progress], None]]:
    """What to call after each step."""
    if not isinstance(watcher, bool):
        yield watcher
    elif watcher:
        with _display() as display:
            task = display.add_task(title, total=1.0, found=0, reached="")

            def show(progress: Progress) -> None:
                display.update(
                    task,
                    completed=progress.done,
                    found=progress.found,
                    reached=f"{progress.reached:%Y-%m-%d}",
                )

            yield show
    else:
        yield _tell_nobody


def _tell_nobody(_progress: Progress) -> None:
    return


def _display() -> Display:
    return Display(
        TextColumn("{task.description}"),
        BarColumn(),
        TextColumn("{task.percentage:>3.0f}% {task.fields[found]} {task.fields[reached]}"),
        TimeRemainingColumn(),
    )
