"""How much the bridge writes into its log of a client."""

from __future__ import annotations

from ibkr_actors.wire.codes import Numbers


class ServerLogLevel(Numbers):
    """`SetServerLogLevelRequest.log_level`."""

    SYSTEM = 1
    """Only what stops the bridge."""
    ERROR = 2
    """The bridge's default."""
    WARNING = 3
    INFORMATION = 4
    DETAIL = 5
    """Everything; large files."""
