"""What a run may be told. Defaults live here; ``conf/base.yml`` shows every key, and a test says the two agree."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, FiniteFloat, model_validator

from docketlink.config.base import Frozen, WordGroups


class Storage(Frozen):
    """Where tables live and how long their history is kept."""

    root: str = Field(default="build/lake", description="Folder of the zones; zone z is <root>/z unless zones says otherwise.")
    zones: dict[str, str] = Field(default={}, description="Roots of single zones, so that permissions can follow them.")
    locks: str | None = Field(default=None, description="Folder of lock files for local and network disks; <root>/_locks by default.")
    lock_wait_seconds: float = Field(default=600.0, ge=0, description="How long a writer waits for another one.")
    retention_days: int = Field(default=3650, ge=7, description="History of tables without identifiers.")
    retention_days_identifiers: int = Field(default=400, ge=7, description="History of raw and identity.")


def _listed(value: object) -> object:
    """``--set deliveries.accept=court/2026-01-12`` gives a text, not a list."""
    return [value] if isinstance(value, str) else value


Postcode = Annotated[str, Field(pattern=r"^([A-Z][A-HJ-Y]?[0-9][A-Z0-9]?[0-9][A-Z]{2}|GIR0A{2})$")]
SnapshotName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*/\d{4}-\d{2}-\d{2}$")]


class Deliveries(Frozen):
    """Which snapshots are loaded, and how many of them ``raw`` keeps."""

    keep_snapshots: int = Field(default=8, ge=1, description="Snapshots of a source that raw keeps: the newest ones.")
    pinned_snapshots: Annotated[tuple[SnapshotName, ...], BeforeValidator(_listed)] = Field(
        default=(), description="Older snapshots to keep as well, each as source/yyyy-MM-dd."
    )
    accept: Annotated[tuple[SnapshotName, ...], BeforeValidator(_listed)] = Field(
        default=(), description="Snapshots to load though they were held, each as source/yyyy-MM-dd."
    )


class Spark(Frozen):
    """The session. On a cluster the submit command decides; these hold where it is silent."""

    master: str | None = Field(default=None, description="As local[*]; none leaves it to spark-submit.")
    driver_memory: str = "4g"
    shuffle_partitions: int = Field(default=8, ge=1)
    jars: str | None = Field(default=None, description="Folder of Delta's jars; none resolves them through Ivy.")
    ivy_settings: str = "ivysettings.xml"
    ivy_cache: str = ".cache/ivy"
    io_encryption: bool = Field(default=False, description="Encrypt what spills to local disks: true wherever the data are real.")
    settings: dict[str, str] = Field(default={}, description="Further Spark settings; none may hold a secret.")


class Keys(Frozen):
    """References to the programme's secrets, never the secrets: ``file:<path>``, or ``test:`` for the marked test key."""

    root: str = "test:"
    salt: str = "test:"


