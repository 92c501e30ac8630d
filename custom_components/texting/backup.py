"""Backups: the message database is copied as it was at one moment, while texts are still sent."""

from homeassistant.core import HomeAssistant

from .storage.open_database import async_pause_checkpoints, async_resume_checkpoints


async def async_pre_backup(hass: HomeAssistant) -> None:
    """Stop changing the main file of the database while it is copied."""
    await async_pause_checkpoints(hass)


async def async_post_backup(hass: HomeAssistant) -> None:
    """Change the main file again."""
    await async_resume_checkpoints(hass)
