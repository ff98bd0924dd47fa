"""Any sequence of extracts, linked one after another, ends in the edges, clusters and ids of linking every state whole."""

import random
from dataclasses import dataclass
from functools import reduce

from docketlink.config.model import BlockingRule
from docketlink.config.settings import Clustering, Stage
from docketlink.contracts.records import PERSON_RECORD
from docketlink.contracts.revision import all_rows
from docketlink.contracts.spine import PAIR_OVERRIDE
from docketlink.linkage import engine
from docketlink.linkage.artefact import Since
from docketlink.linkage.clusters import cluster_people
from docketlink.linkage.lineage import causes, replay
from docketlink.linkage.persons import assign_person_ids
from docketlink.linkage.touched import Last, changed_nodes, changed_records, moved_records, with_their_persons
from pyspark.sql import DataFrame, SparkSession
from pyspark.sql import functions as F

from tests.linkage.test_engine import COLUMNS, FORENAMES, SETTINGS, STAGE, SURNAMES, Trained, person_rows, redefined, trained  # noqa: F401 - a fixture
from tests.linkage.test_persons import PERSON_COLUMNS, minter

Record = tuple  # as COLUMNS
LINKED = Stage(**STAGE.model_dump() | {"thresholds": {"high": 9.0, "medium": 4.25, "low": 2.0}})
RULES = (BlockingRule(on=("surname",), refine=("forename",)), BlockingRule(on=("root",), split=True), ("dob",))


@dataclass
class State:
    """The records of an extract by id; those in ``deleted`` are kept and marked, as a soft delete leaves them."""

    rows: dict[str, Record]
    deleted: set[str]

    @property
    def linkable(self) -> dict[str, Record]:
        return {key: row for key, row in self.rows.items() if key not in self.deleted}


def next_extract(state: State, draw: random.Random) -> State:
    """New, changed, re-keyed, moved, soft-deleted, restored and vanished records."""
    rows, deleted = dict(state.rows), set(state.deleted)
    names = sorted(rows)
    for key in draw.sample(names, 3):  # a correction
        rows[key] = (*rows[key][:3], draw.choice(SURNAMES), *rows[key][4:])
    for key in draw.sample(names, 2):  # a record that turns out to be of another person
        rows[key] = (*rows[key][:2], *rows[draw.choice(names)][2:])
    for key in draw.sample(names, 2):  # the same record under a new key
        new = f"{draw.getrandbits(64):016X}"
        rows[new] = (new, *rows.pop(key)[1:])
    names = sorted(rows)
    for key in draw.sample(names, 2):
        del rows[key]
    for row in [rows[key] for key in sorted(rows)[:3]]:  # a new record that resembles one that is there
        new = f"{draw.getrandbits(64):016X}"
        rows[new] = (new, row[1], draw.choice([row[2], draw.choice(FORENAMES)]), *row[3:])
    deleted |= {*draw.sample(sorted(rows), 3)}
    deleted -= {*draw.sample(sorted(deleted), 1)}
    return State(rows, deleted & rows.keys())


def frame_of(spark: SparkSession, rows: dict[str, Record]) -> DataFrame:
    return spark.createDataFrame([*rows.values()], COLUMNS).coalesce(1).localCheckpoint()


def what_changed(was: DataFrame, now: DataFrame) -> tuple[DataFrame, int]:
    changed = changed_records(now, was).localCheckpoint()
    return changed, changed.count()


def as_records(spark: SparkSession, state: State) -> DataFrame:
    """PERSON_RECORD of a state, as far as clusters and ids look at it."""
    status = F.when(F.col("record_id").isin(*state.deleted), "deleted").otherwise("linkable")
    known = frame_of(spark, state.rows).withColumns(
        {
            "link_status": status,
            "linkability": F.lit("sufficient"),
            "record_version": F.sha2(F.to_json(F.struct("*")), 256),
            "forename_std_arr": F.array("name_1_std"),
            "dob_arr": F.array_compact(F.array("dob_std")),
            "first_and_last_name_std": F.concat_ws(" ", "name_1_std", "last_name_std"),
        }
    )
    lacking = {f.name: F.lit(None).cast(f.type) for f in PERSON_RECORD.fields if f.name not in known.columns}
    return known.withColumns(lacking).select(*PERSON_RECORD.columns).localCheckpoint()


