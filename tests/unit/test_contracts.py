"""Contracts keep their own rules, and the SQL and the catalogue made from them keep them too."""

from dataclasses import replace

import pytest
from docketlink.contracts import Field, Privacy, Table, Zone
from docketlink.contracts.arrivals import REJECTED_ROW
from docketlink.contracts.catalogue import tables_markdown
from docketlink.contracts.ddl import columns_of, create_table, table_properties
from docketlink.contracts.records import PERSON_RECORD
from docketlink.contracts.tables import FIXED_TABLES
from docketlink.errors import ContractError
from pyspark.sql.types import ArrayType, BooleanType, LongType, StringType

TABLE = Table(
    zone=Zone.RAW,
    name="odd",
    grain="an odd thing",
    key=("id",),
    fields=(
        Field("id", StringType(), "It's 50\\% `odd`\nand | long.", True, Privacy.TOKEN),
        Field("day", LongType(), "Day.", True, Privacy.OPERATIONAL),
        Field("code", StringType(), "Code.", False, Privacy.PAYLOAD),
        Field("is_odd", BooleanType(), "Flag.", False, Privacy.OPERATIONAL),
        Field("code_arr", ArrayType(StringType()), "Codes.", False, Privacy.OPERATIONAL),
        Field("surname", StringType(), "Name."),
        Field("area", StringType(), "Area.", False, Privacy.QUASI),
        Field("faith", StringType(), "Faith.", False, Privacy.SENSITIVE),
    ),
    partitioned_by=("day",),
    checks={"odd": "code <> 'o''n'", "area_known": "`area` IS NULL OR area <> 'surname'"},
)


def faults_of(table: Table) -> list[str]:
    names, fields = table.columns, {f.name: f for f in table.fields}
    faults = ["a column twice"] if len(set(names)) < len(names) else []
    faults += [f"key '{c}' unknown" for c in table.key if c not in fields]
    faults += [f"key '{c}' may be missing" for c in table.key if c in fields and not fields[c].required]
    faults += [f"partition '{c}' may be missing" for c in table.partitioned_by if c not in fields or not fields[c].required]
    faults += [f"check '{n}' names no column" for n, e in table.checks.items() if not columns_of(e, table)]
    faults += [f"'{f.name}' is not explained" for f in table.fields if not f.doc.strip()]
    if not table.zone.holds_identifiers:
        faults += [f"'{f.name}' is direct" for f in table.fields if f.privacy is Privacy.DIRECT]
    return faults


@pytest.mark.parametrize("table", FIXED_TABLES, ids=str)
def test_every_contract_holds_together_and_can_be_created(table: Table) -> None:
    assert faults_of(table) == []
    assert create_table(table, "/lake/x", 400).startswith("CREATE TABLE delta.`/lake/x` (")


def test_no_two_contracts_share_a_table() -> None:
    assert len({table.full_name for table in FIXED_TABLES}) == len(FIXED_TABLES)


def test_the_statement_says_all_that_the_contract_does() -> None:
    assert create_table(TABLE, "/la`ke/odd", 400) == (
        """CREATE TABLE delta.`/la``ke/odd` (
  `id` string NOT NULL COMMENT 'It\\'s 50\\\\% `odd`
and | long.',
  `day` bigint NOT NULL COMMENT 'Day.',
  `code` string COMMENT 'Code.',
  `is_odd` boolean COMMENT 'Flag.',
  `code_arr` array<string> COMMENT 'Codes.',
  `surname` string COMMENT 'Name.',
  `area` string COMMENT 'Area.',
  `faith` string COMMENT 'Faith.'
)
USING delta
PARTITIONED BY (`day`)
TBLPROPERTIES (
  'delta.deletedFileRetentionDuration' = 'interval 400 days',
  'delta.logRetentionDuration' = 'interval 400 days',
  'delta.enableDeletionVectors' = 'false',
  'delta.dataSkippingStatsColumns' = '`id`',
  'delta.constraints.odd' = 'code <> \\'o\\'\\'n\\'',
  'delta.constraints.area_known' = '`area` IS NULL OR area <> \\'surname\\''
)"""
    )


def test_a_table_of_people_alone_has_no_statistics() -> None:
    names = replace(TABLE, fields=TABLE.fields[5:], key=("surname",), partitioned_by=(), checks={})
    properties = table_properties(names, 30)
    assert properties["delta.dataSkippingNumIndexedCols"] == "0"
    assert "delta.dataSkippingStatsColumns" not in properties


def test_no_statistics_ever_name_a_column_about_people() -> None:
    for table in FIXED_TABLES:
        logged = table_properties(table, 30).get("delta.dataSkippingStatsColumns", "")
        exposed = {Privacy.DIRECT, Privacy.QUASI, Privacy.SENSITIVE}
        assert [f.name for f in table.fields if f.privacy in exposed and f"`{f.name}`" in logged.split(",")] == []
    assert "`source_file`" in table_properties(REJECTED_ROW, 30)["delta.dataSkippingStatsColumns"]


@pytest.mark.parametrize("check", ["surname IS NOT NULL", "upper(`Surname`) = surname", "code = 'x' OR length(SURNAME) > 1"])
def test_a_check_on_a_direct_column_is_refused(check: str) -> None:
    with pytest.raises(ContractError, match="check 'name' mentions the direct column 'surname'"):
        create_table(replace(TABLE, checks={"name": check}), "/x", 400)


@pytest.mark.parametrize("check", ["code <> 'surname'", 'code <> "surname"', "code <> 'it''s surname'", "code <> 'a\\'surname'"])
def test_a_text_that_is_called_like_a_column_is_not_one(check: str) -> None:
    assert columns_of(check, TABLE) == {"code"}


@pytest.mark.parametrize("column", ["surname", "area", "faith"])
def test_folders_are_not_named_after_people(column: str) -> None:
    with pytest.raises(ContractError, match=f"column '{column}', which would name folders"):
        create_table(replace(TABLE, partitioned_by=(column,)), "/x", 400)


def test_the_catalogue_is_the_same_whatever_the_order() -> None:
    assert tables_markdown(FIXED_TABLES) == tables_markdown(reversed(FIXED_TABLES))


def test_the_catalogue_shows_every_table_and_column() -> None:
    text = tables_markdown([*FIXED_TABLES, TABLE])
    for table in (*FIXED_TABLES, TABLE):
        assert f"### `{table.full_name}`" in text
        section = text.split(f"### `{table.full_name}`")[1].split("\n##")[0]
        assert [line.split("`")[1] for line in section.splitlines() if line.startswith("| `")] == list(table.columns)
        assert f"One row is {table.grain}." in section
        assert all(f"- check `{name}`: `{expression}`" in section for name, expression in table.checks.items())
    assert "| `id` | string | yes | token | It's 50\\% `odd` and \\| long. |" in text
    assert text.index("## Zone `raw`") < text.index("## Zone `identity`") < text.index("## Zone `ops`")
    assert "array<string>" in text.split("### `identity.person_record`")[1]
    assert PERSON_RECORD.partitioned_by == ("source",)
