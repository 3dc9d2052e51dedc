"""Algorithms: the published tags, the spelling of their values, and what is refused."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from ibkr_actors.classes.enum.algo_choices import AdaptivePriority, RiskAversion
from ibkr_actors.classes.enum.algo_strategy import AlgoStrategy
from ibkr_actors.classes.orders.algo import Algo
from ibkr_actors.classes.orders.benchmark_algos import ArrivalPrice, ClosePrice, Twap, Vwap
from ibkr_actors.classes.orders.impact_algos import (
    AccumulateDistribute,
    Adaptive,
    BalanceImpactRisk,
    DarkIce,
    MinimiseImpact,
)
from ibkr_actors.classes.orders.limit_orders import LimitOrder
from ibkr_actors.classes.orders.volume_algos import (
    Inline,
    PercentageOfVolume,
    PercentageOfVolumeByPrice,
    PercentageOfVolumeBySize,
    PercentageOfVolumeByTime,
)
from ibkr_actors.errors import InvalidRequest

NEW_YORK = ZoneInfo("America/New_York")
START, END = datetime(2026, 11, 23, 10, 0, tzinfo=NEW_YORK), "15:30:00 US/Eastern"
SPELLED = {"startTime": "20261123 15:00:00 UTC", "endTime": END}

EVERY_PARAMETER: list[tuple[Algo, str, dict[str, str]]] = [
    (Adaptive(AdaptivePriority.URGENT), "Adaptive", {"adaptivePriority": "Urgent"}),
    (
        Vwap(
            maximum_share=0.1,
            start=START,
            end=END,
            allow_past_end=True,
            never_take_liquidity=False,
            speed_up=True,
            monetary_value=Decimal(5000),
        ),
        "Vwap",
        {
            "maxPctVol": "0.1",
            **SPELLED,
            "allowPastEndTime": "1",
            "noTakeLiq": "0",
            "speedUp": "1",
            "monetaryValue": "5000",
        },
    ),
    (
        Twap(style="Matching Last", start=START, end=END, allow_past_end=False, monetary_value=5000),
        "Twap",
        {"strategyType": "Matching Last", **SPELLED, "allowPastEndTime": "0", "monetaryValue": "5000"},
    ),
    (
        ArrivalPrice(
            maximum_share=0.1,
            risk_aversion=RiskAversion.GET_DONE,
            start=START,
            end=END,
            force_completion=True,
            allow_past_end=True,
            monetary_value=5000,
        ),
        "ArrivalPx",
        {
            "maxPctVol": "0.1",
            "riskAversion": "Get Done",
            **SPELLED,
            "forceCompletion": "1",
            "allowPastEndTime": "1",
            "monetaryValue": "5000",
        },
    ),
    (
        ClosePrice(
            maximum_share=0.1, risk_aversion="Neutral", start=START, force_completion=True, monetary_value=5
        ),
        "ClosePx",
        {
            "maxPctVol": "0.1",
            "riskAversion": "Neutral",
            "startTime": SPELLED["startTime"],
            "forceCompletion": "1",
            "monetaryValue": "5",
        },
    ),
    (
        DarkIce(100, START, END, True, 5000),
        "DarkIce",
        {"displaySize": "100", **SPELLED, "allowPastEndTime": "1", "monetaryValue": "5000"},
    ),
    (
        PercentageOfVolume(0.1, START, END, True, 5000),
        "PctVol",
        {"pctVol": "0.1", **SPELLED, "noTakeLiq": "1", "monetaryValue": "5000"},
    ),
    (
        PercentageOfVolumeByPrice(0.1, 0.05, 0.02, 0.3, START, END, True, 5000),
        "PctVolPx",
        {
            "pctVol": "0.1",
            "deltaPctVol": "0.05",
            "minPctVol4Px": "0.02",
            "maxPctVol4Px": "0.3",
            **SPELLED,
            "noTakeLiq": "1",
            "monetaryValue": "5000",
        },
    ),
    (
        PercentageOfVolumeBySize(0.1, 0.4, START, END, True, 5000),
        "PctVolSz",
        {"startPctVol": "0.1", "endPctVol": "0.4", **SPELLED, "noTakeLiq": "1", "monetaryValue": "5000"},
    ),
    (
        PercentageOfVolumeByTime(0.1, 0.4, START, END, True, 5000),
        "PctVolTm",
        {"startPctVol": "0.1", "endPctVol": "0.4", **SPELLED, "noTakeLiq": "1", "monetaryValue": "5000"},
    ),
    (
        AccumulateDistribute(500, 60, True, False, 3, True, False, START, "20:30:00"),
        "AD",
        {
            "componentSize": "500",
            "timeBetweenOrders": "60",
            "randomizeTime20": "1",
            "randomizeSize55": "0",
            "giveUp": "3",
            "catchUp": "1",
            "waitForFill": "0",
            "activeTimeStart": "15:00:00",
            "activeTimeEnd": "20:30:00",
        },
    ),
    (
        BalanceImpactRisk(maximum_share=0.1, risk_aversion="Aggressive", force_completion=False),
        "BalanceImpactRisk",
        {"maxPctVol": "0.1", "riskAversion": "Aggressive", "forceCompletion": "0"},
    ),
    (MinimiseImpact(maximum_share=0.1), "MinImpact", {"maxPctVol": "0.1"}),
    (
        Inline(
            start=START,
            end=END,
            style="Patient",
            minimum_percentage=10,
            maximum_percentage=20,
            display_size=100,
            auction="Include_All",
            find_blocks=True,
            block_price=40,
            minimum_block_size=5000,
            maximum_block_size=10000,
            fill_all_at=35.5,
        ),
        "INLINE",
        {
            "StartTime": SPELLED["startTime"],
            "EndTime": END,
            "ExecStyle": "Patient",
            "MinPercent": "10",
            "MaxPercent": "20",
            "DisplaySize": "100",
            "Auction": "Include_All",
            "BlockFinder": "1",
            "BlockPrice": "40",
            "MinBlockSize": "5000",
            "MaxBlockSize": "10000",
            "IWouldPrice": "35.5",
        },
    ),
]


class TestParameters:
    @pytest.mark.parametrize(("algo", "strategy", "tags"), EVERY_PARAMETER, ids=lambda value: str(value)[:20])
    def test_travel_under_their_published_names(
        self, algo: Algo, strategy: str, tags: dict[str, str]
    ) -> None:
        order = LimitOrder("BUY", None, 1000, 27.5).worked_by(algo)

        assert order.algo_strategy == strategy
        assert {pair.tag: pair.value for pair in order.algo_parameters} == tags

    def test_are_all_in_the_table_above(self) -> None:
        assert {strategy for _, strategy, _ in EVERY_PARAMETER} == set(AlgoStrategy)
        for algo, _, tags in EVERY_PARAMETER:
            assert len(tags) == len(algo.__struct_fields__)

    def test_that_are_not_given_are_left_to_the_bridge(self) -> None:
        assert Vwap().parameters == ()

    def test_of_an_algo_that_is_changed_by_no_order(self) -> None:
        order = LimitOrder("BUY", None, 1000, 27.5)

        order.worked_by(Adaptive("Patient"))

        assert (order.algo_strategy, order.algo_parameters) == ("", ())


def wrong(algo: Callable[..., Algo], *values: Any, **fields: Any) -> str:
    """What an algorithm says to parameters that it refuses."""
    with pytest.raises(InvalidRequest) as refused:
        algo(*values, **fields)
    return str(refused.value)


class TestRefusals:
    @pytest.mark.parametrize("share", [10, 0, -0.1, 0.51, float("nan"), "much", True])
    def test_a_share_that_is_no_fraction_up_to_half(self, share: object) -> None:
        """10 for ten percent would be a thousand percent."""
        assert wrong(PercentageOfVolume, share) == (
            f"PercentageOfVolume: share is {share!r}; expected a fraction above 0 and up to 0.5 (0.1 is 10%)"
        )

    def test_a_needed_parameter_that_is_none(self) -> None:
        assert "DarkIce: display_size is missing" in wrong(DarkIce, None)

    def test_a_word_that_is_none_of_the_choices(self) -> None:
        assert wrong(Adaptive, "urgent") == (
            "Adaptive: priority is 'urgent'; expected one of 'Urgent', 'Normal', 'Patient'"
        )

    def test_a_time_without_a_zone(self) -> None:
        said = wrong(Vwap, start=datetime(2026, 11, 23, 10, 0))  # noqa: DTZ001  # that is the point

        assert (
            "Vwap: start is datetime.datetime(2026, 11, 23, 10, 0); expected a datetime with a time zone"
            in said
        )

    @pytest.mark.parametrize("text", ["", "a;b", "a=b"])
    def test_a_time_that_the_wire_would_read_otherwise(self, text: str) -> None:
        assert "end is" in wrong(Twap, end=text)

    def test_a_flag_that_is_a_number(self) -> None:
        assert "allow_past_end is 1; expected True or False" in wrong(Twap, allow_past_end=1)

    def test_a_percentage_above_99(self) -> None:
        assert "maximum_percentage is 100; expected a whole percentage up to 99" in wrong(
            Inline, maximum_percentage=100
        )

    @pytest.mark.parametrize("size", [0, 1.5, -1, "x"])
    def test_a_size_that_is_no_whole_number_above_zero(self, size: object) -> None:
        assert "component_size" in wrong(AccumulateDistribute, size, 60)
