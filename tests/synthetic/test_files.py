"""Landing files: the same bytes however the work is cut; broken records in a small share; what the YAML says is what arrives."""

import csv
import gzip
import hashlib
import io
import re
from dataclasses import replace
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from docketlink.config.event import EventCode
from docketlink.config.load import load_source
from docketlink.config.record import Coded
from docketlink.config.settings import Synthetic
from docketlink.config.source import SourceConfig
from docketlink.sources.ingest import file_spec
from docketlink.sources.kernel_json import read_json
from docketlink.synthetic import courts
from docketlink.synthetic.kernels import FILE_SCHEMA, generate_block, truth_of_block, write_files, write_links, write_people
from docketlink.synthetic.landing import FORMATS
from docketlink.synthetic.parameters import PEOPLE_PER_BLOCK, RECORDS_PER_PERSON, Plan, Rates
from docketlink.synthetic.population import populate
from pyspark.sql import SparkSession

from tests.synthetic.written import MANY_PRISONERS

CONF = Path(__file__).parents[2] / "conf" / "sources"
DATE = "2026-01-05"
NATIONAL = {"probation_delius.standard_reference_list", "assess_oasys.drug_lookup", "civil_caseman.coded_parties"}
SYSTEM = Plan(seed=21, people=700, snapshot_date=DATE, people_per_block=150, least_blocks_per_file=1, rates=MANY_PRISONERS)


