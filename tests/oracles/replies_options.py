"""The vendor's callbacks for option chains."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ibkr_actors.base.messages import options
from ibkr_actors.base.messages.declaration import Message
from tests.oracles.oddity import Oddity

Expected = list[tuple[str, tuple[Any, ...]]]


def _fields(name: str) -> Callable[[Any], Expected]:
    return lambda reply: [(name, tuple(getattr(reply, field) for field in reply.__struct_fields__))]


CALLBACKS: Final[dict[type[Message], Callable[[Any], Expected]]] = {
    options.OptionChain: _fields("securityDefinitionOptionParameter"),
    options.OptionChainsEnd: _fields("securityDefinitionOptionParameterEnd"),
}
"""The vendor's callbacks for each reply of ours."""

ODDITIES: Final = (
    Oddity(
        r"securityDefinitionOptionParameter\[[56]\]\.",
        lambda ours, theirs: theirs == set(ours),
        "it keeps expirations and strikes as sets; ours have the order in which the bridge sends them",
    ),
)
"""Differences of reading that are forgiven, each with its reason."""
