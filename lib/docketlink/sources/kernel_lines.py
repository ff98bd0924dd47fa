"""Blocks of text passed on once they are checked: a header where there must be one, no line beyond the cap; runs on executors."""

from collections.abc import Iterator
from dataclasses import dataclass

from docketlink.sources.kernel_header import check_header
from docketlink.sources.kernel_spec import FileSpec, UnusableFileError


@dataclass
class Seen:
    """Whether a file holds anything that is a record, or could be one."""

    record: bool = False


def checked_lines(blocks: Iterator[bytes], spec: FileSpec, seen: Seen, *, has_header: bool) -> Iterator[bytes]:
    """The blocks, each after its check; UnusableFileError where a line is too long or the header is not the declared one.

    Blocks must be no larger than the cap of a line. What lies below the header is passed on only when the header is sound.
    """
    head, line, in_body = b"", 0, not has_header
    for block in blocks:
        if in_body:
            seen.record |= bool(block) if has_header else bool(block.strip())
        else:
            head += block
            header, line_end, rest = head.partition(b"\n")
            in_body = bool(line_end)
            if in_body:
                check_header(header.removesuffix(b"\r"), spec)
            seen.record |= bool(rest)
        first, last = block.find(b"\n"), block.rfind(b"\n")
        if line + (len(block) if first < 0 else first) > spec.limits.record_bytes:
            hint = "; are its lines ended by line feeds?" if has_header else ""
            raise UnusableFileError("TOO_LARGE", f"has a line of more than {spec.limits.record_bytes} bytes{hint}")
        line = line + len(block) if first < 0 else len(block) - last - 1
        yield block
    if not in_body:
        check_header(head.removesuffix(b"\r"), spec)


def gathered(blocks: Iterator[bytes], block_bytes: int) -> Iterator[bytes]:
    """Small blocks joined to such of at least ``block_bytes``."""
    waiting: list[bytes] = []
    size = 0
    for block in blocks:
        waiting.append(block)
        size += len(block)
        if size >= block_bytes:
            yield b"".join(waiting)
            waiting, size = [], 0
    if waiting:
        yield b"".join(waiting)
