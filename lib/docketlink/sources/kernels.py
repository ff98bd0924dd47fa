"""Functions that read landed files on executors: what a file is, and what its records are, in one pass over its bytes.

They import nothing but the standard library, numpy and pyarrow, and get plain values.
"""

from collections.abc import Iterator, Sequence
from itertools import tee
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from docketlink.sources.kernel_checks import Found, check_column
from docketlink.sources.kernel_csv import Records, read_records
from docketlink.sources.kernel_header import compare_names
from docketlink.sources.kernel_json import JsonRecords, read_json
from docketlink.sources.kernel_lines import Seen, checked_lines, gathered
from docketlink.sources.kernel_parquet import parquet_columns, read_parquet
from docketlink.sources.kernel_rules import check_rule
from docketlink.sources.kernel_scan import joined, scan_record
from docketlink.sources.kernel_spec import FileSpec, UnusableFileError
from docketlink.sources.kernel_stream import Digest, open_raw, repairable_text, utf8_blocks

FAULT = pa.list_(pa.struct([("rule", pa.string()), ("column", pa.string())]))
FILE_FAULT = pa.list_(pa.struct([("rule", pa.string()), ("detail", pa.string())]))


class FileFact(NamedTuple):
    """What inspection says about one file; ``faults`` are pairs of rule and detail."""

    bytes: int
    sha256: str
    has_record: bool
    faults: list[dict[str, str]]


class Reading:
    """One pass over one landed file, for every table that reads it: ``records`` first, then ``fact``. Bounded memory.

    Several tables read one file of JSON lines alone, and in one format (``folder_faults`` of the configuration).
    """

    def __init__(self, landing: str, path: str, specs: Sequence[FileSpec]) -> None:
        self._landing, self._path, self._specs = landing, path, specs
        self._fact: FileFact | None = None

    @property
    def fact(self) -> FileFact:
        """Size, hash and whether the file can be used. Rules: EMPTY, TRUNCATED, UNREADABLE, ENCODING, HEADER, TOO_LARGE."""
        if self._fact is None:
            raise RuntimeError(f"{self._path} was not read to its end")
        return self._fact

    def records(self) -> Iterator[tuple[int, pa.RecordBatch]]:
        """The number of a spec and, in order, its records: ordinal, kept columns as text, faults, record_text (of faulty ones).

        Of a file that cannot be used, those before the place at which that was found.
        """
        spec = self._specs[0]
        with open_raw(self._landing, self._path) as file:
            raw, seen = Digest(file, hashed=True), Seen()
            faults: list[dict[str, str]] = []
            try:
                if file.size() == 0:
                    raise UnusableFileError("EMPTY", "has no bytes")
                yield from self._parquet(file, seen) if spec.kind == "parquet" else self._text(raw, seen)
            except UnusableFileError as fault:
                faults = [{"rule": fault.rule, "detail": fault.detail}]
            if spec.kind == "parquet":
                file.seek(0)
            sha256 = raw.hexdigest()
            self._fact = FileFact(raw.size, sha256, seen.record, faults)

    def _parquet(self, file: Any, seen: Seen) -> Iterator[tuple[int, pa.RecordBatch]]:
        compare_names(parquet_columns(file), self._specs[0])
        done = 0
        for columns, found, text_of in _parquet_records(file, self._specs[0]):
            seen.record |= len(columns[0]) > 0
            yield 0, _batch(columns, found, text_of, done, self._specs[0])
            done += len(columns[0])

    def _text(self, raw: Digest, seen: Seen) -> Iterator[tuple[int, pa.RecordBatch]]:
        spec = self._specs[0]
        # A line longer than the cap spans a whole block when blocks are no larger than the cap.
        blocks = utf8_blocks(raw, spec, min(spec.limits.record_bytes, spec.limits.block_bytes))
        checked = checked_lines(blocks, spec, seen, has_header=spec.kind == "csv")
        copies = tee(gathered(checked, spec.limits.block_bytes), len(self._specs))
        waiting = [(n, 0, _RECORDS[spec.kind](copy, each)) for n, (copy, each) in enumerate(zip(copies, self._specs, strict=True))]
        while waiting:  # in turn, so that no copy runs ahead of another by more than a block
            further = []
            for n, done, records in waiting:
                if (each := next(records, None)) is not None:
                    columns, found, text_of = each
                    yield n, _batch(columns, found, text_of, done, self._specs[n])
                    further.append((n, done + len(columns[0]), records))
            waiting = further


def hash_of(landing: str, path: str) -> tuple[int, str]:
    """Size and SHA-256 of a file."""
    with open_raw(landing, path) as file:
        raw = Digest(file, hashed=True)
        sha256 = raw.hexdigest()
        return raw.size, sha256


