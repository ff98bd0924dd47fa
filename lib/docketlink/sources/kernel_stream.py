"""From a landed file to a stream of UTF-8 bytes in bounded memory; runs on executors.

Other encodings are transcoded. What cannot be decoded becomes a lone surrogate, whose bytes are no valid UTF-8, so that the one
check for valid UTF-8 finds undecodable values whatever the file's encoding.
"""

import codecs
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from typing import Any, cast

from pyarrow import fs

from docketlink.sources.kernel_spec import FileSpec, UnusableFileError

_BOM = codecs.BOM_UTF8
_MAGIC = {
    b"\x1f\x8b": "gzip",
    b"PK\x03\x04": "zip",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"\x28\xb5\x2f\xfd": "zstandard",
    b"7z\xbc\xaf": "7z",
    b"PAR1": "Parquet",
}


class Digest(io.RawIOBase):
    """A readable file that knows the number of the bytes read from it and, where ``hashed``, their SHA-256."""

    def __init__(self, file: Any, *, hashed: bool) -> None:
        self._file = file
        self._hashed = hashed
        self._sha = hashlib.sha256()
        self.size = 0

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill ``buffer`` from the file."""
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        if self._hashed:
            self._sha.update(data)
        self.size += len(data)
        return len(data)

    def hexdigest(self) -> str:
        """SHA-256 of the whole file: reads what is left of it."""
        while self.read(1 << 20):
            pass
        return self._sha.hexdigest()


def filesystem(landing: str) -> tuple[Any, str]:
    """The store of ``landing``, a local path or a URI, and the path of it there."""
    if "://" in landing:
        return cast(tuple[Any, str], fs.FileSystem.from_uri(landing))
    return fs.LocalFileSystem(), landing


def open_raw(landing: str, path: str) -> Any:
    """The file ``path`` below ``landing``, for random access."""
    store, root = filesystem(landing)
    return store.open_input_file(f"{root.rstrip('/')}/{path}")


def utf8_blocks(raw: io.RawIOBase, spec: FileSpec, block_bytes: int) -> Iterator[bytes]:
    """The content as UTF-8 in blocks of about ``block_bytes``; UnusableFileError when it cannot be had."""
    blocks = _unpacked(raw, spec, block_bytes) if spec.compression == "gzip" else _plain(raw, block_bytes)
    name = codecs.lookup(spec.encoding).name
    if name in ("utf-8", "utf-8-sig"):
        yield from _checked_start(blocks, name == "utf-8-sig")
        return
    decoder = codecs.getincrementaldecoder(name)(errors=_MARK)
    try:
        for block in blocks:
            yield decoder.decode(block).encode("utf-8", "surrogatepass")
        yield decoder.decode(b"", final=True).encode("utf-8", "surrogatepass")
    except UnicodeError:  # as UTF-16 without its mark; single bytes never get here
        raise UnusableFileError("ENCODING", f"is not {spec.encoding}") from None


def repairable_text(record: bytes) -> str:
    r"""A record as text; bytes that are none as ``\xNN``."""
    try:
        return record.decode()
    except UnicodeDecodeError:
        # A transcoded stream spells an undecodable byte as the surrogate U+DC00 + byte, a UTF-8 one holds the byte itself.
        try:
            text = record.decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            text = record.decode("utf-8", "surrogateescape")
        return "".join(f"\\x{ord(c) & 0xFF:02x}" if "\ud800" <= c <= "\udfff" else c for c in text)


def _plain(raw: io.RawIOBase, size: int) -> Iterator[bytes]:
    first = True
    while block := raw.read(size):
        if first:
            _refuse_packed(block)
        first = False
        yield block


def _refuse_packed(block: bytes) -> None:
    for magic, kind in _MAGIC.items():
        if block.startswith(magic):
            raise UnusableFileError("UNREADABLE", f"is a {kind} file; its table declares compression none")


def _unpacked(raw: io.RawIOBase, spec: FileSpec, size: int) -> Iterator[bytes]:
    limits, packed, total = spec.limits, cast(Digest, raw), 0
    try:
        with gzip.GzipFile(fileobj=raw, mode="rb") as stream:
            while block := stream.read(size):
                total += len(block)
                if total > limits.unpacked_bytes:
                    raise UnusableFileError("TOO_LARGE", f"unpacks to more than {limits.unpacked_bytes} bytes")
                if total > limits.ratio_from and total > limits.ratio * packed.size:
                    raise UnusableFileError("TOO_LARGE", f"unpacks to more than {limits.ratio} times its size")
                yield block
    except EOFError:
        raise UnusableFileError("TRUNCATED", "ends in the middle of its gzip stream") from None
    except (gzip.BadGzipFile, zlib.error):
        raise UnusableFileError("UNREADABLE", "is not a sound gzip file") from None


def _checked_start(blocks: Iterator[bytes], signed: bool) -> Iterator[bytes]:
    head = b""
    for block in blocks:
        head += block
        if len(head) >= len(_BOM):
            break
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise UnusableFileError("ENCODING", "begins with a UTF-16 byte order mark; its table declares UTF-8")
    if head.startswith(_BOM):
        if not signed:
            raise UnusableFileError("ENCODING", "begins with a UTF-8 byte order mark; declare encoding utf-8-sig if that is right")
        head = head[len(_BOM) :]
    yield head
    yield from blocks


def _mark_undecodable(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


_MARK = "docketlink_mark"
codecs.register_error(_MARK, _mark_undecodable)
