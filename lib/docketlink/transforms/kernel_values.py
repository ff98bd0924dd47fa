"""Values of columns of Arrow batches, cleaned once for each distinct text; runs on executors."""

import gc
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Generic, TypeVar

import pyarrow as pa

from docketlink.cleaning.codes import standard_code
from docketlink.cleaning.text import KEY_BLANKS, SEPARATOR, key_part
from docketlink.transforms.kernel_spec import AreaSpec, CodeSpec, KeySpec, Tokens, ValueSpec, Where

_TEXT = pa.string()
_MOST = 200_000  # remembered values of one column; then forgotten, so that memory stays bounded

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
Texts = list[str | None]


@contextmanager
def without_collector() -> Iterator[None]:
    """No collection of cycles for the block: kernels make none, and looking for them among a batch's objects doubles the time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


class Memo(dict[K, V], Generic[K, V]):
    """What a rule makes of a value, computed once: names, dates and codes come again and again."""

    def __init__(self, rule: Callable[[K], V]) -> None:
        super().__init__()
        self._rule = rule

    def __missing__(self, key: K) -> V:
        if len(self) >= _MOST:
            self.clear()
        value = self[key] = self._rule(key)
        return value


class Spread:
    """A rule over the texts of a column: applied to each distinct one, remembered from batch to batch."""

    def __init__(self, rule: Callable[[str | None], Any], kind: Any = _TEXT) -> None:
        self._memo: Memo[str | None, Any] = Memo(rule)
        self._kind = kind

    def __call__(self, column: Any) -> Any:
        """What the rule makes of each text of an Arrow array."""
        coded = column.dictionary_encode(null_encoding="encode")
        values = pa.array([self._memo[text] for text in coded.dictionary.to_pylist()], self._kind)
        return values.take(coded.indices)


class Columns:
    """The columns of one batch as lists of texts, each fetched once."""

    def __init__(self, batch: pa.RecordBatch) -> None:
        self._batch = batch
        self._lists: dict[str, Texts] = {}
        self.rows: int = batch.num_rows

    def __getitem__(self, name: str) -> Texts:
        if name not in self._lists:
            column = self._batch.column(self._batch.schema.get_field_index(name))
            self._lists[name] = (column if pa.types.is_string(column.type) else column.cast(pa.string())).to_pylist()
        return self._lists[name]

    def array(self, name: str) -> Any:
        """The column as it came."""
        return self._batch.column(self._batch.schema.get_field_index(name))

    def where(self, condition: Where) -> list[bool]:
        """Whether the trimmed value is among those of the condition; an empty text stands for no value, ``*`` for any."""
        column, values = condition
        chosen, any_value = frozenset(values), "*" in values
        told = {value: ((text := (value or "").strip(" ")) in chosen or (any_value and text != "")) for value in set(self[column])}
        return [told[value] for value in self[column]]

    def value(self, spec: ValueSpec) -> Texts:
        """The column, NULL where its condition does not hold."""
        if spec.where is None:
            return self[spec.column]
        return [text if holds else None for text, holds in zip(self[spec.column], self.where(spec.where), strict=True)]

    def joined(self, names: Sequence[str]) -> list[str]:
        """The filled ones of some columns with blanks between; an empty text for none."""
        if len(names) == 1:
            return [text or "" for text in self[names[0]]]
        return [" ".join([text for text in texts if text is not None]) for texts in zip(*(self[name] for name in names), strict=True)]

    def first_filled(self, names: Sequence[str]) -> Texts:
        """Of some columns the first that holds more than blanks."""
        if len(names) == 1:
            return self[names[0]]
        rows = zip(*(self[name] for name in names), strict=True)
        return [next((text for text in texts if text is not None and text.strip(KEY_BLANKS)), None) for texts in rows]


def record_keys(columns: Columns, spec: KeySpec) -> Texts:
    """``source U+001F key1 U+001F …`` of each row, every part trimmed and in form C; NULL for a row without its key."""
    parts = [[None if text is None else key_part(text) for text in columns[name]] for name in spec.columns]
    if spec.first:
        chosen = [next((part for part in row if part), None) for row in zip(*parts, strict=True)]
        return [None if part is None else f"{spec.source}{SEPARATOR}{part}" for part in chosen]
    return [SEPARATOR.join((spec.source, *row)) if all(row) else None for row in zip(*parts, strict=True)]


def record_ids(columns: Columns, spec: KeySpec, tokens: Tokens) -> Texts:
    """The record id of each row of the node table; NULL for a row without its key."""
    return tokens("record", record_keys(columns, spec))


def row_deleted(columns: Columns, deleted: Where | None) -> list[bool]:
    """Whether the source withdrew each row."""
    return columns.where(deleted) if deleted else [False] * columns.rows


def coder(spec: CodeSpec | None) -> Callable[[str | None], str | None]:
    """The standard code of a raw value, remembered; NULL always where nothing is coded."""
    if spec is None:
        return lambda raw: None
    memo: Memo[str | None, str | None] = Memo(lambda raw: standard_code(raw, spec.codes, spec.unmapped))
    return memo.__getitem__


def areas(columns: Columns, spec: AreaSpec | None) -> Texts:
    """The code of the court or establishment of each row, NULL for none."""
    if spec is None:
        return [None] * columns.rows
    none, first = frozenset(spec.none), spec.first
    cleaned: Memo[str | None, str | None] = Memo(lambda raw: _place(raw, none, first))
    found = [[cleaned[text] for text in columns[name]] for name in spec.columns]
    return found[0] if len(found) == 1 else [next((place for place in row if place), None) for row in zip(*found, strict=True)]


def _place(raw: str | None, none: frozenset[str], first: int | None) -> str | None:
    text = raw.strip(KEY_BLANKS) if raw else ""
    return (text[:first] if first else text) or None if text not in none else None
