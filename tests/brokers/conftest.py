from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.brokers.helpers import BROKERS, Arrangement


@pytest.fixture(params=BROKERS)
def server(request: pytest.FixtureRequest) -> Iterator[Arrangement]:
    """A broker of each kind, for the same tests."""
    with BROKERS[request.param]() as arrangement:
        yield arrangement
