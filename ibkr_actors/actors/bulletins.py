"""The BulletinsActor: the one subscription to bulletins that a connection has, for all who want it."""

from __future__ import annotations

from typing import Any, ClassVar, Final

from ibkr_actors.actors.actor import DeskActor, Mail, tell
from ibkr_actors.actors.messages import Ask, Batch, Release, Send, SubscribeTypes
from ibkr_actors.base.local_messages import ConnectionChanged, ConnectionState
from ibkr_actors.base.messages.declaration import Request
from ibkr_actors.base.messages.news import CancelNewsBulletins, NewsBulletin, NewsBulletinsRequest

MOST_KEPT: Final = 1_000
"""Bulletins that are remembered; a day has a handful."""


class BulletinsActor(DeskActor):
    """Shares the subscription to news bulletins, which carries no request id.

    Responsible for: each bulletin reaching each actor once, however often the bridge repeats it; the bulletins of the
    day for whoever asks for all; making the subscription again after a lost connection, with what was missed
    meanwhile; ending it when nobody wants it any more, and not when one of several does not.

    When one actor asks for all bulletins of the day, the others get those too that they have not had.

    Runs on the threads of those who tell it something: it only sorts and remembers.
    Understands: Ask, Release, Batch.  Tells: Send to the bridge, Batch to actors.
    """

    serves: ClassVar[tuple[type[Request], ...]] = (NewsBulletinsRequest, CancelNewsBulletins)

    def __init__(self, bridge: Mail, router: Mail, code: str = "bulletins") -> None:
        super().__init__(code)
        self._bridge, self._router = bridge, router
        self._readers: dict[str, Mail] = {}
        self._kept: dict[tuple[int, str], NewsBulletin] = {}
        self._asked_for_all = False

    def initialize(self) -> None:
        """Bulletins carry no request id."""
        self._router.tell(SubscribeTypes(self.mail, (NewsBulletin,)))

    def receive(self, message: Any) -> Any:
        """Requests of actors."""
        match message:
            case Ask(mail, code, NewsBulletinsRequest(all_messages)):
                self._want(mail, code, all_messages=all_messages)
            case Ask(mail, _, CancelNewsBulletins()) | Release(mail, _):
                self._drop(mail)
            case _:
                return super().receive(message)
        return None

    def _want(self, mail: Mail, code: str, *, all_messages: bool) -> None:
        is_first = not self._readers
        self._readers[mail.actor_urn] = mail
        if all_messages and self._kept:
            tell(mail, Batch([*self._kept.values()], 0.0))
        if is_first or (all_messages and not self._asked_for_all):
            self._ask(code, all_messages=all_messages)

    def _ask(self, code: str, *, all_messages: bool) -> None:
        self._asked_for_all = self._asked_for_all or all_messages
        self._bridge.tell(Send(NewsBulletinsRequest(all_messages), code))

    def _drop(self, mail: Mail) -> None:
        if self._readers.pop(mail.actor_urn, None) is not None and not self._readers:
            self._end()

    def _end(self) -> None:
        self._bridge.tell(Send(CancelNewsBulletins(), self.code))
        self._kept.clear()
        self._asked_for_all = False

    def news_bulletin(self, bulletin: NewsBulletin) -> None:
        """One that is new goes to everybody. Ids may begin anew on another day, so the text counts as well."""
        key = bulletin.bulletin_id, bulletin.text
        if not self._readers or key in self._kept:
            return
        self._kept[key] = bulletin
        if len(self._kept) > MOST_KEPT:
            del self._kept[next(iter(self._kept))]
        for mail in self._readers.values():
            tell(mail, Batch([bulletin], 0.0))

    def connection_changed(self, change: ConnectionChanged) -> None:
        """A new connection knows no subscription, and there may have been bulletins meanwhile."""
        if change.state is ConnectionState.CONNECTED and change.epoch > 1 and self._readers:
            self._ask(self.code, all_messages=True)

    def stop(self) -> None:
        """End the subscription."""
        if self._readers:
            self._readers.clear()
            self._end()
        super().stop()
