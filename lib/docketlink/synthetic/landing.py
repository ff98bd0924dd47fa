"""How tables become landing files: format, encoding, compression, and the few records that arrive broken."""

import csv
import gzip
import io
import os
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.fs as pafs
import pyarrow.parquet as pq

from docketlink.synthetic.draws import happens


@dataclass(frozen=True)
class Written:
    """How the files of one table are written. ``digits`` names what a faulty record spoils: a column of digits, in JSON a truth value."""

    kind: str = "parquet"
    delimiter: str = ","
    encoding: str = "utf-8"
    compressed: bool = False
    digits: str | None = None

    @property
    def suffix(self) -> str:
        """The end of the file's name."""
        return f".{self.kind}.gz" if self.compressed else f".{self.kind}"


FORMATS: dict[tuple[str, str], Written] = {
    ("mags_hocas", "hocas_flatfile"): Written("csv", compressed=True, digits="cId"),
    ("mags_hocas", "hocas_offence"): Written("csv", compressed=True, digits="seq"),
    ("prison_nomis", "offenders"): Written("csv", encoding="cp1252", digits="offender_id"),
    ("prison_nomis", "offender_identifiers"): Written("csv", delimiter="|", digits="root_offender_id"),
    ("prison_nomis", "offender_addresses"): Written(),
    ("prison_nomis", "offender_bookings"): Written(),
    ("prison_nomis", "offender_external_movements"): Written(),
    ("prison_nomis", "offender_imprison_statuses"): Written(),
    ("prison_nomis", "offender_sentences"): Written(),
    ("probation_delius", "offender"): Written(),
    ("probation_delius", "alias"): Written(),
    ("probation_delius", "offender_address"): Written(),
    ("probation_delius", "additional_identifier"): Written(),
    ("probation_delius", "event"): Written(),
    ("probation_delius", "rqmnt"): Written(),
    ("probation_delius", "licence_condition"): Written(),
    ("probation_delius", "pss_rqmnt"): Written(),
    ("probation_delius", "recall"): Written(),
    ("probation_delius", "breach"): Written(),
    ("probation_delius", "standard_reference_list"): Written(),
    ("assess_oasys", "oasys_assessments_metadata"): Written(),
    ("assess_oasys", "oasys_assessments_details_core_risk"): Written(),
    ("assess_oasys", "oasys_assessments_details_bcs"): Written(),
    ("assess_oasys", "oasys_assessments_details_sara"): Written(),
    ("assess_oasys", "drug_lookup"): Written(),
    ("crown_xhibit", "xhb_case"): Written(),
    ("crown_xhibit", "xhb_defendant"): Written(),
    ("crown_xhibit", "xhb_address"): Written(),
    ("crown_xhibit", "xhb_defendant_on_case"): Written(),
    ("crown_xhibit", "xhb_defendant_on_offence"): Written(),
    ("crown_xhibit", "xhb_disposal"): Written(),
    ("common_platform", "hearing_event"): Written("jsonl", compressed=True, digits="isYouth"),
    ("family_familyman", "cases"): Written(),
    ("family_familyman", "case_fields"): Written(),
    ("family_familyman", "events"): Written(),
    ("family_familyman", "event_fields"): Written(),
    ("family_familyman", "hearings"): Written(),
    ("family_familyman", "roles"): Written(),
    ("family_familyman", "role_fields"): Written(),
    ("family_familyman", "parties"): Written(),
    ("family_familyman", "addresses"): Written(),
    ("civil_caseman", "cases"): Written("csv", encoding="cp1252", digits="admin_crt_code"),
    ("civil_caseman", "case_party_roles"): Written("csv", encoding="cp1252", digits="case_party_no"),
    ("civil_caseman", "parties"): Written("csv", encoding="cp1252", digits="party_id"),
    ("civil_caseman", "given_addresses"): Written("csv", encoding="cp1252", digits="address_id"),
    ("civil_caseman", "coded_parties"): Written("csv", encoding="cp1252", digits="code"),
    ("civil_caseman", "case_events"): Written("csv", encoding="cp1252", digits="event_seq"),
    ("civil_caseman", "judgments"): Written("csv", encoding="cp1252", digits="judg_seq"),
    ("civil_caseman", "warrants"): Written("csv", encoding="cp1252", digits="warrant_no"),
    ("civil_caseman", "pcol_claim"): Written("csv", encoding="cp1252", digits="arrears"),
    ("civil_caseman", "pcol_party"): Written("csv", encoding="cp1252", digits="party_no"),
}
# A byte that the encoding of the file cannot hold at that place.
_UNDECODABLE = {"utf-8": b"\xe9", "cp1252": b"\x81"}
RAGGED, UNDECODABLE, TWICE, NOT_DIGITS = range(4)
# JSON lines are long and alike: beyond this level gzip takes twice the time for a tenth of the size.
_LEVEL = {"csv": 6, "jsonl": 4}


