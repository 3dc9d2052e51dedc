"""A provider of news."""

from __future__ import annotations

from typing import Annotated

from ibkr_actors.classes.enum.news_provider_code import NewsProviderCode
from ibkr_actors.classes.value import FrozenValue
from ibkr_actors.wire.annotation import Wire
from ibkr_actors.wire.codes import Word


class NewsProvider(FrozenValue, frozen=True):
    """A provider whose news the login may read."""

    code: Annotated[Word[NewsProviderCode], Wire(1)] = ""
    """What requests and headlines call it: BRFG."""
    name: Annotated[str, Wire(2)] = ""
    """What people call it."""
