"""`python -m ibkr_actors`: the command line."""

from __future__ import annotations

from ibkr_actors.cli import main

main()
