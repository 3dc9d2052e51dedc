"""`[rabbitmq]` of a configuration, and what a file without a bridge may hold."""

from __future__ import annotations

import pytest

from ibkr_actors.brokers import rabbitmq
from ibkr_actors.configuration import load
from ibkr_actors.errors import ConfigurationError

ACTOR = '[[strategies]]\ncode = "cross"\nstrategy = "ibkr_actors.actors.strategy:StrategyActor"\n'
DESK = '[bridge]\nsimulated = true\n[desk]\njournal = "orders.journal"\n'


@pytest.fixture
def loaded(tmp_path):
    def load_text(text):
        path = tmp_path / "desk.toml"
        path.write_text(text)
        return load(path)

    return load_text


def server(keys='url = "amqp://localhost/"'):
    return f"[rabbitmq]\n{keys}\n"


class TestWhatAFileIs:
    def test_with_a_bridge_it_is_a_desk_for_everybody(self, loaded):
        assert loaded(server() + DESK).is_desk

    def test_without_a_bridge_its_strategies_work_elsewhere(self, loaded):
        assert not loaded(server() + ACTOR).is_desk

    def test_without_a_broker_it_is_a_desk_as_ever(self, loaded):
        assert loaded(ACTOR).is_desk

    def test_a_strategy_moves_with_its_table(self, loaded):
        table = ACTOR + 'orders_at_death = "cancel"\nrestart = {most_failures = 2}\n'
        here, elsewhere, alone = loaded(server() + DESK + table), loaded(server() + table), loaded(table)
        assert here.strategies == elsewhere.strategies == alone.strategies
        assert here.strategies[0].policy.orders_at_death == "cancel"


class TestSettings:
    def test_reach_the_connection_and_its_options(self, loaded, monkeypatch):
        monkeypatch.setenv("RABBITMQ_PASSWORD", "s@cret")
        keys = (
            'url = "amqp://desk.local/trading"\nuser = "cross"\npassword = "${RABBITMQ_PASSWORD}"\n'
            "heartbeat = 2\ngrace = 20\ntime_to_live = 3\nmarket_data_batches = 50"
        )
        section = loaded(server(keys) + ACTOR).configuration.rabbitmq
        address, options = section.connection()._address, section.options()
        assert (address.host, address.virtual_host) == ("desk.local", "trading")
        assert (address.user, address.password) == ("cross", "s@cret")
        assert (options.heartbeat, options.grace, options.time_to_live) == (2.0, 20.0, 3.0)
        assert options.market_data_batches == 50

    def test_a_password_in_a_url_may_come_from_the_environment(self, loaded, monkeypatch):
        monkeypatch.setenv("RABBITMQ_PASSWORD", "secret")
        keys = 'url = "amqp://cross:${RABBITMQ_PASSWORD}@desk.local/"'
        assert loaded(server(keys) + ACTOR).configuration.rabbitmq.connection()._address.password == "secret"  # noqa: S105


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (server("") + ACTOR, "key rabbitmq.url: is missing"),
        (
            server('url = "http://localhost"') + ACTOR,
            "key rabbitmq: the address of the RabbitMQ server has to be",
        ),
        (
            server('url = "amqp://a"\npassword = "s"') + ACTOR,
            "key rabbitmq.password: expected a variable of the",
        ),
        (server('url = "amqp://a:b@c"') + ACTOR, "key rabbitmq.url: expected a variable of the environment"),
        (server('url = "amqps://a"\nca_file = "no.pem"') + ACTOR, "key rabbitmq: the certificates for TLS"),
        (server('url = "amqp://a"\nheartbeat = 5') + ACTOR, "key rabbitmq.grace: expected at least three"),
        (server() + "[bridge]\nsimulated = true\n", "key desk.journal: expected a file"),
        (server() + '[desk]\njournal = "j"\n' + ACTOR, "key desk: is the desk's; a file without"),
        (server(), "key strategies: expected at least one"),
        (
            server() + ACTOR + 'orders_at_death = "sell"',
            "key strategies[0].orders_at_death: expected one of keep",
        ),
    ],
)
def test_what_can_t_work_is_said_with_its_key(loaded, text, said):
    with pytest.raises(ConfigurationError) as caught:
        loaded(text)
    assert said in str(caught.value)
    assert str(caught.value).count("\n") == 0


def test_without_pika_the_extra_is_named(loaded, monkeypatch):
    monkeypatch.setattr(rabbitmq, "PIKA_IS_THERE", False)
    with pytest.raises(ConfigurationError, match=r"pip install ibkr-actors\[rabbitmq\]"):
        loaded(server() + ACTOR)
