"""How often two records of one person agree, and two of different people: the levels of the published model, tried top down.

The pairs are sampled by hash and are few enough for one process; DuckDB scores them as the published model does.
"""

from collections.abc import Iterator, Sequence

import duckdb
import pyarrow as pa

COLUMNS = (
    "record_id", "true_person_id", "source", "name_1_std", "last_name_std", "first_and_last_name_std", "name_2_std", "forename_std_arr",
    "last_name_std_arr", "dob_std", "dob_arr", "postcode_arr", "postcode_outcode_arr", "pnc_arr", "cro_arr", "sentence_date_arr",
)  # fmt: skip
_YEAR, _PRODUCT = "CAST(substr({0}, 1, 4) AS INT)", "len(sentence_date_arr_l) * len(sentence_date_arr_r)"
_NEAR = "abs(date_diff('day', CAST({0} AS DATE), CAST({1} AS DATE))) <= 14"
_PNC_OF_CRO = "list_has_any(list_transform(pnc_arr_{0}, lambda x: x[7:12]), list_transform(cro_arr_{1}, lambda x: x[1:6]))"
_PNC_CORE = "list_has_any(list_transform(pnc_arr_l, lambda x: x[1:4] || x[8:13]), list_transform(pnc_arr_r, lambda x: x[1:4] || x[8:13]))"
_PNC, _CRO = "coalesce(list_has_any(pnc_arr_l, pnc_arr_r), false)", "coalesce(list_has_any(cro_arr_l, cro_arr_r), false)"


def _both(column: str) -> str:
    return f"{column}_l IS NOT NULL AND {column}_r IS NOT NULL"


def _jaro_winkler(column: str) -> str:
    return f"jaro_winkler_similarity({column}_l, {column}_r)"


# For each comparison when there is something to compare, and its levels in order.
COMPARISONS: dict[str, tuple[str, list[tuple[str, str]]]] = {
    "name": (
        _both("last_name_std"),
        [
            ("equal", "first_and_last_name_std_l = first_and_last_name_std_r"),
            ("Jaro-Winkler .9", f"{_jaro_winkler('first_and_last_name_std')} >= 0.9"),
            ("swapped", "name_1_std_l = last_name_std_r AND last_name_std_l = name_1_std_r"),
            ("among aliases",
             "list_has_any(forename_std_arr_l, forename_std_arr_r) AND list_has_any(last_name_std_arr_l, last_name_std_arr_r)"),
            ("both Jaro-Winkler .7", f"{_jaro_winkler('name_1_std')} >= 0.7 AND {_jaro_winkler('last_name_std')} >= 0.7"),
            ("forename only", "name_1_std_l = name_1_std_r"),
            ("surname only", "last_name_std_l = last_name_std_r"),
            ("differs", "true"),
        ],
    ),
    "date of birth": (
        _both("dob_std"),
        [
            ("equal", "dob_std_l = dob_std_r"),
            ("among aliases", "list_has_any(dob_arr_l, dob_arr_r)"),
            ("one edit", "substr(dob_std_l, 1, 3) = substr(dob_std_r, 1, 3) AND damerau_levenshtein(dob_std_l, dob_std_r) <= 1"),
            ("within five years", f"abs({_YEAR.format('dob_std_l')} - {_YEAR.format('dob_std_r')}) <= 5"),
            ("other", "true"),
        ],
    ),
    "postcode": (
        _both("postcode_arr"),
        [
            ("shared", "list_has_any(postcode_arr_l, postcode_arr_r)"),
            ("outcode only", "list_has_any(postcode_outcode_arr_l, postcode_outcode_arr_r)"),
            ("none", "true"),
        ],
    ),
    "middle name": (
        _both("name_2_std"),
        [("equal", "name_2_std_l = name_2_std_r"), ("Jaro-Winkler .85", f"{_jaro_winkler('name_2_std')} >= 0.85"), ("differs", "true")],
    ),
    # The published rates are shares among pairs that do not agree on both.
    "register": (
        f"(({_both('pnc_arr')}) OR ({_both('cro_arr')})) AND NOT ({_PNC} AND {_CRO})",
        [
            ("PNC only", _PNC),
            ("CRO only", _CRO),
            ("core digits", f"{_PNC_OF_CRO.format('l', 'r')} OR {_PNC_OF_CRO.format('r', 'l')} OR {_PNC_CORE}"),
            ("differs", "true"),
        ],
    ),
    "sentence date": (
        _both("sentence_date_arr"),
        [
            ("shared: one each", f"list_has_any(sentence_date_arr_l, sentence_date_arr_r) AND {_PRODUCT} = 1"),
            ("shared: up to 9", f"list_has_any(sentence_date_arr_l, sentence_date_arr_r) AND {_PRODUCT} <= 9"),
            ("shared: up to 50", f"list_has_any(sentence_date_arr_l, sentence_date_arr_r) AND {_PRODUCT} <= 50"),
            ("shared: more", "list_has_any(sentence_date_arr_l, sentence_date_arr_r)"),
            ("within 14 days", f"{_NEAR.format('sentence_date_arr_l[1]', 'sentence_date_arr_r[1]')} "
                               f"OR {_NEAR.format('sentence_date_arr_l[-1]', 'sentence_date_arr_r[-1]')}"),
            ("none", "true"),
        ],
    ),
}  # fmt: skip


def given_pairs(pairs: pa.Table) -> duckdb.DuckDBPyConnection:
    """A connection with a view ``pairs`` of the pairs, columns ``*_l`` and ``*_r``."""
    connection = duckdb.connect()
    connection.register("given", pairs)
    connection.execute("CREATE VIEW pairs AS SELECT * FROM given")
    return connection


def agreement(
    connection: duckdb.DuckDBPyConnection, comparisons: Sequence[str] = tuple(COMPARISONS)
) -> Iterator[tuple[str, float | None, int]]:
    """Name of each level, share of the comparable pairs on it, and how many are comparable; of the connection's view ``pairs``."""
    for name in comparisons:
        comparable, levels = COMPARISONS[name]
        cases = " ".join(f"WHEN {condition} THEN {place}" for place, (_, condition) in enumerate(levels))
        rows = connection.execute(
            f"SELECT level, count(*) FROM (SELECT CASE {cases} END AS level FROM pairs WHERE {comparable}) GROUP BY level"
        ).fetchall()
        counted, whole = dict(rows), sum(number for _, number in rows)
        for place, (level, _) in enumerate(levels):
            yield f"{name} {level}", counted.get(place, 0) / whole if whole else None, whole


def random_pairs(records: pa.Table, shifts: int) -> duckdb.DuckDBPyConnection:
    """A connection with a view ``pairs`` of records in an order of chance, each beside ``shifts`` others of other people."""
    connection = duckdb.connect()
    connection.register("given", records)
    connection.execute("CREATE TABLE placed AS SELECT *, row_number() OVER (ORDER BY record_id) - 1 AS place FROM given")
    size = max(records.num_rows, 1)
    left, right = (", ".join(f"{side}.{name} AS {name}_{side}" for name in records.column_names) for side in "lr")
    connection.execute(f"CREATE TABLE r AS SELECT place AS place_r, {right} FROM placed r")
    connection.execute(
        f"CREATE TABLE l AS SELECT {left}, (place + 1 + shift * {max(size // (shifts + 2), 1)}) % {size} AS beside "
        f"FROM placed l, range({shifts}) s(shift)"
    )
    connection.execute("CREATE VIEW pairs AS SELECT * FROM l JOIN r ON l.beside = r.place_r WHERE true_person_id_l <> true_person_id_r")
    return connection
