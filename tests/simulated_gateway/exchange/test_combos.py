"""Orders for combinations: legs, prices, fills leg by leg or all at once, and what clients are told."""

from __future__ import annotations

from decimal import Decimal

import pytest

from ibkr_actors.base.messages.accounts import Position, PositionsRequest
from ibkr_actors.base.messages.executions import (
    CommissionAndFeesReport,
    ExecutionDetails,
    ExecutionRequest,
)
from ibkr_actors.base.messages.orders import CancelOrderRequest, OpenOrder, OrderStatus, PlaceOrderRequest
from ibkr_actors.classes.contracts.contract import ComboLeg, Contract
from ibkr_actors.wire.tags import TagValue
from tests.simulated_gateway.helpers import AAPL, ACCOUNT, Desk, Wire, codes, limit, names, only, order

IBM = 8314
LEGGING = (TagValue("NonGuaranteed", "1"),)


class ComboDesk(Desk):
    """AAPL stands at 100.00 to 100.02, IBM at 50.00 to 50.04."""

    def __init__(self) -> None:
        super().__init__()
        self.client = self.connect()
        self.leg_quote(IBM, 50.0, 50.04)

    def leg_quote(self, contract_id: int, bid: float, ask: float, size: float = 1000.0) -> None:
        self.gateway.market.set_quote(contract_id, bid=bid, ask=ask, last=bid, bid_size=size, ask_size=size)

    def send(self, order_id: int, wanted: object, *legs: ComboLeg, **fields: object) -> list[object]:
        legs = legs or (leg(AAPL, 1, "BUY"), leg(IBM, 2, "SELL"))
        terms = {"symbol": "AAPL,IBM", "currency": "USD", "exchange": "SMART", **fields}
        contract = Contract(security_type="BAG", combo_legs=legs, **terms)
        return self.place(self.client, order_id, wanted, contract)

    def next(self) -> list[object]:
        self.step()
        return self.heard(self.client)

    def position(self, contract_id: int) -> Decimal:
        return self.gateway.accounts[ACCOUNT].position(contract_id)


def leg(contract_id: int, ratio: int, action: str, **fields: object) -> ComboLeg:
    return ComboLeg(contract_id, ratio, action, "SMART", **fields)


@pytest.fixture
def desk() -> ComboDesk:
    return ComboDesk()


def traded(messages: list[object]) -> list[tuple[str, str, Decimal, float]]:
    return [
        (each.contract.symbol, each.execution.side, each.execution.shares, each.execution.price)
        for each in only(ExecutionDetails, messages)
    ]


