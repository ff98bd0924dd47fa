"""Codes: a source's spelling to the standard one."""

from collections.abc import Mapping

from docketlink.cleaning.text import plain, squeezed


def spelling(raw: str) -> str | None:
    """How a code list compares a value: capitals without accents, single blanks; None for none."""
    return squeezed(plain(raw))


def standard_code(raw: str | None, codes: Mapping[str, str] | None, unmapped: str | None = None) -> str | None:
    """The standard code of ``raw``: None for none, ``unmapped`` for a value outside the list.

    ``codes`` maps what ``spelling`` makes of each entry; blind to case, accents and spacing, which vary within one extract.
    Without a list the value itself, trimmed.
    """
    if raw is None:
        return None
    if codes is None:
        return raw.strip(" ") or None
    written = spelling(raw)
    return None if written is None else codes.get(written, unmapped)
