"""Whether a file names the declared columns, each once, in the declared order; runs on executors."""

from docketlink.sources.kernel_csv import header_names
from docketlink.sources.kernel_spec import FileSpec, UnusableFileError


def check_header(line: bytes, spec: FileSpec) -> None:
    """Raises UnusableFileError unless the line names the declared columns, each once, in the declared order."""
    if not line.strip():
        raise UnusableFileError("EMPTY", "has no header line")
    if b"\x00" in line:
        raise UnusableFileError("ENCODING", f"has zero bytes in its header; it is not {spec.encoding}, perhaps UTF-16")
    if b"\r" in line:
        raise UnusableFileError("HEADER", "has a carriage return in its header; lines must end in a line feed")
    try:
        names = header_names(line, spec)
    except UnicodeDecodeError:
        raise UnusableFileError("ENCODING", f"has a header that is not {spec.encoding}") from None
    compare_names(names, spec)


def compare_names(names: list[str], spec: FileSpec) -> None:
    """Raises UnusableFileError with everything that is wrong with the names, by name.

    A name that is not declared is told only when it looks like one and the line is a header: the first line of a file without
    one holds a person.
    """
    declared = [c.header for c in spec.columns]
    if names == declared:
        return
    known = [name for name in names if name in declared]
    if not known:
        other = next((d for d in ",;|\t" if len(names) == 1 and d != spec.delimiter and d in names[0]), None)
        hint = f"; it seems to be delimited by {other!r}, not {spec.delimiter!r}" if other else ""
        raise UnusableFileError("HEADER", f"has no header: none of the declared columns is in its first line{hint}")
    told = [f"'{n}'" if n.isidentifier() and len(n) <= 64 and 2 * len(known) >= len(names) else "" for n in names]
    details = [f"column '{n}' is missing" for n in declared if n not in names]
    details += [f"column {told[i] or f'number {i + 1}'} is not declared" for i, n in enumerate(names) if n not in declared]
    details += [f"column '{n}' occurs {names.count(n)} times" for n in declared if names.count(n) > 1]
    if not details:
        first = next(i for i, (n, d) in enumerate(zip(names, declared, strict=True)) if n != d)
        details = [f"columns are reordered: '{names[first]}' stands where '{declared[first]}' belongs"]
    raise UnusableFileError("HEADER", ", ".join(details))