def hashes(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def write(system: Plan, folder: Path, order: list[int] | None = None) -> list[dict[str, object]]:
    numbers = order or list(range(system.files))
    batches = [pa.record_batch([pa.array([number])], ["id"]) for number in numbers]
    return [row for batch in write_files(batches, plan=system, landing=str(folder)) for row in batch.to_pylist()]


def records(path: Path, encoding: str, delimiter: str) -> list[list[str]]:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return list(csv.reader(io.StringIO(data.decode(encoding, errors="surrogateescape")), delimiter=delimiter))


def lines(path: Path) -> list[bytes]:
    data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return data.removesuffix(b"\n").split(b"\n")


def as_loaded(source: SourceConfig, written: dict[str, pa.Table]) -> dict[str, pa.Table]:
    """Each table of a source as its YAML reads it: JSON taken apart, columns of other tables taken along."""
    loaded = {}
    for name, said in source.landed.items():
        content = written[f"{source.source}.{said.folder or name}"]
        if said.format.kind == "jsonl":
            text = "\n".join(content.column(0).to_pylist()).encode()
            parts = [part.table for part in read_json(iter([text]), file_spec(said))]
            content = pa.concat_tables(parts).rename_columns([*said.columns])
        loaded[name] = content
    for name, said in source.landed.items():
        for taken in said.takes:
            (own, there), other = *taken.on.items(), loaded[taken.table]
            place = {key: n for n, key in enumerate(other[there].to_pylist())}
            rows = pa.array([place[key] for key in loaded[name][own].to_pylist()], pa.int64())
            for column in taken.columns:
                loaded[name] = loaded[name].append_column(column, other[column].take(rows))
    return loaded


@pytest.fixture(scope="module")
def sources() -> dict[str, SourceConfig]:
    return {name: load_source(CONF / f"{name}.yml") for name in courts.SOURCES}


def test_partitions_change_no_byte_and_truth_is_that_of_the_blocks(spark: SparkSession, tmp_path: Path) -> None:
    for partitions in (2, 5):
        files = spark.range(0, SYSTEM.files, 1, partitions)
        facts = courts.generate(files, SYSTEM, str(tmp_path / str(partitions))).toArrow()
        assert facts.schema.names == FILE_SCHEMA.names
        assert facts.num_rows == SYSTEM.files * len(courts.TABLES)
    write(SYSTEM, tmp_path / "alone", [4, 2, 0, 1, 3])
    expected = hashes(tmp_path / "alone")
    assert len(expected) == SYSTEM.files * len(FORMATS)
    assert hashes(tmp_path / "2") == expected
    assert hashes(tmp_path / "5") == expected
    truth = courts.truth(spark.range(0, SYSTEM.files, 1, 3), SYSTEM).toArrow()
    blocks = pa.concat_tables([truth_of_block(SYSTEM, number) for number in range(SYSTEM.blocks)])
    assert sorted(map(str, truth.to_pylist())) == sorted(map(str, blocks.to_pylist()))
    for tell, kernel in ((courts.people, write_people), (courts.case_links, write_links)):
        told = tell(spark.range(0, SYSTEM.files, 1, 3), SYSTEM).toArrow()
        alone = pa.Table.from_batches(kernel([pa.record_batch([pa.array(range(SYSTEM.files))], ["id"])], plan=SYSTEM))
        assert told.num_rows > 20
        assert sorted(map(str, told.to_pylist())) == sorted(map(str, alone.to_pylist()))


def test_another_seed_gives_other_files(tmp_path: Path) -> None:
    small = Plan(1, 60, DATE, rates=MANY_PRISONERS)
    write(small, tmp_path / "a")
    write(Plan(2, 60, DATE, rates=MANY_PRISONERS), tmp_path / "b")
    write(small, tmp_path / "c")
    first, second = hashes(tmp_path / "a"), hashes(tmp_path / "b")
    assert first.keys() == second.keys()
    # reference lists are the nation's, and so small a system has nobody in some tables
    rows = {name: content.num_rows for n in (1, 2) for name, content in generate_block(Plan(n, 60, DATE, rates=MANY_PRISONERS), 0).items()}
    alike = {name.split("/mojap")[0].replace("/", ".") for name in first if first[name] == second[name]}
    assert all(name in NATIONAL or not rows[name] for name in alike)
    assert hashes(tmp_path / "c") == first


def test_writing_again_replaces_files_and_leaves_nothing_beside_them(tmp_path: Path) -> None:
    write(SYSTEM, tmp_path)
    before = hashes(tmp_path)
    write(SYSTEM, tmp_path, [1])
    assert hashes(tmp_path) == before
    assert not [name for name in before if ".tmp" in name]


def test_facts_count_what_the_files_hold(tmp_path: Path) -> None:
    facts = write(SYSTEM, tmp_path)
    nodes = 0
    for fact in facts:
        path, form = tmp_path / str(fact["file"]), FORMATS[str(fact["source"]), str(fact["table"])]
        assert fact["bytes"] == path.stat().st_size
        if form.kind == "parquet":
            assert fact["rows"] == pq.ParquetFile(path).metadata.num_rows
        elif form.kind == "jsonl":
            assert fact["rows"] == len(lines(path))
        else:
            assert fact["rows"] == len(records(path, form.encoding, form.delimiter)) - 1
        nodes += int(str(fact["person_records"]))
    assert nodes == sum(truth_of_block(SYSTEM, number).num_rows for number in range(SYSTEM.blocks))


def test_a_file_may_hold_several_blocks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(SYSTEM, tmp_path / "one")
    monkeypatch.setattr("docketlink.synthetic.parameters.MOST_FILES", 2)
    assert (SYSTEM.files, SYSTEM.blocks_per_file) == (2, 3)
    write(SYSTEM, tmp_path / "several")
    for (source, table), form in FORMATS.items():
        folder = f"{source}/{table}/mojap_snapshot_date={DATE}"
        rows = []
        for way in ("one", "several"):
            files = sorted((tmp_path / way / folder).iterdir())
            if form.kind == "parquet":
                rows.append([row for file in files for row in pq.read_table(file, partitioning=None).to_pylist()])
            elif form.kind == "jsonl":
                rows.append([line for file in files for line in lines(file)])
            else:
                rows.append([row for file in files for row in records(file, form.encoding, form.delimiter)[1:]])
        assert rows[0] == rows[1], table


def test_every_kind_of_broken_record_is_planted_at_the_stated_share(tmp_path: Path) -> None:
    faulty = Plan(33, 1_500, DATE, Rates(faulty_record=0.05))
    write(faulty, tmp_path)
    clean = generate_block(faulty, 0)
    for (source, table), form in FORMATS.items():
        if form.kind != "csv" or clean[f"{source}.{table}"].num_rows < 400:
            continue  # too few records for each kind of fault
        (path,) = (tmp_path / source / table / f"mojap_snapshot_date={DATE}").iterdir()
        header, *rows = records(path, form.encoding, form.delimiter)
        content = clean[f"{source}.{table}"]
        assert header == content.schema.names
        digits = header.index(str(form.digits))
        ragged = [row for row in rows if len(row) != len(header)]
        undecodable = [row for row in rows if any("\udc80" <= letter <= "\udcff" for text in row for letter in text)]
        letters = [row for row in rows if len(row) > digits and row[digits].endswith("O")]
        twice = len(rows) - content.num_rows
        assert min(len(ragged), len(undecodable), len(letters), twice) > 0, table
        assert len(ragged) + len(undecodable) + len(letters) + twice == pytest.approx(0.05 * content.num_rows, rel=0.5)
        good = {tuple(value or "" for value in row.values()) for row in content.to_pylist()}
        assert sum(tuple(row) in good for row in rows) == len(rows) - len(ragged) - len(undecodable) - len(letters)


def test_without_faults_a_text_file_holds_its_table(tmp_path: Path) -> None:
    clean = Plan(34, 400, DATE, Rates(faulty_record=0.0))
    write(clean, tmp_path)
    for (source, table), form in FORMATS.items():
        (path,) = (tmp_path / source / table / f"mojap_snapshot_date={DATE}").iterdir()
        content = generate_block(clean, 0)[f"{source}.{table}"]
        if form.kind == "parquet":
            assert pq.read_table(path, partitioning=None).equals(content)
        elif form.kind == "jsonl":
            assert [line.decode() for line in lines(path)] == content.column(0).to_pylist()
        else:
            expected = [[value or "" for value in row.values()] for row in content.to_pylist()]
            assert records(path, form.encoding, form.delimiter)[1:] == expected


def test_every_kind_of_broken_message_is_planted_at_the_stated_share(tmp_path: Path, sources: dict[str, SourceConfig]) -> None:
    faulty = Plan(33, 6_000, DATE, Rates(faulty_record=0.05), people_per_block=6_000)
    write(faulty, tmp_path)
    clean = generate_block(faulty, 0)["common_platform.hearing_event"].column(0).to_pylist()
    (path,) = (tmp_path / "common_platform" / "hearing_event" / f"mojap_snapshot_date={DATE}").iterdir()
    found = lines(path)
    (records,) = read_json(iter([b"\n".join(found) + b"\n"]), file_spec(sources["common_platform"].tables["defendant"]))
    broken = {rule: len(rows) for rule, rows in records.unread.items()}
    assert {*broken} == {"JSON", "ENCODING", "SHAPE"}
    twice = len(found) - len(clean)
    assert twice > 0
    assert sum(broken.values()) + twice == pytest.approx(0.05 * len(clean), rel=0.3)
    assert sum(line.decode(errors="replace") in {*clean} for line in found) == len(found) - sum(broken.values())


def test_the_sources_describe_what_is_written(sources: dict[str, SourceConfig]) -> None:
    written = generate_block(SYSTEM, 0)
    for (source, table), form in FORMATS.items():
        for name, described in sources[source].tables.items():
            if (described.folder or name) != table:
                continue
            assert described.format.kind == form.kind
            said = described.format
            compressed = said.compression == "gzip"
            if form.kind == "jsonl":
                assert (said.encoding, compressed) == (form.encoding, form.compressed)
                continue
            assert list(described.columns) == written[f"{source}.{table}"].schema.names
            if form.kind == "csv":
                assert (said.delimiter, said.encoding, compressed) == (form.delimiter, form.encoding, form.compressed)
                assert form.digits is not None
                assert described.columns[form.digits].type == "digits"
    assert {name: {said.folder or table for table, said in source.landed.items()} for name, source in sources.items()} == {
        name: {table for source, table in courts.TABLES if source == name} for name in courts.SOURCES
    }


def test_code_lists_know_what_is_written(sources: dict[str, SourceConfig]) -> None:
    written = generate_block(Plan(5, 4_000, DATE, people_per_block=4_000, rates=MANY_PRISONERS), 0)
    for name, source in sources.items():
        loaded = as_loaded(source, written)
        coded = [
            (source.record.table, source.record.sex, {"u", "0", "not_known"}),
            (source.record.table, source.attributes.ethnicity, set()),
        ]
        coded += [(event.table, event.outcome, set()) for event in source.events]
        coded += [(event.table, event.type, set()) for event in source.events if isinstance(event.type, Coded) and not event.type.unmapped]
        for table, code, strange in coded:
            if code is None or code.codes is None or table not in source.landed:
                continue
            values = {value.strip().lower() for value in loaded[table][code.column].to_pylist() if value}
            if isinstance(code, EventCode) and code.through:
                listed = written[f"{name}.{code.through.table}"].to_pylist()
                where = code.through.where
                words = {r[code.through.key]: r[code.through.value].lower() for r in listed if not where or r[where.column] in where.equals}
                values = {words[value] for value in values}
            assert values - {spelling.lower() for spelling in source.codes[code.codes]} <= strange, (name, table, code.column)


def test_columns_that_a_source_requires_are_never_empty_and_digits_are_digits(sources: dict[str, SourceConfig]) -> None:
    written = generate_block(Plan(5, 2_000, DATE, rates=MANY_PRISONERS), 0)
    for source in sources.values():
        loaded = as_loaded(source, written)
        for table, described in source.landed.items():
            for column, about in described.columns.items():
                values = loaded[table][column].to_pylist()
                assert not about.required or all(values), (table, column)
                assert about.type != "digits" or all(value is None or value.isdigit() for value in values), (table, column)
                assert about.type != "date" or all(value is None or len(value) == 10 for value in values), (table, column)


def test_no_record_breaks_the_rule_of_a_column_but_those_that_are_planted(sources: dict[str, SourceConfig]) -> None:
    written = generate_block(Plan(5, 2_000, DATE, rates=MANY_PRISONERS), 0)
    judged = set()
    for name, source in sources.items():
        loaded = as_loaded(source, written)
        for table, described in source.landed.items():
            for column, about in described.columns.items():
                values = {value for value in loaded[table][column].to_pylist() if value}
                if isinstance(about.one_of, tuple):
                    assert values <= {*about.one_of}, (table, column)
                if about.pattern:
                    assert all(re.fullmatch(about.pattern, value) for value in values), (table, column)
                if about.range:
                    assert about.range.greatest == "snapshot"
                    assert about.range.least is None
                    assert all(value <= DATE for value in values), (table, column)
                if values and (about.one_of or about.pattern or about.range):
                    judged.add(name)
    assert judged == {*sources} - {"common_platform"}


def test_the_plan_follows_the_settings(tmp_path: Path) -> None:
    plan = courts.plan(Synthetic(seed=4, records=5_000, snapshot_date=DATE))
    assert (plan.seed, plan.snapshot_date) == (4, DATE)
    assert (plan.blocks, plan.files) == (-(-round(5_000 / RECORDS_PER_PERSON) // PEOPLE_PER_BLOCK), 1)
    folders = courts.snapshot_folders(plan)
    assert len(folders) == len(FORMATS)
    write(Plan(4, 40, DATE, rates=MANY_PRISONERS), tmp_path)
    assert {str(path.relative_to(tmp_path).parent) for path in tmp_path.rglob("part-*")} == set(folders)


def test_a_file_whose_writing_fails_never_appears(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("docketlink.synthetic.parameters.MOST_FILES", 2)
    write(SYSTEM, tmp_path)
    before = hashes(tmp_path)

    def populate_until_block_2(seed: int, block: int, *rest: object) -> object:
        if block == 2:
            raise OSError("the disk is full")
        return populate(seed, block, *rest)

    monkeypatch.setattr("docketlink.synthetic.kernels.populate", populate_until_block_2)
    broken = write_files([pa.record_batch([pa.array([0])], ["id"])], plan=replace(SYSTEM, seed=99), landing=str(tmp_path))
    with pytest.raises(OSError, match="full"):
        list(broken)
    assert hashes(tmp_path) == before
