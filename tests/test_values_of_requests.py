"""Numbers that are none, in the requests of every interface: refused by the name of the field, and nothing is sent."""

from __future__ import annotations

import math
from typing import Any

import pytest

from ibkr_actors.api import IBKR_API
from ibkr_actors.base.messages.connection import CurrentTime, CurrentTimeRequest, StartApiRequest
from ibkr_actors.base.messages.options import CalculateImpliedVolatilityRequest
from ibkr_actors.base.messages.orders import PlaceOrderRequest
from ibkr_actors.client_application import ClientApplication
from ibkr_actors.errors import InvalidRequest
from tests.actors.conftest import _no_thread_left, leaves_threads  # noqa: F401
from tests.actors.helpers import ibm, limit_order
from tests.actors.scripted_bridge import ScriptedBridge

PATIENCE = 10.0

NO_NUMBERS = (math.nan, math.inf, -math.inf)


@pytest.fixture(params=[157, 226])
def bridge(request):
    with ScriptedBridge(version=request.param) as bridge:
        bridge.answers[CurrentTimeRequest] = lambda _asked: [CurrentTime(1795408311)]
        yield bridge


class Asking(ClientApplication):
    """Makes one request, and stops."""

    def __init__(self, bridge: ScriptedBridge, ask: Any) -> None:
        super().__init__(port=bridge.port)
        self.first_requests = ask

    def initialize(self) -> None:
        self.first_requests(self)
        self.request_current_time()

    def current_time(self, _time: CurrentTime) -> None:
        self.stop()


@pytest.mark.parametrize("number", NO_NUMBERS)
class TestWhatIsNoNumber:
    def test_is_refused_by_the_blocking_interface(self, bridge, number):
        with IBKR_API(port=bridge.port, timeout=PATIENCE) as ibkr:
            with pytest.raises(InvalidRequest, match=r"order\.trailing_percent"):
                ibkr.place_order(limit_order(trailing_percent=number), ibm())
            with pytest.raises(InvalidRequest, match="option_price"):
                ibkr.calculate_implied_volatility(ibm(), number, 1.0)
            ibkr.request_current_time()
            bridge.requests.wait_for(CurrentTimeRequest)

        assert [type(each) for each in bridge.requests.items] == [StartApiRequest, CurrentTimeRequest]

    def test_is_refused_by_a_client_application(self, bridge, number):
        def ask(app: ClientApplication) -> None:
            with pytest.raises(InvalidRequest, match=r"order\.trailing_percent"):
                app.place_order(app.next_order_id(), limit_order(trailing_percent=number), ibm())
            with pytest.raises(InvalidRequest, match="option_price"):
                app.calculate_implied_volatility(app.get_local_request_id(), ibm(), number, 1.0)

        Asking(bridge, ask).run()

        assert not bridge.sent(PlaceOrderRequest)
        assert not bridge.sent(CalculateImpliedVolatilityRequest)