class TestGuaranteed:
    def test_a_purchase_buys_one_leg_at_its_ask_and_sells_the_other_at_its_bid(self, desk: ComboDesk) -> None:
        told = desk.send(1, order("BUY", 10))

        assert traded(told) == [
            ("AAPL", "BOT", 10, 100.02),
            ("IBM", "SLD", 20, 50.0),
            ("AAPL,IBM", "BOT", 10, 0.02),
        ]
        assert (desk.position(AAPL), desk.position(IBM)) == (10, -20)

    def test_a_sale_does_the_opposite_to_each_leg(self, desk: ComboDesk) -> None:
        told = desk.send(1, order("SELL", 10))

        assert traded(told)[-1] == ("AAPL,IBM", "SLD", 10, -0.08)
        assert (desk.position(AAPL), desk.position(IBM)) == (-10, 20)

    def test_the_executions_share_an_id_that_counts_the_legs(self, desk: ComboDesk) -> None:
        told = only(ExecutionDetails, desk.send(1, order("BUY", 10)))

        stems = {each.execution.execution_id[:17] for each in told}
        assert len(stems) == 1
        assert [each.execution.execution_id[18:] for each in told] == ["02.01", "03.01", "01.01"]

    def test_each_leg_has_one_commission_and_the_combination_none(self, desk: ComboDesk) -> None:
        executions = only(ExecutionDetails, desk.send(1, order("BUY", 10)))
        reports = only(CommissionAndFeesReport, desk.next())

        legs = [each.execution.execution_id for each in executions if each.contract.security_type == "STK"]
        assert sorted(report.execution_id for report in reports) == sorted(legs)

    def test_status_and_open_order_count_combinations(self, desk: ComboDesk) -> None:
        told = desk.send(1, order("BUY", 10))

        status = only(OrderStatus, told)[-1]
        assert (status.status, status.filled, status.average_fill_price) == ("Filled", 10, 0.02)
        contract = only(OpenOrder, told)[-1].contract
        assert contract.combo_legs_description == f"{AAPL}|1,{IBM}|-2"
        assert len(contract.combo_legs) == 2

    def test_no_fill_goes_beyond_the_limit_of_the_combination(self, desk: ComboDesk) -> None:
        assert traded(desk.send(1, limit("BUY", 10, 0.01))) == []

        desk.leg_quote(IBM, 50.01, 50.04)

        assert traded(desk.next())[-1] == ("AAPL,IBM", "BOT", 10, 0.0)

    def test_a_limit_may_be_zero_or_below(self, desk: ComboDesk) -> None:
        desk.send(1, limit("BUY", 10, -0.05))
        desk.leg_quote(IBM, 50.03, 50.04)

        assert traded(desk.next()) == []

        desk.leg_quote(IBM, 50.04, 50.05)
        assert traded(desk.next())[-1] == ("AAPL,IBM", "BOT", 10, -0.06)

    def test_the_thinnest_leg_says_how_many_there_are(self, desk: ComboDesk) -> None:
        desk.leg_quote(IBM, 50.0, 50.04, size=7)

        assert traded(desk.send(1, order("BUY", 10)))[-1][2] == 3
        assert (desk.position(AAPL), desk.position(IBM)) == (3, -6)

    def test_it_waits_for_either_leg_to_move(self, desk: ComboDesk) -> None:
        desk.send(1, limit("BUY", 10, 0.0))

        desk.quote(99.98, 100.0)

        assert traded(desk.next())[-1] == ("AAPL,IBM", "BOT", 10, 0.0)

    def test_legs_may_have_prices_of_their_own(self, desk: ComboDesk) -> None:
        legs = leg(AAPL, 1, "BUY", price=100.02), leg(IBM, 2, "SELL", price=50.01)
        assert traded(desk.send(1, order("BUY", 10, "LMT"), *legs)) == []

        desk.leg_quote(IBM, 50.01, 50.04)

        assert len(traded(desk.next())) == 3

    def test_an_immediate_order_fills_whole_or_not(self, desk: ComboDesk) -> None:
        desk.leg_quote(IBM, 50.0, 50.04, size=7)

        assert traded(desk.send(1, order("BUY", 10, time_in_force="FOK"))) == []
        assert traded(desk.send(2, order("BUY", 3, time_in_force="FOK")))[-1][2] == 3

    def test_it_may_be_cancelled_and_listed_like_any_order(self, desk: ComboDesk) -> None:
        desk.send(1, limit("BUY", 10, -1.0))

        told = desk.ask(desk.client, CancelOrderRequest(1))

        assert only(OrderStatus, told)[-1].status == "Cancelled"

    def test_followers_of_positions_hear_of_every_leg(self, desk: ComboDesk) -> None:
        desk.ask(desk.client, PositionsRequest())

        told = only(Position, desk.send(1, order("BUY", 10)))

        assert {each.contract.symbol for each in told} == {"AAPL", "IBM"}

    def test_the_executions_of_the_past_are_the_same(self, desk: ComboDesk) -> None:
        live = only(ExecutionDetails, desk.send(1, order("BUY", 10)))

        told = desk.ask(desk.client, ExecutionRequest(request_id=9))

        past = {each.execution.execution_id for each in only(ExecutionDetails, told)}
        assert past == {each.execution.execution_id for each in live}
        assert len(only(CommissionAndFeesReport, told)) == 2

    def test_a_preview_counts_the_margin_of_all_legs(self, desk: ComboDesk) -> None:
        (preview,) = only(OpenOrder, desk.send(1, order("BUY", 10, what_if=True)))

        assert preview.order_state.initial_margin_change == pytest.approx(1000, rel=0.01)
        assert preview.order_state.commission_and_fees == 2.0

    def test_more_than_the_account_can_carry_is_rejected(self, desk: ComboDesk) -> None:
        assert 201 in codes(desk.send(1, order("BUY", 30_000)))

    def test_another_combination_under_the_same_id_is_refused(self, desk: ComboDesk) -> None:
        desk.send(1, limit("BUY", 10, -1.0))

        told = desk.send(1, limit("BUY", 10, -1.0), leg(AAPL, 1, "BUY"), leg(IBM, 3, "SELL"))

        assert codes(told) == [105]