def text_lines(content: pa.Table, form: Written, rng: np.random.Generator, faulty: float) -> tuple[bytes, int]:
    """The records of a table as bytes without their header, and how many there are, the broken ones among them."""
    if form.kind == "jsonl":
        return _json_lines(content, form, rng, faulty)
    lines = _lines(zip(*(column.to_pylist() for column in content.columns), strict=True), form)
    encoded = [line.encode(form.encoding) for line in lines]
    broken = np.flatnonzero(happens(rng, faulty, len(encoded)))
    faults = rng.integers(0, 4, size=len(broken))
    digits = content.schema.get_field_index(form.digits)
    twice: list[bytes] = []
    for place, fault in zip(broken.tolist(), faults.tolist(), strict=True):
        match fault:
            case 0:
                encoded[place] = encoded[place].rpartition(form.delimiter.encode())[0]
            case 1:
                encoded[place] = _spoil_text(encoded[place], form)
            case 2:
                twice.append(encoded[place])
            case _:
                row = [column[place].as_py() for column in content.columns]
                row[digits] = f"{row[digits][:-1]}O"  # the letter for the digit
                encoded[place] = _lines([row], form)[0].encode(form.encoding)
    return b"".join(line + b"\n" for line in (*encoded, *twice)), len(encoded) + len(twice)


def _json_lines(content: pa.Table, form: Written, rng: np.random.Generator, faulty: float) -> tuple[bytes, int]:
    """The one column of a table as lines. Broken ones are cut short, hold a byte that is no text, come twice or have a text for a truth."""
    lines = [line.encode() for line in content.column(0).to_pylist()]
    truth = re.compile(rb'"%s":(true|false)' % str(form.digits).encode())
    broken = np.flatnonzero(happens(rng, faulty, len(lines)))
    twice: list[bytes] = []
    for place, fault in zip(broken.tolist(), rng.integers(0, 4, size=len(broken)).tolist(), strict=True):
        line = lines[place]
        match fault:
            case 0:
                lines[place] = line[: len(line) // 2]
            case 1:
                lines[place] = line.replace(b'"description":"', b'"description":"' + _UNDECODABLE[form.encoding], 1)
            case 2:
                twice.append(line)
            case _:
                lines[place] = truth.sub(rb'"%s":"\1"' % str(form.digits).encode(), line, count=1)
    return b"".join(line + b"\n" for line in (*lines, *twice)), len(lines) + len(twice)


def _lines(rows: Iterable[Iterable[Any]], form: Written) -> list[str]:
    buffer = io.StringIO()
    csv.writer(buffer, delimiter=form.delimiter, lineterminator="\n").writerows(rows)
    return buffer.getvalue().splitlines()


def _spoil_text(line: bytes, form: Written) -> bytes:
    """``line`` with one byte that is no text in front of its last field."""
    head, delimiter, tail = line.rpartition(form.delimiter.encode())
    return head + _UNDECODABLE[form.encoding] + delimiter + tail


def header(names: Iterable[str], form: Written) -> bytes:
    """The first line of a text file."""
    return form.delimiter.join(names).encode(form.encoding) + b"\n"


class Output:
    """One landing file that appears whole, under its name, when it is complete, and never otherwise.

    Blocks are appended one by one, so memory holds one of them. The bytes depend on the content alone: gzip has no time and
    no name in its head.
    """

    def __init__(self, folder: str, name: str, schema: pa.Schema, form: Written) -> None:
        self._files, root = filesystem(folder)
        self._files.create_dir(root, recursive=True)
        self._path, self._form = f"{root}/{name}", form
        self._hidden = f"{root}/.{name}.{os.getpid()}.tmp"
        self._stream = self._files.open_output_stream(self._hidden, compression=None)
        self._parquet = pq.ParquetWriter(self._stream, schema) if form.kind == "parquet" else None
        self._text: Any = None
        if self._parquet is None:
            self._text = gzip.GzipFile("", "wb", _LEVEL[form.kind], self._stream, mtime=0) if form.compressed else self._stream
            if form.kind == "csv":
                self._text.write(header(schema.names, form))
        self.rows = 0

    def append(self, content: pa.Table, rng: np.random.Generator, faulty: float) -> None:
        """Add the records of one block."""
        if self._parquet is not None:
            self._parquet.write_table(content)
            self.rows += content.num_rows
        else:
            data, rows = text_lines(content, self._form, rng, faulty)
            self._text.write(data)
            self.rows += rows

    def finish(self, kept: Callable[[int], int] | None = None) -> int:
        """Close the file, give it its name, and say how many bytes it has. ``kept`` says of a faulty delivery how many of them arrive."""
        self._close()
        if kept:
            whole = self._read(self._hidden)
            self._write(self._hidden, whole[: kept(len(whole))])
        self._files.move(self._hidden, self._path)
        return int(self._files.get_file_info(self._path).size)

    def again(self, name: str) -> int:
        """Write the finished file once more beside itself, its name beginning with ``name`` instead of ``part-``."""
        folder, _, own = self._path.rpartition("/")
        whole = self._read(self._path)
        self._write(f"{folder}/{name}{own.removeprefix('part-')}", whole)
        return len(whole)

    def _read(self, path: str) -> bytes:
        with self._files.open_input_stream(path, compression=None) as file:
            return bytes(file.read())

    def _write(self, path: str, content: bytes) -> None:
        with self._files.open_output_stream(path, compression=None) as file:
            file.write(content)

    def _close(self) -> None:
        if self._parquet is not None:
            self._parquet.close()
        elif self._form.compressed:
            self._text.close()
        self._stream.close()

    def abandon(self) -> None:
        """Leave nothing behind of a file that will not be complete."""
        self._close()
        self._files.delete_file(self._hidden)


def filesystem(folder: str) -> tuple[pafs.FileSystem, str]:
    """The file system of a folder or URI, and the folder's path there."""
    if "://" in folder or folder.startswith("file:"):
        found, path = pafs.FileSystem.from_uri(folder)
        return found, path
    return pafs.LocalFileSystem(), os.path.abspath(folder)
