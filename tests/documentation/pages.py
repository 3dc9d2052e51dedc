"""The reference pages: `PAGES` by file name. Everything on them is read from the declarations and the oracles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from enum import Enum
from typing import Final

from msgspec import Struct

from ibkr_actors.base.messages.catalog import MODULES, REPLIES, REQUESTS
from ibkr_actors.base.messages.declaration import Message, Replies
from ibkr_actors.base.server_versions import BINARY_IDS, NEWEST, OLDEST
from ibkr_actors.wire.annotation import FOREVER
from tests.documentation import errors, faults, structure
from tests.documentation.markdown import (
    anchor,
    code,
    codes,
    default_text,
    in_words,
    link,
    links,
    paragraph,
    table,
    type_text,
    versions_text,
)
from tests.documentation.their_names import (
    ib_async_class,
    ib_async_field,
    ib_async_method,
    ib_async_methods,
    our_call,
    vendor_class,
    vendor_field,
    vendor_methods,
)
from tests.oracles.vendor_names import WHOLE_WORDS

GENERATED: Final = "<!-- Made by `make reference` from the declarations; changes here are lost. -->"

COLUMNS: Final = f"""
| column | what it says |
|---|---|
| field | our name |
| type, default | as declared; `None` means that nothing was said |
| meaning | with the unit; "from the bridge" for what only the bridge fills in |
| versions | the server versions that carry the field, where they are not those of the whole message or value |
| ibapi | the vendor's client: a parameter of its call or callback, an attribute, or else a field of its protobuf |
| ib_async | an attribute of its class, or else a parameter of its method; empty where it has none |
| no. | the number in protobuf bodies; empty for what only text frames carry |

Where a column would be empty from top to bottom, it is left out. Versions are server versions, {OLDEST} to {NEWEST}.
"""


def page(title: str, *parts: str | Iterable[str]) -> str:
    """A whole page."""
    lines = [f"# {title}", "", GENERATED, ""]
    for part in parts:
        lines += [part.strip(), ""] if isinstance(part, str) else part
    return "\n".join(lines).rstrip() + "\n"


# ------------------------------------------------------------------------------------------------------- the messages


def messages_page() -> str:
    """Every message in one list."""
    return page(
        "Messages",
        f"""
Every message of the protocol, in both directions, for server versions {OLDEST} to {NEWEST}. Details:

- [requests.md](requests.md): what a client sends, with fields and answers.
- [replies.md](replies.md): what the bridge sends; each has a handler of its name.
- [values.md](values.md): contracts, orders, bars and whatever else messages are made of.
- [enumerations.md](enumerations.md): the words and numbers that stand for something.
- [migration.md](migration.md): names of `ibapi` and `ib_async`, and ours.

A message travels as text, from version {BINARY_IDS} with a binary id, until the version at which it becomes protobuf;
there its id on the wire is 200 higher. "Since" is empty for what every supported version knows.

