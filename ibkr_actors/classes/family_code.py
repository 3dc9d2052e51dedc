"""Which accounts belong together."""

from __future__ import annotations

from typing import Annotated

from ibkr_actors.classes.value import FrozenValue
from ibkr_actors.wire.annotation import Wire


class FamilyCode(FrozenValue, frozen=True):
    """The family that an account belongs to."""

    account_id: Annotated[str, Wire(1)] = ""
    """An account; * when the login has no family."""
    family_code: Annotated[str, Wire(2)] = ""
    """Empty for an account without a family."""