Checked = tuple[list[Any], list[Found], Any]


def _text_records(blocks: Iterator[bytes], spec: FileSpec) -> Iterator[Checked]:
    for records in read_records(blocks, spec):
        unread = records.broken | records.ragged
        columns, found = _checked(spec, records.table, unread)
        found += [Found(np.flatnonzero(records.broken), "QUOTE", ""), Found(np.flatnonzero(records.ragged), "COLUMN_COUNT", "")]
        yield columns, found, lambda row, records=records: _record_text(records, row, spec)


def _parquet_records(file: Any, spec: FileSpec) -> Iterator[Checked]:
    for table in read_parquet(file, spec):
        columns, found = _checked(spec, table, np.zeros(table.num_rows, bool))
        yield columns, found, _shown(spec, columns)


def _json_records(blocks: Iterator[bytes], spec: FileSpec) -> Iterator[Checked]:
    """The text of a faulty row is its values, that of a line that cannot be read the line, unless a column must not be kept."""
    for records in read_json(blocks, spec):
        unread = np.zeros(records.table.num_rows, bool)
        for rows in records.unread.values():
            unread[rows] = True
        columns, found = _checked(spec, records.table, unread)
        found += [Found(rows, rule, "") for rule, rows in sorted(records.unread.items())]
        shown = _shown(spec, columns)

        def text_of(row: int, records: JsonRecords = records, unread: Any = unread, shown: Any = shown) -> str | None:
            if not unread[row]:
                return str(shown(row))
            return None if spec.hides else repairable_text(records.lines[int(records.line[row])])

        yield columns, found, text_of


def _shown(spec: FileSpec, columns: list[Any]) -> Any:
    """A function of a row that joins its values by commas, the truth left out."""

    def text_of(row: int) -> str:
        values = [column[row].as_py() for c, column in zip(spec.kept, columns, strict=True) if not c.secret]
        return ",".join("" if value is None else value for value in values)

    return text_of


_RECORDS = {"csv": _text_records, "jsonl": _json_records}


def _checked(spec: FileSpec, table: pa.Table, unread: Any) -> tuple[list[Any], list[Found]]:
    columns, found = [], []
    for position, column in enumerate(spec.columns):
        if column.kept:
            values = table.column(position).combine_chunks()
            text, faults = check_column(column, values)
            faults += check_rule(column, text, faults)
            columns.append(text)
            found += [Found(f.rows[~unread[f.rows]], f.rule, f.column) for f in faults]
    return columns, found


def _record_text(records: Records, row: int, spec: FileSpec) -> str | None:
    """The record as it arrived; where a column must not be kept, the record without it, or nothing if it cannot be told apart."""
    record = records.text(row)
    if not spec.hides:
        return repairable_text(record)
    if records.broken[row] or records.ragged[row]:
        return None
    scan = scan_record(record, 0, len(spec.columns), spec, at_end=True)
    if scan is None or len(scan.fields) != len(spec.columns):
        return None
    shown = [value for column, value in zip(spec.columns, scan.fields, strict=True) if column.kept and not column.secret]
    return repairable_text(joined(shown, spec))


def _batch(columns: list[Any], found: list[Found], text_of: Any, done: int, spec: FileSpec) -> pa.RecordBatch:
    size = len(columns[0])
    faults, texts = _fault_columns(found, text_of, size)
    ordinal = pa.array(np.arange(done + 1, done + size + 1, dtype=np.int64))
    names = ["ordinal", *(c.name for c in spec.kept), "faults", "record_text"]
    return pa.RecordBatch.from_arrays([ordinal, *columns, faults, texts], names)


def _fault_columns(found: list[Found], text_of: Any, size: int) -> tuple[Any, Any]:
    """Lists of faults and texts of faulty records, one entry a row."""
    rows = np.concatenate([np.array([], np.int64), *(f.rows for f in found)])
    which = np.concatenate([np.array([], np.int64), *(np.full(len(f.rows), i, np.int64) for i, f in enumerate(found))])
    order = np.lexsort((which, rows))
    rows, which = rows[order], which[order]
    offsets = pa.array(np.searchsorted(rows, np.arange(size + 1)), pa.int32())
    rules, fields = pa.array([f.rule for f in found], pa.string()), pa.array([f.column for f in found], pa.string())
    chosen = pa.array(which)
    faults = pa.ListArray.from_arrays(offsets, pa.StructArray.from_arrays([rules.take(chosen), fields.take(chosen)], ["rule", "column"]))
    if not len(rows):
        return faults, pa.nulls(size, pa.string())
    texts: list[str | None] = [None] * size
    for row in np.unique(rows).tolist():
        texts[row] = text_of(row)
    return faults, pa.array(texts, pa.string())