In the tables of fields:
""",
        COLUMNS,
        ["## Requests", ""],
        table(
            ("id", "message", "call", "since", "protobuf", "answered by"), map(_request_row, _by_id(REQUESTS))
        ),
        ["## Replies", ""],
        table(("id", "message", "handler", "since", "protobuf", "answers"), map(_reply_row, _by_id(REPLIES))),
    )


def _by_id(messages: dict[int, type[Message]]) -> list[type[Message]]:
    return [messages[identifier] for identifier in sorted(messages)]


def _request_row(message: type[Message]) -> list[str]:
    answers = message.facts.replies.every_type()
    return [*_row_head(message, our_call(message) or ""), ", ".join(map(link, answers))]


def _reply_row(message: type[Message]) -> list[str]:
    return [*_row_head(message, message.facts.handler), ", ".join(map(link, requests_of(message)))]


def _row_head(message: type[Message], name: str) -> list[str]:
    facts = message.facts
    since = str(facts.since) if facts.since > OLDEST else ""
    return [str(facts.id), link(message), code(name), since, _protobuf_since(message)]


def _protobuf_since(message: type[Message]) -> str:
    return str(message.facts.protobuf_since) if message.facts.protobuf_since < FOREVER else "never"


def requests_of(reply: type[Message]) -> list[type[Message]]:
    """The requests that a reply answers."""
    return [one for one in _by_id(REQUESTS) if reply in one.facts.replies.every_type()]


def requests_page() -> str:
    """Every request with its fields, by concern."""
    intro = "What a client sends to the bridge. [messages.md](messages.md) explains the columns."
    return page("Requests", intro, *_concerns(REQUESTS, _request_facts))


def replies_page() -> str:
    """Every reply with its fields, by concern."""
    intro = "What the bridge sends to a client. [messages.md](messages.md) explains the columns."
    return page("Replies", intro, *_concerns(REPLIES, _reply_facts))


def _concerns(
    messages: dict[int, type[Message]], facts: Callable[[type[Message]], list[str]]
) -> Iterator[list[str]]:
    """The messages by the module that declares them, behind a list of what there is."""
    concerns = {
        module: here
        for module in MODULES
        if (here := [one for one in _by_id(messages) if one.__module__ == module.__name__])
    }
    yield _contents(in_words(module.__name__) for module in concerns)
    for module, here in concerns.items():
        yield [f"## {in_words(module.__name__)}", "", paragraph(module.__doc__), ""]
        for message in here:
            yield [f"### {message.__name__}", "", paragraph(message.__doc__), ""]
            yield [*(f"- {fact}" for fact in facts(message)), ""]
            yield _fields_table(message)


def _contents(headings: Iterable[str]) -> list[str]:
    return [", ".join(f"[{heading}](#{anchor(heading)})" for heading in headings) + ".", ""]


def _request_facts(message: type[Message]) -> list[str]:
    called = code(our_call(message) or "")
    return [
        f"Call: {called}{_elsewhere(message)}"
        if called
        else f"Call: none, it is sent unasked{_elsewhere(message)}",
        _on_the_wire(message),
        f"Answered by: {_answers(message.facts.replies)}",
    ]


def _reply_facts(message: type[Message]) -> list[str]:
    asked = requests_of(message)
    answers = [f"Answers: {links(asked)}"] if asked else []
    return [f"Handler: {code(message.facts.handler)}{_elsewhere(message)}", _on_the_wire(message), *answers]


def _elsewhere(message: type[Message]) -> str:
    theirs = (("ibapi", vendor_methods(message)), ("ib_async", ib_async_methods(message)))
    return "".join(f"; in {client} {codes(names)}" for client, names in theirs if names)


def _on_the_wire(message: type[Message]) -> str:
    facts = message.facts
    first = max(OLDEST, facts.since)
    since = f", since version {first}" if first > OLDEST else ""
    if facts.protobuf_since >= FOREVER:
        form = "text in every version"
    elif facts.protobuf_since <= first:
        form = "always protobuf"
    else:
        form = f"protobuf from version {facts.protobuf_since}"
    return f"On the wire: {'OUT' if facts.to_bridge else 'IN'} {facts.id}{since}, {form}"


def _answers(replies: Replies) -> str:
    if not replies.every_type():
        return "nothing"
    parts = links(replies.parts) if replies.parts else ""
    if replies.stream:
        first_round = f"; {link(replies.end)} closes the first round" if replies.end else ""
        text = f"a stream of {parts}, until {link(replies.cancel)}{first_round}" if replies.cancel else parts
    else:
        text = f"{parts}, then {link(replies.end)}" if parts and replies.end else parts or link(replies.end)
        text += f"; {link(replies.cancel)} takes the request back" if replies.cancel else ""
    return text + ("; without a request id, so all who ask get the same" if replies.unidentified else "")


def _fields_table(struct: type[Struct]) -> list[str]:
    fields = structure.fields_of(struct)
    if not fields:
        return ["No fields.", ""]
    whole = structure.span_of(struct)
    return table(
        ("field", "type", "default", "meaning", "versions", "ibapi", "ib_async", "no."),
        (
            (
                code(field.name),
                type_text(field.hint),
                default_text(field.default),
                _meaning(field),
                versions_text(field.span, whole),
                code(vendor_field(struct, field)),
                code(ib_async_field(struct, field)),
                str(field.number or ""),
            )
            for field in fields
        ),
    )


def _meaning(field: structure.Field) -> str:
    if field.from_bridge and "from the bridge" not in field.meaning and "bridge fills" not in field.meaning:
        return f"{field.meaning} From the bridge.".strip()
    return field.meaning


# --------------------------------------------------------------------------------------------- values and enumerations


def values_page() -> str:
    """Every value that messages are made of."""
    intro = "What messages are made of, each once. [messages.md](messages.md) explains the columns."
    values = sorted(structure.values(), key=lambda value: value.__name__)
    return page("Values", intro, _contents(value.__name__ for value in values), *map(_value, values))


def _value(value: type[Struct]) -> list[str]:
    first = structure.span_of(value)[0]
    since = [f"- Since version {first}"] if first > OLDEST else []
    theirs = (("ibapi", vendor_class(value)), ("ib_async", ib_async_class(value)))
    elsewhere = "".join(f"; in {client} {code(owner.__name__)}" for client, owner in theirs if owner)
    return [
        f"## {value.__name__}",
        "",
        paragraph(value.__doc__),
        "",
        f"- Class: `{value.__module__}.{value.__name__}`{elsewhere}",
        *since,
        f"- In: {links(structure.users_of(value))}",
        "",
        *_fields_table(value),
    ]


def enumerations_page() -> str:
    """The codes that fields hold."""
    intro = (
        "The words and numbers of the protocol that stand for something. A field takes the member or what it stands "
        "for; a code that has no member is kept as it came."
    )
    found = structure.enumerations()
    contents = _contents(enumeration.__name__ for enumeration in found)
    return page("Enumerations", intro, contents, *map(_enumeration, found))


def _enumeration(enumeration: type[Enum]) -> list[str]:
    meanings = structure.docstrings_of(enumeration)
    rows = (
        (code(name), code(repr(member.value)), meanings.get(name, ""))
        for name, member in enumeration.__members__.items()
    )
    return [
        f"## {enumeration.__name__}",
        "",
        paragraph(enumeration.__doc__),
        "",
        f"`{enumeration.__module__}.{enumeration.__name__}`",
        "",
        *table(("member", "on the wire", "meaning"), rows),
    ]


# ----------------------------------------------------------------------------------------------------------- migration


def migration_page() -> str:
    """What others call our calls, handlers, values and words."""
    return page(
        "Coming from ibapi or ib_async",
        """
