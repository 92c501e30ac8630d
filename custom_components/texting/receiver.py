"""Receiver: takes the texts that come in at one account, each of them once."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from homeassistant.config_entries import ConfigEntry
from homeassistant.core import HomeAssistant, callback

from .gateway.message import OPT_IN_WORDS, IncomingMessage, IncomingType, bare_words
from .gateway.provider import ProviderInfo
from .inbound.command_sessions import Command
from .inbound.commands import async_interpret
from .inbound.inbox import COMMAND_TIMEOUT, ReceivedMessage
from .inbound.keywords import keyword_of, with_keyword
from .inbound.reply_matcher import ReplyMatcher
from .signals import COMMAND, MESSAGE_RECEIVED
from .storage.entry_state import EntryState


class Receiver:
    """The receiver of one account."""

    def __init__(self, hass: HomeAssistant, entry: ConfigEntry[Any], state: EntryState, info: ProviderInfo) -> None:
        """Start with no text."""
        self._hass = hass
        self._entry = entry
        self._state = state
        self._opt_in_words = {*OPT_IN_WORDS, *info.opt_in_words}
        self._matcher = ReplyMatcher(state.outbox)

    @callback
    def async_receive(
        self,
        incoming: IncomingMessage,
        is_connected: Callable[[], bool] | None = None,
        reply_timeout: float = 0.0,
        *,
        late: bool = False,
    ) -> ReceivedMessage | None:
        """Take a text of a phone once; return None if it is a repetition. A late text is no command any more.

        With is_connected, the provider's request is kept open for some seconds, or until its command is done.
        """
        incoming = replace(with_keyword(self._entry, incoming), late=late)
        stops = incoming.type is IncomingType.OPT_OUT
        if stops:
            # Also if it equals an earlier one: there may have been a START between them.
            self._state.opt_outs.async_add(incoming.sender, incoming.sent_at)
        received = self._state.inbox.receive(incoming)
        if received is None:
            return None
        returns = (
            not stops
            and self._opts_in(incoming)
            and self._state.opt_outs.async_discard(incoming.sender, incoming.sent_at)
        )
        may_command = not (stops or returns or late)
        incoming, command, received.is_answer = async_interpret(
            self._hass, self._entry, incoming, may_command=may_command
        )
        received.is_command = command is not None
        if is_connected and not stops:
            timeout = max(reply_timeout, COMMAND_TIMEOUT) if command else reply_timeout
            self._state.inbox.keep_open(received, timeout, is_connected)
        publish = partial(self._async_publish, received.id, command)
        matching = self._matcher.match(incoming, publish)
        received.publish_with(self._hass.async_create_task(matching, "texting incoming text"))
        return received

    @callback
    def _async_publish(self, incoming_id: str, command: Command | None, incoming: IncomingMessage) -> None:
        """Tell entities and automations of a text, then run its command."""
        entry_id = self._entry.entry_id
        self._state.publish(MESSAGE_RECEIVED, entry_id, incoming, incoming_id)
        if command:
            self._state.publish(COMMAND, entry_id, incoming.sender, incoming_id, command)

    def _opts_in(self, incoming: IncomingMessage) -> bool:
        """Return True if a text ends an opt-out: START, the provider's own word, or a keyword from our dialog."""
        return (
            incoming.opts_in
            or keyword_of(self._entry, incoming.text) is not None
            or bare_words(incoming.text) in self._opt_in_words
        )
