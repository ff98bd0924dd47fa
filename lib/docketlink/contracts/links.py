"""Models, and what scoring makes with them: edges and an account of the blocks."""

from docketlink.contracts.common import DROPPED, INT, LONG, OPERATIONAL, REAL, TEXT, TEXTS, TOKEN
from docketlink.contracts.table import Field, Table, Zone

LINK_MODEL = Table(
    zone=Zone.IDENTITY,
    name="link_model",
    grain="a trained model",
    key=("model_id",),
    fields=(
        Field("model_id", TEXT, "Fingerprint of everything below.", True, TOKEN),
        Field("name", TEXT, "Name of the file in conf/models.", True, OPERATIONAL),
        Field("definition_hash", TEXT, "Hash of the declaration that was trained.", True, OPERATIONAL),
        Field("settings_json", TEXT, "Splink's own model JSON, trained.", True, OPERATIONAL),
        Field("probe_json", TEXT, "Outputs of the similarity functions on fixed pairs; scoring refuses others.", True, OPERATIONAL),
        Field("trained_on_json", TEXT, "Input hash, sample size and library versions of the training.", True, OPERATIONAL),
    ),
)

TERM_FREQUENCY = Table(
    zone=Zone.IDENTITY,
    name="term_frequency",
    grain="a term of a column, frozen with a model",
    key=("model_id", "column", "term"),
    fields=(
        Field("model_id", TEXT, "Model that froze it.", True, TOKEN),
        Field("column", TEXT, "Column of the model's input.", True, OPERATIONAL),
        Field("term", TEXT, "The value.", True),
        Field("frequency", REAL, "Share of non-NULL records that hold the value.", True, OPERATIONAL),
    ),
    partitioned_by=("model_id",),
    checks={"frequency_is_share": "frequency > 0 AND frequency <= 1"},
)

SCORED_EDGE = Table(
    zone=Zone.IDENTITY,
    name="scored_edge",
    grain="an unordered pair of records scored once",
    key=("record_id_l", "record_id_r"),
    fields=(
        Field("record_id_l", TEXT, "The smaller record id.", True, TOKEN),
        Field("record_id_r", TEXT, "The larger record id.", True, TOKEN),
        Field("stage", TEXT, "Stage of linkage.stages that scored the pair.", True, OPERATIONAL),
        Field("model_id", TEXT, "Model that scored it.", True, TOKEN),
        Field("rule", INT, "Index of the first blocking rule that found the pair.", True, OPERATIONAL),
        Field("match_weight", REAL, "log2 of the posterior odds, bits.", True, OPERATIONAL),
        Field("match_probability", REAL, "2^w / (1 + 2^w).", True, OPERATIONAL),
    ),
    partitioned_by=("stage",),
    key_tells=("stage",),  # of the stages of a configuration one alone scores the sources of two records
    checks={"ordered": "record_id_l < record_id_r", "probability": "match_probability >= 0 AND match_probability <= 1"},
)

BLOCK_SUMMARY = Table(
    zone=Zone.IDENTITY,
    name="block_summary",
    grain="a blocking rule in a stage",
    key=("stage", "rule"),
    fields=(
        Field("stage", TEXT, "Stage of linkage.stages.", True, OPERATIONAL),
        Field("rule", INT, "Index of the rule in the model.", True, OPERATIONAL),
        Field("expression", TEXT, "What the rule blocks on.", True, OPERATIONAL),
        Field("records", LONG, "Records that have a key under the rule.", True, OPERATIONAL),
        Field("blocks", LONG, "Distinct keys with two or more records.", True, OPERATIONAL),
        Field("pairs", LONG, "Pairs the rule would make on its own.", True, OPERATIONAL),
        Field("largest_block", LONG, "Records in the largest block.", True, OPERATIONAL),
        Field("refined_blocks", LONG, "Blocks above the cap, cut up by the rule's refining expressions.", True, OPERATIONAL),
        Field("split_blocks", LONG, "Blocks above the cap, whole or cut up, compared in a grid of tasks.", True, OPERATIONAL),
        Field("dropped_blocks", LONG, "Blocks above the cap of which some pairs are not compared.", True, OPERATIONAL),
        Field("dropped_pairs", LONG, "Pairs of those blocks that the rule does not compare; other rules may.", True, OPERATIONAL),
        Field("dropped", DROPPED, "Each of those blocks: hash of its key, records, pairs not compared.", True, OPERATIONAL),
        Field("treated_key_arr", TEXTS, "Hashed keys of blocks that are refined or dropped, sorted.", True, OPERATIONAL),
    ),
    partitioned_by=("stage",),
)
