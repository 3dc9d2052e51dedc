"""What the negotiated version can't carry is refused, field by field, before a byte is made of the request.

The fields that a version carries are told here from the declarations, by a walk of its own; each other one, however
deep it lies, is set to drawn values.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Struct
from msgspec.structs import replace

from ibkr_actors.base.codec import Role, codec_for
from ibkr_actors.base.messages.catalog import REQUESTS
from ibkr_actors.base.server_versions import NEWEST, OLDEST
from ibkr_actors.errors import InapplicableField, UnsupportedByServer
from ibkr_actors.wire.fields import Constant, Each, Layout, Specification, is_present, specification_of
from ibkr_actors.wire.tags import TagValue
from tests.helpers import generated
from tests.wire.generated import filled, is_protobuf, scalars, versions_of_change


def carried(struct: type, version: int) -> set[str]:
    """The paths of all fields that a request has a place for at a version, those of elements included."""
    if is_protobuf(struct, version):
        return set(numbered(struct, version, ""))
    return set(placed(struct, struct.facts.layout, version, ""))


def numbered(struct: type[Struct], version: int, prefix: str) -> Iterator[str]:
    for name, specification in specification_of(struct).items():
        wire = specification.wire
        if wire.number is not None and wire.since <= version <= wire.until:
            yield prefix + name
            if holds_fields(specification):
                yield from numbered(specification.struct, version, f"{prefix}{name}.")


def placed(struct: type[Struct], items: Layout, version: int, prefix: str) -> Iterator[str]:
    for item in items:
        if not is_present(item, struct, version) or isinstance(item, Constant):
            continue
        yield prefix + item.path
        if isinstance(item, Each):
            element = at_path(struct, item.path).struct
            if element is not None:
                yield from placed(element, item.items, version, f"{prefix}{item.path}.")
        else:
            yield from placed(struct, getattr(item, "items", ()), version, prefix)


def at_path(struct: type[Struct], path: str) -> Specification:
    head, _, rest = path.partition(".")
    specification = specification_of(struct)[head]
    return at_path(specification.struct, rest) if rest else specification


def holds_fields(specification: Specification) -> bool:
    """Whether it is a Struct, or several of one class, whose fields are fields of the wire."""
    return specification.kind is None and specification.struct is not None and not specification.union


def left_out(struct: type[Struct], places: set[str], prefix: str = "") -> Iterator[tuple[str, Specification]]:
    """The fields that a request has no place for, though users may set them."""
    for name, specification in specification_of(struct).items():
        path = prefix + name
        inside = holds_fields(specification)
        if specification.wire.bridge_only or not specification.wire.in_requests:
            continue
        if inside and (path in places or not (specification.optional or specification.repeated)):
            yield from left_out(specification.struct, places, f"{path}.")
        elif path not in places:
            yield path, specification


def with_value(owner: Any, path: str, value: Any) -> Any:
    """The same with another value at a path, in its first element where it leads through a list."""
    name, _, rest = path.partition(".")
    specification, inner = specification_of(type(owner))[name], getattr(owner, name)
    if not rest:
        return replace(owner, **{name: value})
    if specification.repeated:
        first, *others = inner or (specification.struct(),)
        return replace(owner, **{name: (with_value(first, rest, value), *others)})
    return replace(owner, **{name: with_value(inner or specification.struct(), rest, value)})


def values_other_than_the_default(specification: Specification) -> st.SearchStrategy[Any]:
    if specification.struct is TagValue:
        return st.just((TagValue("a", "1"),))
    if specification.union:
        return st.sampled_from([(member(),) for member in specification.union])
    if specification.kind is None:
        made = specification.struct()
        return st.just((made,) if specification.repeated else made)
    default = specification.value_when_absent()
    drawn = scalars(specification.kind)
    drawn = drawn.map(lambda value: (value,)) if specification.repeated else drawn
    return drawn.filter(lambda value: value != default)


CASES = [
    pytest.param(struct, version, path, specification, id=f"{struct.__name__}-{version}-{path}")
    for struct in REQUESTS.values()
    for version in versions_of_change(struct)
    for path, specification in left_out(struct, carried(struct, version))
]


@cache
def sound(struct: type, version: int) -> Any:
    return filled(struct, version, elements=1)


@cache
def ever_carried(struct: type) -> set[str]:
    return {path for version in versions_of_change(struct) for path in carried(struct, version)}


@pytest.mark.parametrize(("struct", "version", "path", "specification"), CASES)
def test_a_field_that_the_version_has_no_place_for_is_refused(struct, version, path, specification):
    """Whatever it is set to, and whatever else is set; a field of no version at all belongs to other requests."""
    expected = (
        UnsupportedByServer if path in ever_carried(struct) else (UnsupportedByServer, InapplicableField)
    )
    codec = codec_for(Role.CLIENT, version)
    request = without_teller(sound(struct, version), path, specification)

    @generated(examples=3)
    @given(values_other_than_the_default(specification))
    def check(value):
        with pytest.raises(expected) as refused:
            codec.encode(with_value(request, path, value))

        assert refused.value.request == struct.__name__
        assert refused.value.field == path
        if isinstance(refused.value, UnsupportedByServer):
            assert refused.value.server_version == version
            assert f"{struct.__name__}.{path} needs server version" in str(refused.value)

    check()


def without_teller(request: Any, path: str, specification: Specification) -> Any:
    """The same, but for the field beside the one at the path that tells it too, if there is such a field."""
    if not specification.wire.told_by:
        return request
    teller = ".".join((*path.split(".")[:-1], specification.wire.told_by))
    return with_value(request, teller, at_path(type(request), teller).value_when_absent())


@pytest.mark.parametrize(
    ("struct", "version", "path", "specification"), [case for case in CASES if case.values[3].wire.told_by]
)
def test_a_field_that_another_one_tells_too_is_dropped_when_that_travels(
    struct, version, path, specification
):
    """A contract with its id is known; so one that the bridge has completed is good for every request."""
    codec, request = codec_for(Role.CLIENT, version), sound(struct, version)
    absent = with_value(request, path, specification.value_when_absent())

    @generated(examples=3)
    @given(values_other_than_the_default(specification))
    def check(value):
        assert codec.encode(with_value(request, path, value)) == codec.encode(absent)

    check()


LATER = [
    pytest.param(struct, version, id=f"{struct.__name__}-{version}")
    for struct in REQUESTS.values()
    if struct.facts.since > OLDEST
    for version in (OLDEST, struct.facts.since - 1)
]


@pytest.mark.parametrize(("struct", "version"), LATER)
def test_a_request_that_the_version_does_not_know_is_refused(struct, version):
    with pytest.raises(UnsupportedByServer) as refused:
        codec_for(Role.CLIENT, version).encode(filled(struct, NEWEST))

    assert (refused.value.request, refused.value.field) == (struct.__name__, None)
    assert refused.value.need == f"{struct.facts.since} or newer"
    assert refused.value.server_version == version


def test_fields_of_lists_optional_parts_and_older_forms_are_among_the_cases():
    """So the walk goes where it should."""
    ids = {case.id for case in CASES}

    assert any("combo_legs." in name for name in ids)
    assert len({name.partition("-")[0] for name in ids}) > 5
