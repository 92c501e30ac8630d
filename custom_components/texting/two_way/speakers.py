"""People who command a home by text: how often they may, what they talk about, what they have not read yet."""

import asyncio
from collections import deque
from dataclasses import dataclass, field
from enum import StrEnum
from secrets import token_hex

KEPT_FOR = 600.0
MOST_COMMANDS = 10
MOST_WRONG = 5
BLOCKED_FOR = 600.0
# A number at the beginning of a text may be no guess at all: after a day it counts no more.
WRONG_FOR = 86_400.0


class Kind(StrEnum):
    """What is to be done for a text: let the agent answer, send what is left, or say why nothing is done."""

    ASK = "ask"
    MORE = "more"
    TOO_MANY = "too_many"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Command:
    """What is to be done, with the text for the agent."""

    kind: Kind
    text: str = field(default="", repr=False)


@dataclass(slots=True, eq=False)
class Speaker:
    """One number's; now is always in monotonic seconds. Whoever asks the agent for it holds turn."""

    turn: asyncio.Lock = field(default_factory=asyncio.Lock)
    _commands: deque[float] = field(default_factory=deque)
    _wrong: deque[float] = field(default_factory=deque)
    _blocked_until: float = 0.0
    _told: bool = False
    _conversation: tuple[str, str, float] | None = None
    _rest: tuple[str, float] | None = field(default=None, repr=False)

    # -- how often ---------------------------------------------------------------------------------------------------

    def is_blocked(self, now: float) -> bool:
        """Whether nothing is done for this number, not even compared."""
        return now < self._blocked_until

    def refuse(self, now: float) -> Command | None:
        """Take a wrong PIN; what is said where it was one too many."""
        _forget(self._wrong, now - WRONG_FOR)
        self._wrong.append(now)
        if len(self._wrong) < MOST_WRONG:
            return None
        self._wrong.clear()
        self._blocked_until = now + BLOCKED_FOR
        return Command(Kind.BLOCKED)

    def recognise(self) -> None:
        """Take the right PIN."""
        self._wrong.clear()

    def admit(self, text: str, now: float) -> Command | None:
        """What is done for a command: where there were too many that is said once, then nothing."""
        _forget(self._commands, now - KEPT_FOR)
        if len(self._commands) < MOST_COMMANDS:
            self._commands.append(now)
            self._told = False
            return Command(Kind.ASK, text)
        told, self._told = self._told, True
        return None if told else Command(Kind.TOO_MANY)

    # -- what about --------------------------------------------------------------------------------------------------

    def conversation(self, agent: str, now: float) -> str:
        """The id of the conversation with an agent, a new one after a while."""
        if self._conversation and self._conversation[0] == agent and now - self._conversation[2] < KEPT_FOR:
            return self._conversation[1]
        # No ULID: Home Assistant replaces those that it has forgotten.
        return f"texting-{token_hex(16)}"

    def keep_conversation(self, agent: str, conversation: str, now: float) -> None:
        """Go on with it the next time."""
        self._conversation = (agent, conversation, now)

    def keep_rest(self, text: str, now: float) -> None:
        """Keep what is left of an answer, in place of what was."""
        self._rest = (text, now) if text else None

    def rest(self, now: float) -> str:
        """What is left of the last answer; empty where nothing is, or nobody asked for long."""
        return self._rest[0] if self._rest and now - self._rest[1] < KEPT_FOR else ""


def _forget(times: deque[float], before: float) -> None:
    while times and times[0] <= before:
        times.popleft()