What other clients call our calls, handlers and values; [migrating.md](migrating.md) is the guide to what is different
behind the names. The names of fields are beside ours in
[requests.md](requests.md), [replies.md](replies.md) and [values.md](values.md).
""",
        ["## Calls", ""],
        table(("ibapi", "ib_async", "ours", "request"), _call_rows()),
        ["## Callbacks and handlers", ""],
        "Where `ibapi` calls several callbacks for one message, each has a row.",
        table(("ibapi", "ib_async", "our handler", "message"), _callback_rows()),
        ["## Classes", ""],
        table(("ibapi", "ib_async", "ours"), _class_rows()),
        ["## Words", ""],
        """
Names of ours are the vendor's in whole words: `lmtPrice` is `limit_price`, `outsideRth` is
`outside_regular_trading_hours`. Unset is `None`, never one of the sentinels (`UNSET_INTEGER`, `UNSET_DOUBLE`).
""",
        table(("there", "here"), ((code(word), code(words)) for word, words in sorted(WHOLE_WORDS.items()))),
    )


def _call_rows() -> list[list[str]]:
    return _sorted(
        [code(vendors), code(ib_async_method(message, vendors)), code(our_call(message) or ""), link(message)]
        for message in REQUESTS.values()
        for vendors in vendor_methods(message)
    )


def _callback_rows() -> list[list[str]]:
    return _sorted(
        [code(vendors), code(ib_async_method(message, vendors)), code(message.facts.handler), link(message)]
        for message in REPLIES.values()
        for vendors in vendor_methods(message)
    )


def _class_rows() -> list[list[str]]:
    rows = (
        [
            *(code(owner.__name__) if owner else "" for owner in (vendor_class(one), ib_async_class(one))),
            link(one),
        ]
        for one in structure.places()
    )
    return _sorted(row for row in rows if row[0] or row[1])


def _sorted(rows: Iterable[list[str]]) -> list[list[str]]:
    """Rows by their first name, or the second where there is none."""
    return sorted(rows, key=lambda row: (row[0] or row[1]).strip("`").lower())


def errors_page() -> str:
    """Every error and every code."""
    return page("Errors and codes", *errors.parts())


PAGES: Final[dict[str, Callable[[], str]]] = {
    "messages.md": messages_page,
    "requests.md": requests_page,
    "replies.md": replies_page,
    "values.md": values_page,
    "enumerations.md": enumerations_page,
    "migration.md": migration_page,
    "errors_and_codes.md": errors_page,
    faults.PAGE: faults.faults_page,
}
"""What makes each page of `docs/`."""
