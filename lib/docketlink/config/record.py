"""How rows of a source become linking nodes: names, births, addresses, numbers and what else tells people apart."""

from typing import Literal, Self

from pydantic import Field, model_validator

from docketlink.config.base import Frozen
from docketlink.config.table import Area, Condition, DatePattern, EventDate, Name


class Values(Frozen):
    """Values of one column: of the node's own table, or of a table that hangs on it."""

    column: Name
    table: Name | None = None
    where: Condition | None = None


class AddressDates(Frozen):
    """The days on which an address of a table began and ended."""

    begins: EventDate | None = None
    ends: EventDate | None = None


class FlagRule(Frozen):
    """Rows that carry a mark: the record's ``flag_arr`` holds ``flag``."""

    flag: str = Field(pattern=r"^[A-Z][A-Z0-9_]*$")
    column: Name
    equals: tuple[str, ...] = Field(min_length=1)
    table: Name | None = None


class NameColumns(Frozen):
    """Where the parts of a name stand. ``full`` is used where no part is filled, or alone."""

    forenames: tuple[Name, ...] = ()
    surname: Name | None = None
    full: Name | None = None
    title: Name | None = None
    drop_words: tuple[str, ...] = Field(default=(), description="Further words that are no name, as titles of a period.")


class BirthDate(Frozen):
    """A date of birth: patterns tried in order; a two-digit year is placed by the age at ``reference`` or the snapshot."""

    column: Name
    formats: tuple[DatePattern, ...] = ("yyyy-MM-dd", "dd/MM/yyyy", "yyyyMMdd")
    reference: Name | None = Field(default=None, description="Column of the event date (yyyy-MM-dd).")
    youngest: int = Field(default=10, ge=0, description="Age in years below which a date is out of range.")
    placeholders: tuple[str, ...] = ("1900-01-01", "1970-01-01", "1899-12-30", "1901-01-01", "9999-12-31")
    oldest: int = Field(default=110, ge=1, description="Age in years at the reference above which a date is out of range.")


class Coded(Frozen):
    """A coded column: ``codes`` is a list of this file's ``codes``; values outside it become ``unmapped``."""

    column: Name
    codes: Name | None = None
    unmapped: str | None = None


class AliasRows(Frozen):
    """Rows of a table that hangs on the node, each with another name of the person."""

    table: Name
    name: NameColumns
    date_of_birth: BirthDate | None = None


class StatusRule(Frozen):
    """Records that are not people to link: the first rule that holds gives the ``link_status``."""

    status: Literal["organisation", "masked", "local_authority", "deleted"]
    when: Condition


class OtherValue(Frozen):
    """A further comparison value: ``clean`` is a column function named in docs/sources.md."""

    column: Name
    clean: Literal["words", "digits", "text", "date_text", "code"] = "words"


class RecordConfig(Frozen):
    """How rows of the landing tables become one linking node (a row of ``identity.person_record``)."""

    table: Name
    key: tuple[Name, ...] = Field(min_length=1, description="Columns that name the node; several rows of one key are aliases.")
    key_rule: Literal["all", "first"] = Field(default="all", description="all: they name it together; first: the first filled one does.")
    main_first: tuple[Name, ...] = Field(default=(), description="Among rows of one key the main one has the largest of these.")
    person_key: Name | None = None
    name: NameColumns
    aliases: tuple[AliasRows, ...] = ()
    date_of_birth: BirthDate | None = None
    sex: Coded | None = None
    role: Name | None = None
    case_key: Name | None = Field(default=None, description="Column of the source's own key of the case.")
    postcodes: tuple[Values, ...] = ()
    postcode_placeholders: tuple[str, ...] = ("NF11NF", "NF11FA", "AA11AA", "XX11XX")
    address: tuple[Values, ...] = ()
    address_dates: dict[Name, AddressDates] = Field(default={}, description="Table of addresses to the columns of their days.")
    known_ids: dict[str, tuple[Values, ...]] = Field(default={}, description="Kind of a further number of the person to where it stands.")
    flags: tuple[FlagRule, ...] = ()
    pnc: tuple[Values, ...] = ()
    cro: tuple[Values, ...] = ()
    sentence_dates: tuple[Values, ...] = ()
    other: dict[Name, OtherValue] = Field(default={})
    link_status: tuple[StatusRule, ...] = ()

    @model_validator(mode="after")
    def _coming_of_age_is_a_day(self) -> Self:
        if (told := self.other.get("of_age_on")) and told.clean != "date_text":
            raise ValueError("other of_age_on is a day, on which the person was of age: clean must be date_text")
        return self


class AttributeConfig(Frozen):
    """What ``payload.record_attribute`` takes from the node's main row, beside sex, birth year and role of the record."""

    ethnicity: Coded | None = None
    ethnicity_officer: Name | None = Field(default=None, description="Column of what an officer noted; kept as received, never mapped.")
    area: Area | None = None
