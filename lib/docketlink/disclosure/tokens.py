"""Token columns on a frame: one pass of Arrow batches, the keys in its closure and nowhere else."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql.types import StringType, StructField, StructType

from docketlink.disclosure.kernels import KeyedColumn, Tokeniser, append_tokens
from docketlink.disclosure.keys import INTERNAL, Keys
from docketlink.errors import ContractError

_SEPARATOR = b"\x1f"


@dataclass(frozen=True)
class TokenColumn:
    """A column ``name`` of tokens over the texts of ``source_column``; equal texts of two domains share no token."""

    domain: str
    source_column: str
    name: str


def with_tokens(frame: DataFrame, keys: Keys, tokens: Sequence[TokenColumn], *, project: str = INTERNAL) -> DataFrame:
    """The frame with token columns at the end, 26 characters each, NULL for no text and for blanks.

    All other columns stay as they are, whatever their type. Key bytes travel in the closure of one ``mapInArrow``: a
    literal or a setting would stand in the plan and the event log. Raises ContractError when a text column is missing
    or a name is taken.
    """
    columns = [KeyedColumn(keys.derive(project, t.domain), t.domain.encode() + _SEPARATOR, b"", t.source_column, t.name) for t in tokens]
    return _append(frame, columns)


def tokeniser(keys: Keys) -> Callable[[DataFrame, Sequence[tuple[str, str, str]]], DataFrame]:
    """``with_tokens`` of the programme's own tokens as transforms take it: a frame and triples of domain, text column, name."""
    return lambda frame, tokens: with_tokens(frame, keys, [TokenColumn(*token) for token in tokens])


def record_tokens(keys: Keys) -> Tokeniser:
    """What kernels make the programme's own tokens of records, events and cases with."""
    return Tokeniser({domain: keys.derive(INTERNAL, domain) for domain in ("record", "event", "case")})


def person_ids(frame: DataFrame, keys: Keys, anchor: str, spine_version: int, name: str) -> DataFrame:
    """The frame with a column ``name`` of newly minted person ids, NULL where ``anchor`` is.

    A person id is the first 128 bits of HMAC-SHA256 under the internal person key over the anchor's ``record_id``,
    U+001F and the spine version of the minting: an id ever issued is never issued again, and without the key it is random.
    """
    suffix = _SEPARATOR + str(spine_version).encode()
    return _append(frame, [KeyedColumn(keys.derive(INTERNAL, "person"), b"", suffix, anchor, name)])


def minter(keys: Keys, spine_version: int) -> Callable[[DataFrame, str, str], DataFrame]:
    """``person_ids`` of one spine version as linkage takes it: a frame, the anchor column and the name of the new column."""
    return lambda frame, anchor, name: person_ids(frame, keys, anchor, spine_version, name)


def _append(frame: DataFrame, columns: Sequence[KeyedColumn]) -> DataFrame:
    types = dict(frame.dtypes)
    faults = [f"no column '{c.source_column}' to make tokens of" for c in columns if c.source_column not in types]
    faults += [f"column '{c.source_column}' is not text" for c in columns if types.get(c.source_column, "string") != "string"]
    names = [*frame.columns, *(c.name for c in columns)]
    faults += [f"column '{n}' would occur twice" for n in sorted({n for n in names if names.count(n) > 1})]
    if faults:
        raise ContractError("tokens", faults, next_step="correct the list of tokens.")
    if not columns:
        return frame
    schema = StructType([*frame.schema.fields, *(StructField(c.name, StringType(), True) for c in columns)])
    kernel: Callable[[Iterable[pa.RecordBatch]], Iterator[pa.RecordBatch]] = partial(append_tokens, columns=tuple(columns))
    return frame.mapInArrow(kernel, schema)
