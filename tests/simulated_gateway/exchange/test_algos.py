"""Orders that an algorithm works: its parameters, its window, its slices, its limit."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ibkr_actors.classes.contracts.contract import Contract
from ibkr_actors.classes.enum.algo_strategy import AlgoStrategy
from ibkr_actors.classes.enum.order_status import Status
from ibkr_actors.classes.orders.order import Order
from ibkr_actors.simulated_gateway.exchange.algo_checks import ALGOS
from ibkr_actors.simulated_gateway.refusals import Refusal
from ibkr_actors.wire.tags import TagValue
from tests.simulated_gateway.floor import Floor
from tests.simulated_gateway.helpers import AAPL, order

NEEDED = {
    "Adaptive": {"adaptivePriority": "Normal"},
    "DarkIce": {"displaySize": "100"},
    "PctVol": {"pctVol": "0.1"},
    "PctVolPx": {"pctVol": "0.1"},
    "PctVolSz": {"startPctVol": "0.1", "endPctVol": "0.2"},
    "PctVolTm": {"startPctVol": "0.1", "endPctVol": "0.2"},
    "AD": {"componentSize": "100", "timeBetweenOrders": "60"},
}
"""What an algorithm can't do without; the others need nothing."""
OF_OPTIONS = ("BalanceImpactRisk", "MinImpact")


@pytest.fixture
def floor() -> Floor:
    """Ten o'clock in New York."""
    floor = Floor(cash=Decimal(10**9))
    floor.quote(100.0, 100.02, size=100_000.0)
    return floor


def worked(
    strategy: str,
    quantity: float = 1000,
    kind: str = "MKT",
    *,
    limit_price: float | None = None,
    **parameters: str,
) -> Order:
    tags = {**NEEDED.get(strategy, {}), **parameters}
    return order(
        "BUY",
        quantity,
        kind,
        limit_price=limit_price,
        algo_strategy=strategy,
        algo_parameters=tuple(TagValue(tag, value) for tag, value in tags.items() if value),
    )


def filled_after(floor: Floor, seconds: float) -> Decimal:
    floor.wait(seconds)
    return floor.order(1).filled


class TestWindows:
    def test_a_twap_order_is_filled_evenly_from_start_to_end(self, floor: Floor) -> None:
        assert floor.place(
            1, worked("Twap", startTime="10:10:00 US/Eastern", endTime="10:20:00 US/Eastern")
        ) == ["order PreSubmitted"]

        assert filled_after(floor, 599) == 0
        assert filled_after(floor, 301) == 500
        assert filled_after(floor, 150) == 750
        assert filled_after(floor, 150) == 1000
        assert floor.order(1).status is Status.FILLED

    def test_without_times_it_works_until_the_close(self, floor: Floor) -> None:
        floor.place(1, worked("Twap"))

        assert filled_after(floor, 3 * 3600) == 500

    def test_a_time_may_have_its_day_or_be_in_utc(self, floor: Floor) -> None:
        floor.place(1, worked("Twap", startTime="20261123-15:10:00", endTime="20261123 10:20:00 US/Eastern"))

        assert filled_after(floor, 900) == 500

    def test_what_is_left_at_the_end_is_cancelled(self, floor: Floor) -> None:
        floor.quote(100.0, 100.02, size=1)
        floor.place(1, worked("Twap", endTime="10:10:00 US/Eastern"))

        floor.wait(601)

        assert floor.told(1)[-3:] == ["PendingCancel", "Cancelled", "202"]

    @pytest.mark.parametrize(
        ("strategy", "parameter"), [("Twap", "allowPastEndTime"), ("ArrivalPx", "forceCompletion")]
    )
    def test_unless_it_may_go_on(self, floor: Floor, strategy: str, parameter: str) -> None:
        floor.quote(100.0, 100.02, size=1)
        floor.place(1, worked(strategy, endTime="10:10:00 US/Eastern", **{parameter: "1"}))
        floor.wait(601)
        assert floor.order(1).is_live

        floor.quote(100.0, 100.02, size=5000)

        assert floor.order(1).status is Status.FILLED

    def test_a_change_begins_a_new_window_for_what_is_left(self, floor: Floor) -> None:
        floor.place(1, worked("Twap", endTime="10:10:00 US/Eastern"))
        assert filled_after(floor, 300) == 500

        floor.place(1, worked("Twap", 2000, endTime="10:20:00 US/Eastern"))

        assert filled_after(floor, 450) == 500 + 20 * 37  # of 40 slices of the 1500 that were left
        assert filled_after(floor, 450) == 2000

    def test_a_change_of_the_quantity_alone_leaves_the_window_as_it_was(self, floor: Floor) -> None:
        floor.place(1, worked("Twap", endTime="10:10:00 US/Eastern"))
        assert filled_after(floor, 300) == 500

        floor.place(1, worked("Twap", 2000, endTime="10:10:00 US/Eastern"))

        assert floor.order(1).filled == 1000
        assert filled_after(floor, 300) == 2000


