"""Backups: the message database is copied as it was at one moment, while texts are still sent."""

from homeassistant.core import HomeAssistant

from .storage.open_database import known_database


async def async_pre_backup(hass: HomeAssistant) -> None:
    """Stop changing the main file of the database while it is copied."""
    if database := known_database(hass):
        await database.pause_checkpoints()


async def async_post_backup(hass: HomeAssistant) -> None:
    """Change the main file again."""
    if database := known_database(hass):
        await database.resume_checkpoints()
