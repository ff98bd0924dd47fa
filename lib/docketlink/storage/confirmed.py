"""Input hashes that were found to give what a slice already holds.

The same rows make no new version, so the table keeps the input hash of the commit that wrote them. Without a note beside it, every
later run with the newer inputs would compute those rows again. A note counts only while the slice's content hash is the one that it
names: notes may be lost, outdated or copied elsewhere, and nothing goes wrong.
"""

import json
import os
from pathlib import Path
from typing import Any

from docketlink.storage.state import SliceState


class Confirmed:
    """The notes of one table, in ``<folder>/<table_name>.confirmed.json``; without a folder, none. Used under the table's lock."""

    def __init__(self, folder: Path | None, table_name: str) -> None:
        self._file = folder / f"{table_name}.confirmed.json" if folder else None

    def came_from(self, slice_name: str, held: SliceState, input_hash: str) -> bool:
        """Whether what the slice holds is what these inputs give, by its commit or by a note."""
        return input_hash != "" and (
            input_hash == held.input_hash or self._notes().get(slice_name) == [held.rows, held.content_hash, input_hash]
        )

    def note(self, slice_name: str, held: SliceState, input_hash: str) -> None:
        """Remembers that these inputs, too, give what the slice holds; the newest ones replace earlier ones."""
        if self._file is None:
            return
        notes = {**self._notes(), slice_name: [held.rows, held.content_hash, input_hash]}
        self._file.parent.mkdir(parents=True, exist_ok=True)
        draft = self._file.with_suffix(".draft")
        draft.write_text(json.dumps(notes, sort_keys=True), encoding="utf-8")
        os.replace(draft, self._file)

    def _notes(self) -> dict[str, Any]:
        try:
            notes = json.loads(self._file.read_text(encoding="utf-8")) if self._file else {}
        except (OSError, ValueError):
            return {}
        return notes if isinstance(notes, dict) else {}
