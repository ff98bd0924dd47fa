"""How rows of a source become events."""

from typing import Literal

from pydantic import Field

from docketlink.config.base import Frozen
from docketlink.config.record import Coded
from docketlink.config.table import Area, Condition, EventDate, Name, Names


class ReferenceList(Frozen):
    """A table of the source that says what the ids of another one mean: rows that are ``where`` give ``value`` for ``key``."""

    table: Name
    key: Name
    value: Name
    where: Condition | None = None


class EventCode(Coded):
    """A coded column of an event, which may hold ids of a reference list: ``codes`` then knows the list's words."""

    through: ReferenceList | None = None


class Episode(Frozen):
    """What ties events together that tables tell apart, as the admission and the release of one stay."""

    kind: Name
    columns: Names = Field(min_length=1, description="Columns that name it within the source and kind.")


class EventConfig(Frozen):
    """Rows of one table that become one kind of event, or several told apart by a code."""

    table: Name
    key: tuple[Name, ...] = Field(default=(), description="Native key of the event; the table's own by default.")
    where: Condition | None = None
    type: str | EventCode
    date: EventDate | None = None
    end_date: EventDate | None = None
    outcome: EventCode | None = None
    outcome_instead: Names = Field(default=(), description="Columns that stand in for an empty outcome, in their order.")
    offence: Name | None = None
    offence_digits: int | None = Field(default=None, ge=1, description="Digits of a numeric offence code; leading zeros are put back.")
    offence_groups: Name | None = Field(default=None, description="List of this file's codes from offence code to offence group.")
    area: Area | None = None
    case_ref: Names = Field(default=(), description="Columns of the case reference; the first filled one counts.")
    lower_ref: Names = Field(default=(), description="Columns of the lower court's case reference; the first filled one counts.")
    episode: Episode | None = Field(default=None, description="What the event belongs to: a stay, an order, a requirement.")
    measures: dict[Literal["result_rank", "custody_days", "amount"], Name] = Field(
        default={}, description="Severity of a result (1 the most severe), days of custody, pounds: the columns that hold them."
    )
