"""IncidentItems: the incidents of one alert among the open items of the home, with their numbers and words."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import replace

from homeassistant.config_entries import ConfigEntryState
from homeassistant.core import HomeAssistant, callback
from homeassistant.util.hass_dict import HassKey

from ..alerting.events import Answered
from ..alerting.model import Incident, Kind, Notification
from ..alerting.reply_choices import alert_choices, answer_of
from ..alerting.wording import Facts, word, words_of
from ..const import DOMAIN
from ..delivery.record import MessageRecord
from ..delivery.reply_codes import ReplyCode
from ..entries import messenger_entries, messenger_entry
from ..inbound.open_item import OpenItem, Reply
from ..messenger import Messenger
from ..open_questions import async_open_items
from ..replies import takes_letters
from .app import is_app
from .clock import RunClock

# The items of incidents, by the incident's id. They outlive a reload of the alert's entry.
_ITEMS: HassKey[dict[str, OpenItem]] = HassKey(f"{DOMAIN}_alert_items")
# The ids of the incidents whose item was opened in this run.
_KNOWN: HassKey[set[str]] = HassKey(f"{DOMAIN}_alert_known")
# Answers that came in during a reload, by the incident's id.
_KEPT: HassKey[dict[str, list[Reply]]] = HassKey(f"{DOMAIN}_alert_replies")


class IncidentItems:
    """Opens an item for each open incident, and closes it with the incident."""

    def __init__(
        self,
        hass: HomeAssistant,
        clock: RunClock,
        incident: Callable[[str], Incident | None],
        take: Callable[[str, Answered], None],
    ) -> None:
        """Open nothing yet. incident returns one by its id; take gets an answer to it."""
        self._hass = hass
        self._clock = clock
        self._incident = incident
        self._take = take
        self._open_items = async_open_items(hass)
        self._items = hass.data.setdefault(_ITEMS, {})
        self._known = hass.data.setdefault(_KNOWN, set())
        # The ids of this alert's incidents.
        self._own: set[str] = set()

    def is_known(self, incident_id: str) -> bool:
        """Return True if the item of an incident was opened in this run. It may be closed since."""
        return incident_id in self._known

    # -- as the incident changes ---------------------------------------------------------------------------------------

    @callback
    def async_restore(self, incident: Incident, records: Iterable[MessageRecord]) -> Collection[ReplyCode]:
        """Open the item of an incident of an earlier run with its messages. Return its numbers, to be saved."""
        language = self._hass.config.language
        if not incident.is_open:
            self._open_items.describe(incident.id, incident.what, alert_choices(language))
            return ()
        item = self._item(incident)
        self._open_items.open(item, _numbers(incident))
        item.sent.clear()
        item.add(records)
        opened_at = item.began_at
        given = {each.target.id: each for each in incident.notifications if each.code is not None}
        return self._open_items.restore(
            item,
            [
                ReplyCode(
                    number=number,
                    code=each.code or 0,
                    entry_id=each.target.messenger,
                    item=incident.id,
                    opened_at=opened_at,
                )
                for number, each in given.items()
            ],
        )

    @callback
    def async_worded(self, incident: Incident) -> Incident:
        """Return an incident whose notifications have their numbers and words."""
        if all(each.text or not each.is_waiting for each in incident.notifications):
            return incident
        item = self._item(incident) if incident.is_open else self._items.get(incident.id)
        if item and incident.is_open:
            self._open_items.open(item, _numbers(incident))
        return replace(
            incident, notifications=tuple(self._worded(incident, item, each) for each in incident.notifications)
        )

    @callback
    def async_update(self, incident: Incident) -> Collection[ReplyCode]:
        """Let the item follow an incident. Return the numbers that changed, to be saved."""
        item = self._items.get(incident.id)
        if item is None:
            return ()
        item.question = incident.what
        if incident.is_over:
            del self._items[incident.id]
            self._own.discard(incident.id)
            return self._open_items.close(item, self._clock.unix())
        closed = self._open_items.move(item, _numbers(incident), self._clock.unix())
        return [*closed, *self._open_items.codes_of(item)]

    @callback
    def async_add(self, incident: Incident, records: Sequence[MessageRecord]) -> None:
        """Take messages of an incident that are about to be saved."""
        if item := self._items.get(incident.id):
            item.add(records)

    @callback
    def async_release(self) -> None:
        """Keep answers for the next engine of the same alert, since this one stops."""
        for incident_id in self._own:
            if item := self._items.get(incident_id):
                kept = self._hass.data.setdefault(_KEPT, {}).setdefault(incident_id, [])
                item.take = kept.append

    @callback
    def async_take_kept(self) -> None:
        """Take the answers that came in while no engine ran, and those that come from now on."""
        kept = self._hass.data.get(_KEPT, {})
        for incident_id in list(self._own):
            take = self._taker(incident_id)
            if item := self._items.get(incident_id):
                item.take = take
            for reply in kept.pop(incident_id, []):
                take(reply)

    # -- the item ------------------------------------------------------------------------------------------------------

    def _item(self, incident: Incident) -> OpenItem:
        """Return the item of an open incident. Its answers come here from now on."""
        self._own.add(incident.id)
        self._known.add(incident.id)
        take = self._taker(incident.id)
        if item := self._items.get(incident.id):
            item.take = take
            return item
        item = self._items[incident.id] = OpenItem(
            question=incident.what,
            accounts=self._accounts,
            choices=alert_choices(self._hass.config.language),
            take=take,
            incident=incident.id,
            began_at=(incident.raised_at or self._clock.now()) + self._clock.shift,
        )
        return item

    def _taker(self, incident_id: str) -> Callable[[Reply], None]:
        def take(reply: Reply) -> None:
            if incident := self._incident(incident_id):
                self._take(incident_id, self._answered(incident, reply))
            self._end_request(incident_id, reply)

        return take

    def _end_request(self, incident_id: str, reply: Reply) -> None:
        """End the provider's request that brought a reply, if nothing answers it."""
        incident = self._incident(incident_id)
        if incident and any(each.incoming == reply.incoming_id for each in incident.notifications):
            return
        if account := self._messenger(reply.account_id):
            account.state.inbox.cancel_reply(reply.incoming_id)

    def _messenger(self, entry_id: str) -> Messenger | None:
        """Return an account or a route if it is loaded."""
        entry = messenger_entry(self._hass, entry_id)
        return entry.runtime_data if entry and entry.state is ConfigEntryState.LOADED else None

    def _answered(self, incident: Incident, reply: Reply) -> Answered:
        number = reply.incoming.sender
        responders = incident.alert.responders.values()
        texted = next((each.responder for each in reversed(incident.notifications) if each.target.id == number), "")
        theirs = [each for each in responders if number in {target.id for target in each.targets}]
        # Several people may share a phone: the owner, or who was texted there last.
        likely = [each for id_ in (incident.owner, texted) for each in theirs if each.id == id_]
        known = next(iter([*likely, *theirs]), incident.alert.responders.get(texted))
        return Answered(
            answer=answer_of(reply.incoming.text, self._hass.config.language),
            who=known.id if known else texted,
            name=known.name if known else texted,
            target=number,
            incoming=reply.incoming_id,
            account=reply.account_id,
        )

    def _accounts(self) -> set[str]:
        """Return the accounts through which texts come in now: a responder may answer through any of them."""
        loaded = messenger_entries(self._hass, only_loaded=True)
        return {account for entry in loaded for account in entry.runtime_data.receiving_accounts}

    # -- words ---------------------------------------------------------------------------------------------------------

    def _worded(self, incident: Incident, item: OpenItem | None, notification: Notification) -> Notification:
        if notification.text or not notification.is_waiting:
            return notification
        code, target = None, notification.target
        messenger = self._messenger(notification.account or target.messenger) if target.is_text else None
        # Who texts to no account gets no number.
        if item and target.is_text and (messenger is None or messenger.receiving_accounts):
            code = self._open_items.give_code(item, target.id, target.messenger, self._clock.unix())
        now, kind = self._clock.now(), notification.kind
        since = (incident.acknowledged_at if kind is Kind.AGAIN else incident.raised_at) or now
        told_time = incident.raised_at if kind in (Kind.REMINDER, Kind.AGAIN) else now
        facts = Facts(
            code=code,
            has_buttons=not target.is_text and is_app(self._hass, target.id),
            what=notification.what,
            who=notification.who,
            time=self._clock.local(told_time or now).strftime("%H:%M"),
            minutes=round((now - since) / 60),
            limit=incident.max_segments,
        )
        words = words_of(self._hass.config.language)
        text = word(kind, facts, words)
        if messenger and not takes_letters(messenger, target.id, text):
            text = word(kind, facts.simplified, words)
        return replace(notification, code=code, text=text)


def _numbers(incident: Incident) -> list[str]:
    """Return the phones of everybody who may answer: all responders, and who was texted."""
    responders = incident.alert.responders.values()
    targets = [target for responder in responders for target in responder.targets]
    targets += [each.target for each in incident.notifications]
    return [target.id for target in targets if target.is_text]
