"""When and where a source is complete, as far as its owners say so."""

from collections.abc import Iterator
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from docketlink.config.base import Frozen

Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]


class Window(Frozen):
    """Months, and perhaps areas, in which the coverage is known to be another than what the rows show."""

    first: Month
    last: Month | None = Field(default=None, description="Up to the latest snapshot when none.")
    coverage: Literal["full", "partial", "none", "migrating"]
    areas: tuple[str, ...] = Field(default=(), description="Area codes; all when none.")
    note: str

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.last is not None and self.last < self.first:
            raise ValueError(f"the window from {self.first} ends before it begins")
        return self


class Coverage(Frozen):
    """The months that a source covers, whether it adds or holds everything anew, and what is known of holes."""

    first: Month
    last: Month | None = Field(default=None, description="Last month covered; that of the latest snapshot when none.")
    kind: Literal["snapshot", "continuous"] = "snapshot"
    covers: str | None = Field(
        default=None, description="What the source covers: sources of one word cover the same areas one after the other."
    )
    windows: tuple[Window, ...] = Field(default=(), description="The first that holds for a month and area counts.")

    def faults(self) -> Iterator[str]:
        """Windows outside of the covered months."""
        if self.last is not None and self.last < self.first:
            yield f"coverage from {self.first} ends before it begins"
        for window in self.windows:
            if (self.last and window.first > self.last) or (window.last and window.last < self.first):
                yield f"the coverage window from {window.first} lies outside the covered months"
