"""Feeds of news."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET, UnsetType

from ibkr_actors.classes.contracts.kind import ContractOfKind
from ibkr_actors.classes.enum.security_type import SecurityType


class News(ContractOfKind):
    """A feed of one news provider, to be asked for as market data: `News("BRFG")` is all that BRFG reports."""

    kind = SecurityType.NEWS

    def __init__(self, provider: str | UnsetType = UNSET, topic: str = "ALL", **fields: Any) -> None:
        if provider is UNSET:
            self._fill("", fields)
        else:
            self._fill(provider, fields, symbol=f"{provider}:{provider}_{topic}" if provider else "")