class TestLegByLeg:
    def test_one_leg_may_fill_ahead_of_the_other(self, desk: ComboDesk) -> None:
        desk.leg_quote(IBM, 50.0, 50.04, size=6)
        told = desk.send(1, order("BUY", 10, smart_combo_routing_parameters=LEGGING))
        assert traded(told) == [("AAPL", "BOT", 10, 100.02), ("IBM", "SLD", 6, 50.0)]
        assert only(OrderStatus, told)[-1].filled == 0

        desk.leg_quote(IBM, 50.0, 50.04, size=1000)
        told = desk.next()

        assert traded(told) == [("IBM", "SLD", 14, 50.0), ("AAPL,IBM", "BOT", 10, 0.02)]
        assert only(OrderStatus, told)[-1].status == "Filled"

    def test_the_order_owes_what_all_legs_cost(self, desk: ComboDesk) -> None:
        desk.send(1, order("BUY", 10, smart_combo_routing_parameters=LEGGING))
        told = desk.next()

        reports = only(CommissionAndFeesReport, told)
        assert len(reports) == 2
        owed = only(OpenOrder, told)[-1].order_state.commission_and_fees
        assert owed == sum(report.commission_and_fees for report in reports)

    def test_the_second_leg_waits_while_the_whole_would_pass_the_limit(self, desk: ComboDesk) -> None:
        desk.leg_quote(IBM, 50.0, 50.04, size=6)
        desk.send(1, limit("BUY", 10, 0.02, smart_combo_routing_parameters=LEGGING))

        desk.leg_quote(IBM, 49.9, 49.94, size=1000)
        assert traded(desk.next()) == []

        desk.leg_quote(IBM, 50.0, 50.04, size=1000)
        assert traded(desk.next())[-1] == ("AAPL,IBM", "BOT", 10, 0.02)

    def test_the_second_leg_of_limit_and_market_takes_any_price(self, desk: ComboDesk) -> None:
        desk.leg_quote(IBM, 50.0, 50.04, size=6)
        desk.send(1, order("BUY", 10, "LMT + MKT", limit_price=0.02))

        desk.leg_quote(IBM, 49.9, 49.94, size=1000)

        assert traded(desk.next())[0] == ("IBM", "SLD", 14, 49.9)

    def test_a_relative_combination_follows_the_quote_of_its_legs(self, desk: ComboDesk) -> None:
        """The combination stands at -0.08 to 0.02."""
        told = desk.send(1, order("BUY", 10, "REL + LMT", auxiliary_price=0.01, limit_price=0.01))
        assert only(OpenOrder, told)[-1].order.limit_price == -0.07

        desk.leg_quote(IBM, 49.95, 49.99)
        assert only(OpenOrder, desk.next())[-1].order.limit_price == 0.01

        desk.leg_quote(IBM, 50.01, 50.05)
        assert traded(desk.next())[-1] == ("AAPL,IBM", "BOT", 10, 0.0)

    def test_the_second_leg_of_relative_and_market_takes_any_price(self, desk: ComboDesk) -> None:
        desk.send(1, order("BUY", 10, "REL + MKT"))
        desk.leg_quote(IBM, 50.05, 50.06, size=6)
        assert traded(desk.next())[0] == ("AAPL", "BOT", 10, 100.02)

        desk.leg_quote(IBM, 49.9, 49.94, size=1000)

        assert traded(desk.next())[0] == ("IBM", "SLD", 14, 49.9)

    def test_a_leg_may_be_let_go_after_a_time(self, desk: ComboDesk) -> None:
        desk.leg_quote(IBM, 50.0, 50.04, size=6)
        routing = (*LEGGING, TagValue("ChangeToMktTime1", "2"))
        desk.send(1, limit("BUY", 10, 0.02, smart_combo_routing_parameters=routing))
        desk.leg_quote(IBM, 49.9, 49.94, size=1000)
        assert traded(desk.next()) == []

        desk.step(2.0)

        assert traded(desk.heard(desk.client))[0] == ("IBM", "SLD", 14, 49.9)

    def test_priority_and_segment_say_which_leg_goes_first_and_how_many(self, desk: ComboDesk) -> None:
        routing = (*LEGGING, TagValue("LeginPrio", "-1"), TagValue("MaxSegSize", "4"))

        told = desk.send(1, order("BUY", 10, smart_combo_routing_parameters=routing))

        assert [(symbol, size) for symbol, _, size, _ in traded(told)] == [
            ("IBM", 8),
            ("AAPL", 4),
            ("AAPL,IBM", 4),
        ]

    def test_a_change_keeps_what_is_filled_of_the_segment(self, desk: ComboDesk) -> None:
        desk.leg_quote(IBM, 50.0, 50.04, size=6)
        desk.send(1, order("BUY", 10, smart_combo_routing_parameters=LEGGING))

        assert codes(desk.send(1, order("BUY", 5, smart_combo_routing_parameters=LEGGING))) == [321]
        desk.send(1, order("BUY", 12, smart_combo_routing_parameters=LEGGING))
        desk.leg_quote(IBM, 50.0, 50.04, size=1000)
        desk.next()
        desk.leg_quote(IBM, 50.0, 50.05, size=1000)
        desk.next()

        assert (desk.position(AAPL), desk.position(IBM)) == (12, -24)


