"""Compiles a declaration into a reader and a writer of protobuf bodies, for one server version.

The descriptors are built from the declarations at first use: a field's number and type come from its `Wire`, so
there is no generated module to keep. Every scalar has explicit presence, as the bridge's own messages have; names of
messages and fields are ours, for they do not travel.

What is put into a body (recorded from real gateways and from the vendor's client): numbers also when zero, booleans
only when true, texts only when not empty, nothing for what is unset.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Final

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from msgspec import NODEFAULT, Struct
from msgspec.structs import FieldInfo
from msgspec.structs import fields as struct_fields

from ibkr_actors.errors import UnsupportedByServer
from ibkr_actors.wire.crowds import SMALL_BODY, compile_crowd_check
from ibkr_actors.wire.fields import Specification, specification_of
from ibkr_actors.wire.kinds import EXPRESSION_NAMES, Kind
from ibkr_actors.wire.source import Source

ProtobufReader = Callable[[bytes], Any]
ProtobufWriter = Callable[[Any], bytes]

_Field: Final = descriptor_pb2.FieldDescriptorProto
_TYPES: Final[dict[str, Any]] = {
    "int32": _Field.TYPE_INT32,
    "int64": _Field.TYPE_INT64,
    "double": _Field.TYPE_DOUBLE,
    "string": _Field.TYPE_STRING,
    "bool": _Field.TYPE_BOOL,
}
_ZEROS: Final[dict[str, Any]] = {"int32": 0, "int64": 0, "double": 0.0, "string": "", "bool": False}
_MAP: Final = "map<string,string>"
_POOL: Final = descriptor_pool.DescriptorPool()


# ------------------------------------------------------------------------------------------------------- descriptors


@cache
def message_class(struct: type[Struct]) -> Any:
    """The runtime's message class for a declaration, made on first use together with the ones inside it."""
    # An edition, for its defaults: every scalar has presence, and a text that is no UTF-8 fails to parse.
    file = descriptor_pb2.FileDescriptorProto(
        name=f"{struct.__name__}.proto", syntax="editions", edition=descriptor_pb2.EDITION_2023
    )
    message = file.message_type.add(name=struct.__name__)
    for specification in _specifications(struct).values():
        if specification.wire.number is not None:
            _describe(file, message, specification)
    _POOL.Add(file)
    return message_factory.GetMessageClass(_POOL.FindMessageTypeByName(struct.__name__))


def _describe(file: Any, message: Any, specification: Specification) -> None:
    field = message.field.add(name=specification.name, number=specification.wire.number)
    field.label = _Field.LABEL_REPEATED if specification.repeated else _Field.LABEL_OPTIONAL
    kind = specification.kind
    if kind is not None and kind.protobuf == _MAP:
        entry = _describe_map_entry(message, specification.name)
        field.label, field.type, field.type_name = _Field.LABEL_REPEATED, _Field.TYPE_MESSAGE, entry
    elif kind is not None:
        field.type = _TYPES[kind.protobuf]
    else:
        nested = _element_class(specification)
        message_class(nested)
        file.dependency.append(f"{nested.__name__}.proto")
        field.type, field.type_name = _Field.TYPE_MESSAGE, f".{nested.__name__}"


def _describe_map_entry(message: Any, name: str) -> str:
    entry = message.nested_type.add(name="".join(part.title() for part in name.split("_")) + "Entry")
    entry.options.map_entry = True
    for number, part in enumerate(("key", "value"), start=1):
        entry.field.add(name=part, number=number, label=_Field.LABEL_OPTIONAL, type=_Field.TYPE_STRING)
    return f".{message.name}.{entry.name}"


def _element_class(specification: Specification) -> type[Struct]:
    """The class that names a nested message: a union's members share the message of their common base."""
    if specification.union:
        base = specification.union[0].__base__
        assert base is not None
        return base
    assert specification.struct is not None
    return specification.struct


def tag_field_of(specification: Specification) -> str:
    """The name of the field that tells the members of a union apart; its default is the member's own tag."""
    name: str = specification.union[0].wire_tag_field  # type: ignore[attr-defined]  # what makes a union's member
    return name


