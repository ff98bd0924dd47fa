"""Tokens, computed on executors: imports nothing but the standard library and pyarrow."""

import base64
import hmac
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np
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


class Tokeniser:
    """Tokens of texts by domain, for the domains whose keys it holds: ``tokeniser("record", texts)``. Never printed."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = dict(keys)

    def __repr__(self) -> str:
        return f"Tokeniser({', '.join(sorted(self._keys))}, redacted)"

    def __call__(self, domain: str, texts: Sequence[str | None]) -> list[str | None]:
        """The token of each text, None for none and for blanks; equal texts of two domains share none."""
        key, prefix = self._keys[domain], domain.encode() + _SEPARATOR
        messages = [text_bytes(text) for text in texts]
        digests = [hmac.digest(key, prefix + message, "sha256")[:16] for message in messages if message is not None]
        found = iter(_base32(digests))
        return [None if message is None else next(found) for message in messages]


_ALPHABET = np.frombuffer(b"abcdefghijklmnopqrstuvwxyz234567", np.uint8)


def _base32(digests: Sequence[bytes]) -> list[str]:
    """Each 128 bits as 26 characters of lower-case base32 without padding, RFC 4648, all at once."""
    bits = np.unpackbits(np.frombuffer(b"".join(digests), np.uint8).reshape(len(digests), 16), axis=1)
    fives = np.pad(bits, ((0, 0), (0, 2))).reshape(len(digests), 26, 5) @ np.array([16, 8, 4, 2, 1], np.uint8)
    text = _ALPHABET[fives].tobytes().decode("ascii")
    return [text[start : start + 26] for start in range(0, len(text), 26)]


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
