"""The pytest plugin that comes with ibkr_actors: a simulated gateway for any test that asks for it.

pytest imports this module at each start, in whatever project. So it costs next to nothing, and imports the package
only when a fixture is used: who measures the coverage of the package would miss what was imported before.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from ibkr_actors.simulated_gateway import SimulatedGateway

MARKER = "simulated_gateway"


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, for projects that refuse unknown ones."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(**settings): how the fixture `simulated_gateway` is set up, such as seed=1, cash=50_000, "
        'accounts=["DU1"], server_version=178, start=datetime(2026, 11, 27, 9, 25)',
    )


@pytest.fixture
def simulated_gateway_factory() -> Iterator[Callable[..., SimulatedGateway]]:
    """Starts simulated gateways, each with settings of its own; they stop when the test ends."""
    from ibkr_actors.simulated_gateway import SimulatedGateway  # noqa: PLC0415  # only now: see above

    with ExitStack() as started:

        def start(*arguments: Any, **settings: Any) -> SimulatedGateway:
            return started.enter_context(SimulatedGateway(*arguments, **settings))

        yield start


@pytest.fixture
def simulated_gateway(
    request: pytest.FixtureRequest, simulated_gateway_factory: Callable[..., SimulatedGateway]
) -> SimulatedGateway:
    """A simulated gateway of this test's own, set up by the marker of the same name."""
    settings: dict[str, Any] = {}
    for marker in reversed(list(request.node.iter_markers(MARKER))):  # the nearest last: it decides
        if marker.args:
            raise pytest.UsageError(
                f"the marker {MARKER} takes settings by name, such as seed=1; got {marker.args}"
            )
        settings |= marker.kwargs
    return simulated_gateway_factory(**settings)
