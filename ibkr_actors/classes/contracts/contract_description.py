"""What a search by symbol finds."""

from __future__ import annotations

from typing import Annotated

from msgspec import field

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.value import FrozenValue
from ibkr_actors.wire.annotation import Wire


class ContractDescription(FrozenValue, frozen=True):
    """One contract that a search found, and what there is on it."""

    contract: Annotated[Contract, Wire(1)] = field(default_factory=Contract)
    """Contract id, symbol, security type, primary exchange and currency; of bonds also description and issuer."""
    derivative_security_types: Annotated[tuple[str, ...], Wire(2)] = ()
    """Types of the derivatives on it: CFD, OPT, WAR, ..."""
