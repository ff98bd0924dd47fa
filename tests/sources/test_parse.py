"""Which records are set aside, by which rule, at which ordinal; what the others hold."""

import gzip
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pytest
from docketlink.sources.kernel_spec import ColumnSpec
from pyarrow import parquet

HEADER = b"id,name,born\n"
SpecOf = Callable[..., Any]


def test_values_arrive_as_they_are(landed: Any) -> None:
    body = b'1, Ann ,1980-02-29\r\n2,"Smith, ""Bob""\r\nJr",\n3,"",29/02/1980\n4,O"Neil,'
    assert landed.values(HEADER + body) == [
        (1, "1", " Ann ", "1980-02-29", []),
        (2, "2", 'Smith, "Bob"\r\nJr', None, []),
        (3, "3", "", "29/02/1980", []),
        (4, "4", 'O"Neil', None, []),
    ]


def test_every_line_below_the_header_is_a_record(landed: Any) -> None:
    rows = landed.values(HEADER + b"1,Ann,\n\n2,Bob\n3,Cy,,\n4,Di,\n\n")
    assert [(row[0], row[-1]) for row in rows] == [
        (1, []), (2, ["COLUMN_COUNT"]), (3, ["COLUMN_COUNT"]), (4, ["COLUMN_COUNT"]), (5, []), (6, ["COLUMN_COUNT"]),
    ]  # fmt: skip


def test_the_text_of_a_record_set_aside_is_kept_and_of_no_other(landed: Any) -> None:
    rows = landed.parse(HEADER + b"1,Ann,\n2,Bob\r\nx,Caf\xe9,\n")
    assert [row["record_text"] for row in rows] == [None, "2,Bob", "x,Caf\\xe9,"]


def test_an_unclosed_quote_costs_one_record(landed: Any) -> None:
    good = b"".join(b"%d,Name,\n" % i for i in range(10, 60))
    rows = landed.values(HEADER + b'1,"Ann,\n2,Bob,\n' + good + b'3,"Cy",\n4,"Di" x,\n5,Ed,"')
    assert len(rows) == 55
    assert {row[0]: row[-1] for row in rows if row[-1]} == {1: ["QUOTE"], 54: ["QUOTE"], 55: ["QUOTE"]}
    assert rows[1][1:3] == ("2", "Bob")
    assert rows[52][1:3] == ("3", "Cy")


def test_a_value_of_several_lines_beyond_the_cap_is_an_unclosed_quote(landed: Any, spec_of: SpecOf) -> None:
    body = b'1,"' + b"x\n" * 40 + b'",\n2,Bob,\n'
    assert landed.values(HEADER + body, spec_of(record_bytes=200))[0][-1] == []
    rows = landed.values(HEADER + body, spec_of(record_bytes=60))
    assert rows[0][-1] == ["QUOTE"]
    assert rows[-1][1:3] == ("2", "Bob")
    assert rows == landed.values(HEADER + body, spec_of(record_bytes=60, block_bytes=1))


def test_undecodable_bytes_set_their_record_aside_by_column(landed: Any, spec_of: SpecOf) -> None:
    rows = landed.values(HEADER + "1,Zoë,\n".encode() + "2,Zoë,\n".encode("latin-1") + b"3,Ann,\xff\n")
    assert rows == [(1, "1", "Zoë", None, []), (2, "2", None, None, ["ENCODING:name"]), (3, "3", "Ann", None, ["ENCODING:born"])]
    windows = HEADER + "1,Zoë Œuf,\n".encode("cp1252") + b"2,\x81,\n"
    assert landed.values(windows, spec_of(encoding="cp1252")) == [(1, "1", "Zoë Œuf", None, []), (2, "2", None, None, ["ENCODING:name"])]
    assert landed.parse(windows, spec_of(encoding="cp1252"))[1]["record_text"] == "2,\\x81,"
    assert landed.values((HEADER + "1,Zoë,\n".encode()).decode().encode("utf-16"), spec_of(encoding="utf-16"))[0][2] == "Zoë"


def test_control_characters_set_their_record_aside(landed: Any) -> None:
    body = b'1,A\x00nn,\n2,Tab\tbed,\n3,\x1fBob,\n4,Cy\rDi,\n5,"line\nbreak",\n\xef\xbb\xbf6,Ed,\n'
    assert [row[-1] for row in landed.values(HEADER + body)] == [
        ["CONTROL_CHARACTER:name"], [], ["CONTROL_CHARACTER:name"], ["CONTROL_CHARACTER:name"], [], ["TYPE:id"],
    ]  # fmt: skip


def test_required_columns_must_hold_more_than_blanks(landed: Any) -> None:
    rows = landed.values(HEADER + b',Ann,\n"",Bob,\n" \t",Cy,\n\xc2\xa0,Di,\n0,Ed,\n')
    assert [row[-1] for row in rows] == [["REQUIRED:id"]] * 4 + [[]]