class Stage(Frozen):
    """One scoring stage: which sources, within or between them, by which model."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    sources: tuple[str, ...] = Field(default=(), description="The sources of the stage; those of between where it is given.")
    between: tuple[tuple[str, ...], ...] = Field(
        default=(), description="Sets of sources: only pairs with one record in each of two of them are scored. For link_type link."
    )
    link_type: Literal["dedupe", "link", "link_and_dedupe"] = "link_and_dedupe"
    model: str
    thresholds: dict[Literal["high", "medium", "low"], FiniteFloat] = Field(default={"high": 13.3, "medium": 4.25, "low": 2.0})

    @model_validator(mode="before")
    @classmethod
    def _sources_of_sets(cls, given: object) -> object:
        if isinstance(given, dict) and given.get("between") and "sources" not in given:
            sets = given["between"]
            if isinstance(sets, list | tuple) and all(isinstance(each, list | tuple) for each in sets):
                return {**given, "sources": [source for each in sets for source in each]}
        return given

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if faults := [*self._faults()]:
            raise ValueError(f"stage {self.name}: {'; '.join(faults)}")
        return self

    def _faults(self) -> Iterator[str]:
        if not self.sources:
            yield "it names no source"
        if twice := sorted({source for source in self.sources if self.sources.count(source) > 1}):
            yield f"{', '.join(twice)} is named twice"
        if self.link_type == "link" and len(self.sets) < 2:
            yield "link needs two sources, or two sets of them in between"
        if self.between and self.link_type != "link":
            yield f"between goes with link_type link, not {self.link_type}"
        if any(not each for each in self.between):
            yield "a set of between is empty"
        if self.between and sorted(self.sources) != sorted(source for each in self.between for source in each):
            yield "sources and between do not name the same sources; leave sources out"
        if set(self.thresholds) != {"high", "medium", "low"}:
            yield "thresholds need high, medium and low"
        elif not self.thresholds["high"] >= self.thresholds["medium"] >= self.thresholds["low"]:
            yield "thresholds must fall from high to medium to low"

    @property
    def sets(self) -> tuple[tuple[str, ...], ...]:
        """The sets of sources between which a link stage scores: each source is one of its own unless ``between`` says otherwise."""
        return self.between or tuple((source,) for source in self.sources)

    @property
    def set_index(self) -> dict[str, int]:
        """Position in ``sets`` of each source. Pairs of one position are within, pairs of two are between."""
        return {source: i for i, each in enumerate(self.sets) for source in each}

    def owned_pairs(self) -> set[frozenset[str]]:
        """The unordered pairs of sources whose record pairs this stage scores; a single name is a source with itself."""
        index = self.set_index
        within = {frozenset({s}) for s in self.sources} if self.link_type != "link" else set()
        across = {frozenset({a, b}) for a in self.sources for b in self.sources if index[a] < index[b]}
        return within | (across if self.link_type != "dedupe" else set())


class Attach(Frozen):
    """Small fragments that join the one large cluster they belong to."""

    records: int = Field(
        default=1, ge=0, description="Records of a fragment, at most; larger clusters take fragments in. 0: nothing is attached."
    )
    best: int = Field(default=3, ge=1, description="Strongest weights between fragment and cluster that are averaged.")
    least_mean: float = Field(default=0.25, description="That average must reach so many bits,")
    ahead: float = Field(default=4.25, ge=0, description="and be so many bits ahead of the next cluster's.")


class Clustering(Frozen):
    """What keeps clusters to one person each; linkage/kernel_merge.py is the method."""

    linkage: Literal["mean", "single"] = Field(
        default="mean", description="mean also weighs all pairs between two clusters; single one link."
    )
    missing_pair: float = Field(default=-0.5, description="Bits that a pair which was never scored counts in a mean.")
    least_mean: float = Field(default=0.0, description="Bits that the mean of two clusters must reach.")
    attach: Attach = Attach()
    of_age: bool = Field(default=True, description="Who was of age before another one's date of birth allows it is somebody else.")
    twins: bool = Field(default=True, description="One surname, date of birth and place but other forenames are two people.")
    forename_bar: float = Field(
        default=13.3, ge=0, description="Bits of a link between clusters without a place in common, of one birth but other forenames,"
    )
    namesake_bar: float = Field(default=9.0, ge=0, description="and of one with other places, and another surname or date of birth.")
    max_records: int = Field(default=20_000, ge=2, description="Records of one person.")
    max_registers: int = Field(default=2, ge=1, description="PNC ids, or CRO numbers, of two clusters that have none in common.")
    max_birth_years: int = Field(default=15, ge=0, description="Years between the dates of birth of one person.")
    soft_identities: int = Field(default=6, ge=1, description="Names with date of birth of one person,")
    identities_per_record: float = Field(default=0.1, ge=0, description="and so many more for each record; further ones need")
    bar_from: float = Field(default=4.25, description="a link of so many bits,")
    bar_step: float = Field(default=2.0, ge=0, description="and so many more for each.")
    bar_top: float = Field(default=20.0, description="Bits of a link that only decisions, twins, size and the mean can refuse.")
    forenames: WordGroups = Field(
        default={},
        description="Head of a group of forenames to its variants, which may be one; in a file the name of a list in models/words.",
    )


class Linkage(Frozen):
    """Stages and limits of the linkage: conf/linkage.yml."""

    engine: Literal["fused", "splink_spark"] = Field(default="fused", description="splink_spark is the reference, many times slower.")
    train_with: Literal["duckdb", "spark"] = Field(default="duckdb", description="Where Splink trains: on the driver, or on Spark.")
    scratch: str | None = Field(
        default=None,
        description="Folder for what Splink on Spark keeps meanwhile, names included; on shared storage, in the identity zone.",
    )
    stages: tuple[Stage, ...] = ()
    floor_weight: FiniteFloat = Field(default=-10.0, description="Edges below it are not kept, bits; well under the lowest threshold.")
    shards: int | None = Field(default=None, ge=1, description="Tasks of the scoring shuffle; by rows when none.")
    rows_per_shard: int = Field(default=1_000_000, ge=1000)
    max_block: int = Field(
        default=5_000, ge=2, description="Records of one key above which a block is refined, split, or dropped and recorded."
    )
    max_split: int = Field(default=20_000, ge=2, description="Records of one key above which a block is not split but dropped.")
    max_pairs: int = Field(default=2_000_000_000, ge=1, description="Candidate pairs of a stage above which it is refused.")
    incremental: bool = Field(default=True, description="Score, merge and name only what changed since the last run, where that is known.")
    driver_edges: int = Field(default=150_000_000, ge=1, description="Edges up to which components are found on the driver.")
    clustering: Clustering = Clustering()
    overrides: str | None = Field(
        default=None, description="Folder of reviewers' CSV files, read by load_overrides; in the identity zone. None: nothing is loaded."
    )
    duckdb_memory: str = Field(default="1GB", description="Memory of DuckDB in one scoring task.")

    @model_validator(mode="after")
    def _each_pair_once(self) -> Self:
        owner: dict[frozenset[str], str] = {}
        for stage in self.stages:
            for pair in sorted(stage.owned_pairs(), key=sorted):
                if pair in owner:
                    a, b = min(pair), max(pair)
                    raise ValueError(f"stages {owner[pair]} and {stage.name} would both score {a} with {'itself' if a == b else b}")
                owner[pair] = stage.name
        names = [stage.name for stage in self.stages]
        if twice := sorted({name for name in names if names.count(name) > 1}):
            raise ValueError(f"two stages are called {', '.join(twice)}")
        return self


class Pipeline(Frozen):
    """Which stages of ``run_pipeline`` run."""

    start: str | None = Field(default=None, description="First stage; the first of all when none.")
    stop: str | None = Field(default=None, description="Last stage; the last of all when none.")


SIZES: Mapping[str, int] = {"tiny": 2_000, "demo": 50_000, "1m": 1_000_000, "10m": 10_000_000, "national": 72_700_000}
"""Sizes of a synthetic system by name, in person records; the last one is that of England and Wales."""


class Synthetic(Frozen):
    """The synthetic court system that ``generate_courts`` writes."""

    seed: int = 20260105
    records: Annotated[int, BeforeValidator(lambda given: SIZES.get(given, given))] = Field(
        default=10_000, ge=100, description="Person records over all sources, about: a number, or tiny, demo, 1m, 10m, national."
    )
    snapshot_date: str = Field(default="2026-01-05", pattern=r"^\d{4}-\d{2}-\d{2}$", description="Date of the last extract.")
    extracts: int = Field(default=1, ge=1, le=52, description="Weekly extracts up to that date, with changes from one to the next.")
    stress: bool = Field(default=False, description="Also rows that share one name and date of birth, or one postcode, scaled by size.")
    delivery_faults: bool = Field(default=False, description="Once each: a column renamed or added, a file cut short or sent twice.")


class Settings(Frozen):
    """Everything a run is told."""

    data: Literal["synthetic", "public", "real"] = Field(default="synthetic", description="real refuses the test key.")
    landing: str = Field(default="build/landing", description="Folder of the deliveries: <source>/<table>/mojap_snapshot_date=…/.")
    sources: tuple[str, ...] = Field(default=(), description="Sources to load: files of conf/sources.")
    retired_sources: tuple[str, ...] = Field(default=(), description="Sources no longer loaded, whose records are to go.")
    hot_postcodes: Annotated[tuple[Postcode, ...], BeforeValidator(_listed)] = Field(
        default=(), description="Postcodes, without blank, that say nothing of who lives there: prisons, courts, hostels, solicitors."
    )
    cohorts: tuple[str, ...] = Field(default=(), description="Designs of cohorts to build: files of conf/products.")
    summary: str | None = Field(default=None, description="File that run_pipeline writes its summary to.")
    deliveries: Deliveries = Deliveries()
    storage: Storage = Storage()
    spark: Spark = Spark()
    keys: Keys = Keys()
    linkage: Linkage = Linkage()
    pipeline: Pipeline = Pipeline()
    synthetic: Synthetic = Synthetic()
