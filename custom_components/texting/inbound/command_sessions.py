"""CommandSession: what is remembered of a number that commands the home. All times are in monotonic seconds."""

import asyncio
from collections import deque
from collections.abc import Hashable
from dataclasses import dataclass, field
from enum import StrEnum
from secrets import token_hex

# A conversation, the rest of an answer and the count of commands are kept this long.
SESSION_TIMEOUT = 600.0
# Commands within SESSION_TIMEOUT.
MAX_COMMANDS = 10
MAX_WRONG_PINS = 5
# The first lock. Each further lock is twice as long as the one before.
LOCK_TIME = 600.0
MAX_LOCK_TIME = 86_400.0
# A text may begin with a number that is not meant as a PIN, so wrong PINs are forgotten after a day. If a day passes
# without one, the next lock is a first lock again.
WRONG_PIN_WINDOW = 86_400.0


class Kind(StrEnum):
    """What to do about a text: ask the agent, send the rest of an answer, or say why the home does nothing."""

    ASK = "ask"
    MORE = "more"
    TOO_MANY = "too_many"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Command:
    """What to do about a text."""

    kind: Kind
    # What the agent is asked.
    text: str = field(default="", repr=False)


@dataclass(slots=True, eq=False)
class CommandSession:
    """The session of one number, at all accounts."""

    # Held while the agent is asked, so that commands run one after the other.
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    # The times of the latest commands.
    _commands: deque[float] = field(default_factory=deque)
    # The times of the latest wrong PINs, by what tells their texts apart.
    _wrong_pins: dict[Hashable, float] = field(default_factory=dict)
    # The time of the last wrong PIN.
    _wrong_at: float = 0.0
    # The length of the next lock.
    _lock_time: float = LOCK_TIME
    _locked_until: float = 0.0
    # Whether the number was told that it sent too many commands.
    _was_warned: bool = False
    # The agent, the conversation's id, and the time of the last command.
    _conversation: tuple[str, str, float] | None = None
    # The rest of the last answer, and the time of its last page.
    _rest: tuple[str, float] | None = field(default=None, repr=False)

    def is_locked(self, now: float) -> bool:
        """Return True if all commands are ignored and no PIN is compared."""
        return now < self._locked_until

    def reject_pin(self, now: float, text: Hashable) -> float:
        """Count a wrong PIN, once for each text. Return for how long it locks commands, in seconds; mostly 0.

        text is equal for repetitions of the same text.
        """
        if now - max(self._wrong_at, self._locked_until) >= WRONG_PIN_WINDOW:
            self._lock_time = LOCK_TIME
        self._wrong_at = now
        self._wrong_pins = {each: time for each, time in self._wrong_pins.items() if time > now - WRONG_PIN_WINDOW}
        self._wrong_pins.setdefault(text, now)
        if len(self._wrong_pins) < MAX_WRONG_PINS:
            return 0.0
        self._wrong_pins.clear()
        seconds = self._lock_time
        self._lock_time = min(2 * seconds, MAX_LOCK_TIME)
        self._locked_until = now + seconds
        return seconds

    def accept_pin(self) -> None:
        """Forget the wrong PINs and the lock, because the right PIN came or there is a new one."""
        self._wrong_pins.clear()
        self._lock_time, self._locked_until = LOCK_TIME, 0.0

    def accept_command(self, command: Command, now: float) -> Command | None:
        """Count a command. Return it, or one warning if there were too many, then None."""
        _drop_old(self._commands, now - SESSION_TIMEOUT)
        if len(self._commands) < MAX_COMMANDS:
            self._commands.append(now)
            self._was_warned = False
            return command
        was_warned, self._was_warned = self._was_warned, True
        return None if was_warned else Command(Kind.TOO_MANY)

    def conversation_id(self, agent: str, now: float) -> str:
        """Return the id of the conversation with an agent. It is a new one after SESSION_TIMEOUT."""
        if self._conversation and self._conversation[0] == agent and now - self._conversation[2] < SESSION_TIMEOUT:
            return self._conversation[1]
        # Home Assistant replaces ULIDs that it does not know, so this is none.
        return f"texting-{token_hex(16)}"

    def keep_conversation(self, agent: str, conversation_id: str, now: float) -> None:
        """Continue this conversation with the next command."""
        self._conversation = (agent, conversation_id, now)

    def keep_rest(self, text: str, now: float) -> None:
        """Keep the rest of an answer. It replaces the rest of the answer before."""
        self._rest = (text, now) if text else None

    def rest(self, now: float) -> str:
        """Return the rest of the last answer, or an empty text after SESSION_TIMEOUT."""
        return self._rest[0] if self._rest and now - self._rest[1] < SESSION_TIMEOUT else ""


def _drop_old(times: deque[float], before: float) -> None:
    while times and times[0] <= before:
        times.popleft()