class TestSchedules:
    def test_haste_says_how_soon_an_arrival_price_order_is_filled(self, floor: Floor) -> None:
        ends = {"endTime": "11:00:00 US/Eastern"}
        for number, aversion in enumerate(("Get Done", "Aggressive", "Neutral", "Passive"), 1):
            floor.place(number, worked("ArrivalPx", riskAversion=aversion, **ends))

        floor.wait(720)

        assert [floor.order(number).filled for number in (1, 2, 3, 4)] == [1000, 800, 400, 200]

    def test_a_close_price_order_waits_for_the_end_of_the_day(self, floor: Floor) -> None:
        floor.place(1, worked("ClosePx", riskAversion="Aggressive"))

        assert filled_after(floor, 4 * 3600) == 0
        assert 0 < filled_after(floor, 1.5 * 3600) < 1000
        assert filled_after(floor, 1800) == 1000

    def test_a_vwap_order_follows_the_volume(self, floor: Floor) -> None:
        floor.place(1, worked("Vwap", endTime="11:00:00 US/Eastern"))
        floor.wait(1800)

        series, start = floor.market.series(AAPL), int(floor.now - 1800) * 4
        part = series.between(start, start + 7200).volume / series.between(start, start + 14400).volume
        assert abs(float(floor.order(1).filled) - part * 1000) <= 25
        assert filled_after(floor, 1800) == 1000

    @pytest.mark.parametrize(
        ("strategy", "share"), [("PctVol", 0.1), ("PctVolPx", 0.1), ("PctVolSz", 0.1), ("PctVolTm", 0.1)]
    )
    def test_a_share_of_the_volume_is_taken(self, floor: Floor, strategy: str, share: float) -> None:
        floor.place(1, worked(strategy, 10_000_000 / 40, endTime="15:00:00 US/Eastern"))
        start = int(floor.now) * 4

        floor.wait(60)

        traded = floor.market.series(AAPL).between(start, start + 240).volume
        assert float(floor.order(1).filled) == pytest.approx(traded * share, abs=6250 + traded * 0.01)
        assert floor.order(1).filled > 0

    def test_a_share_is_no_more_than_the_largest_that_the_client_wants(self, floor: Floor) -> None:
        floor.place(1, worked("Vwap", 1000, maxPctVol="0.001", endTime="10:01:00 US/Eastern"))
        start = int(floor.now) * 4

        floor.wait(30)

        traded = floor.market.series(AAPL).between(start, start + 120).volume
        assert float(floor.order(1).filled) <= traded * 0.001

    def test_accumulate_distribute_takes_one_component_after_the_other(self, floor: Floor) -> None:
        floor.place(1, worked("AD"))
        assert floor.order(1).filled == 100

        assert filled_after(floor, 59) == 100
        assert filled_after(floor, 1) == 200
        assert filled_after(floor, 120) == 400

    def test_sizes_and_intervals_of_components_may_vary(self, floor: Floor) -> None:
        floor.place(1, worked("AD", 5000, randomizeSize55="1", randomizeTime20="1"))
        times, sizes = [], [floor.order(1).filled]
        for second in range(1, 600):
            before = floor.order(1).filled
            if filled_after(floor, 1) > before:
                times.append(second)
                sizes.append(floor.order(1).filled - before)

        pauses = [after - before for before, after in zip([0, *times], times, strict=False)]
        assert all(45 <= size <= 156 for size in sizes)
        assert all(47 <= pause <= 73 for pause in pauses)
        assert len(set(sizes)) > 3
        assert len(set(pauses)) > 3

    def test_it_may_wait_for_the_fill_of_a_component(self, floor: Floor) -> None:
        floor.quote(100.0, 100.02, size=60)
        floor.place(1, worked("AD", waitForFill="1"))

        floor.wait(600)

        assert floor.order(1).filled <= 200

    def test_dark_ice_shows_a_size_that_varies(self, floor: Floor) -> None:
        floor.place(1, worked("DarkIce", 10_000))
        for number in range(20):
            floor.quote(100.0, 100.02 + 0.01 * (number % 2), size=100_000)
            floor.wait(20)

        sizes = {trade.execution.shares for trade in floor.witness.trades}
        assert min(sizes) >= 50
        assert max(sizes) <= 151
        assert len(sizes) > 3

    def test_an_amount_of_money_is_the_most_that_is_spent(self, floor: Floor) -> None:
        floor.place(
            1, worked("Twap", endTime="10:01:00 US/Eastern", monetaryValue="50000", allowPastEndTime="1")
        )

        floor.wait(61)

        assert floor.order(1).filled == 499

    @pytest.mark.parametrize("strategy", OF_OPTIONS)
    def test_options_have_algorithms_of_their_own(self, floor: Floor, strategy: str) -> None:
        option = next(one for one in floor.catalogue if one.security_type == "OPT" and one.symbol == "SPY")
        floor.quote(5.0, 5.1, contract_id=option.contract_id)
        floor.place(1, worked(strategy, 10), contract=Contract(contract_id=option.contract_id))

        floor.wait(5.9 * 3600)

        assert 0 < floor.order(1).filled <= 10


