"""Tokens, computed on executors: imports nothing but the standard library and pyarrow."""

import base64
import hmac
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import pyarrow as pa

_SEPARATOR = b"\x1f"
_BLANKS = " \t\r\n\f\v\u00a0"  # not str.strip(): Python counts U+001F, our separator, as a blank


class KeyedColumn(NamedTuple):
    """A token column to make: the bytes before and after the text in the message, and the key. Never printed."""

    key: bytes
    prefix: bytes
    suffix: bytes
    source_column: str
    name: str

    def __repr__(self) -> str:
        return f"KeyedColumn({self.source_column} -> {self.name}, redacted)"


def pseudonym(key: bytes, message: bytes) -> str:
    """The first 128 bits of HMAC-SHA256 as 26 characters of lower-case base32 without padding."""
    return base64.b32encode(hmac.digest(key, message, "sha256")[:16]).decode("ascii").rstrip("=").lower()


def token(key: bytes, domain: str, identifier: bytes) -> str:
    """The pseudonym of raw identifier bytes in a domain: HMAC over domain, U+001F and the bytes."""
    return pseudonym(key, domain.encode() + _SEPARATOR + identifier)


def text_bytes(text: str | None) -> bytes | None:
    """The text trimmed, in Unicode form C, as UTF-8; None for none and for blanks, which never become a token."""
    if text is None:
        return None
    trimmed = unicodedata.normalize("NFC", text).strip(_BLANKS)
    return trimmed.encode("utf-8") if trimmed else None


def text_token(key: bytes, domain: str, text: str | None) -> str | None:
    """The pseudonym of a text in a domain, or None for none and for blanks."""
    identifier = text_bytes(text)
    return None if identifier is None else token(key, domain, identifier)


def append_tokens(batches: Iterable[pa.RecordBatch], columns: Sequence[KeyedColumn]) -> Iterator[pa.RecordBatch]:
    """Each batch with its token columns at the end; every other column as it came."""
    for batch in batches:
        arrays, fields = list(batch.columns), list(batch.schema)
        for column in columns:
            texts = batch.column(batch.schema.get_field_index(column.source_column)).to_pylist()
            arrays.append(pa.array([_keyed(column, text) for text in texts], type=pa.string()))
            fields.append(pa.field(column.name, pa.string()))
        yield pa.RecordBatch.from_arrays(arrays, schema=pa.schema(fields))


def _keyed(column: KeyedColumn, text: str | None) -> str | None:
    identifier = text_bytes(text)
    return None if identifier is None else pseudonym(column.key, column.prefix + identifier + column.suffix)
