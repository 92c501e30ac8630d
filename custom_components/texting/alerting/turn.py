"""Turn: what one event does to an incident. The parts of decide share it."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from .events import Announce, Answered, Effect, Notify, Occasion, Withdraw
from .model import ASKING, CLOSING, FREE, LEFT, Incident, Kind, Notification, Progress, Target, Timer, Timing


class Turn:
    """An incident that changes, and the effects."""

    def __init__(self, incident: Incident, now: float) -> None:
        """Begin with an incident as it is."""
        self.incident = incident
        self.now = now
        self.effects: list[Effect] = []

    def change(self, **changes: Any) -> None:
        """Change fields of the incident."""
        self.incident = replace(self.incident, **changes)

    def start(self, timing: Timing, seconds: float) -> None:
        """Begin to wait, or begin once more."""
        self.change(timers={**self.incident.timers, timing: Timer(self.now, seconds)})

    def stop(self, *timings: Timing) -> None:
        """Do not wait any more."""
        self.change(timers={timing: timer for timing, timer in self.incident.timers.items() if timing not in timings})

    def is_running(self, *timings: Timing) -> bool:
        """Return True if any of these is waited for."""
        return not self.incident.timers.keys().isdisjoint(timings)

    def announce(self, occasion: Occasion, who: str = "") -> None:
        """Tell automations and people in Home Assistant."""
        self.effects.append(Announce(occasion, who))

    # -- notifications -------------------------------------------------------------------------------------------------

    def update(self, notification: Notification) -> None:
        """Put a changed notification in the place of the old one."""
        known = self.incident.notifications
        number = notification.number
        self.change(notifications=(*known[: number - 1], notification, *known[number:]))

    def withdraw(self, notifications: Iterable[Notification]) -> None:
        """Do not send these notifications any more, as far as they wait."""
        for each in notifications:
            if each.is_waiting:
                self.update(replace(each, is_withdrawn=True))
                self.effects.append(Withdraw(each.number))

    def ask(  # noqa: PLR0913  each is a fact of its own
        self,
        kind: Kind,
        responders: Iterable[str],
        *,
        what: str,
        who: str = "",
        visit: int | None = None,
        also_declined: bool = False,
    ) -> None:
        """Ask responders to take it: each phone once, except those who cannot, and those with quiet hours now."""
        asked: set[str] = set()
        for responder_id in responders:
            responder = self.incident.alert.responders.get(responder_id)
            is_declined = responder_id in self.incident.declined and not also_declined
            if responder is None or is_declined or responder.quiet_for:
                continue
            for target in responder.targets:
                if target.id not in asked:
                    asked.add(target.id)
                    self._ask(
                        Notification(
                            kind=kind,
                            responder=responder_id,
                            target=target,
                            visit=visit,
                            planned_at=self.now,
                            what=what,
                            who=who,
                            segments=int(target.is_text),
                        )
                    )

    def _ask(self, new: Notification) -> None:
        """Ask at one target. Who was not told yet is told all of it. A text that still waits is replaced."""
        target = new.target
        waiting = [each for each in self._texts_to(target) if each.is_waiting]
        if new.visit is None:
            new = replace(new, visit=next((each.visit for each in waiting if each.visit == self.incident.visits), None))
        if new.kind in (Kind.ALSO, Kind.REMINDER, Kind.AGAIN) and not self._was_asked(target):
            new = replace(new, kind=Kind.ALERT, what=self.incident.what)
        if not target.is_text or self._fits(target):
            self._add(new)
            return
        if not self._texts_to(target):
            self._add(replace(new, progress=Progress.FAILED))
        self._limit()

    def tell(
        self, kind: Kind, responder: str, target: Target, *, who: str = "", reply_to: Answered | None = None
    ) -> None:
        """Tell one target what holds now, if there is room for a text beside the closing texts.

        A text that asks and still waits there says all that is needed.
        """
        if any(each.is_waiting for each in self._texts_to(target)):
            return
        kept = len(self._phones() | {target.id})
        if not target.is_text or self.incident.segments + 1 + kept <= self.incident.max_segments:
            self._say(kind, responder, target, who=who, reply_to=reply_to)

    def close_with(self, kind: Kind, told: Notification) -> None:
        """Tell one target of the end. There is always room for that."""
        self._say(kind, told.responder, told.target)

    def _say(
        self, kind: Kind, responder: str, target: Target, *, who: str = "", reply_to: Answered | None = None
    ) -> None:
        self._add(
            Notification(
                kind=kind,
                responder=responder,
                target=target,
                planned_at=self.now,
                what=self.incident.what,
                who=who,
                segments=int(target.is_text),
                incoming=reply_to.incoming if reply_to else None,
                account=reply_to.account if reply_to else None,
            )
        )

    def _add(self, new: Notification) -> None:
        """Add a notification. It replaces what still waits at its target, but an answer never replaces a question."""
        if new.is_waiting:
            before = [each for each in self.incident.notifications if each.target.id == new.target.id]
            replaces_all = new.kind in ASKING | CLOSING
            self.withdraw(each for each in before if replaces_all or each.kind not in ASKING)
        new = replace(new, number=len(self.incident.notifications) + 1)
        self.change(notifications=(*self.incident.notifications, new))
        if new.is_waiting:
            self.effects.append(Notify(new.number))

    # -- the limit -----------------------------------------------------------------------------------------------------

    def _texts_to(self, target: Target) -> list[Notification]:
        """Return the texts that asked at a phone, and left or may leave."""
        return [
            each
            for each in self.incident.notifications
            if each.kind in ASKING and each.target.id == target.id and each.progress not in FREE
        ]

    def _was_asked(self, target: Target) -> bool:
        """Return True if a text told a target all of it."""
        return any(each.progress in LEFT for each in self._texts_to(target))

    def _phones(self) -> set[str]:
        """Return the phones for which a closing text is reserved: those that were asked, or are being asked."""
        texts = (each for each in self.incident.notifications if each.target.is_text and each.progress not in FREE)
        return {each.target.id for each in texts if each.kind in ASKING}

    def _fits(self, target: Target) -> bool:
        """Return True if a text leaves room for a closing text to each phone.

        A phone that was asked before also keeps room for the text that says that the limit is reached.
        """
        incident, phones = self.incident, self._phones()
        if target.id not in phones:
            return incident.segments + 1 + len(phones) + 1 <= incident.max_segments
        kept = len(phones) * 2
        return not incident.is_limited and incident.segments + 1 + kept <= incident.max_segments

    def _limit(self) -> None:
        """The limit is reached: say so once to everybody told, as far as there is room."""
        if self.incident.is_limited:
            return
        self.change(is_limited=True)
        self.announce(Occasion.LIMIT)
        for told in self.incident.told:
            kept = len(self._phones())
            is_asked = told.target.is_text and told.responder not in self.incident.declined
            if is_asked and self.incident.segments + 1 + kept <= self.incident.max_segments:
                self.withdraw(each for each in self._texts_to(told.target) if each.is_waiting)
                self._say(Kind.LIMIT, told.responder, told.target)
