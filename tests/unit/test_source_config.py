"""A source's YAML: the worked example of the docs loads, and every fault is told at once."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from docketlink.config.event import EventConfig
from docketlink.config.load import load_source, read_yaml
from docketlink.config.record import AttributeConfig, BirthDate, RecordConfig
from docketlink.config.source import SourceConfig
from docketlink.config.table import ColumnConfig, FileFormat, TableConfig
from docketlink.errors import ConfigError
from docketlink.sources.ingest import file_spec

PROJECT = Path(__file__).parents[2]
DOCS = (PROJECT / "docs" / "sources.md").read_text()
EXAMPLE = re.search(r"```yaml\n(.*?)```", DOCS, re.DOTALL).group(1)  # type: ignore[union-attr]


def faults(tmp_path: Path, change: Any) -> str:
    file = tmp_path / "county.yml"
    file.write_text(EXAMPLE)
    content = read_yaml(file)
    change(content)
    file.write_text(yaml.safe_dump(content))
    with pytest.raises(ConfigError) as caught:
        load_source(file)
    return caught.value.message


def test_the_worked_example_of_the_docs_loads(tmp_path: Path) -> None:
    file = tmp_path / "county.yml"
    file.write_text(EXAMPLE)
    source = load_source(file)
    spec = file_spec(source.tables["party"])
    assert [c.header for c in spec.columns][:3] == ["court", "party_no", "Claim No."]
    assert [c.name for c in spec.columns if c.required] == ["court", "party_no"]
    assert "notes" not in [c.name for c in spec.kept]


@pytest.mark.parametrize("path", sorted((PROJECT / "conf" / "sources").glob("*.yml")), ids=lambda path: path.stem)
def test_every_source_of_the_project_loads(path: Path) -> None:
    assert load_source(path).source == path.stem


def test_only_true_and_false_are_truth_values(tmp_path: Path) -> None:
    file = tmp_path / "a.yml"
    file.write_text("{on: no, off: yes, y: true, n: False, o: 1, t: test}")
    assert read_yaml(file) == {"on": "no", "off": "yes", "y": True, "n": False, "o": 1, "t": "test"}


def test_the_docs_name_every_key() -> None:
    told = DOCS.partition("## Keys of the file")[2]
    models = (SourceConfig, TableConfig, FileFormat, ColumnConfig, RecordConfig, AttributeConfig, EventConfig, BirthDate)
    missing = {name for model in models for name in model.model_fields if not re.search(rf"`[^`]*\b{name}\b[^`]*`", told)}
    assert not missing


def test_names_that_lead_nowhere_are_all_told(tmp_path: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        content["tables"]["party"]["native_key"] = ["court", "nothing"]
        content["tables"]["judgment"]["belongs_to"]["table"] = "nobody"
        content["record"]["postcodes"] = [{"column": "notes"}]
        content["record"]["sex"]["codes"] = "gender"

    told = faults(tmp_path, change)
    for each in ("no column 'nothing'", "belongs to 'nobody'", "keeps no column 'notes'", "no list 'gender'"):
        assert each in told, each


def test_columns_that_no_raw_table_can_hold_are_refused(tmp_path: Path) -> None:
    about = {"about": "x"}

    def change(content: dict[str, Any]) -> None:
        content["tables"]["judgment"]["columns"] |= {
            "Date of birth": about,
            "ordinal": about,
            "COURT": about,
            "a": {**about, "header": "court"},
        }

    told = faults(tmp_path, change)
    for each in (
        "'Date of birth' must be letters",
        "'ordinal' has a name that raw tables keep",
        "two columns have the name",
        "the header, 'court'",
    ):
        assert each in told, each


def test_a_dropped_column_cannot_be_part_of_the_key(tmp_path: Path) -> None:
    assert "which is dropped" in faults(tmp_path, lambda content: content["tables"]["party"].update(drop=["notes", "party_no"]))


@pytest.mark.parametrize(
    ("part", "fault"),
    [
        ({"encoding": "utf-9"}, "encoding 'utf-9' is not known"),
        ({"encoding": "base64"}, "encoding 'base64' is not known"),
        ({"delimiter": "\u00a6"}, "ASCII"),
        ({"delimiter": '"'}, "differ"),
        ({"delimiter": "\n"}, "differ"),
        ({"delimeter": ","}, "unknown key"),
        ({"compression": "zip"}, "compression"),
    ],
)
def test_formats_that_cannot_be_read_are_refused(tmp_path: Path, part: dict[str, str], fault: str) -> None:
    assert fault in faults(tmp_path, lambda content: content["tables"]["party"].update(format=part))


def test_date_patterns_are_checked_wherever_they_stand(tmp_path: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        content["tables"]["party"]["columns"]["born"]["formats"] = ["DD/MM/YYYY"]
        content["record"]["date_of_birth"]["formats"] = ["yyyyMMdd", "EEE d"]
        content["events"][0]["date"]["formats"] = ["yyyy-MM-ddTHH"]

    assert len(re.findall("is no date pattern", faults(tmp_path, change))) == 3


MESSAGES: dict[str, Any] = {
    "source": "platform",
    "about": "Messages.",
    "extracts": "appended",
    "tables": {
        "message": {
            "about": "a line",
            "format": {"kind": "jsonl"},
            "folder": "hearing",
            "native_key": ["source_file", "ordinal"],
            "latest": [{"per": ["hearing"], "by": ["shared"]}],
            "columns": {
                "line": {"about": "Line.", "header": "$line"},
                "hearing": {"about": "Hearing.", "header": "hearing.id"},
                "shared": {"about": "When.", "header": "/hearing.people[].at"},
            },
        },
        "person": {
            "about": "a person",
            "format": {"kind": "jsonl"},
            "folder": "hearing",
            "rows": "hearing.people[]",
            "native_key": ["source_file", "ordinal"],
            "latest": [{"per": ["hearing"], "by": ["shared"], "among": "message"}],
            "takes": [{"table": "place", "on": {"place": "place"}, "columns": ["town"]}],
            "columns": {
                "line": {"about": "Line.", "header": "$line"},
                "hearing": {"about": "Hearing.", "header": "/hearing.id"},
                "person": {"about": "Key.", "header": "id"},
                "place": {"about": "Place."},
            },
        },
        "place": {"about": "a place", "native_key": ["place"], "columns": {"place": {"about": "Key."}, "town": {"about": "Town."}}},
    },
    "record": {"table": "person", "key": ["person"], "name": {"surname": "person"}, "postcodes": [{"column": "town"}]},
}


def test_json_lines_of_several_tables_load_and_columns_taken_along_can_be_named() -> None:
    source = SourceConfig.model_validate(MESSAGES)
    assert source.tables["person"].line_column() == "line"
    assert file_spec(source.tables["person"]).rows == "hearing.people[]"
    assert "town" in source.tables["person"].standing_columns()


@pytest.mark.parametrize(
    ("table", "change", "fault"),
    [
        ("person", {"rows": "hearing.people"}, "is no path to a list"),
        ("person", {"rows": "/hearing.people[]"}, "is no path to a list"),
        ("person", {"format": {"kind": "parquet"}, "folder": None}, "are for tables of kind jsonl"),
        ("person", {"format": {"kind": "jsonl", "compression": "gzip"}}, "differ in their format"),
        ("person", {"format": {"kind": "jsonl", "encoding": "cp1252"}}, "is written in utf-8"),
        ("message", {"latest": [{"per": ["nothing"]}]}, "keeps no column 'nothing'"),
        ("person", {"latest": [{"per": ["hearing"], "among": "nobody"}]}, "not a table of this source"),
        ("person", {"latest": [{"per": ["place"], "among": "place"}]}, "is told by a column with header '$line'"),
        ("person", {"takes": [{"table": "place", "on": {"person": "town"}, "columns": ["place"]}]}, "which is not its native key"),
        ("person", {"takes": [{"table": "place", "on": {"place": "place"}, "columns": ["place"]}]}, "has a column 'place' already"),
        ("person", {"takes": [{"table": "place", "on": {"no": "place"}, "columns": ["town"]}]}, "has no column 'no'"),
        ("person", {"takes": []}, "keeps no column 'town'"),
        ("place", {"rows": "people[]"}, "are for tables of kind jsonl"),
    ],
)
def test_what_json_supersession_and_taking_along_cannot_do_is_refused(table: str, change: dict[str, Any], fault: str) -> None:
    tables = {**MESSAGES["tables"], table: {**MESSAGES["tables"][table], **change}}
    with pytest.raises(ValueError, match=re.escape(fault)):
        SourceConfig.model_validate({**MESSAGES, "tables": tables})


def test_a_path_that_ends_in_a_list_is_no_value() -> None:
    person = MESSAGES["tables"]["person"]
    columns = {**person["columns"], "many": {"about": "x", "header": "names[]"}}
    with pytest.raises(ValueError, match="is no path to a value"):
        SourceConfig.model_validate({**MESSAGES, "tables": {**MESSAGES["tables"], "person": {**person, "columns": columns}}})


def test_the_public_file_hides_what_holds_the_truth() -> None:
    source = load_source(PROJECT / "conf" / "sources" / "historical_figures.yml")
    assert not {"unique_id", "cluster"} & set(source.tables["figure"].kept_columns())


def test_names_that_aliases_lists_and_items_lead_to_must_exist(tmp_path: Path) -> None:
    def change(content: dict[str, Any]) -> None:
        content["record"]["aliases"] = [
            {"table": "judgment", "name": {"surname": "alias"}},
            {"table": "party", "name": {"surname": "family"}},
        ]
        content["tables"]["judgment"]["items"] = {"prefix": "question_"}
        content["events"][1]["where"] = {"column": "kind", "equals": ["A"]}
        content["events"][1]["outcome"]["through"] = {"table": "list", "key": "id", "value": "word"}

    told = faults(tmp_path, change)
    for each in (
        "table judgment keeps no column 'alias'",
        "aliases: table party has no belongs_to path",
        "table judgment: no column begins with 'question_'",
        "table judgment keeps no column 'kind'",
        "'list' is not a table",
    ):
        assert each in told, each