def decide(spark: SparkSession, state: State, version: int) -> DataFrame:
    """Decisions of a version: from the second on two records are one person, and until the second two others are not."""
    a, b, c, d = sorted(state.rows)[10:14]
    decided = [*([(a, b, "must")] if version > 1 else []), *([(c, d, "cannot")] if version < 3 else [])]
    told = spark.createDataFrame(decided, "record_id_l string, record_id_r string, kind string")
    lacking = {f.name: F.lit(None).cast(f.type) for f in PAIR_OVERRIDE.fields if f.name not in told.columns}
    return told.withColumns(lacking).select(*PAIR_OVERRIDE.columns).localCheckpoint()


def rows_of(frame: DataFrame) -> list[tuple]:
    return sorted(map(tuple, frame.collect()), key=str)


def test_a_sequence_of_extracts_ends_as_linking_each_state_whole(spark: SparkSession, trained: Trained) -> None:  # noqa: F811 - the fixture
    draw = random.Random(1)
    states = [State({row[0]: row for row in person_rows()}, set())]
    for _ in range(2):
        states.append(next_extract(states[-1], draw))
    definition, model = redefined(trained, *RULES)
    settings = SETTINGS.model_copy(update={"shards": 3, "max_block": 1000, "floor_weight": -10.0})
    spines: dict[str, DataFrame] = {}
    last: engine.Scored | None = None
    left: dict[str, DataFrame] = {}
    for version, state in enumerate(states, start=1):
        now, records, decided = frame_of(spark, state.linkable), as_records(spark, state), decide(spark, state, version)
        since = None
        if last:
            since = Since(all_rows(last.edges), last.block_summary, *what_changed(left["records"], records))
        found = {
            "whole": engine.score(now, definition, model, trained.terms, LINKED, settings),
            "weekly": engine.score(now, definition, model, trained.terms, LINKED, settings, since),
        }
        edges = {way: all_rows(scored.edges).drop("model_id").localCheckpoint() for way, scored in found.items()}
        assert rows_of(edges["weekly"]) == rows_of(edges["whole"])
        told: dict[str, tuple] = {}
        then = left  # of the version before, for both ways
        for way, scored in edges.items():
            with_model = scored.withColumn("model_id", F.lit(model.model_id))
            taken = afresh = None
            if way == "weekly" and left:
                changed = changed_nodes(
                    (with_model, left["edges"]),
                    (records, left["records"]),
                    [decided, left["decided"]],
                    {LINKED.name: LINKED.thresholds["low"]},
                ).localCheckpoint()
                taken = Last(left["clusters"], left["alerts"], changed, changed.count())
                assert changed.count() < 0.7 * records.count(), "nothing is taken over"
            made = cluster_people(with_model, records, decided, (LINKED,), Clustering(), driver_edges=10**6, last=taken)
            clusters, alerts = all_rows(made.person_cluster).localCheckpoint(), all_rows(made.cluster_alert).localCheckpoint()
            told[way] = (rows_of(clusters), rows_of(alerts))
            before = spines.get(way)
            if way == "weekly" and before is not None:
                moved = moved_records((clusters, left["clusters"]), (records, left["records"])).localCheckpoint()
                afresh = with_their_persons(moved, moved.count(), clusters, before).localCheckpoint()
                assert afresh.count() < 0.7 * records.count(), "nobody is taken over"
            why = causes(records, then["records"], decided, then["decided"]).localCheckpoint() if then else None
            assigned = assign_person_ids(clusters, records, before, spine_version=version, mint=minter(version), why=why, afresh=afresh)
            spine = all_rows(assigned.person_spine).localCheckpoint()
            if before is not None:
                ids = ["record_id", *PERSON_COLUMNS.values()]
                assert rows_of(replay(before, assigned.person_lineage).select(*ids)) == rows_of(spine.select(*ids))
            told[way] = (*told[way], rows_of(assigned.person_lineage))
            spines[way] = spine
            made.release()
            if way == "weekly":
                left = {"edges": with_model, "records": records, "decided": decided, "clusters": clusters, "alerts": alerts}
        assert told["weekly"] == told["whole"]
        assert rows_of(spines["weekly"]) == rows_of(spines["whole"])
        last = engine.Scored(**vars(found["weekly"]) | {"edges": edges["weekly"].withColumn("model_id", F.lit(model.model_id))})
    together = reduce(DataFrame.intersect, (spine.select("person_id") for spine in spines.values()))
    assert together.count() > 50, "hardly anybody is left"
