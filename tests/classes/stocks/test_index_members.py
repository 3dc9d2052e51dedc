"""The members of the large indices: how many, how spelled, and how far they can be trusted."""

from __future__ import annotations

import copy
import re
from datetime import date

import pytest

from ibkr_actors.classes.contracts.stock import Stock
from ibkr_actors.classes.stocks.dow30 import Dow30
from ibkr_actors.classes.stocks.index_members import IndexMembers, symbols_in
from ibkr_actors.classes.stocks.nasdaq100 import Nasdaq100
from ibkr_actors.classes.stocks.sp500 import FORMER_MEMBERS, SP500

INDICES = [(Dow30, 30), (SP500, 503), (Nasdaq100, 102)]
EACH_INDEX = pytest.mark.parametrize("index", [index for index, _ in INDICES])


@pytest.mark.parametrize(("index", "number"), INDICES)
def test_an_index_has_as_many_stocks_as_its_source_has(index: type[IndexMembers], number: int) -> None:
    members = index()  # type: ignore[call-arg]

    assert (
        len(members) == len(members.symbols()) == len({stock.symbol for stock in members.stocks()}) == number
    )
    assert f"{number} members" in repr(members)


@EACH_INDEX
class TestEachIndex:
    def test_has_symbols_as_the_bridge_spells_them(self, index: type[IndexMembers]) -> None:
        """Capital letters, and a blank before a class of shares: neither a point nor a dash."""
        assert [
            symbol for symbol in index.every_member if not re.fullmatch(r"[A-Z]{1,5}( [A-Z])?", symbol)
        ] == []

    def test_has_stocks_by_attribute(self, index: type[IndexMembers]) -> None:
        members = index()  # type: ignore[call-arg]

        assert members.AAPL() == Stock("AAPL")
        assert {"AAPL", "stocks"} <= set(dir(members))
        assert all(
            getattr(members, name)().symbol in index.every_member for name in dir(members) if name.isupper()
        )

    def test_says_how_far_it_can_be_trusted(self, index: type[IndexMembers]) -> None:
        assert index.as_known_on >= date(2026, 10, 6)
        assert index.source
        with pytest.raises(
            AttributeError, match=rf"NOSUCH was no member of {index.name} .*{index.as_known_on}"
        ):
            index().NOSUCH()  # type: ignore[call-arg]

    def test_has_no_attribute_that_is_neither_its_own_nor_a_symbol(self, index: type[IndexMembers]) -> None:
        with pytest.raises(AttributeError, match="object has no attribute 'as_off'"):
            _ = index().as_off  # type: ignore[call-arg]

    def test_can_be_copied(self, index: type[IndexMembers]) -> None:
        members = index()  # type: ignore[call-arg]

        assert copy.deepcopy(members).symbols() == copy.copy(members).symbols() == members.symbols()


class TestSP500:
    def test_has_classes_of_shares_with_a_blank(self) -> None:
        assert {"BRK B", "BF B"} < set(SP500().symbols())
        assert SP500().BRK_B() == Stock("BRK B")
        assert "BRK B" in SP500()
        assert "BRK.B" not in SP500()

    def test_keeps_former_members_reachable_and_apart(self) -> None:
        assert SP500().TWTR() == Stock("TWTR")
        assert not FORMER_MEMBERS & set(SP500().symbols())

    def test_holds_every_company_of_the_dow(self) -> None:
        assert set(Dow30().symbols()) <= set(SP500().symbols())


class TestNasdaq100:
    def test_shares_most_of_its_members_with_the_larger_index(self) -> None:
        shared = set(Nasdaq100().symbols()) & set(SP500().symbols())

        assert 80 <= len(shared) < 102

    def test_has_both_classes_of_a_company_that_has_two(self) -> None:
        assert {"GOOG", "GOOGL"} < set(Nasdaq100().symbols())


def test_a_list_of_symbols_spells_blanks_as_underscores() -> None:
    assert symbols_in(" A BRK_B\n C ") == {"A", "BRK B", "C"}
