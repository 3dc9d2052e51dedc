"""With which status a command ends."""

from __future__ import annotations

from typing import Final

EXIT_OK: Final = 0
EXIT_FAILED: Final = 1
"""The command ran, and not all was well: a strategy was down for good at the end, a recording is not whole."""
EXIT_UNUSABLE: Final = 2
"""Nothing ran: the configuration or the connection was refused."""
