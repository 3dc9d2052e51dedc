"""Enumerations: the words and numbers of the wire, usable wherever a plain one is."""

from __future__ import annotations

import importlib
import pickle
import pkgutil
from enum import Enum, IntEnum, StrEnum
from typing import Any

import pytest

from ibkr_actors.base import server_versions
from ibkr_actors.base.codec import Role, codec_for
from ibkr_actors.base.message_codes import FACTS, Scope
from ibkr_actors.base.messages.accounts import AccountSummary
from ibkr_actors.base.messages.connection import Notice
from ibkr_actors.base.messages.declaration import Message
from ibkr_actors.base.messages.news import HistoricalNews, NewsProviders
from ibkr_actors.base.server_versions import NEWEST, OLDEST
from ibkr_actors.classes import enum
from ibkr_actors.classes.enum.account_summary_tag import AccountSummaryTag
from ibkr_actors.classes.enum.bar_size import BarSize
from ibkr_actors.classes.enum.duration_unit import DurationUnit
from ibkr_actors.classes.enum.historical_data_type import HistoricalDataType as HDT  # noqa: N817  # as documented
from ibkr_actors.classes.enum.location_code import LocationCode
from ibkr_actors.classes.enum.market_data_type import MarketDataType
from ibkr_actors.classes.enum.message_code import MessageCode
from ibkr_actors.classes.enum.news_provider_code import NewsProviderCode
from ibkr_actors.classes.enum.oca_type import OcaType
from ibkr_actors.classes.enum.order_action import OrderAction
from ibkr_actors.classes.enum.order_status import Status
from ibkr_actors.classes.enum.scan_code import ScanCode
from ibkr_actors.classes.enum.scanner_instrument import ScannerInstrument
from ibkr_actors.classes.enum.server_version import ServerVersion
from ibkr_actors.classes.enum.stock_type_filter import StockTypeFilter
from ibkr_actors.classes.enum.trigger_method import TriggerMethod
from ibkr_actors.classes.news_provider import NewsProvider
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
        """But one version of the protocol may have brought several changes."""
        assert len(list(enumeration)) > 1
        assert len(enumeration.__members__) == len(list(enumeration)) or enumeration is ServerVersion

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


class TestScanners:
    def test_take_members_and_texts_alike(self) -> None:
        spoken = Scanner(
            instrument=ScannerInstrument.STOCKS_US,
            location_code=LocationCode.US_MAJOR,
            scan_code=ScanCode.HOT_BY_VOLUME,
            stock_type_filter=StockTypeFilter.STOCK,
        )
        written = Scanner(
            instrument="STK",
            location_code="STK.US.MAJOR",
            scan_code="HOT_BY_VOLUME",
            stock_type_filter="STOCK",
        )

        assert spoken == written
        assert snapshot(written, Scanner).location_code is LocationCode.US_MAJOR

    def test_take_several_locations_in_one_text(self) -> None:
        places = f"{LocationCode.NYSE},{LocationCode.NASDAQ}"

        assert snapshot(Scanner(location_code=places), Scanner).location_code == "STK.NYSE,STK.NASDAQ"

    def test_have_locations_whose_text_begins_as_their_instruments_do(self) -> None:
        kinds = {str(kind).partition(".")[0].replace("STOCK", "STK") for kind in ScannerInstrument}

        assert {str(place).partition(".")[0] for place in LocationCode} <= kinds


@pytest.mark.parametrize("version", [OLDEST, 200, NEWEST])
def test_what_the_bridge_calls_by_a_code_comes_as_the_member(version: int) -> None:
    gateway, client = codec_for(Role.GATEWAY, version), codec_for(Role.CLIENT, version)

    def told(message: Message) -> Any:
        return client.decode(gateway.encode(message)[4:])

    assert told(AccountSummary(1, "DU1", "NetLiquidation")).tag is AccountSummaryTag.NET_LIQUIDATION
    assert told(AccountSummary(1, "DU1", "TagOfTomorrow")).tag == "TagOfTomorrow"
    assert told(HistoricalNews(1, provider_code="BRFG")).provider_code is NewsProviderCode.BRIEFING_GENERAL
    [provider] = told(NewsProviders((NewsProvider("DJ-N", "Dow Jones News Service"),))).providers
    assert provider.code is NewsProviderCode.DOW_JONES_NEWS_SERVICE


class TestMessageCodes:
    def test_are_those_of_the_table_that_a_bridge_sends(self) -> None:
        sent = {code for code, facts in FACTS.items() if facts.scope is not Scope.CLIENT}

        assert {int(code) for code in MessageCode} == sent

    def test_are_named_by_their_meaning(self) -> None:
        assert MessageCode.CLIENT_ID_IN_USE == 326
        assert MessageCode.ORDER_REJECTED == 201
        assert MessageCode.THE_ORDER_CANT_BE_CANCELLED.meaning == "the order can't be cancelled"
        assert all(code.name.isidentifier() for code in MessageCode)

    def test_that_share_a_meaning_have_their_number_in_the_name(self) -> None:
        assert MessageCode(492).name == "PART_OF_THE_MARKET_DATA_NOT_SUBSCRIBED_492"

    def test_equal_the_codes_of_notices(self) -> None:
        assert Notice(code=326).code == MessageCode.CLIENT_ID_IN_USE

    def test_survive_pickling(self) -> None:
        assert pickle.loads(pickle.dumps(MessageCode(326))) is MessageCode(326)  # noqa: S301  # our own bytes


class TestServerVersions:
    def test_are_those_that_the_protocol_names(self) -> None:
        named = {name: value for name, value in vars(server_versions).items() if name.isupper()}

        assert {name: int(version) for name, version in ServerVersion.__members__.items()} == named
        assert {"OLDEST", "NEWEST"} < set(named)

    def test_compare_with_what_a_connection_has_settled(self) -> None:
        assert ServerVersion.HISTORICAL_SCHEDULE <= 200 < ServerVersion.PROTOBUF_ORDERS
