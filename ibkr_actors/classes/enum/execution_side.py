"""Sides of an execution."""

from __future__ import annotations

from ibkr_actors.wire.codes import Words


class ExecutionSide(Words):
    """`Execution.side`."""

    BOUGHT = "BOT"
    SOLD = "SLD"
