"""Run a trading desk: `python run.py --config config/demo.toml`."""

from __future__ import annotations

from ibkr_actors.cli import run_main

if __name__ == "__main__":
    run_main()
