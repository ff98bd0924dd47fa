"""From blocks of UTF-8 bytes to delimited records, every one of them accounted for; runs on executors.

Grammar: RFC 4180 with any delimiter and quote. LF or CRLF ends a record; a quote opens a quoted field only at the field's start and
stands for itself later in an unquoted one; after the closing quote comes a delimiter or the end of the record. An unclosed quote
must not swallow the records below it: kernel_scan says how it is told from a value of several lines.

numpy finds delimiters, quotes and line ends of whole blocks; pyarrow parses the records whose quotes are in order; Python reads the
others one by one. Both ways give the same records (tests/sources/test_csv_law.py).
"""

from collections.abc import Generator, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from pyarrow import csv

from docketlink.sources.kernel_scan import Scan, scan_record
from docketlink.sources.kernel_spec import FileSpec

Longs = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]
Bytes = npt.NDArray[np.uint8]

_LF, _CR = 10, 13
_SLOW_SPAN = 1 << 16  # bytes read one record at a time after a quote that is out of order
_BOM = b"\xef\xbb\xbf"


@dataclass
class Records:
    """Consecutive records: their fields as binary columns f0, f1, …; all NULL where ``broken`` (QUOTE) or ``ragged`` (COLUMN_COUNT)."""

    table: pa.Table
    broken: Flags
    ragged: Flags
    data: bytes
    starts: Longs
    ends: Longs

    def text(self, row: int) -> bytes:
        """The bytes of one record without its line end."""
        return self.data[self.starts[row] : self.ends[row]].removesuffix(b"\n").removesuffix(b"\r")


def read_records(blocks: Iterator[bytes], spec: FileSpec) -> Iterator[Records]:
    """The records below the header line, in order."""
    data, in_body, at_end = b"", False, False
    while not at_end:
        block = next(blocks, None)
        at_end = block is None
        data += block or b""
        if not in_body:
            line_end = data.find(b"\n")
            if line_end < 0:
                continue
            data, in_body = data[line_end + 1 :], True
        used = yield from _complete_records(data, spec, at_end)
        data = data[used:]


def header_names(line: bytes, spec: FileSpec) -> list[str]:
    """Names in the header line. An undecodable one raises UnicodeDecodeError."""
    scan = scan_record(line, 0, len(spec.columns), spec, at_end=True)
    return [(name or b"").decode() for name in scan.fields] if scan and not scan.broken else [line.decode()]


def _complete_records(data: bytes, spec: FileSpec, at_end: bool) -> Generator[Records, None, int]:
    """Yields the records that end in ``data`` and returns how many bytes they take."""
    start, span = 0, _SLOW_SPAN
    while start < len(data):
        block = _in_order(data, start, spec, at_end)
        taken = 0
        if len(block.ends):
            yield _parsed(data, start, block, spec)
            taken = int(block.ends[-1]) - start
            start += taken
        if start == len(data) or not (block.disorder or at_end or len(data) - start > spec.limits.record_bytes):
            break
        span = _SLOW_SPAN if taken > span else span * 4  # where strays are common, looking for order again costs more than it gains
        scans = _scanned(data, start, start + span, spec, at_end)
        if not scans:
            break
        yield _from_scans(data, start, scans, len(spec.columns))
        start = scans[-1].end
    return start


@dataclass
class _Block:
    """Leading records of a block whose quotes are in order: absolute ends, numbers of fields, stray carriage returns."""

    ends: Longs
    counts: Longs
    has_quote: bool
    disorder: bool
    has_lone_cr: Flags


def _in_order(data: bytes, start: int, spec: FileSpec, at_end: bool) -> _Block:
    """Records from ``start`` up to the first one whose quotes, length or line count need a closer look."""
    byte = np.frombuffer(data, np.uint8, offset=start)
    line_end = np.flatnonzero(byte == _LF)
    delimiter = np.flatnonzero(byte == ord(spec.delimiter))
    if not spec.quote or data.find(spec.quote.encode(), start) < 0:
        ends = _with_tail(line_end + 1, len(byte), at_end)
        return _Block(ends + start, _per_record(delimiter, ends) + 1, False, False, _lone_cr(byte, ends))
    is_quote = byte == ord(spec.quote)
    inside = (np.cumsum(is_quote, dtype=np.uint8) & 1).astype(bool)  # the sum may wrap: only its parity counts
    ends = line_end[~inside[line_end]] + 1
    if not inside[-1]:
        ends = _with_tail(ends, len(byte), at_end)
    counts = _per_record(delimiter[~inside[delimiter]], ends) + 1
    fault = _first_misplaced(byte, np.flatnonzero(is_quote), spec, at_end)
    several_lines = _per_record(line_end, ends - 1) > 0
    suspect = (ends > fault) | (np.diff(ends, prepend=0) > spec.limits.record_bytes) | (several_lines & (counts != len(spec.columns)))
    sound = int(np.argmax(suspect)) if suspect.any() else len(ends)
    disorder = sound < len(ends) or fault < len(byte)
    return _Block(ends[:sound] + start, counts[:sound], True, disorder, _lone_cr(byte, ends[:sound]))


def _with_tail(ends: Longs, size: int, at_end: bool) -> Longs:
    """The last record of a file may lack its line end."""
    return np.append(ends, size) if at_end and size and (not len(ends) or ends[-1] < size) else ends


def _per_record(positions: Longs, ends: Longs) -> Longs:
    """How many of the sorted ``positions`` lie in each record."""
    starts = np.concatenate([[0], ends[:-1]]) if len(ends) else ends
    return np.searchsorted(positions, ends) - np.searchsorted(positions, starts)


