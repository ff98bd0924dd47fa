"""What the kernels are told: plain values, because executors have no pydantic."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ValueRule:
    """What a value must be beyond its type; an empty text is no bound, an empty tuple no list. Bounds of dates are yyyy-MM-dd."""

    pattern: str = ""
    least: str = ""
    greatest: str = ""
    one_of: tuple[str, ...] = ()
    folded: bool = False  # the list is compared blind to case, accents and spacing


@dataclass(frozen=True)
class ColumnSpec:
    """One column as it arrives."""

    name: str
    header: str
    type: str = "text"
    formats: tuple[str, ...] = ()
    required: bool = False
    kept: bool = True
    secret: bool = False  # the truth column: parsed, but never part of record_text
    json_kind: str = "text"
    several: str = "largest"
    rule: ValueRule | None = None


@dataclass(frozen=True)
class Limits:
    """Guards against files made to exhaust a worker; privacy.md T8."""

    record_bytes: int = 1 << 20
    unpacked_bytes: int = 10 << 30
    ratio: int = 100
    ratio_from: int = 16 << 20  # below it a high ratio harms nobody, and small repetitive files are common
    block_bytes: int = 4 << 20


@dataclass(frozen=True)
class FileSpec:
    """How the files of one landing table are written and what each column must hold."""

    kind: str
    delimiter: str
    quote: str
    encoding: str
    compression: str
    columns: tuple[ColumnSpec, ...]
    limits: Limits = Limits()
    rows: str = ""  # path of JSON to the list whose objects are rows

    @property
    def kept(self) -> tuple[ColumnSpec, ...]:
        """Columns of the parsed frame, the truth column among them."""
        return tuple(c for c in self.columns if c.kept)

    @property
    def hides(self) -> bool:
        """Whether a record's text holds something that must not be kept."""
        return any(c.secret or not c.kept for c in self.columns)


class UnusableFileError(Exception):
    """A file cannot be used as a whole. ``detail`` names columns and sizes, never a value."""

    def __init__(self, rule: str, detail: str) -> None:
        self.rule = rule
        self.detail = detail
        super().__init__(f"{rule}: {detail}")
