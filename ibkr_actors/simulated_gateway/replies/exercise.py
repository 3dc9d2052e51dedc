"""Exercise of options: the request, and the end of the day that carries it out."""

from __future__ import annotations

from ibkr_actors.base.messages.options import ExerciseOptionsRequest
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.exchange.exercises import Exercises
from ibkr_actors.simulated_gateway.replies.service import Handlers, Service


class ExerciseReplies(Service):
    """Brings instructions of clients to `Exercises`; what becomes of them is told by `OrderReports`."""

    def __init__(self, exercises: Exercises) -> None:
        self._exercises = exercises

    def handlers(self) -> Handlers:
        """Exercise and lapse."""
        return {ExerciseOptionsRequest: self._instruct}

    def day_ends(self, now: float) -> None:
        """Carry out the day's instructions."""
        self._exercises.carry_out(now)

    def _instruct(self, client: Client, request: ExerciseOptionsRequest) -> None:
        self._exercises.instruct(client.number, request, client.now)
