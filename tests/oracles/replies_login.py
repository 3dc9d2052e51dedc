"""The vendor's callbacks about the login: an advisor's configuration, display groups, the program's proof of itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from ibkr_actors.base.messages import display_groups, financial_advisors, verification
from ibkr_actors.base.messages.declaration import Message
from tests.oracles.oddity import Oddity

Callbacks = Callable[[Any], list[tuple[str, tuple[Any, ...]]]]


def _fields(name: str) -> Callbacks:
    """A callback that takes the fields of our message in their order."""
    return lambda reply: [(name, tuple(getattr(reply, field) for field in reply.__struct_fields__))]


CALLBACKS: Final[dict[type[Message], Callbacks]] = {
    financial_advisors.FinancialAdvisorConfiguration: _fields("receiveFA"),
    financial_advisors.ReplaceFinancialAdvisorEnd: _fields("replaceFAEnd"),
    display_groups.DisplayGroupList: _fields("displayGroupList"),
    display_groups.DisplayGroupUpdated: _fields("displayGroupUpdated"),
    verification.VerifyMessageApi: _fields("verifyMessageAPI"),
    verification.VerifyCompleted: _fields("verifyCompleted"),
    verification.VerifyAndAuthenticateMessageApi: _fields("verifyAndAuthMessageAPI"),
    verification.VerifyAndAuthenticateCompleted: _fields("verifyAndAuthCompleted"),
}

ODDITIES: Final = (
    Oddity(
        r"(verifyCompleted|verifyAndAuthCompleted)\[0\]\.",
        lambda ours, theirs: theirs == ("true" if ours else "false"),
        "it hands over the word that the frame has for true or false",
    ),
)