BAD_DAYS = [
    *("1981-02-29", "1900-02-29", "1980-04-31", "1980-13-01", "1980-00-10", "1980-01-00", "0000-01-01"),
    *("80-01-01", "1980-1-1", "1980-02-29x", "1980/02/28"),
]
TYPES = [
    ("digits", (), ["0", "007", " 12 ", "", " "], ["1.0", "-1", "x", "1 2", "\u0661"]),
    ("decimal", (), ["1", "-1.50", "+.5", "3."], ["1,5", ".", "1e5", "\u00a31", "nan"]),
    ("date", ("yyyy-MM-dd",), ["1980-02-29", "2000-02-29", "1980-12-31", " 1980-01-28 "], BAD_DAYS),
    ("date", ("dd/MM/yyyy", "d MMM yy"), ["31/12/1980", "1 Feb 80", "29 FEB 00"], ["12/31/1980", "1980-12-31", "30 Feb 80", "1 Fev 80"]),
    (
        "timestamp",
        ("yyyy-MM-dd",),
        ["1980-02-29", "1980-02-29 23:59:59", "1980-02-29T23:59", "1980-02-29T00:00:00.123Z", "1980-02-29 00:00:00+01:00"],
        ["1980-02-30 00:00:00", "1980-02-28 24:00:00", "23:59"],
    ),
]


@pytest.mark.parametrize(("kind", "formats", "right", "wrong"), TYPES, ids=[f"{t[0]} {t[1]}" for t in TYPES])
def test_values_of_another_type_set_their_record_aside(
    landed: Any, spec_of: SpecOf, kind: str, formats: tuple[str, ...], right: list[str], wrong: list[str]
) -> None:
    how = spec_of((ColumnSpec("n", "n"), ColumnSpec("v", "v", type=kind, formats=formats)))
    body = "".join(f'{i},"{value}"\n' for i, value in enumerate([*right, *wrong], 1))
    rows = landed.values(f"n,v\n{body}".encode(), how)
    assert {row[2]: row[-1] for row in rows} == {**{v: [] for v in right}, **{v: ["TYPE:v"] for v in wrong}}


def test_a_record_gives_all_its_reasons(landed: Any) -> None:
    assert landed.values(HEADER + b"x\x01,An\x02n,31/02/1980\n")[0][-1] == [
        "CONTROL_CHARACTER:id", "TYPE:id", "CONTROL_CHARACTER:name", "TYPE:born",
    ]  # fmt: skip


def test_other_delimiters_and_quotes(landed: Any, spec_of: SpecOf) -> None:
    for delimiter in ";|\t\x01":
        body = "id,name,born\n1,'a;|\tb',\n".replace(",", delimiter).encode()
        expected = [(1, "1", "a;|\tb", None, [])]
        assert landed.values(body, spec_of(delimiter=delimiter, quote="'")) == expected, repr(delimiter)
    assert landed.values(HEADER + b'1,"Ann,\n', spec_of(quote="")) == [(1, "1", '"Ann', None, [])]


def test_dropped_columns_leave_no_trace_and_the_truth_stays_out_of_the_text(landed: Any, spec_of: SpecOf) -> None:
    columns = (
        ColumnSpec("id", "id", type="digits"),
        ColumnSpec("uid", "uid", kept=False),
        ColumnSpec("who", "who", secret=True),
        ColumnSpec("name", "Full name"),
    )
    how = spec_of(columns)
    rows = landed.parse(b'id,uid,who,Full name\n1,Q1-7,Q1,Ann\nx,Q2-8,Q2,"Bob, jr"\n3,Q3-9\n4,Q4,Q4,"Z\n', how)
    assert [row["who"] for row in rows] == ["Q1", "Q2", None, None]
    assert "uid" not in rows[0]
    assert [row["record_text"] for row in rows] == [None, 'x,"Bob, jr"', None, None]


def test_one_column_tables_have_records_without_text(landed: Any, spec_of: SpecOf) -> None:
    how = spec_of((ColumnSpec("only", "only"),))
    assert landed.values(b'only\na\n\n""\nb', how) == [(1, "a", []), (2, None, []), (3, "", []), (4, "b", [])]


def test_parquet_becomes_text_in_row_order(landed: Any, spec_of: SpecOf) -> None:
    columns = tuple(ColumnSpec(n, n) for n in ("number", "name", "day", "at", "flag", "code", "raw"))
    table = pa.table(
        {
            "number": pa.array([1, None, 3]),
            "name": ["Zoë", "", None],
            "day": pa.array([date(1980, 2, 29), None, None]),
            "at": pa.array([datetime(2026, 1, 5, 12, tzinfo=UTC), None, None], pa.timestamp("s")),
            "flag": [True, None, False],
            "code": pa.array(["a", "b", "a"]).dictionary_encode(),
            "raw": pa.array([b"x", b"\xff", b"A\x00"], pa.binary()),
        }
    )
    parquet.write_table(table, landed.folder / "x", row_group_size=2)
    rows = landed.values((landed.folder / "x").read_bytes(), spec_of(columns, kind="parquet"))
    assert rows == [
        (1, "1", "Zoë", "1980-02-29", "2026-01-05 12:00:00.000", "true", "a", "x", []),
        (2, None, "", None, None, None, "b", None, ["ENCODING:raw"]),
        (3, "3", None, None, None, "false", "a", "A\x00", ["CONTROL_CHARACTER:raw"]),
    ]


def test_ordinals_count_over_batches_and_blocks(landed: Any, spec_of: SpecOf) -> None:
    body = b"".join(b'%d,"a\nb",\n' % i if i % 7 else b"%d,ragged\n" % i for i in range(1, 25_001))
    for how in (spec_of(block_bytes=1 << 12), spec_of(compression="gzip")):
        content = gzip.compress(HEADER + body) if how.compression == "gzip" else HEADER + body
        rows = landed.values(content, how)
        assert [row[0] for row in rows] == list(range(1, 25_001))
        assert all(row[1] == str(row[0]) for row in rows if row[0] % 7)
        assert all(row[-1] == ["COLUMN_COUNT"] for row in rows if row[0] % 7 == 0)
