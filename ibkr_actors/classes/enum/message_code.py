"""The codes of notices by name: made of the table in `base.message_code_table`, which is the only list of them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from enum import EnumType
from typing import TYPE_CHECKING

from ibkr_actors.base.message_codes import FACTS, CodeFacts, Scope
from ibkr_actors.wire.codes import Numbers


def _name_of(facts: CodeFacts) -> str:
    """The meaning as a name: "client id in use" is CLIENT_ID_IN_USE."""
    return re.sub(r"\W+", "_", facts.meaning.replace("'", "")).upper()


def _names() -> Iterator[tuple[str, int]]:
    """The codes that a bridge sends, by name; those that share a meaning have their number at the end."""
    sent = [facts for facts in FACTS.values() if facts.scope is not Scope.CLIENT]
    shared = Counter(map(_name_of, sent))
    for facts in sent:
        name = _name_of(facts)
        yield (name if shared[name] == 1 else f"{name}_{facts.code}"), facts.code


class _Named(EnumType):
    """Its members are made while it is; type checkers, who can't see that, take any name for one."""

    if TYPE_CHECKING:

        def __getattr__(cls, name: str) -> MessageCode: ...


class MessageCode(Numbers, metaclass=_Named):
    """`Notice.code`: the known codes, each named by its meaning, such as `MessageCode.CLIENT_ID_IN_USE` (326).

    A bridge knows more codes than these: compare by `==`, as with any code.
    """

    _ignore_ = "_member _code"
    for _member, _code in _names():
        vars()[_member] = _code

    @property
    def meaning(self) -> str:
        """What it means, in words."""
        return FACTS[self].meaning
