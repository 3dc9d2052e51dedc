"""Commands that run in this process leave the log of the tests alone."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def _log_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("simulation", "recording"):
        monkeypatch.setattr(f"ibkr_actors.cli.{module}.log_to_standard_error", lambda: None)