def _tags(specification: Specification) -> list[tuple[Any, type[Struct]]]:
    name = tag_field_of(specification)
    return [(specification_of(member)[name].default, member) for member in specification.union]


def _specifications(struct: type[Struct]) -> dict[str, Specification]:
    """The fields of a message; of the base of a union, the fields of all its members and the tag that tells them."""
    members = struct.__subclasses__() if getattr(struct, "wire_tag_field", None) else []
    found = dict(specification_of(struct))
    for member in members:
        found.update(specification_of(member))
    return found


# ----------------------------------------------------------------------------------------------------------- writing


class _WriterCompiler:
    """Writes one function `fill(p, m)` for each Struct of a message: p the protobuf message, m the value."""

    def __init__(self, name: str, version: int, strict: bool) -> None:
        self._name = name
        self._version = version
        self._strict = strict

    def fill(self, struct: type[Struct], path: str) -> Callable[[Any, Any], None]:
        source = Source(f"fill_{struct.__name__}", "p, m", dict(EXPRESSION_NAMES))
        for name, specification in specification_of(struct).items():
            self._write_field(source, specification, f"{path}{name}")
        source.line("return")
        return source.compile(
            f"protobuf writer of {path}{struct.__name__} in {self._name} at {self._version}"
        )

    def _write_field(self, source: Source, specification: Specification, path: str) -> None:
        wire, name = specification.wire, specification.name
        if self._strict and not wire.in_requests:
            return
        if wire.number is None or not wire.since <= self._version <= wire.until:
            self._refuse_if_set(source, specification, path)
            return
        kind = specification.kind
        source.line(f"v = m.{name}", field=path)
        if kind is not None and kind.protobuf == _MAP:
            with source.block("if v:"):
                source.line(f"p.{name}.update({kind.to_protobuf.format('v')})", field=path)
        elif specification.repeated:
            self._write_repeated(source, specification, path)
        elif kind is not None:
            self._write_scalar(source, specification, kind, path)
        else:
            self._write_nested(source, specification, path)

    def _write_scalar(self, source: Source, specification: Specification, kind: Kind, path: str) -> None:
        omit_zero = specification.wire.zero_means_absent and not self._strict
        sent = f"{kind.sent.format('v')} and v" if omit_zero else kind.sent.format("v")
        if specification.default is True and kind.sent == "{0}" and not self._strict:
            sent = "not v"  # the bridge leaves out what readers take for granted (recorded)
        source.use(kind.uses)
        assignment = f"p.{specification.name} = {kind.to_protobuf.format('v')}"
        if sent == "True":
            source.line(assignment, field=path)
            return
        with source.block(f"if {sent}:"):
            source.line(assignment, field=path)

    def _write_repeated(self, source: Source, specification: Specification, path: str) -> None:
        if specification.kind is not None:
            source.line(f"p.{specification.name}.extend(v)", field=path)
            return
        with source.block("for e in v:"):
            if specification.union:
                fillers = {member: self.fill(member, path + ".") for member in specification.union}
                filler = source.refer(fillers, "fillers") + "[type(e)]"
            else:
                filler = self._filler(source, specification, path)
            source.line(f"{filler}(p.{specification.name}.add(), e)", field=path)

    def _write_nested(self, source: Source, specification: Specification, path: str) -> None:
        filler, name = self._filler(source, specification, path), specification.name
        always = self._strict and specification.wire.always
        with source.block("if v is not None:"):
            source.line(f"{filler}(p.{name}, v)", field=path)
            if self._strict or not specification.wire.always:
                source.line(f"p.{name}.SetInParent()")
        if always:
            with source.block("else:"):
                source.line(f"p.{name}.SetInParent()")

    def _filler(self, source: Source, specification: Specification, path: str) -> str:
        assert specification.struct is not None
        return source.refer(self.fill(specification.struct, path + "."), f"fill_{specification.name}")

    def _refuse_if_set(self, source: Source, specification: Specification, path: str) -> None:
        wire = specification.wire
        if not self._strict or wire.bridge_only:
            return
        default = source.refer(specification.value_when_absent(), f"default_of_{specification.name}")
        words = f"{wire.since} or newer" if wire.since > self._version else f"{min(wire.until, 200)} or older"
        refusal = source.refer(UnsupportedByServer, "UnsupportedByServer")
        with source.block(f"if m.{specification.name} != {default}:"):
            source.line(f"raise {refusal}({self._name!r}, {path!r}, {words!r}, {self._version})")


