"""A module imports only from lower floors or from its own folder; edges are where the design puts them.

Read from the source, so a module counts even when nothing imports it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import ibkr_actors

ROOT = Path(ibkr_actors.__file__).parent

FLOORS = {
    "errors": 0,
    "wire": 0,
    "classes": 1,
    "classes.enum.message_code": 2,  # made of the table of codes
    "classes.enum.server_version": 2,
    "base.server_versions": 1,
    "base.message_codes": 1,
    "base.message_code_table": 1,
    "base.toml_files": 1,
    "base.timeouts": 1,
    "base.messages": 2,
    "base.codec": 3,
    "base.frame_templates": 3,
    "base.session": 3,
    "base.session_statistics": 3,
    "base.replies": 3,
    "base.pacing": 3,
    "base.held_back": 3,
    "base.client_calls": 4,
    "base.ended_orders": 3,
    "base.client_records": 3,
    "base.newest": 3,
    "base.orders_of_executions": 3,
    "base.bar_periods": 3,
    "base.history_plan": 3,
    "base.history_gaps": 3,
    "base.tick_pages": 3,
    "base.fills": 3,
    "base.api_calls": 3,
    "base.ids": 3,
    "base.order_handle": 3,
    "base.local_messages": 3,
    "base.order_terms": 3,
    "base.order_tracking": 3,
    "base.back_off": 3,
    "base.elapsed": 3,
    "base.conflating_queue": 3,
    "base.liveness": 3,
    "base.handlers": 3,
    "base.outstanding_requests": 3,
    "base.order_checks": 3,
    "base.order_doubts": 3,
    "base.order_admission": 3,
    "base.stop_flag": 3,
    "base.tracked_orders": 3,
    "base.reading_turns": 3,
    "base.trouble_log": 3,
    "base.outgoing": 4,
    "base.client_link": 4,
    "base.bridge_connection": 4,
    "brokers": 4,  # bytes between processes, as the connection with the bridge is bytes between programs
    "higher_requests": 4,
    "simulated_gateway": 4,
    "blocking": 5,
    "api": 6,  # the face of blocking
    "client_application": 5,
    "actors": 5,
    "recording": 5,
    "desk_status": 6,
    "multiple_client_application": 6,
    "remote_application": 6,
    "staffed_application": 6,
    "broker_configuration": 6,
    "configuration": 7,
    "display": 7,
    "cli": 8,
    "__main__": 9,
    "__init__": 9,
}
"""The floor of each package or module of the design."""

GATEWAY_ROOMS = (
    "refusals",
    "hours",
    "instruments",
    "market",
    "clients",
    "orders",
    "accounts",
    "exchange",
    "replies",
    "wiretap",
    "connection",
    "farewells",
    "limit_sets",
    "gateway",
    "responder",
    "faults",
    "limits",
    "front",
    "server",
    "serving",
    "steered_market",
    "simulation",
)
"""The floors within the simulated gateway, from below: each room or module imports only from those before it."""

MAY_IMPORT = {
    "socket": (
        "base.bridge_connection",
        "simulated_gateway.server",
        "simulated_gateway.connection",  # the half of the gateway's edge that holds one client
        "simulated_gateway.farewells",  # and the part that waits until one has left
        "actors",  # names its own machine, and knows no connection
    ),
    "threading": (
        "base.bridge_connection",
        "base.client_calls",  # called on any thread
        "base.conflating_queue",  # many threads put
        "base.ids",  # handed out to any thread
        "classes.value",  # msgspec must learn a type on one thread at a time
        "base.outgoing",  # one writer, whoever sends
        "base.outstanding_requests",  # asked for on any thread
        "base.tracked_orders",  # placed on any thread
        "base.reading_turns",  # between the threads that read one connection
        "blocking",  # users' threads wait for the reader's
        "simulated_gateway.server",
        "recording.recorder",  # the disk may be slow, traffic must not be
        "actors",
        "brokers",  # a connection has a thread of its own
        "multiple_client_application",
        "remote_application",
        "staffed_application",
        "cli",  # waits for a signal or the end of the duration
    ),
    "asyncio": ("recording.proxy", "cli.recording"),
    "pykka": ("actors",),
    "pika": ("brokers.amqp_connection",),
    "pandas": (
        "classes.tables",
    ),  # named for type checkers there, and looked for by name when a table is made
    "polars": ("classes.tables",),
    "exchange_calendars": (),  # an extra, looked for by name in simulated_gateway.hours.calendars
    "ibapi": (),
    "ib_async": (),
    "ib_insync": (),
}
"""Where an outer module may be imported."""


def modules() -> dict[str, ast.Module]:
    """The source of every module of the package, by its name below `ibkr_actors`."""
    found = {}
    for path in sorted(ROOT.rglob("*.py")):
        name = ".".join(path.relative_to(ROOT).with_suffix("").parts)
        found[name] = ast.parse(path.read_text(), str(path))
    return found


MODULES = modules()
EACH_MODULE = pytest.mark.parametrize("module", MODULES)


def imports_in(tree: ast.AST) -> Iterator[tuple[str, int]]:
    """What a module imports, with the line. `from a import b` is `a.b`, for b may be a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"a relative import in line {node.lineno}"
            yield from ((f"{node.module}.{alias.name}", node.lineno) for alias in node.names)


