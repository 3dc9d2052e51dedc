"""Versions of the protocol by what they brought: made of `base.server_versions`, which is the only list of them."""

from __future__ import annotations

from enum import EnumType
from typing import TYPE_CHECKING

from ibkr_actors.base import server_versions
from ibkr_actors.wire.codes import Numbers


class _Named(EnumType):
    """Its members are made while it is; type checkers, who can't see that, take any name for one."""

    if TYPE_CHECKING:

        def __getattr__(cls, name: str) -> ServerVersion: ...


class ServerVersion(Numbers, metaclass=_Named):
    """A version at which the protocol changed, such as `ServerVersion.HISTORICAL_SCHEDULE` (165).

    To be compared with the version that a connection has settled: a bridge of any version in between is as good. One
    version may have brought several changes, so that several names stand for one member.
    """

    _ignore_ = "_member _version"
    for _member, _version in vars(server_versions).items():
        if _member.isupper():
            vars()[_member] = _version
