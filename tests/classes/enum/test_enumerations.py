"""Enumerations: the words and numbers of the wire, usable wherever a plain one is."""

from __future__ import annotations

import importlib
import pkgutil
from enum import Enum, IntEnum, StrEnum

import pytest

from ibkr_actors.classes import enum
from ibkr_actors.classes.enum.account_summary_tag import AccountSummaryTag
from ibkr_actors.classes.enum.bar_size import BarSize
from ibkr_actors.classes.enum.duration_unit import DurationUnit
from ibkr_actors.classes.enum.historical_data_type import HistoricalDataType as HDT  # noqa: N817  # as documented
from ibkr_actors.classes.enum.market_data_type import MarketDataType
from ibkr_actors.classes.enum.oca_type import OcaType
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.order_status import Status
from ibkr_actors.classes.enum.scan_code import ScanCode
from ibkr_actors.classes.enum.trigger_method import TriggerMethod
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.classes.scanner import Scanner
from ibkr_actors.classes.value import snapshot

ENUMERATIONS = sorted(
    {
        each
        for module in pkgutil.iter_modules(enum.__path__, enum.__name__ + ".")
        for each in vars(importlib.import_module(module.name)).values()
        if isinstance(each, type) and issubclass(each, Enum) and each.__module__.startswith(enum.__name__)
    },
    key=lambda each: each.__name__,
)


@pytest.mark.parametrize("enumeration", ENUMERATIONS)
class TestEveryEnumeration:
    def test_has_plain_texts_or_numbers(self, enumeration: type[Enum]) -> None:
        assert issubclass(enumeration, StrEnum | IntEnum)

    def test_has_no_value_twice(self, enumeration: type[Enum]) -> None:
        assert len(enumeration.__members__) == len(list(enumeration)) > 1

    def test_says_what_it_is_for(self, enumeration: type[Enum]) -> None:
        assert enumeration.__doc__

    def test_has_members_that_equal_what_they_stand_for(self, enumeration: type[Enum]) -> None:
        for member in enumeration:
            assert member == member.value
            assert member.value == member
            assert hash(member) == hash(member.value)
            assert f"{member}" == str(member.value)


class TestInValues:
    @pytest.mark.parametrize(
        "order",
        [
            Order(action="SELL", trigger_method=2, oca_type=3),
            Order(action=OrderAction.SELL, trigger_method=TriggerMethod.LAST, oca_type=OcaType(3)),
        ],
    )
    def test_a_snapshot_holds_the_member_that_a_text_or_number_stands_for(self, order: Order) -> None:
        taken = snapshot(order, Order)

        assert taken == order
        assert taken.action is OrderAction.SELL
        assert taken.trigger_method is TriggerMethod.LAST
        assert taken.oca_type is OcaType.REDUCE_WITHOUT_BLOCK

    def test_a_value_that_no_member_stands_for_is_kept(self) -> None:
        """The bridge learns new words before we do."""
        assert snapshot(Scanner(scan_code="SCAN_OF_TOMORROW"), Scanner).scan_code == "SCAN_OF_TOMORROW"


class TestStatus:
    def test_three_statuses_are_the_end_of_an_order(self) -> None:
        ends = {status for status in Status if status.is_terminal}

        assert ends == {Status.FILLED, Status.CANCELLED, Status.API_CANCELLED}

    def test_an_order_works_unless_it_ended_or_is_inactive(self) -> None:
        idle = {status for status in Status if not status.is_working}

        assert idle == {Status.FILLED, Status.CANCELLED, Status.API_CANCELLED, Status.INACTIVE}

    def test_an_order_that_is_to_be_cancelled_may_still_fill(self) -> None:
        assert Status("PendingCancel").is_working


class TestWords:
    def test_what_history_shows_is_named_as_in_the_documentation(self) -> None:
        assert HDT.TRADES.value == "TRADES"
        assert len(HDT) == 16

    def test_bar_sizes_are_spelled_as_the_bridge_reads_them(self) -> None:
        assert [size.value for size in BarSize][:6] == [
            "1 secs",
            "5 secs",
            "10 secs",
            "15 secs",
            "30 secs",
            "1 min",
        ]
        assert len(BarSize) == 21

    def test_a_duration_is_a_number_and_a_unit(self) -> None:
        assert DurationUnit.YEAR.times(1) == "1 Y"

    def test_tags_of_the_account_summary_are_joined_as_they_are(self) -> None:
        tags = [AccountSummaryTag.NET_LIQUIDATION, AccountSummaryTag.REGULATION_T_EQUITY]

        assert ",".join(tags) == "NetLiquidation,ReqTEquity"

    def test_the_ledger_of_one_currency_has_a_tag(self) -> None:
        assert AccountSummaryTag.ledger_in("EUR") == "$LEDGER:EUR"

    @pytest.mark.parametrize(("side", "other"), [("BUY", "SELL"), ("SELL", "BUY"), ("SSHORT", "BUY")])
    def test_the_opposite_side_closes_what_a_side_opens(self, side: str, other: str) -> None:
        assert OrderAction(side).opposite == other

    def test_numbers_are_those_of_the_wire(self) -> None:
        assert [int(kind) for kind in MarketDataType] == [1, 2, 3, 4]
        assert [int(method) for method in TriggerMethod] == [0, 1, 2, 3, 4, 7, 8]

    def test_the_scan_of_the_documentation_is_there(self) -> None:
        assert ScanCode("HOT_BY_VOLUME") is ScanCode.HOT_BY_VOLUME
