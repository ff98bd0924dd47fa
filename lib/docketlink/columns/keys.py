"""The text that names a linking node, from which ``record_id`` is made."""

from collections.abc import Sequence

from pyspark.sql import Column
from pyspark.sql import functions as F

SEPARATOR = "\u001f"  # a control character: ingestion sets aside every row that holds one, so no value can imitate it


def record_key(source: str, columns: Sequence[str]) -> Column:
    """``source U+001F key1 U+001F key2 …``: the native key of a node, each part trimmed and in Unicode form C.

    ``columns`` are those of ``record.key`` in the source's YAML, in that order; ``source_file`` and ``ordinal`` may be
    among them. NULL when any part is NULL: a record without its whole key names no node.
    """
    parts = [F.normalize(F.trim(F.col(_quoted(name)).cast("string")), F.lit("NFC")) for name in columns]
    return F.concat(F.lit(source), *(text for part in parts for text in (F.lit(SEPARATOR), part)))


def _quoted(name: str) -> str:
    return f"`{name.replace('`', '``')}`"
