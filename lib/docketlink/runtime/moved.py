"""``docketlink model compare``: what another version of the spine would move, before it is accepted."""

from collections.abc import Iterator

from pyspark.sql import DataFrame, SparkSession

from docketlink.config.load import Configuration
from docketlink.contracts.events import PERSON_EVENT
from docketlink.contracts.spine import PERSON_SPINE
from docketlink.errors import ConfigError
from docketlink.linkage.comparison import compare_spines
from docketlink.quality.headlines import headline_rates
from docketlink.storage.lake import Lake

_THRESHOLDS = ("high", "medium", "low")


def what_moved(config: Configuration, spark: SparkSession, before: int | None, after: int | None) -> list[str]:
    """Lines of a table: figures of two Delta versions of the spine, by default the newest and the one before. Counts only.

    Where events are built, headlines stand below: the same events under the persons of either version.

    Raises ConfigError when there are no two versions, StorageError when one is no longer kept.
    """
    lake = Lake(spark, config.settings.storage)
    versions = sorted(commit.version for commit in lake.history(PERSON_SPINE) if commit.content_hash)
    newest = after if after is not None else max(versions, default=-1)
    earlier = before if before is not None else max((version for version in versions if version < newest), default=-1)
    if min(newest, earlier) < 0:
        raise ConfigError("spine.person_spine has no two versions to compare.", next_step="link with the new model first.")
    spines = [lake.read(PERSON_SPINE, version=version) for version in (earlier, newest)]
    compared = compare_spines(*spines)
    row = {r.threshold: r.asDict() for r in compared.collect()}
    lines = [
        f"spine.person_spine, version {earlier} against version {newest}",
        f"{'threshold':<12}{'':<10}{'before':>16}{'after':>16}{'in both':>16}",
    ]
    kept = {"records": "", "people": "people_same", "linked": "", "largest": "", "pairs": "pairs_kept"}
    for threshold in _THRESHOLDS:
        told = row[threshold]
        for what, both in kept.items():
            shown = f"{told[both]:,}" if both else ""
            lines.append(f"{threshold:<12}{what:<10}{told[f'{what}_before']:>16,}{told[f'{what}_after']:>16,}{shown:>16}")
        share = told["pairs_kept"] / told["pairs_before"] if told["pairs_before"] else 1.0
        lines.append(f"{threshold:<12}{told['records_moved']:,} records have another person id; {share:.2%} of the pairs are kept")
    return [*lines, *_rates(lake.read(PERSON_EVENT), *spines)] if lake.exists(PERSON_EVENT) else lines


def _rates(events: DataFrame, before: DataFrame, after: DataFrame) -> Iterator[str]:
    was, now = ({(row.headline, row.level): row.value for row in headline_rates(events, spine).collect()} for spine in (before, after))
    yield f"{'headline':<24}{'threshold':<12}{'before':>10}{'after':>10}{'points':>10}"
    for headline, level in sorted(was.keys() | now.keys(), key=lambda pair: (pair[0], _THRESHOLDS.index(pair[1]))):
        old, new = was.get((headline, level)), now.get((headline, level))
        moved = "" if old is None or new is None else f"{100 * (new - old):+.2f}"
        yield f"{headline:<24}{level:<12}{_percent(old):>10}{_percent(new):>10}{moved:>10}"


def _percent(value: float | None) -> str:
    return "" if value is None else f"{value:.2%}"
