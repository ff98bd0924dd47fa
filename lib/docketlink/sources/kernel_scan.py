"""One delimited record read field by field: the judge of records whose quotes are out of order; runs on executors."""

from dataclasses import dataclass, field

from docketlink.sources.kernel_spec import FileSpec


@dataclass
class Scan:
    """One record: where it ends, and its fields (None for an unquoted empty one). A ``broken`` one is its first line."""

    end: int
    fields: list[bytes | None] = field(default_factory=list)
    broken: bool = False


class _UndecidedError(Exception):
    """The record does not end in the bytes at hand."""


def scan_record(data: bytes, start: int, width: int, spec: FileSpec, at_end: bool) -> Scan | None:
    """The record at ``start``, or None when more bytes are needed.

    A record of several lines is one only if its quotes close within ``record_bytes`` and it has ``width`` fields; else its first
    line is broken, so that an unclosed quote costs one line.
    """
    if plain := _plain_line(data, start, spec, at_end):
        return plain
    quotes, limit = _Quotes(), spec.limits.record_bytes
    try:
        scan = _fields(data, start, spec, at_end, quotes)
    except _UndecidedError:
        if not (at_end or (quotes.seen and len(data) - start > limit)):
            return None
        scan = None
    if scan is not None:
        too_long = quotes.seen and scan.end - start > limit
        several_lines = data.find(b"\n", start, scan.end - 1) >= 0
        if not too_long and (not several_lines or len(scan.fields) == width):
            return scan
    line_end = data.find(b"\n", start)
    if line_end < 0 and not at_end:
        return None
    return Scan(line_end + 1 if line_end >= 0 else len(data), broken=True)


def joined(fields: list[bytes | None], spec: FileSpec) -> bytes:
    """Fields as one delimited line."""
    quote, delimiter = spec.quote.encode(), spec.delimiter.encode()
    awkward = (delimiter, quote, b"\n", b"\r")

    def written(value: bytes) -> bytes:
        return quote + value.replace(quote, quote * 2) + quote if quote and any(a in value for a in awkward) else value

    return delimiter.join(written(value or b"") for value in fields)


@dataclass
class _Quotes:
    seen: bool = False


def _plain_line(data: bytes, start: int, spec: FileSpec, at_end: bool) -> Scan | None:
    """The record at ``start`` if it is a line without a quoted field, as most are."""
    line_end = data.find(b"\n", start)
    if line_end < 0 and not at_end:
        return None
    line = data[start:line_end].removesuffix(b"\r") if line_end >= 0 else data[start:]
    quote, delimiter = spec.quote.encode(), spec.delimiter.encode()
    if quote and (line.startswith(quote) or delimiter + quote in line):
        return None
    return Scan(line_end + 1 if line_end >= 0 else len(data), [value or None for value in line.split(delimiter)])


def _fields(data: bytes, start: int, spec: FileSpec, at_end: bool, quotes: _Quotes) -> Scan | None:
    """The record's fields; None when a closing quote is followed by something else than the end of its field."""
    quote, delimiter = spec.quote.encode(), spec.delimiter.encode()
    fields: list[bytes | None] = []
    position = start
    while True:
        if quote and data.startswith(quote, position):
            quotes.seen = True
            close = _closing(data, position + 1, start + spec.limits.record_bytes, quote, at_end)
            fields.append(data[position + 1 : close].replace(quote * 2, quote))
            after = close + 1
            if data.startswith(delimiter, after):
                position = after + 1
                continue
            end = _line_end(data, after, at_end)
            return Scan(end, fields) if end else None
        line_end = data.find(b"\n", position)
        if line_end < 0 and not at_end:
            raise _UndecidedError
        stop = data.find(delimiter, position, line_end if line_end >= 0 else len(data))
        if stop >= 0:
            fields.append(data[position:stop] or None)
            position = stop + 1
            continue
        value = data[position:line_end] if line_end >= 0 else data[position:]
        if line_end >= 0 and value.endswith(b"\r"):
            value = value[:-1]
        return Scan(line_end + 1 if line_end >= 0 else len(data), [*fields, value or None])


def _closing(data: bytes, position: int, limit: int, quote: bytes, at_end: bool) -> int:
    while True:
        close = data.find(quote, position, limit)
        if close < 0 or (close + 1 == len(data) and not at_end):
            raise _UndecidedError
        if not data.startswith(quote, close + 1):
            return close
        position = close + 2


def _line_end(data: bytes, position: int, at_end: bool) -> int:
    """Where the line that may end at ``position`` ends, 0 when it does not end there."""
    if data.startswith(b"\n", position):
        return position + 1
    if data.startswith(b"\r\n", position):
        return position + 2
    if position == len(data) and at_end:
        return position
    if position + 1 >= len(data) and not at_end:
        raise _UndecidedError
    return 0