def for_types_only(tree: ast.AST) -> set[int]:
    """The lines of imports that only the type checker follows."""
    return {
        node.lineno
        for block in ast.walk(tree)
        if isinstance(block, ast.If) and ast.unparse(block.test) == "TYPE_CHECKING"
        for statement in block.body
        for node in ast.walk(statement)
        if isinstance(node, ast.Import | ast.ImportFrom)
    }


def inner_imports(module: str) -> Iterator[tuple[str, int]]:
    """The modules of the package that a module imports, by their names below it."""
    for name, line in imports_in(MODULES[module]):
        if name.partition(".")[0] != "ibkr_actors":
            continue
        parts = name.split(".")[1:]
        while parts and ".".join(parts) not in MODULES and ".".join([*parts, "__init__"]) not in MODULES:
            parts.pop()
        yield ".".join(parts) or "__init__", line


def floor_of(module: str) -> int:
    """The floor that the design gives a module, by the longest name that it lists."""
    parts = module.split(".")
    while parts:
        if ".".join(parts) in FLOORS:
            return FLOORS[".".join(parts)]
        parts.pop()
    raise AssertionError(f"{module} has no floor: add it to the design and to this test")


def is_in(module: str, place: str) -> bool:
    """Whether a module is a place of the design or lies inside it."""
    return module == place or module.startswith(place + ".")


def folder_of(module: str) -> str:
    """The folder of a module; each package of the first level is one, and so is `base.messages`."""
    return module.removesuffix(".__init__").rpartition(".")[0]


def is_neighbour(module: str, other: str) -> bool:
    """Whether two modules live in the same folder; below a package of the first level, at any depth of it."""
    if folder_of(module) == folder_of(other):
        return True
    top, other_top = module.partition(".")[0], other.partition(".")[0]
    return top == other_top != "base"


@EACH_MODULE
class TestEachModule:
    def test_has_a_floor(self, module):
        if module.endswith("__init__") and not MODULES[module].body:
            return
        assert floor_of(module) >= 0

    def test_imports_only_from_lower_floors_or_its_own_folder(self, module):
        upward = [
            f"{other} (line {line})"
            for other, line in inner_imports(module)
            if floor_of(other) > floor_of(module)
            or (
                floor_of(other) == floor_of(module)
                and not is_neighbour(module, other)
                and floor_of(other) > 0
            )
        ]

        assert upward == []

    def test_imports_at_the_top_only(self, module):
        """An import inside a function hides a cycle."""
        inside = [
            node.lineno
            for function in ast.walk(MODULES[module])
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
            for node in ast.walk(function)
            if isinstance(node, ast.Import | ast.ImportFrom)
        ]

        assert inside == []

    def test_touches_the_outside_only_where_the_design_says(self, module):
        strayed = [
            f"{name} (line {line})"
            for name, line in imports_in(MODULES[module])
            if name.partition(".")[0] in MAY_IMPORT
            and not any(is_in(module, place) for place in MAY_IMPORT[name.partition(".")[0]])
        ]

        assert strayed == []


@pytest.mark.parametrize(
    "module",
    [name for name in MODULES if name.startswith("simulated_gateway.") and not name.endswith("__init__")],
)
def test_rooms_of_the_simulated_gateway_know_only_those_below(module):
    room = module.split(".")[1]
    others = [other.split(".")[1] for other, _ in inner_imports(module) if is_in(other, "simulated_gateway")]

    assert [other for other in others if GATEWAY_ROOMS.index(other) > GATEWAY_ROOMS.index(room)] == []


@pytest.mark.parametrize(("one", "other"), [("simulated_gateway", "actors"), ("actors", "simulated_gateway")])
def test_the_gateway_and_the_actors_never_meet(one, other):
    meetings = [
        f"{module} imports {imported}"
        for module in MODULES
        if is_in(module, one)
        for imported, _ in inner_imports(module)
        if is_in(imported, other)
    ]

    assert meetings == []


def test_there_is_no_cycle():
    graph = {
        module: {other for other, line in inner_imports(module) if line not in for_types_only(tree)}
        - {module}
        for module, tree in MODULES.items()
    }
    finished: set[str] = set()

    def walk(module: str, path: tuple[str, ...]) -> None:
        assert module not in path, " -> ".join([*path, module])
        if module in finished:
            return
        for other in graph.get(module, ()):
            walk(other, (*path, module))
        finished.add(module)

    for module in graph:
        walk(module, ())
