"""Types of ticks, against recorded traffic and the vendor's own list."""

from __future__ import annotations

import pytest
from ibapi.ticktype import TickTypeEnum  # type: ignore[import-untyped]

from ibkr_actors.classes.enum.generic_tick import GenericTick
from ibkr_actors.classes.enum.tick_type import TickKind, TickType

# The vendor's abbreviations, each in whole words.
WORDS = {
    "AVG": "AVERAGE",
    "CUST": "CUSTOM",
    "EFP": "EXCHANGE_FOR_PHYSICAL",
    "EXCH": "EXCHANGE",
    "NAV": "NET_ASSET_VALUE",
    "OPT": "OPTION",
    "RT": "REAL_TIME",
    "RTH": "REGULAR_HOURS",
    "REG": "REGULATORY",
    "TRD": "TRADE",
    "VOL": "VOLATILITY",
    "MIN": "MINUTES",
    "WEEK": "WEEKS",
}
RENAMED = {
    "NOT_USED": "FUNDAMENTAL_RATIOS",
    "IB_DIVIDENDS": "DIVIDENDS",
    "NEWS_TICK": "NEWS",
    "FINAL_IPO_LAST": "FINAL_IPO_PRICE",
    "DELAYED_YIELD_BID": "DELAYED_BID_YIELD",
    "DELAYED_YIELD_ASK": "DELAYED_ASK_YIELD",
    "MODEL_OPTION": "MODEL_OPTION_COMPUTATION",
    "DELAYED_BID_OPTION": "DELAYED_BID_OPTION_COMPUTATION",
    "DELAYED_ASK_OPTION": "DELAYED_ASK_OPTION_COMPUTATION",
    "DELAYED_LAST_OPTION": "DELAYED_LAST_OPTION_COMPUTATION",
    "DELAYED_MODEL_OPTION": "DELAYED_MODEL_OPTION_COMPUTATION",
}


def in_whole_words(vendors: str) -> str:
    """The vendor's name, spelled out."""
    spelled = "_".join(WORDS.get(word, word) for word in vendors.split("_"))
    return spelled.removesuffix("_COMPUTATION") if "_EFP" in vendors else spelled


class TestTheList:
    def test_every_number_from_0_to_110_has_a_name(self) -> None:
        assert [int(kind) for kind in TickType] == list(range(111))

    @pytest.mark.parametrize("kind", TickType)
    def test_it_agrees_with_the_vendors(self, kind: TickType) -> None:
        vendors = TickTypeEnum.toStr(int(kind))

        assert kind.name == RENAMED.get(vendors, in_whole_words(vendors))


class TestKinds:
    @pytest.mark.parametrize(
        ("kind", "number"),
        [
            (TickKind.PRICE, 42),
            (TickKind.SIZE, 25),
            (TickKind.GENERIC, 11),
            (TickKind.STRING, 17),
            (TickKind.OPTION_COMPUTATION, 9),
            (TickKind.EXCHANGE_FOR_PHYSICAL, 7),
        ],
    )
    def test_each_has_its_number_of_types(self, kind: TickKind, number: int) -> None:
        assert sum(each.kind is kind for each in TickType) == number

    @pytest.mark.parametrize(
        ("tick_type", "kind"),
        [
            (TickType.BID, TickKind.PRICE),
            (TickType.DELAYED_BID_YIELD, TickKind.PRICE),
            (TickType.VOLUME, TickKind.SIZE),
            (TickType.HALTED, TickKind.GENERIC),
            (TickType.LAST_TIMESTAMP, TickKind.STRING),
            (TickType.MODEL_OPTION_COMPUTATION, TickKind.OPTION_COMPUTATION),
            (TickType.BID_EXCHANGE_FOR_PHYSICAL, TickKind.EXCHANGE_FOR_PHYSICAL),
            (TickType.ODD_LOT_BID_EXCHANGE, TickKind.STRING),
        ],
    )
    def test_a_type_comes_in_this_message(self, tick_type: TickType, kind: TickKind) -> None:
        assert tick_type.kind is kind


class TestTwins:
    def test_every_delayed_type_has_a_live_twin_that_comes_in_the_same_message(self) -> None:
        delayed = [kind for kind in TickType if kind.is_delayed]

        assert len(delayed) == 19
        assert all(kind.live.kind is kind.kind and not kind.live.is_delayed for kind in delayed)

    @pytest.mark.parametrize(
        ("live", "delayed"),
        [
            *[(1, 66), (2, 67), (4, 68), (0, 69), (3, 70), (5, 71), (6, 72), (7, 73), (8, 74), (9, 75)],
            *[(14, 76), (10, 80), (11, 81), (12, 82), (13, 83), (45, 88), (49, 90), (50, 103), (51, 104)],
        ],
    )
    def test_twins_find_each_other(self, live: int, delayed: int) -> None:
        assert TickType(live).delayed is TickType(delayed)
        assert TickType(delayed).live is TickType(live)

    def test_a_live_type_is_its_own_live_twin_and_a_delayed_one_its_own_delayed(self) -> None:
        assert TickType.BID.live is TickType.BID
        assert TickType.DELAYED_BID.delayed is TickType.DELAYED_BID

    def test_a_type_that_never_comes_delayed_has_no_such_twin(self) -> None:
        assert TickType.SHORTABLE.delayed is None


class TestGenericTicks:
    def test_each_brings_a_type_of_tick(self) -> None:
        assert all(generic.tick_types for generic in GenericTick)

    def test_shortable_brings_the_grade_and_the_number_of_shares(self) -> None:
        assert GenericTick.SHORTABLE.tick_types == (TickType.SHORTABLE, TickType.SHORTABLE_SHARES)

    def test_none_brings_a_delayed_type(self) -> None:
        brought = [kind for generic in GenericTick for kind in generic.tick_types]

        assert not any(kind.is_delayed for kind in brought)
