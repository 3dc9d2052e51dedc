"""When the values of an account are told again."""

from __future__ import annotations

from typing import Final

from ibkr_actors.simulated_gateway.accounts.accounts import Accounts

REFRESH: Final = 180.0
"""Seconds after which values are told again though no position changed."""


class Refresh:
    """Remembers which accounts are due: those that traded, and every few minutes all of them."""

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._traded: set[str] = set()
        self._next = 0.0

    def traded(self, account: str) -> None:
        """A position of this account changed."""
        self._traded.add(account)

    def due(self, now: float) -> set[str]:
        """The accounts that have to be told again now; each call begins anew."""
        if now >= self._next:
            self._next = now + REFRESH
            self._traded.update(self._accounts.codes)
        due, self._traded = self._traded, set()
        return due
