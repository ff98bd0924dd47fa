"""Functions that read landed files on executors: what a file is, and what its records are.

They import nothing but the standard library, numpy and pyarrow, and get plain values. Each task is handed rows that name files.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from docketlink.sources.kernel_checks import Found, check_column
from docketlink.sources.kernel_csv import Records, read_records
from docketlink.sources.kernel_header import check_header, compare_names
from docketlink.sources.kernel_json import JsonRecords, inspect_lines, read_json
from docketlink.sources.kernel_parquet import parquet_columns, read_parquet
from docketlink.sources.kernel_rules import check_rule
from docketlink.sources.kernel_scan import joined, scan_record
from docketlink.sources.kernel_spec import FileSpec, UnusableFileError
from docketlink.sources.kernel_stream import Digest, open_raw, repairable_text, utf8_blocks

FAULT = pa.list_(pa.struct([("rule", pa.string()), ("column", pa.string())]))
FILE_FAULT = pa.list_(pa.struct([("rule", pa.string()), ("detail", pa.string())]))
_BATCH_ROWS = 10_000


class FileFact(NamedTuple):
    """What inspection says about one file; ``faults`` are pairs of rule and detail."""

    bytes: int
    sha256: str
    has_record: bool
    faults: list[dict[str, str]]


def inspect_batches(batches: Iterator[pa.RecordBatch], spec: FileSpec) -> Iterator[pa.RecordBatch]:
    """A row of table, source_file, bytes, sha256, has_record and faults for each named file."""
    for batch in batches:
        for file in batch.to_pylist():
            fact = inspect_file(file["landing"], file["path"], spec)
            yield pa.RecordBatch.from_arrays(
                [
                    pa.array([file["table"]], pa.string()),
                    pa.array([file["source_file"]], pa.string()),
                    pa.array([fact.bytes], pa.int64()),
                    pa.array([fact.sha256], pa.string()),
                    pa.array([fact.has_record], pa.bool_()),
                    pa.array([fact.faults], FILE_FAULT),
                ],
                ["table", "source_file", "bytes", "sha256", "has_record", "faults"],
            )


def parse_batches(batches: Iterator[pa.RecordBatch], spec: FileSpec) -> Iterator[pa.RecordBatch]:
    """The records of each named file: source_file, ordinal, the kept columns as text, faults, record_text."""
    for batch in batches:
        for file in batch.to_pylist():
            for records in parse_file(file["landing"], file["path"], spec):
                name = pa.repeat(file["source_file"], records.num_rows)
                yield pa.RecordBatch.from_arrays([name, *records.columns], ["source_file", *records.schema.names])


def inspect_file(landing: str, path: str, spec: FileSpec) -> FileFact:
    """Size, hash and whether the file can be used, from one pass over its bytes in bounded memory.

    Rules: EMPTY, TRUNCATED, UNREADABLE, ENCODING, HEADER, TOO_LARGE.
    """
    with open_raw(landing, path) as file:
        raw = Digest(file, hashed=True)
        faults: list[dict[str, str]] = []
        has_record = False
        try:
            if file.size() == 0:
                raise UnusableFileError("EMPTY", "has no bytes")
            has_record = _INSPECTED[spec.kind](file, raw, spec)
        except UnusableFileError as fault:
            faults = [{"rule": fault.rule, "detail": fault.detail}]
        if spec.kind == "parquet":
            file.seek(0)
        sha256 = raw.hexdigest()
        return FileFact(raw.size, sha256, has_record, faults)


def parse_file(landing: str, path: str, spec: FileSpec) -> Iterator[pa.RecordBatch]:
    """The records of one sound file, in order: ordinal, kept columns as text, faults, record_text (of faulty records only)."""
    with open_raw(landing, path) as file:
        done = 0
        try:
            for columns, found, text_of in _RECORDS[spec.kind](file, spec):
                yield from _in_batches(columns, found, text_of, done, spec)
                done += len(columns[0])
        except UnusableFileError as fault:
            raise RuntimeError(f"{path} was sound when it was inspected and is not any more ({fault.rule}): run again.") from None


def _inspect_text(_: Any, raw: Digest, spec: FileSpec) -> bool:
    # A line longer than the cap spans a whole block when blocks are no larger than the cap.
    blocks = utf8_blocks(raw, spec, spec.limits.record_bytes)
    head, line, has_header, has_record = b"", 0, False, False
    for block in blocks:
        if not has_header:
            head += block
            header, line_end, rest = head.partition(b"\n")
            has_header = bool(line_end)
            if has_header:
                check_header(header.removesuffix(b"\r"), spec)
            has_record |= bool(rest)
        else:
            has_record |= bool(block)
        first, last = block.find(b"\n"), block.rfind(b"\n")
        if line + (len(block) if first < 0 else first) > spec.limits.record_bytes:
            raise UnusableFileError(
                "TOO_LARGE", f"has a line of more than {spec.limits.record_bytes} bytes; are its lines ended by line feeds?"
            )
        line = line + len(block) if first < 0 else len(block) - last - 1
    if not has_header:
        check_header(head.removesuffix(b"\r"), spec)
    return has_record


def _inspect_parquet(file: Any, _: Digest, spec: FileSpec) -> bool:
    compare_names(parquet_columns(file), spec)
    return any([table.num_rows > 0 for table in read_parquet(file, spec)])  # a list: every page is read


def _inspect_json(_: Any, raw: Digest, spec: FileSpec) -> bool:
    return inspect_lines(utf8_blocks(raw, spec, spec.limits.record_bytes), spec)


_INSPECTED = {"csv": _inspect_text, "parquet": _inspect_parquet, "jsonl": _inspect_json}
Checked = tuple[list[Any], list[Found], Any]


def _text_records(file: Any, spec: FileSpec) -> Iterator[Checked]:
    for records in read_records(utf8_blocks(Digest(file, hashed=False), spec, spec.limits.block_bytes), spec):
        unread = records.broken | records.ragged
        columns, found = _checked(spec, records.table, unread)
        found += [Found(np.flatnonzero(records.broken), "QUOTE", ""), Found(np.flatnonzero(records.ragged), "COLUMN_COUNT", "")]
        yield columns, found, lambda row, records=records: _record_text(records, row, spec)


def _parquet_records(file: Any, spec: FileSpec) -> Iterator[Checked]:
    for table in read_parquet(file, spec):
        columns, found = _checked(spec, table, np.zeros(table.num_rows, bool))
        yield columns, found, _shown(spec, columns)


def _json_records(file: Any, spec: FileSpec) -> Iterator[Checked]:
    """The text of a faulty row is its values, that of a line that cannot be read the line, unless a column must not be kept."""
    for records in read_json(utf8_blocks(Digest(file, hashed=False), spec, spec.limits.block_bytes), spec):
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


_RECORDS = {"csv": _text_records, "parquet": _parquet_records, "jsonl": _json_records}


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


def _in_batches(columns: list[Any], found: list[Found], text_of: Any, done: int, spec: FileSpec) -> Iterator[pa.RecordBatch]:
    size = len(columns[0])
    faults, texts = _fault_columns(found, text_of, size)
    ordinal = pa.array(np.arange(done + 1, done + size + 1, dtype=np.int64))
    names = ["ordinal", *(c.name for c in spec.kept), "faults", "record_text"]
    whole = pa.RecordBatch.from_arrays([ordinal, *columns, faults, texts], names)
    for start in range(0, size, _BATCH_ROWS):
        yield whole.slice(start, _BATCH_ROWS)


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
