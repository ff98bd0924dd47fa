"""Laws of the text kernel: what csv writes comes back, blocks do not matter, and every record of any bytes is accounted for."""

import csv
import io
from typing import Any

import pytest
from docketlink.sources import kernel_csv
from docketlink.sources.kernel_csv import read_records
from docketlink.sources.kernel_scan import scan_record
from docketlink.sources.kernel_spec import ColumnSpec, FileSpec, Limits
from hypothesis import example, given, settings
from hypothesis import strategies as st

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=8) | st.sampled_from(
    ["", '"', '""', ",", "\n", "\r\n", "a\r\nb", " ", 'x"y', "\ufeffz", "'", ";"]
)
BLOCKS = st.sampled_from([1, 2, 3, 5, 7, 16, 64, 1 << 20])


def spec_of(width: int, delimiter: str = ",", record_bytes: int = 1 << 20) -> FileSpec:
    columns = tuple(ColumnSpec(f"c{i}", f"c{i}") for i in range(width))
    return FileSpec("csv", delimiter, '"', "utf-8", "none", columns, Limits(record_bytes=record_bytes))


def read(content: bytes, how: FileSpec, block: int) -> list[tuple[Any, ...]]:
    """A tuple of broken, ragged, fields and text for each record."""
    data = b"h\n" + content
    rows: list[tuple[Any, ...]] = []
    for records in read_records((data[i : i + block] for i in range(0, len(data), block)), how):
        columns = [column.to_pylist() for column in records.table.columns]
        for i in range(records.table.num_rows):
            rows.append((bool(records.broken[i]), bool(records.ragged[i]), tuple(c[i] for c in columns), records.text(i)))
    return rows


def one_by_one(content: bytes, how: FileSpec) -> list[tuple[Any, ...]]:
    """The same by the record reader alone: the definition that the fast way must meet."""
    rows, start, width = [], 0, len(how.columns)
    while start < len(content):
        scan = scan_record(content, start, width, how, at_end=True)
        assert scan is not None
        ragged = not scan.broken and len(scan.fields) != width
        fields = (None,) * width if scan.broken or ragged else tuple(scan.fields)
        text = content[start : scan.end].removesuffix(b"\n").removesuffix(b"\r")
        rows.append((scan.broken, ragged, fields, text))
        start = scan.end
    return rows


@st.composite
def tables(draw: st.DrawFn) -> tuple[int, list[list[str]]]:
    width = draw(st.integers(1, 4))
    return width, draw(st.lists(st.lists(CELLS, min_size=width, max_size=width), max_size=12))


@given(tables(), BLOCKS, st.sampled_from(["\n", "\r\n"]), st.sampled_from([",", ";", "|", "\t"]), st.booleans())
@settings(max_examples=300, deadline=None)
def test_what_python_writes_comes_back(
    table: tuple[int, list[list[str]]], block: int, line_end: str, delimiter: str, quote_all: bool
) -> None:
    width, rows = table
    if line_end == "\n" and not quote_all:  # csv leaves a carriage return unquoted then, and nobody can tell it from a line end
        rows = [[cell.replace("\r", "") for cell in row] for row in rows]
    file = io.StringIO()
    writer = csv.writer(file, delimiter=delimiter, lineterminator=line_end, quoting=csv.QUOTE_ALL if quote_all else csv.QUOTE_MINIMAL)
    writer.writerows(rows)
    got = read(file.getvalue().encode(), spec_of(width, delimiter), block)
    assert [(b"" if value is None else value).decode() for row in got for value in row[2]] == [value for row in rows for value in row]
    assert not any(row[0] or row[1] for row in got)


PIECES = st.lists(
    st.sampled_from([b'"', b",", b"\n", b"\r", b"\r\n", b"a", b"\xff", b"\x00", b'""', b'","', b"\xef\xbb\xbf", b"b,c"]), max_size=40
)


@given(PIECES.map(b"".join) | st.binary(max_size=80), st.integers(1, 3), BLOCKS, st.sampled_from([4, 16, 1 << 20]))
@example(b'"a\n,b\n"\n', 2, 1, 4)
@example(b'a,"b\r', 2, 1, 1 << 20)
@settings(max_examples=1500, deadline=None)
def test_any_bytes_give_the_same_records_whatever_the_blocks(content: bytes, width: int, block: int, cap: int) -> None:
    how = spec_of(width, record_bytes=cap)
    assert read(content, how, block) == one_by_one(content, how)


@given(PIECES.map(b"".join), st.integers(1, 3), BLOCKS)
@settings(max_examples=500, deadline=None)
def test_records_and_line_ends_add_up_to_the_file(content: bytes, width: int, block: int) -> None:
    """No byte is lost and none is read twice."""
    how = spec_of(width)
    data = b"h\n" + content
    taken = b"".join(
        records.data[int(records.starts[0]) : int(records.ends[-1])]
        for records in read_records((data[i : i + block] for i in range(0, len(data), block)), how)
    )
    assert taken == content


@pytest.mark.parametrize("stray", [b'2" pipe', b'"open'])
def test_the_slow_way_hands_back_to_the_fast_one(stray: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kernel_csv, "_SLOW_SPAN", 64)
    lines = [b'%d,"x, y"\n' % i for i in range(3000)]
    lines[10] = lines[1500] = b"7," + stray + b"\n"
    content = b"".join(lines)
    rows = read(content, spec_of(2), 1 << 14)
    assert rows == one_by_one(content, spec_of(2))
    assert len(rows) == 3000
