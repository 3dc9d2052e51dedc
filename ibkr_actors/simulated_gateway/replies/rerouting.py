"""Contracts that have no data of their own: where to ask instead, or that there is nothing to be asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from ibkr_actors.base.messages.declaration import Reply
from ibkr_actors.simulated_gateway.clients.client import Client
from ibkr_actors.simulated_gateway.instruments.instrument import CONTINUOUS, Instrument
from ibkr_actors.simulated_gateway.refusals import invalid

R = TypeVar("R", bound=Reply)


def reroute(
    client: Client, request_id: int, instrument: Instrument, message: Callable[[int, int, str], R]
) -> bool:
    """Tell a client where the data of a CFD are; False for an instrument that has data of its own.

    The request is over with that: whoever wants the data asks for those of the contract that is named.
    """
    if not instrument.data_contract_id:
        return False
    client.tell(message(request_id, instrument.data_contract_id, instrument.data_exchange))
    return True


def check_live_data(instrument: Instrument) -> None:
    """Raises Refusal for a continuous future, which has history and nothing else."""
    if instrument.security_type == CONTINUOUS:
        raise invalid("Continuous futures can be used in requests for historical data only")
