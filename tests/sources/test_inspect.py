"""What makes a whole file unusable, with real files on disk; the message names columns, never a value."""

import gzip
import hashlib
import random
import zipfile
from collections.abc import Callable
from datetime import date
from typing import Any

import pyarrow as pa
from pyarrow import parquet

BODY = b"1,Ann,1980-02-29\n2,Bob,1981-01-01\n"
HEADER = b"id,name,born\n"
GOOD = HEADER + BODY


def test_a_sound_file_is_described_by_size_hash_and_content(landed: Any) -> None:
    fact = landed.inspect(GOOD)
    assert fact == (len(GOOD), hashlib.sha256(GOOD).hexdigest(), True, [])


def test_a_header_alone_is_a_sound_file_without_records(landed: Any) -> None:
    for content in (HEADER, HEADER.strip(), b"id,name,born\r\n"):
        assert landed.inspect(content)[2:] == (False, []), content


def test_empty_files_are_named_empty(landed: Any, spec_of: Callable[..., Any]) -> None:
    assert landed.rules(b"") == ["EMPTY"]
    assert landed.rules(b"\n") == ["EMPTY"]
    assert landed.rules(b"", spec_of(kind="parquet")) == ["EMPTY"]
    assert landed.rules(gzip.compress(b""), spec_of(compression="gzip")) == ["EMPTY"]


def test_gzip_is_read_to_its_end(landed: Any, spec_of: Callable[..., Any]) -> None:
    packed_spec = spec_of(compression="gzip")
    text = HEADER + b"".join(b"%d,%x,1980-02-29\n" % (i, random.Random(i).getrandbits(64)) for i in range(5000))
    packed = gzip.compress(text)
    assert landed.inspect(packed, packed_spec).faults == []
    assert landed.inspect(packed, packed_spec).sha256 == hashlib.sha256(packed).hexdigest()
    for cut in (3, len(packed) // 2, len(packed) - 1):
        assert landed.rules(packed[:cut], packed_spec) == ["TRUNCATED"], cut
    broken = packed[: len(packed) // 2] + bytes(20) + packed[len(packed) // 2 + 20 :]
    assert landed.rules(broken, packed_spec) == ["UNREADABLE"]
    assert landed.inspect(broken, packed_spec).sha256 == hashlib.sha256(broken).hexdigest()
    assert landed.rules(packed + b"rubbish", packed_spec) == ["UNREADABLE"]
    assert landed.rules(text, packed_spec) == ["UNREADABLE"]
    two_members = gzip.compress(HEADER) + gzip.compress(BODY)
    assert landed.inspect(two_members, packed_spec)[2:] == (True, [])
    assert [row[1] for row in landed.values(two_members, packed_spec)] == ["1", "2"]


def test_packed_files_that_are_not_declared_are_named(landed: Any) -> None:
    assert "gzip file" in landed.detail(gzip.compress(GOOD))
    with zipfile.ZipFile(landed.folder / "a.zip", "w") as archive:
        archive.writestr("a.csv", GOOD)
    assert "zip file" in landed.detail((landed.folder / "a.zip").read_bytes())


def test_a_decompression_bomb_is_refused_before_it_unpacks(landed: Any, spec_of: Callable[..., Any]) -> None:
    bomb = gzip.compress(HEADER + b"1,Ann,1980-02-29\n" * 100_000)
    assert landed.rules(bomb, spec_of(compression="gzip", ratio_from=1 << 17)) == ["TOO_LARGE"]
    assert landed.rules(bomb, spec_of(compression="gzip", unpacked_bytes=1 << 20)) == ["TOO_LARGE"]
    assert landed.rules(bomb, spec_of(compression="gzip")) == []


def test_a_line_over_the_cap_is_refused_wherever_it_lies(landed: Any, spec_of: Callable[..., Any]) -> None:
    short = spec_of(record_bytes=64)
    assert landed.rules(GOOD * 20 + b"3," + b"x" * 64 + b",\n", short) == ["TOO_LARGE"]
    assert landed.rules(HEADER + b"3," + b"x" * 200, short) == ["TOO_LARGE"]
    assert landed.rules(HEADER + BODY * 20, short) == []
    assert landed.rules((HEADER + BODY * 20).replace(b"\n", b"\r"), short) == ["TOO_LARGE"]
    assert "carriage return" in landed.detail((HEADER + BODY).replace(b"\n", b"\r"))


def test_encodings_other_than_the_declared_one_are_named(landed: Any, spec_of: Callable[..., Any]) -> None:
    text = GOOD.decode()
    assert landed.rules(text.encode("utf-16")) == ["ENCODING"]
    assert "UTF-16" in landed.detail(text.encode("utf-16-le"))
    assert landed.rules(text.replace("name", "n\u00e4me").encode("latin-1")) == ["ENCODING"]
    assert "utf-8-sig" in landed.detail(text.encode("utf-8-sig"))
    assert landed.rules(text.encode("utf-8-sig"), spec_of(encoding="utf-8-sig")) == []
    assert landed.rules(text.encode("utf-16"), spec_of(encoding="utf-16")) == []
    assert landed.rules(GOOD, spec_of(encoding="utf-16")) == ["ENCODING"]
    assert landed.rules(GOOD, spec_of(encoding="utf-16-le")) == ["ENCODING"]


def test_header_faults_are_named_by_column(landed: Any) -> None:
    cases = {
        "column 'born' is missing": b"id,name\n",
        "column 'sex' is not declared": b"id,name,born,sex\n",
        "column 'born' is missing, column 'dob' is not declared": b"id,name,dob\n",
        "columns are reordered: 'name' stands where 'id' belongs": b"name,id,born\n",
        "column 'name' occurs 2 times": b"id,name,name,born\n",
        "column number 4 is not declared": b"id,name,born,12 High Street\n",
    }
    assert {landed.detail(header + BODY): header for header in cases.values()} == cases
    assert landed.rules(b"Id,name,born\n") == ["HEADER"], "letter case counts"
    assert landed.rules(b"id, name,born\n") == ["HEADER"], "so does a blank"


def test_a_file_without_header_gives_no_person_away(landed: Any) -> None:
    detail = landed.detail(b"1,Prudence,1980-02-29\n")
    assert "no header" in detail
    assert "Prudence" not in detail
    assert "Prudence" not in landed.detail(b"id,Prudence,Ramsbottom,AB12CD\n")


def test_another_delimiter_is_suggested(landed: Any) -> None:
    assert "';'" in landed.detail(GOOD.replace(b",", b";"))


def test_parquet_must_open_and_hold_the_declared_columns(landed: Any, spec_of: Callable[..., Any]) -> None:
    how = spec_of(kind="parquet")
    path = landed.folder / "x"
    parquet.write_table(pa.table({"id": [1], "name": ["Ann"], "born": [date(1980, 2, 29)]}), path)
    good = path.read_bytes()
    assert landed.inspect(good, how)[2:] == (True, [])
    assert landed.rules(good[:-10], how) == ["UNREADABLE"]
    assert landed.rules(good[10:], how) == ["UNREADABLE"]
    assert landed.rules(GOOD, how) == ["UNREADABLE"]
    assert landed.rules(good) == ["UNREADABLE"]
    parquet.write_table(pa.table({"id": [1], "born": [1], "names": [["Ann"]]}), path)
    assert "'name' is missing, column 'names' is not declared" in landed.detail(path.read_bytes(), how)
    parquet.write_table(pa.table({"id": [1], "name": [["Ann"]], "born": [1]}), path)
    assert "nested" in landed.detail(path.read_bytes(), how)
