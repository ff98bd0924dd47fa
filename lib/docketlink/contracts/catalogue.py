"""``docs/tables.md``: every table as its contract states it."""

from collections.abc import Iterable

from docketlink.contracts.table import Table, Zone

_ZONES = {
    Zone.RAW: "what arrived, as text, with file, ordinal and snapshot date; nothing derived",
    Zone.IDENTITY: "names, dates of birth, addresses, register numbers; models, edges, clusters; no offence, plea, sentence or outcome",
    Zone.PAYLOAD: "events keyed by `record_id`; no identifier",
    Zone.SPINE: "`record_id` to `person_id`, and lineage; no names, no dates of birth",
    Zone.RESEARCH: "longitudinal tables keyed by `person_id`; no identifiers, no native keys",
    Zone.TRUTH: "who is who in synthetic or labelled data; nothing in production reads it",
    Zone.QUALITY: "measures of runs; no rows about one person",
    Zone.OPS: "manifests of runs; no rows about one person",
    Zone.RELEASE: "manifests of releases; no rows about one person",
}

_INTRODUCTION = """# Tables

Generated from the contracts in `lib/docketlink/contracts`: change them there. Each table is a Delta table at `<root of its
zone>/<name>`. One row is the *grain*; no two rows of a version share the *key*. A required column is never NULL.

Each column has a privacy class:

| class | what it is | where its values may show |
|---|---|---|
| direct | finds a person on its own; every column that nobody classified | `raw`, `identity`; no log, message, check or folder name |
| quasi | may single a person out together with others | no log, message or folder name |
| sensitive | protected characteristics | as quasi, and only where a product asks for it |
| payload | what happened: codes, types, precision | wherever the table may be read |
| token | a keyed pseudonym or a fingerprint: means nothing without the key | wherever the table may be read |
| operational | about files, runs and rules, not people | anywhere |
"""


_LANGUAGES = {"pyspark": "python"}


def tables_markdown(tables: Iterable[Table]) -> str:
    """The catalogue of ``tables`` in Markdown, zone by zone in the order of ``Zone``, tables by name.

    The same tables give the same text, whatever their order.
    """
    ordered = sorted(tables, key=lambda table: table.name)
    parts = [_INTRODUCTION]
    for zone in Zone:
        if mine := [table for table in ordered if table.zone is zone]:
            parts += [f"## Zone `{zone}`\n\nHolds {_ZONES[zone]}.\n", *map(_section, mine)]
    return "\n".join(parts)


def _section(table: Table) -> str:
    facts = [f"One row is {table.grain}.", f"Key: {_names(table.key)}."]
    if table.partitioned_by:
        facts.append(f"Partitioned by {_names(table.partitioned_by)}.")
    checks = "".join(f"- check `{name}`: `{expression}`\n" for name, expression in sorted(table.checks.items()))
    rows = "".join(
        f"| `{f.name}` | {f.type.simpleString()} | {'yes' if f.required else ''} | {f.privacy} | {_cell(f.doc)} |\n" for f in table.fields
    )
    head = "| column | type | required | privacy | meaning |\n|---|---|---|---|---|\n"
    shown = "".join(f"\n```{_LANGUAGES.get(name, name)}\n{text}\n```\n" for name, text in sorted(table.examples.items()))
    return f"### `{table.full_name}`\n\n{' '.join(facts)}\n\n{checks}{chr(10) if checks else ''}{head}{rows}{shown}"


def _names(columns: tuple[str, ...]) -> str:
    return ", ".join(f"`{column}`" for column in columns)


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
