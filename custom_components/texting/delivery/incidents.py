"""IncidentRow: one incident of an alert, with all that is kept of it, as a row of the database."""

from dataclasses import astuple, dataclass, fields
from typing import Any

from .serialization import Model, Row, check, to_text


@dataclass(frozen=True, slots=True)
class IncidentRow:
    """One incident. Its fields are the columns of its row."""

    # The alert's config entry.
    entry_id: str
    # A ULID, so the rows of one entry are in the order of time.
    id: str
    # In Unix seconds. None: it is not over.
    ended_at: float | None
    # JSON with the rest. alerting/stored.py writes and reads it.
    content: str


COLUMNS = tuple(each.name for each in fields(IncidentRow))
_INCIDENT = Model.of(IncidentRow)


def to_row(incident: IncidentRow) -> Row:
    """Return the whole row."""
    return (*astuple(incident)[:-1], to_text(incident.content))


def from_row(row: Row) -> IncidentRow:
    """Return the incident of a row; raise one of serialization.INVALID if the row holds none."""
    known: dict[str, Any] = dict(zip(COLUMNS, row, strict=True))
    incident = IncidentRow(**known)
    check(_INCIDENT, incident)
    return incident
