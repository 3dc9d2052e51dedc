"""Interactive Brokers for Python, from the wire up: protocol, actors, and a simulated gateway."""

from __future__ import annotations

__version__ = "0.1.0"
