"""All orders of the gateway, found by whoever needs them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from ibkr_actors.simulated_gateway.orders.working_order import WorkingOrder

FIRST_PERMANENT_ID = 900_000_000


class OrderBook:
    """Keeps orders and gives out permanent ids.

    Responsible for: finding an order by client and id, by contract, by one-cancels-all group; which ids are used.
    Not responsible for: anything that happens to an order.
    """

    def __init__(self) -> None:
        self._orders: dict[tuple[int, int], WorkingOrder] = {}
        self._unended: dict[int, WorkingOrder] = {}
        self._by_contract: defaultdict[int, dict[int, WorkingOrder]] = defaultdict(dict)
        self._by_group: defaultdict[tuple[str, str], list[WorkingOrder]] = defaultdict(list)
        self._highest: defaultdict[int, int] = defaultdict(int)
        self._last_permanent_id = FIRST_PERMANENT_ID
        self._ended: set[tuple[int, int]] = set()

    def new_permanent_id(self) -> int:
        """An id that no order ever had."""
        self._last_permanent_id += 1
        return self._last_permanent_id

    def next_valid_id(self, client_id: int) -> int:
        """Above every order id that the client ever used; 1 for a new client."""
        return self._highest[client_id] + 1

    def restart_ids(self) -> None:
        """Let every client's ids begin anew; orders that have ended are forgotten, for their ids are free again."""
        self._highest.clear()
        self._orders = {key: order for key, order in self._orders.items() if not order.has_ended}

    def start_day(self) -> None:
        """Forget the orders that had ended before the last day began; their ids stay used."""
        self._orders = {key: order for key, order in self._orders.items() if key not in self._ended}
        self._ended = {key for key, order in self._orders.items() if order.has_ended}

    def add(self, order: WorkingOrder) -> None:
        """Keep a new order."""
        self.add_unbound(order)
        self._name(order)

    def add_unbound(self, order: WorkingOrder) -> None:
        """Keep a new order that was placed by hand and that no client can name yet."""
        self._unended[order.permanent_id] = order
        self.watch(order)

    def watch(self, order: WorkingOrder) -> None:
        """Count the order among those of its contract, and of the contracts that it watches by now."""
        for contract_id in (order.listing.contract_id, *order.watches):
            self._by_contract[contract_id][order.permanent_id] = order

    def _name(self, order: WorkingOrder) -> None:
        self._orders[order.client_id, order.order_id] = order
        self._highest[order.client_id] = max(self._highest[order.client_id], order.order_id)

    def bind(self, order: WorkingOrder, order_id: int) -> None:
        """Give an order placed by hand an id by which its client finds it."""
        order.order_id = order.order.order_id = order_id
        self._name(order)

    def lowest_id(self, client_id: int) -> int:
        """The lowest order id of a client, 0 if it has none below."""
        return min((order_id for owner, order_id in self._orders if owner == client_id), default=0)

    def find_permanent(self, permanent_id: int) -> WorkingOrder | None:
        """An open order by the id that it has for good; None when there is none."""
        return next((order for order in self.open_orders() if order.permanent_id == permanent_id), None)

    def join_group(self, order: WorkingOrder) -> None:
        """Make the order a member of the one-cancels-all group that it names now, if it names one."""
        if order.order.oca_group:
            group = self._group(order)
            group[:] = [member for member in group if member is not order and not member.has_ended]
            group.append(order)

    def find(self, client_id: int, order_id: int) -> WorkingOrder | None:
        """The order of a client; None when there never was one."""
        return self._orders.get((client_id, order_id))

    def peers(self, order: WorkingOrder) -> list[WorkingOrder]:
        """The other orders of its one-cancels-all group that may still fill, whatever holds them."""
        if not order.order.oca_group:
            return []
        name = order.order.oca_group
        return [
            peer
            for peer in self._group(order)
            if peer is not order and peer.is_live and peer.order.oca_group == name
        ]

    def _group(self, order: WorkingOrder) -> list[WorkingOrder]:
        return self._by_group[order.account, order.order.oca_group]

    def of_contract(self, contract_id: int) -> list[WorkingOrder]:
        """The orders of a contract, and those that watch it, that have not ended; oldest first."""
        orders = self._by_contract[contract_id]
        for number in [number for number, order in orders.items() if order.has_ended]:
            del orders[number]
        return list(orders.values())

    def contracts(self) -> list[int]:
        """The contracts whose quotes matter to orders that have not ended."""
        return [contract_id for contract_id in list(self._by_contract) if self.of_contract(contract_id)]

    def all_orders(self) -> list[WorkingOrder]:
        """Every order of every client, also those that have ended, oldest first."""
        found = {order.permanent_id: order for order in (*self._orders.values(), *self._unended.values())}
        return [found[number] for number in sorted(found)]

    def live_orders(self) -> Iterator[WorkingOrder]:
        """The live orders of all clients, in no particular order."""
        yield from (order for order in self._not_ended() if order.is_live)

    def open_orders(self, client_id: int | None = None) -> list[WorkingOrder]:
        """The live and the deactivated orders of one client, or of all, oldest first.

        An order placed by hand that nobody has bound is no client's.
        """
        return [order for order in self._open() if client_id is None or order.is_of(client_id)]

    def unbound_orders(self) -> list[WorkingOrder]:
        """The open orders that were placed by hand and that no client can name yet, oldest first."""
        return [order for order in self._open() if order.is_unbound]

    def _open(self) -> list[WorkingOrder]:
        wanted = (order for order in self._not_ended() if order.is_live or order.is_deactivated)
        return sorted(wanted, key=lambda order: order.permanent_id)

    def _not_ended(self) -> Iterable[WorkingOrder]:
        for number in [number for number, order in self._unended.items() if order.has_ended]:
            del self._unended[number]
        return self._unended.values()
