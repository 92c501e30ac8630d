"""Add the alert of the demo with the dialog that a user sees."""

from collections.abc import Iterable, Mapping
from typing import Any

from scripts.demo_home.accounts import DOMAIN, FLOWS
from scripts.demo_home.api import Api, ApiError

# The alert's name, its cause, and its entities.
WATER = "Water in the cellar"
CAUSE = "input_boolean.water"
STATE = "sensor.water_in_the_cellar_state"
TAKE = "button.water_in_the_cellar_i_take_it"
# Who is asked first, and next.
STEPS = (("notify.anna",), ("notify.ben", "notify.clara"))
# How long they have to answer, in minutes.
WAIT = 1
# What the dialog asks for. The times are short, so that a visitor sees what follows.
ANSWERS: dict[str, Any] = {
    "name": WATER,
    "causes": [CAUSE],
    "steps": [{"who": list(people), "wait": WAIT} for people in STEPS],
    "cleared_after": {"seconds": 5},
}


async def add_alert(api: Api) -> None:
    """Add the alert: fill in each step of the dialog."""
    menu = await api.post(f"{FLOWS}/flow", {"handler": DOMAIN})
    step = await api.post(f"{FLOWS}/flow/{menu['flow_id']}", {"next_step_id": "alert"})
    while step["type"] == "form" and not step["errors"]:
        step = await api.post(f"{FLOWS}/flow/{step['flow_id']}", _filled(step["data_schema"] or ()))
    if step["type"] != "create_entry":
        raise ApiError(f"{step['handler']}, {step.get('step_id')}: {step.get('errors') or step}")


def _filled(fields: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Return what is entered in these fields. A section has fields of its own."""
    sections = {field["name"]: _filled(field["schema"]) for field in fields if "schema" in field}
    return sections | {field["name"]: ANSWERS[field["name"]] for field in fields if field["name"] in ANSWERS}