def compile_protobuf_writer(
    struct: type[Struct], version: int, *, head: bytes, strict: bool
) -> ProtobufWriter:
    """A function from a `struct` to a payload: `head`, then the protobuf body.

    A `strict` writer (for requests) raises UnsupportedByServer when a field is set that `version` can't carry.
    """
    make = message_class(struct)
    fill = _WriterCompiler(struct.__name__, version, strict).fill(struct, "")

    def write(message: Any) -> bytes:
        body = make()
        fill(body, message)
        payload: bytes = head + body.SerializeToString(deterministic=True)
        return payload

    return write


# ----------------------------------------------------------------------------------------------------------- reading


FEW_FIELDS: Final = 12
"""A Struct of more fields is read field by field of what is there, for most of an order's 150 never are."""


class _ReaderCompiler:
    """Writes one function `build(p)` for each Struct of a message, from the protobuf message to the value."""

    def __init__(self, name: str, request: bool) -> None:
        self._name = name
        self._request = request

    def build(self, struct: type[Struct], path: str, parse: Any = None) -> Callable[[Any], Any]:
        """From a protobuf message; with `parse` from its bytes."""
        source = Source(f"build_{struct.__name__}", "p", dict(EXPRESSION_NAMES))
        if parse is not None:
            self._refuse_crowds(source, struct)
            source.line(f"p = {source.refer(parse, 'parse')}(p)")
        numbered = [item for item in specification_of(struct).values() if item.wire.number is not None]
        if len(numbered) > FEW_FIELDS and not any(map(_is_made_anew, struct_fields(struct))):
            self._build_what_is_there(source, struct, numbered, path)
        else:
            self._build_each_field(source, struct, numbered, path)
        return source.compile(f"protobuf reader of {path}{struct.__name__} in {self._name}")

    def _build_each_field(
        self, source: Source, struct: type[Struct], numbered: list[Specification], path: str
    ) -> None:
        values = {}
        for specification in numbered:
            values[specification.name] = source.variable()
            expression = self._expression(source, specification, path + specification.name)
            source.line(f"{values[specification.name]} = {expression}", field=path + specification.name)
        source.line(f"return {source.construct(struct, values)}")

    def _build_what_is_there(
        self, source: Source, struct: type[Struct], numbered: list[Specification], path: str
    ) -> None:
        """`v` begins with what each field is when nothing comes; `readers` has place and reader by descriptor.

        Descriptors that nobody holds are made anew for each message.
        """
        values = {one.name: one.default for one in struct_fields(struct)}
        places = {name: place for place, name in enumerate(values)}
        readers, descriptors = {}, message_class(struct).DESCRIPTOR.fields_by_number
        for one in numbered:
            values[one.name] = self._when_absent(one, path + one.name)
            readers[descriptors[one.wire.number]] = places[one.name], self._field_reader(one, path + one.name)
        source.line(f"v = {source.refer(list(values.values()), 'absent')}.copy()")
        with source.block("for field, value in p.ListFields():"):
            source.line(f"place, read = {source.refer(readers, 'readers')}[field]")
            source.line("v[place] = value if read is None else read(value)")
        source.line(f"return {source.refer(struct, struct.__name__)}(*v)")

    def _when_absent(self, specification: Specification, path: str) -> Any:
        """The value of a field that did not come."""
        if specification.repeated or (specification.kind is not None and specification.kind.protobuf == _MAP):
            return ()
        if specification.kind is not None:
            return self._default_of_scalar(specification, specification.kind)
        if specification.optional:
            return None
        assert specification.struct is not None
        return self.build(specification.struct, path + ".")(message_class(specification.struct)())

    def _field_reader(self, specification: Specification, path: str) -> Callable[[Any], Any] | None:
        """From the value of a field that came; None when it needs no reading."""
        source = Source(f"read_{specification.name}", "p", dict(EXPRESSION_NAMES))
        if specification.repeated:
            expression = self._sequence(source, specification, "p", path)
        elif specification.kind is not None:
            source.use(specification.kind.uses)
            expression = specification.kind.from_protobuf.format("p")
        else:
            assert specification.struct is not None
            builder = self.build(specification.struct, path + ".")
            expression = f"{source.refer(builder, f'build_{specification.name}')}(p)"
        if expression == "p":
            return None
        source.line(f"return {expression}", field=path)
        return source.compile(f"protobuf reader of {path} in {self._name}")

    def _refuse_crowds(self, source: Source, struct: type[Struct]) -> None:
        """Before a large body is parsed, for that is what takes the memory."""
        check = compile_crowd_check(struct)
        if check is not None:
            with source.block(f"if len(p) > {SMALL_BODY}:"):
                source.line(f"{source.refer(check, 'refuse_crowds')}(p)")

    def _expression(self, source: Source, specification: Specification, path: str) -> str:
        place = f"p.{specification.name}"
        if specification.repeated:
            return self._sequence(source, specification, place, path)
        if specification.kind is not None:
            return self._scalar(source, specification, specification.kind, place)
        assert specification.struct is not None
        builder = source.refer(self.build(specification.struct, path + "."), f"build_{specification.name}")
        absent = "None" if specification.optional else f"{builder}({place})"
        return f"({builder}({place}) if p.HasField({specification.name!r}) else {absent})"

    def _sequence(self, source: Source, specification: Specification, place: str, path: str) -> str:
        if specification.kind is not None:
            return f"tuple({place})"
        if specification.union:
            builders = {tag: self.build(member, path + ".") for tag, member in _tags(specification)}
            tag = tag_field_of(specification)
            return f"tuple({source.refer(builders, 'builders')}[e.{tag}](e) for e in {place})"
        assert specification.struct is not None
        builder = source.refer(self.build(specification.struct, path + "."), f"build_{specification.name}")
        return f"tuple(map({builder}, {place}))"

    def _scalar(self, source: Source, specification: Specification, kind: Kind, place: str) -> str:
        source.use(kind.uses)
        default = self._default_of_scalar(specification, kind)
        value = kind.from_protobuf.format(place)
        if kind.protobuf == _MAP or _reads_zero_as(kind, default):
            return value
        name = source.refer(default, f"default_of_{specification.name}")
        tested = f"({value} if p.HasField({specification.name!r}) else {name})"
        # A value other than zero is there for certain, and most are: so the test is left for zeros.
        return f"({place} or {tested})" if value == place else tested

    def _default_of_scalar(self, specification: Specification, kind: Kind) -> Any:
        """What is left out is unset, in requests also false or empty; else it is our default."""
        unset = kind.zero is None and specification.optional
        if unset or (self._request and kind.sent != "True"):
            return kind.zero
        return specification.value_when_absent()


def _is_made_anew(field: FieldInfo) -> bool:
    """Whether each value of the class has an own object there, so that none can stand ready."""
    return field.default_factory is not NODEFAULT or field.required


def _reads_zero_as(kind: Kind, default: Any) -> bool:
    """Whether an absent field needs no test, for reading it gives the default anyway."""
    names = EXPRESSION_NAMES | dict(kind.uses)
    value = eval(kind.from_protobuf.format("zero"), names, {"zero": _ZEROS[kind.protobuf]})  # noqa: S307
    return type(value) is type(default) and value == default


def compile_protobuf_reader(struct: type[Struct], *, request: bool) -> ProtobufReader:
    """A function from a protobuf body to a `struct`. Raises google.protobuf's DecodeError, or ValueError.

    Unknown fields are skipped: newer bridges send more.
    """
    compiler = _ReaderCompiler(struct.__name__, request)
    return compiler.build(struct, "", message_class(struct).FromString)
