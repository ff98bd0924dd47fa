"""Designs of cohorts: who enters, what counts as a return, and for how long nothing may have happened before. conf/products/*.yml."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from docketlink.config.base import Frozen

Day = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])$")]
System = Literal["courts", "prison", "probation", "assessment", "family", "civil", "other"]


class Contacts(Frozen):
    """Events of the named systems; an empty list of types, outcomes or offence groups means any."""

    systems: tuple[System, ...] = Field(min_length=1)
    event_types: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    offence_groups: tuple[str, ...] = ()


class CohortConfig(Frozen):
    """One design."""

    design: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    about: str
    first: Day = Field(description="First day of the window of entry.")
    last: Day = Field(description="Last day of it.")
    enter: Contacts
    returns: Contacts
    washout_days: int = Field(default=0, ge=0, description="Days before the entry without any such contact.")
    gap_days: int = Field(default=0, ge=0, description="Days after the entry in which a contact is no return but part of the entry.")

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last < self.first:
            raise ValueError(f"the window from {self.first} ends before it begins")
        return self
