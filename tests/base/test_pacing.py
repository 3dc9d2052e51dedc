"""How fast requests may leave. Time is an argument, so nothing here waits."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ibkr_actors.base.messages.catalog import REQUESTS
from ibkr_actors.base.messages.connection import CurrentTimeRequest, IdsRequest
from ibkr_actors.base.messages.declaration import Cancellation, IdentifiedRequest, Request
from ibkr_actors.base.messages.history import CancelHistoricalData, HistoricalDataRequest
from ibkr_actors.base.messages.market_data import MarketDataRequest
from ibkr_actors.base.messages.options import ExerciseOptionsRequest
from ibkr_actors.base.messages.orders import CancelOrderRequest, GlobalCancelRequest, PlaceOrderRequest
from ibkr_actors.base.pacing import MESSAGES_PER_SECOND, HistoricalPacing, Outbox, Window
from ibkr_actors.classes.contracts.contract import Contract
from tests.helpers import generated


def bars(symbol: str = "IBM", bar_size: str = "5 secs", **fields: object) -> HistoricalDataRequest:
    """A request for bars."""
    contract = Contract(symbol=symbol, security_type="STK", exchange="SMART")
    return HistoricalDataRequest(contract, bar_size=bar_size, **fields)


CANCELLABLE = [
    request
    for request in REQUESTS.values()
    if issubclass(request, IdentifiedRequest) and request.facts.replies.cancel is not None
]

SUBSCRIPTIONS = [
    bars(request_id=1),
    bars(request_id=2),
    MarketDataRequest(request_id=3),
    MarketDataRequest(request_id=4),
]


def filled(*requests: Request, messages_per_second: int = 1) -> Outbox:
    """An outbox with requests that were put into it in this order."""
    outbox = Outbox(messages_per_second)
    for request in requests:
        outbox.put(request)
    return outbox


def everything(outbox: Outbox, now: float = 0.0) -> list[Request]:
    """All that leaves, however long it takes."""
    left: list[Request] = []
    while (due := outbox.due(now)) is not None:
        now += due
        left += outbox.take(now)
    return left


def noted(pacing: HistoricalPacing, requests: list[HistoricalDataRequest], now: float) -> None:
    """Count requests as sent."""
    for request in requests:
        pacing.note(request, now)


class TestWindow:
    def test_as_many_events_as_the_limit_are_allowed_at_once(self):
        window = Window(3, 1.0)

        for _ in range(3):
            assert window.due(10.0) == 0.0
            window.note(10.0)

        assert window.due(10.0) == 1.0

    def test_the_next_one_is_due_when_the_oldest_leaves_the_window(self):
        window = Window(2, 1.0)
        window.note(10.0)
        window.note(10.6)

        assert window.due(10.75) == pytest.approx(0.25)
        assert window.due(11.0) == 0.0

    @generated(examples=100)
    @given(st.integers(1, 5), st.lists(st.floats(0, 2), max_size=40))
    def test_no_stretch_ever_holds_more_than_the_limit(self, limit, pauses):
        window, now, sent = Window(limit, 1.0), 0.0, []
        for pause in pauses:
            now += pause
            now += window.due(now)
            window.note(now)
            sent.append(now)

        for first, last in zip(sent, sent[limit:], strict=False):
            assert last - first >= 1.0 - 1e-9


class TestHistoricalPacing:
    def test_an_identical_request_waits_fifteen_seconds(self):
        pacing = HistoricalPacing()
        pacing.note(bars(), 100.0)

        assert pacing.due(bars(), 100.0) == 15.0
        assert pacing.due(bars(), 115.0) == 0.0

    @pytest.mark.parametrize(
        "other", [{"duration": "2 D"}, {"end": "20260102-09:30:00"}, {"use_regular_trading_hours": False}]
    )
    def test_another_range_is_not_identical(self, other):
        pacing = HistoricalPacing()
        pacing.note(bars(), 100.0)

        assert pacing.due(bars(**other), 100.0) == 0.0

    def test_a_contract_may_be_asked_for_five_times_in_two_seconds(self):
        pacing = HistoricalPacing()
        noted(pacing, [bars(duration=f"{days} D") for days in range(1, 6)], 100.0)

        assert pacing.due(bars(duration="9 D"), 100.5) == 1.5
        assert pacing.due(bars("MSFT"), 100.5) == 0.0
        assert pacing.due(bars(duration="9 D", what_to_show="MIDPOINT"), 100.5) == 0.0

    def test_sixty_requests_fit_in_ten_minutes(self):
        pacing = HistoricalPacing()
        noted(pacing, [bars(f"S{number}") for number in range(60)], 100.0)

        assert pacing.due(bars("MORE"), 160.0) == 540.0
        assert pacing.due(bars("MORE"), 700.0) == 0.0

    def test_bid_and_ask_count_twice(self):
        pacing = HistoricalPacing()
        noted(pacing, [bars(f"S{number}", what_to_show="BID_ASK") for number in range(30)], 100.0)

        assert pacing.due(bars("MORE"), 100.0) == 600.0

    @pytest.mark.parametrize("bar_size", ["1 min", "1 hour", "1 day"])
    def test_larger_bars_are_not_held_back(self, bar_size):
        pacing = HistoricalPacing()
        noted(pacing, [bars(bar_size=bar_size)] * 70, 100.0)

        assert pacing.due(bars(bar_size=bar_size), 100.0) == 0.0
        assert pacing.due(bars(), 100.0) == 0.0

    def test_what_is_over_is_forgotten(self):
        """A desk that runs for weeks asks for endless different things."""
        pacing = HistoricalPacing()
        for minute in range(1000):
            pacing.note(bars(f"S{minute}", end=str(minute)), minute * 60.0)

        assert len(pacing._of_contract) == 1
        assert len(pacing._identical) == 1


class TestOutbox:
    def test_nothing_waits_at_first(self):
        outbox = Outbox()

        assert (len(outbox), outbox.due(0.0), outbox.take(0.0)) == (0, None, [])

    def test_requests_leave_in_their_order(self):
        outbox = Outbox()
        requests = [IdsRequest(number) for number in range(5)]
        for request in requests:
            outbox.put(request)

        assert outbox.due(0.0) == 0.0
        assert outbox.take(0.0) == requests
        assert len(outbox) == 0

    def test_fifty_leave_in_a_second_and_the_rest_follows(self):
        outbox = Outbox()
        for number in range(120):
            outbox.put(IdsRequest(number))

        assert MESSAGES_PER_SECOND == 50
        assert outbox.take(10.0) == [IdsRequest(number) for number in range(50)]
        assert outbox.take(10.9) == []
        assert outbox.due(10.9) == pytest.approx(0.1)
        assert len(outbox.take(11.0)) == 50
        assert len(outbox.take(12.0)) == 20
        assert outbox.due(12.0) is None

    def test_the_limit_is_an_argument(self):
        outbox = Outbox(messages_per_second=2)
        for number in range(3):
            outbox.put(IdsRequest(number))

        assert len(outbox.take(0.0)) == 2

    def test_history_that_waits_holds_back_nothing_else(self):
        outbox = Outbox()
        for request in (bars(), bars(), CurrentTimeRequest()):
            outbox.put(request)

        assert outbox.take(0.0) == [CurrentTimeRequest(), bars()]
        assert outbox.due(5.0) == 10.0
        assert outbox.take(14.9) == []
        assert outbox.take(15.0) == [bars()]

    def test_history_counts_as_messages_too(self):
        outbox = Outbox(messages_per_second=2)
        for request in (CurrentTimeRequest(), bars("A"), bars("B")):
            outbox.put(request)

        assert outbox.take(0.0) == [CurrentTimeRequest(), bars("A")]
        assert outbox.due(0.0) == 1.0

    def test_everything_can_be_taken_out_when_a_connection_ends(self):
        outbox = Outbox()
        outbox.put(bars())
        outbox.put(CurrentTimeRequest())

        assert outbox.clear() == [CurrentTimeRequest(), bars()]
        assert len(outbox) == 0


class TestRequestsAboutOrders:
    def test_leave_before_all_others(self):
        outbox = filled(*(IdsRequest(number) for number in range(4)), bars(), messages_per_second=2)
        assert outbox.take(0.0) == [IdsRequest(0), IdsRequest(1)]

        outbox.put(CancelOrderRequest(7))

        assert outbox.due(0.0) == 1.0
        assert everything(outbox) == [CancelOrderRequest(7), IdsRequest(2), IdsRequest(3), bars()]

    def test_keep_their_order_among_themselves(self):
        """Order ids have to rise, and no cancellation may come before its order."""
        about_orders = [
            PlaceOrderRequest(1),
            CancelOrderRequest(1),
            ExerciseOptionsRequest(2),
            GlobalCancelRequest(),
            PlaceOrderRequest(3),
        ]
        outbox = filled(CurrentTimeRequest(), *about_orders)

        assert everything(outbox) == [*about_orders, CurrentTimeRequest()]

    def test_are_told_of_while_they_wait(self):
        outbox = filled(PlaceOrderRequest(1), PlaceOrderRequest(2), CurrentTimeRequest())

        assert outbox.holds_orders
        outbox.take(0.0)
        assert outbox.holds_orders
        outbox.take(1.0)
        assert not outbox.holds_orders

    def test_are_taken_out_first_when_a_connection_ends(self):
        outbox = filled(bars(), CurrentTimeRequest(), PlaceOrderRequest(1))

        assert outbox.clear() == [PlaceOrderRequest(1), CurrentTimeRequest(), bars()]
        assert len(outbox) == 0


class TestACancellation:
    @pytest.mark.parametrize("kind", CANCELLABLE)
    def test_of_what_still_waits_takes_it_out_and_neither_leaves(self, kind):
        outbox = filled(CurrentTimeRequest(), kind(request_id=5), kind(request_id=6))
        outbox.put(kind.facts.replies.cancel(5))

        assert everything(outbox) == [CurrentTimeRequest(), kind(request_id=6)]

    @pytest.mark.parametrize("kind", CANCELLABLE)
    def test_of_what_has_left_leaves(self, kind):
        outbox = filled(kind(request_id=5), CurrentTimeRequest(), bars(request_id=6))
        left = [request for moment in range(3) for request in outbox.take(moment)]
        outbox.put(kind.facts.replies.cancel(5))

        assert [*left, *everything(outbox)][-1] == kind.facts.replies.cancel(5)

    def test_of_another_kind_takes_nothing_out(self):
        outbox = filled(MarketDataRequest(request_id=5))
        outbox.put(CancelHistoricalData(5))

        assert everything(outbox) == [MarketDataRequest(request_id=5), CancelHistoricalData(5)]

    def test_of_what_had_the_id_before_leaves_still(self):
        outbox = filled(bars(request_id=5), CurrentTimeRequest())
        outbox.take(0.0)
        outbox.take(1.0)
        for request in (CancelHistoricalData(5), bars("AAPL", request_id=5), CancelHistoricalData(5)):
            outbox.put(request)

        assert everything(outbox) == [CancelHistoricalData(5)]

    @generated(examples=200)
    @given(
        st.lists(
            st.tuples(st.sampled_from(SUBSCRIPTIONS), st.sampled_from((0.0, 0.4, 20.0))),
            max_size=30,
        )
    )
    def test_never_overtakes_its_request_and_leaves_no_subscription_behind(self, steps):
        """However subscriptions are made and ended in turn, with pauses."""
        outbox, now, wanted, left = Outbox(1), 0.0, set(), []
        for request, pause in steps:
            request_id = request.request_id
            outbox.put(request.facts.replies.cancel(request_id) if request_id in wanted else request)
            wanted ^= {request_id}
            now += pause
            left += outbox.take(now)

        live: set[int] = set()
        for request in [*left, *everything(outbox, now)]:
            assert isinstance(request, Cancellation) == (request.request_id in live)
            live ^= {request.request_id}
        assert live == wanted
