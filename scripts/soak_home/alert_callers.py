"""What raises the alerts of a soak, and ends what they warn of."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from random import Random
from typing import Any

import aiohttp

from scripts.demo_home.api import Api, ApiError
from scripts.soak_home.alert_plan import MAX_SLOW_INCIDENTS, PlannedAlert
from scripts.soak_home.database import read_open_states

# Seconds.
POLL, PAUSE = 0.2, (0.0, 6.0)
CALL_TIMEOUT = 30.0
# Minimum and maximum seconds until something ends: soon, or long after an acknowledgment ran out.
SOON, LATE = (1.0, 20.0), (65.0, 85.0)
# The probabilities of both. Else it ends once somebody took it or nobody did.
ENDS_SOON, ENDS_LATE = 0.25, 0.1
# Of a drill before it, of a second cause, of an acknowledgment by hand, and of an action in place of a cause.
DRILL, SECOND_CAUSE, BY_HAND, BY_ACTION = 0.1, 0.2, 0.1, 0.4
MAX_ERRORS = 10
SETTLED = ("acknowledged", "exhausted")


class CallResult(StrEnum):
    """The result of a call of the home."""

    DONE = "done"
    # Such as clearing an alert that is over.
    REFUSED = "refused"
    # The home was killed meanwhile.
    KILLED = "killed"


@dataclass(slots=True)
class Causes:
    """The entities that raise the alerts. A home that is killed forgets them until they are set again."""

    api: Api
    # The name of each entity, and whether it is on, by its id.
    states: dict[str, tuple[str, bool]] = field(default_factory=dict)

    async def restore(self) -> None:
        """Set all of them again."""
        for entity_id in list(self.states):
            await self.set(entity_id)

    async def set(self, entity_id: str) -> None:
        """Set one of them."""
        name, is_on = self.states[entity_id]
        state = {"state": "on" if is_on else "off", "attributes": {"friendly_name": name}}
        await self.api.post(f"/api/states/{entity_id}", state)


class AlertCallers:
    """Everything that raises alerts. Each alert has one incident after the other."""

    def __init__(
        self, api: Api, database: Path, alerts: Sequence[PlannedAlert], random: Random, *, is_patient: bool
    ) -> None:
        """Prepare. `run` starts everything.

        With patience, the last incidents go on until somebody took them or nobody did. Else they are ended.
        """
        self.causes = Causes(api)
        # How often something was raised.
        self.raised = 0
        # The messages that an action raised, whose call returned.
        self.confirmed: set[str] = set()
        # The first errors of actions, at most MAX_ERRORS.
        self.errors: set[str] = set()
        # Calls are made only while this event is set.
        self.open = asyncio.Event()
        self._api = api
        self._database = database
        self._alerts = alerts
        self._random = random
        self._is_patient = is_patient
        self._ended = False
        # The state of the open incident of each alert that has one, by entry id.
        self._states: Mapping[str, str] = {}
        # How often the states were read.
        self._reads = 0

    def end(self) -> None:
        """Raise nothing more."""
        self._ended = True

    @property
    def open_incidents(self) -> int:
        """How many incidents are open."""
        return len(self._states)

    async def run(self) -> None:
        """Raise alerts until `end` is called and all causes are off."""
        watch = asyncio.create_task(self._watch())
        try:
            await asyncio.gather(*(self._raise_again(alert) for alert in self._alerts))
        finally:
            watch.cancel()

    async def _watch(self) -> None:
        """Keep the states up to date while the home runs."""
        while True:
            await self.open.wait()
            self._states = await asyncio.to_thread(read_open_states, self._database)
            self._reads += 1
            await asyncio.sleep(POLL)

    async def _raise_again(self, alert: PlannedAlert) -> None:
        incidents = 0
        while not self._ended and not (alert.is_slow and incidents == MAX_SLOW_INCIDENTS):
            await asyncio.sleep(self._random.uniform(*PAUSE))
            if not self._ended:
                await self._raise_once(alert)
                incidents += 1

    async def _raise_once(self, alert: PlannedAlert) -> None:
        """Raise an alert, end what it warns of after a while, and wait until it is over.

        Once the soak ends, nothing is waited for.
        """
        chosen = self._random.random()
        by_action = self._random.random() < BY_ACTION
        if self._random.random() < DRILL:
            await self._action("test_alert", alert)
            await self._sleep(self._random.uniform(*SOON))
        await self._raise(alert, 0, by_action=by_action)
        if self._random.random() < SECOND_CAUSE:
            await asyncio.sleep(self._random.uniform(*SOON))
            await self._raise(alert, 1, by_action=by_action)
        if self._random.random() < BY_HAND:
            await asyncio.sleep(self._random.uniform(*SOON))
            await self._action("acknowledge_alert", alert)
        if chosen < ENDS_SOON:
            await self._sleep(self._random.uniform(*SOON))
        elif chosen < ENDS_SOON + ENDS_LATE:
            await self._sleep(self._random.uniform(*LATE))
        else:
            is_settled = await self._wait_until(lambda: self._states.get(alert.entry_id) in SETTLED)
            if self._ended and (is_settled or self._is_patient):
                return
            await self._sleep(self._random.uniform(*PAUSE))
        await self._clear(alert, by_action=by_action)
        reads = self._reads
        await self._wait_until(lambda: self._reads > reads + 1 and alert.entry_id not in self._states)

    async def _raise(self, alert: PlannedAlert, place: int, *, by_action: bool) -> None:
        self.raised += 1
        name = f"Leak {self.raised:05}"
        if not by_action:
            await self._set_cause(alert.causes[place], name, is_on=True)
            return
        if await self._action("raise_alert", alert, message=name) is CallResult.DONE:
            self.confirmed.add(name)

    async def _clear(self, alert: PlannedAlert, *, by_action: bool) -> None:
        if by_action:
            await self._action("clear_alert", alert)
            return
        for entity_id in alert.causes:
            if entity_id in self.causes.states:
                await self._set_cause(entity_id, self.causes.states[entity_id][0], is_on=False)

    async def _wait_until(self, condition: Callable[[], bool]) -> bool:
        """Wait until a condition is true, or until the soak ends. Return whether it is true."""
        while not self._ended:
            if condition():
                return True
            await asyncio.sleep(POLL)
        return False

    async def _sleep(self, seconds: float) -> None:
        while seconds > 0 and not self._ended:
            await asyncio.sleep(POLL)
            seconds -= POLL

    async def _action(self, action: str, alert: PlannedAlert, **fields: Any) -> CallResult:
        """Perform an action. If the home is killed meanwhile, it is performed again after the next start."""
        result = CallResult.KILLED
        while result is CallResult.KILLED:
            await self.open.wait()
            result = await self._result_of(self._api.action(f"texting.{action}", entity_id=alert.sensor, **fields))
            await asyncio.sleep(POLL)
        return result

    async def _set_cause(self, entity_id: str, name: str, *, is_on: bool) -> None:
        """Set a cause. If the home is killed meanwhile, it is set again after the next start."""
        self.causes.states[entity_id] = name, is_on
        await self.open.wait()
        await self._result_of(self.causes.set(entity_id))

    async def _result_of(self, call: Awaitable[Any]) -> CallResult:
        try:
            async with asyncio.timeout(CALL_TIMEOUT):
                await call
        except ApiError as error:
            if len(self.errors) < MAX_ERRORS:
                self.errors.add(str(error))
            return CallResult.REFUSED
        except aiohttp.ClientError, TimeoutError:
            return CallResult.KILLED
        return CallResult.DONE