class TestRefusals:
    @pytest.mark.parametrize(
        ("legs", "fields", "code"),
        [
            ((leg(AAPL, 1, "BUY"),), {}, 312),
            ((leg(AAPL, 1, "BUY"), leg(AAPL, 1, "SELL")), {}, 312),
            ((leg(AAPL, 1, "BUY"), ComboLeg(416904, 1, "SELL", "CBOE")), {}, 312),
            ((leg(AAPL, 1, "BUY"), leg(5, 1, "SELL")), {}, 200),
            ((leg(AAPL, 0, "BUY"), leg(IBM, 1, "SELL")), {}, 313),
            ((leg(AAPL, 1, "HOLD"), leg(IBM, 1, "SELL")), {}, 313),
            ((), {"currency": "EUR"}, 10011),
        ],
    )
    def test_legs_that_make_no_combination(
        self, desk: ComboDesk, legs: tuple[ComboLeg, ...], fields: dict[str, str], code: int
    ) -> None:
        told = desk.send(1, order("BUY", 10), *legs, **fields)

        assert (names(told), codes(told)) == (["Notice"], [code])

    def test_a_combination_without_legs(self, desk: ComboDesk) -> None:
        told = desk.place(desk.client, 1, order("BUY", 1), Contract(symbol="AAPL", security_type="BAG"))

        assert codes(told) == [314]

    @pytest.mark.parametrize(
        ("tag", "value", "code"),
        [
            ("NonGuaranteed", "2", 10027),
            ("Nonsense", "1", 10027),
            ("LeginPrio", "7", 10022),
            ("MaxSegSize", "0", 10023),
            ("ChangeToMktTime1", "soon", 10025),
        ],
    )
    def test_routing_that_means_nothing(self, desk: ComboDesk, tag: str, value: str, code: int) -> None:
        told = desk.send(1, order("BUY", 10, smart_combo_routing_parameters=(TagValue(tag, value),)))

        assert codes(told) == [code]

    def test_futures_fill_together_only(self, desk: ComboDesk) -> None:
        months = [one for one in desk.gateway.catalogue if one.security_type == "FUT" and one.symbol == "ES"]
        *_, near, far = sorted(months, key=lambda one: one.expiry)
        legs = ComboLeg(near.contract_id, 1, "BUY", "CME"), ComboLeg(far.contract_id, 1, "SELL", "CME")

        told = desk.send(1, order("BUY", 1, smart_combo_routing_parameters=LEGGING), *legs)
        assert codes(told) == [10002]

        assert len(traded(desk.send(2, order("BUY", 1), *legs))) == 3

    @pytest.mark.parametrize(
        ("wanted", "code"),
        [
            (order("BUY", 10, "LMT"), 321),
            (order("BUY", 10, "LMT + MKT"), 321),
            (order("BUY", 10, "TRAIL", auxiliary_price=1.0), 387),
            (order("BUY", 1.5), 10243),
        ],
    )
    def test_orders_that_do_not_fit(self, desk: ComboDesk, wanted: object, code: int) -> None:
        assert codes(desk.send(1, wanted)) == [code]


@pytest.mark.parametrize("version", [157, 178, 200, 203, 214, 226])
def test_a_combination_survives_the_wire(version: int) -> None:
    """Legs with prices of their own, a limit below zero, and executions of all parts, as bytes there and back."""
    desk = ComboDesk()
    wire = Wire(desk, version, client_id=2)
    legs = leg(AAPL, 1, "BUY", price=100.02), leg(IBM, 2, "SELL", price=50.0)
    bag = Contract(symbol="AAPL,IBM", security_type="BAG", currency="USD", exchange="SMART", combo_legs=legs)
    plain = Contract(
        symbol="AAPL,IBM",
        security_type="BAG",
        currency="USD",
        exchange="SMART",
        combo_legs=(leg(AAPL, 1, "BUY"), leg(IBM, 2, "SELL")),
    )

    priced = wire.ask(PlaceOrderRequest(1, bag, order("BUY", 10, "LMT")))
    resting = wire.ask(PlaceOrderRequest(2, plain, limit("BUY", 10, -0.5)))

    assert traded(priced)[-1] == ("AAPL,IBM", "BOT", 10, 0.02)
    assert [one.price for one in only(OpenOrder, priced)[0].contract.combo_legs] == [100.02, 50.0]
    assert only(OpenOrder, resting)[0].order.limit_price == -0.5
    assert only(OpenOrder, resting)[0].contract.combo_legs_description == f"{AAPL}|1,{IBM}|-2"