class TestPrices:
    def test_an_adaptive_order_goes_from_its_own_side_to_the_other(self, floor: Floor) -> None:
        floor.quote(100.0, 100.10, last=100.08, size=100_000)
        assert floor.place(1, worked("Adaptive", adaptivePriority="Urgent")) == ["order PreSubmitted"]

        floor.quote(100.0, 100.10, last=100.03, size=100_000)
        assert floor.order(1).filled == 0

        assert filled_after(floor, 5) > 0  # it shows 100.05 now, and the market trades at 100.03
        assert floor.witness.trades[0].execution.price == 100.05
        assert filled_after(floor, 5) == 1000
        assert floor.witness.trades[-1].execution.price == 100.10

    def test_patience_takes_longer(self, floor: Floor) -> None:
        floor.quote(100.0, 100.10, last=100.10, size=100_000)
        floor.place(1, worked("Adaptive", adaptivePriority="Patient"))

        assert filled_after(floor, 59) == 0
        assert filled_after(floor, 2) == 1000

    @pytest.mark.parametrize("strategy", sorted(set(ALGOS) - set(OF_OPTIONS)))
    def test_no_algorithm_fills_beyond_the_limit(self, floor: Floor, strategy: str) -> None:
        floor.place(1, worked(strategy, 100_000, "LMT", limit_price=100.01))

        for number in range(12):
            price = 100.0 + 0.005 * (number % 5)
            floor.quote(round(price, 2), round(price + 0.01, 2), size=100_000)
            floor.wait(1800)

        assert all(trade.execution.price <= 100.01 for trade in floor.witness.trades)
        assert floor.order(1).filled > 0

    def test_one_that_never_takes_liquidity_shows_a_price_of_its_own(self, floor: Floor) -> None:
        floor.quote(100.0, 100.10, last=100.05, size=100_000)
        floor.place(1, worked("PctVol", pctVol="0.5", noTakeLiq="1"))
        assert filled_after(floor, 60) == 0

        floor.quote(100.0, 100.10, last=100.01, size=100_000)
        floor.wait(1)

        assert {trade.execution.price for trade in floor.witness.trades} == {100.01}


class TestChecks:
    @pytest.mark.parametrize("strategy", sorted(ALGOS))
    def test_each_algorithm_is_taken_with_what_it_needs(self, floor: Floor, strategy: str) -> None:
        option = next(one for one in floor.catalogue if one.security_type == "OPT" and one.symbol == "SPY")
        contract = Contract(contract_id=option.contract_id) if strategy in OF_OPTIONS else None

        assert floor.place(1, worked(strategy, 10), contract=contract)[0] == "order PreSubmitted"

    @pytest.mark.parametrize(
        ("strategy", "parameters", "code"),
        [
            ("Nonsense", {}, 439),
            (AlgoStrategy.INLINE, {}, 439),
            ("Twap", {"nonsense": "1"}, 443),
            ("Twap", {"strategyType": "Midpoint"}, 443),
            ("Twap", {"startTime": "soon"}, 441),
            ("Twap", {"startTime": "10:00:00 Mars/Olympus"}, 441),
            ("Twap", {"allowPastEndTime": "perhaps"}, 441),
            ("Vwap", {"maxPctVol": "7"}, 441),
            ("Vwap", {"maxPctVol": "much"}, 441),
            ("ArrivalPx", {"riskAversion": "Brave"}, 441),
            ("Adaptive", {"adaptivePriority": ""}, 441),
            ("AD", {"componentSize": "0"}, 441),
            ("BalanceImpactRisk", {}, 442),
        ],
    )
    def test_what_can_not_work_is_refused_by_its_code(
        self, floor: Floor, strategy: str, parameters: dict[str, str], code: int
    ) -> None:
        with pytest.raises(Refusal, match=f"^{code} "):
            floor.place(1, worked(strategy, **parameters))

    @pytest.mark.parametrize(
        "fields",
        [{"order_type": "STP", "auxiliary_price": 99.0}, {"time_in_force": "IOC"}, {"time_in_force": "OPG"}],
    )
    def test_algorithms_work_day_orders_at_the_market_or_a_limit(
        self, floor: Floor, fields: dict[str, object]
    ) -> None:
        wanted = worked("Twap")
        for name, value in fields.items():
            setattr(wanted, name, value)

        with pytest.raises(Refusal, match=r"^442"):
            floor.place(1, wanted)

    def test_a_currency_pair_has_no_algorithms(self, floor: Floor) -> None:
        euro = Contract(symbol="EUR", security_type="CASH", currency="USD")
        with pytest.raises(Refusal, match=r"^442"):
            floor.place(1, worked("Twap"), contract=euro)