def _lone_cr(byte: Bytes, ends: Longs) -> Flags:
    """Records with a carriage return that is not part of a line end; pyarrow would end a line there."""
    cr = np.flatnonzero(byte == _CR)
    alone = cr[(cr + 1 == len(byte)) | (byte[np.minimum(cr + 1, len(byte) - 1)] != _LF)]
    return _per_record(alone, ends) > 0


def _first_misplaced(byte: Bytes, quote: Longs, spec: FileSpec, at_end: bool) -> int:
    """Position of the first quote that neither opens nor closes a field nor is doubled; the size of the block if there is none."""
    delimiter, mark = ord(spec.delimiter), ord(spec.quote)
    opening, closing = quote[0::2], quote[1::2]
    before = byte[np.maximum(opening - 1, 0)]
    opens = (opening == 0) | (before == delimiter) | (before == _LF) | (before == mark)
    padded = np.append(byte, np.array([_LF, _LF] if at_end else [0, 0], np.uint8))
    after, later = padded[closing + 1], padded[closing + 2]
    closes = (after == delimiter) | (after == _LF) | (after == mark) | ((after == _CR) & (later == _LF) & (closing + 2 < len(byte)))
    misplaced = np.concatenate([opening[~opens], closing[~closes]])
    return int(misplaced.min()) if len(misplaced) else len(byte)


def _parsed(data: bytes, start: int, block: _Block, spec: FileSpec) -> Records:
    """Records in order, by pyarrow; the few that it would misread are taken out and put back."""
    width, ends = len(spec.columns), block.ends
    starts = np.concatenate([[start], ends[:-1]])
    ragged = block.counts != width
    by_hand = block.has_lone_cr & ~ragged
    regular = ~(ragged | by_hand)
    while regular.any() and data.startswith(_BOM, first := int(starts[np.argmax(regular)])):  # pyarrow drops it at its input's start
        by_hand |= starts == first
        regular &= ~by_hand
    if regular.all():
        table = _by_pyarrow(pa.py_buffer(data).slice(start, int(ends[-1]) - start), spec, block.has_quote)
    else:
        scans = [_whole(data[s:e], spec) for s, e in zip(starts[by_hand], ends[by_hand], strict=True)]
        parts = [_columns(scans, width), _columns([[None] * width] * int(ragged.sum()), width)]
        if regular.any():
            parts.insert(0, _by_pyarrow(pa.py_buffer(_joined(data, starts, ends, regular)), spec, block.has_quote))
        order = np.concatenate([np.flatnonzero(rows) for rows in (regular, by_hand, ragged)])
        table = pa.concat_tables(parts).take(pa.array(np.argsort(order)))
    if table.num_rows != len(ends):  # ordinals would be wrong from here on
        raise RuntimeError(f"{len(ends)} records were cut and {table.num_rows} were parsed")
    return Records(table, np.zeros(len(ends), bool), ragged, data, starts, ends)


def _whole(record: bytes, spec: FileSpec) -> list[bytes | None]:
    scan = scan_record(record, 0, len(spec.columns), spec, at_end=True)
    return scan.fields if scan else []


def _joined(data: bytes, starts: Longs, ends: Longs, chosen: Flags) -> bytes:
    edges = np.flatnonzero(np.diff(np.concatenate([[False], chosen, [False]]).astype(np.int8)))
    return b"".join(data[starts[first] : ends[last - 1]] for first, last in zip(edges[0::2], edges[1::2], strict=True))


def _by_pyarrow(text: Any, spec: FileSpec, has_quote: bool) -> pa.Table:
    if text[text.size - 1] != _LF:  # pyarrow takes a last field without a byte or a line end for a quoted one
        text = pa.py_buffer(text.to_pybytes() + b"\n")
    names = [f"f{i}" for i in range(len(spec.columns))]
    return csv.read_csv(
        pa.BufferReader(text),
        csv.ReadOptions(use_threads=False, column_names=names, block_size=max(text.size + 1, 64)),
        csv.ParseOptions(
            delimiter=spec.delimiter,
            quote_char=spec.quote if has_quote else False,
            double_quote=True,
            escape_char=False,
            newlines_in_values=True,
            ignore_empty_lines=False,
        ),
        csv.ConvertOptions(
            check_utf8=False,
            column_types=dict.fromkeys(names, pa.binary()),
            null_values=[""],
            strings_can_be_null=True,
            quoted_strings_can_be_null=False,
        ),
    )


def _scanned(data: bytes, start: int, stop: int, spec: FileSpec, at_end: bool) -> list[Scan]:
    """Records from ``start`` read one by one until ``stop`` is reached or more bytes are needed."""
    scans: list[Scan] = []
    stop = min(len(data), stop)
    while start < stop and (scan := scan_record(data, start, len(spec.columns), spec, at_end)):
        scans.append(scan)
        start = scan.end
    return scans


def _from_scans(data: bytes, start: int, scans: list[Scan], width: int) -> Records:
    ends = np.array([scan.end for scan in scans], np.int64)
    broken = np.array([scan.broken for scan in scans])
    ragged = np.array([not scan.broken and len(scan.fields) != width for scan in scans])
    unread: list[bytes | None] = [None] * width
    rows = [unread if bad else scan.fields for scan, bad in zip(scans, broken | ragged, strict=True)]
    return Records(_columns(rows, width), broken, ragged, data, np.concatenate([[start], ends[:-1]]), ends)


def _columns(rows: list[list[bytes | None]], width: int) -> pa.Table:
    return pa.table({f"f{i}": pa.array([row[i] for row in rows], pa.binary()) for i in range(width)})
