"""Backups: the outbox is copied as it was at one moment, while texts go on."""

from homeassistant.core import HomeAssistant

from .outbox_file import known_outbox


async def async_pre_backup(hass: HomeAssistant) -> None:
    """Leave the outbox's main file as it is while it is copied."""
    if outbox := known_outbox(hass):
        await outbox.pause_checkpoints()


async def async_post_backup(hass: HomeAssistant) -> None:
    """Go on as before."""
    if outbox := known_outbox(hass):
        await outbox.resume_checkpoints()
