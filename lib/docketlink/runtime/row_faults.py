"""Which rows the rules over rows set aside: few actions where nothing is at fault, small joins where something is."""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from docketlink.config.rules import reference_order
from docketlink.config.source import SourceConfig
from docketlink.sources.rules import keys_gone, lost, lost_keys, repeated_keys, repeats, unique_groups, without

Hold = Callable[[DataFrame], DataFrame]
Suspects = Mapping[tuple[str, int], DataFrame]
"""Keys at fault, by table and number of the rule; a rule that every row keeps has none."""


def row_faults(source: SourceConfig, sound: Mapping[str, DataFrame], hold: Hold) -> dict[str, DataFrame]:
    """By table the places of sound rows at fault, each once: source_file, ordinal, rule, column. Tables without any are missing.

    A row that repeats a sound row before it is at fault (DUPLICATE_KEY, DUPLICATE), judged rule after rule among the rows that
    stand so far; then one that refers to no row that stands in the table it names (REFERENCE). ``hold`` keeps a small frame.
    """
    places = _repeated(source, sound, hold)
    lost_places = _lost(source, sound, places, hold)
    both = {table: [at[table] for at in (places, lost_places) if table in at] for table in sound}
    return {table: hold(_union(found)) if len(found) > 1 else found[0] for table, found in both.items() if found}


def _repeated(source: SourceConfig, sound: Mapping[str, DataFrame], hold: Hold) -> dict[str, DataFrame]:
    groups = {(table, n): group for table in sound for n, group in enumerate(unique_groups(source.tables[table]))}
    suspects = _suspects({at: repeated_keys(sound[at[0]], group) for at, group in groups.items()}, hold)
    found: dict[str, list[DataFrame]] = {}
    for (table, n), keys in sorted(suspects.items()):
        earlier = found.setdefault(table, [])
        standing = without(sound[table], _union(earlier) if earlier else None)
        earlier.append(hold(repeats(standing, groups[table, n], keys)))
    return {table: _union(each) for table, each in found.items()}


def _lost(source: SourceConfig, sound: Mapping[str, DataFrame], repeated: Mapping[str, DataFrame], hold: Hold) -> dict[str, DataFrame]:
    """A row that is lost may have been the one that others refer to: tables are judged after those they refer to."""
    standing = {table: without(rows, repeated.get(table)) for table, rows in sound.items()}
    references = {(table, n): each for table in sound for n, each in enumerate(source.tables[table].references)}
    suspects = _suspects({at: lost_keys(standing[at[0]], each, standing[each.table]) for at, each in references.items()}, hold)
    found: dict[str, list[DataFrame]] = {}
    for table in reference_order(source.landed):
        for n, reference in enumerate(source.tables[table].references):
            keys = [suspects[table, n]] if (table, n) in suspects else []
            if gone := found.get(reference.table):
                keys.append(keys_gone(reference, standing[reference.table], _union(gone)))
            if keys:
                own = without(standing[table], _union(found[table]) if table in found else None)
                found.setdefault(table, []).append(hold(lost(own, reference, _union(keys))))
    return {table: _union(each) for table, each in found.items()}


def _suspects(keys: Mapping[tuple[str, int], DataFrame], hold: Hold) -> Suspects:
    """Of all rules at once those that are broken, from one action."""
    if not keys:
        return {}
    named = [frame.select(F.lit(table).alias("table"), F.lit(n).alias("number"), "key") for (table, n), frame in keys.items()]
    held = hold(_union(named))
    broken = held.select("table", "number").distinct().collect()  # a row a rule
    return {(row.table, row.number): held.where((held.table == row.table) & (held.number == row.number)).select("key") for row in broken}


def _union(frames: Sequence[DataFrame]) -> DataFrame:
    return reduce(DataFrame.unionAll, frames)
