"""The figures of build/bench/linking-<size>.json as the table of docs/performance.md: python benchmarks/linking_table.py 1m."""

import json
import sys
from pathlib import Path
from typing import Any

import click

FOLDER = Path(__file__).parents[1] / "build" / "bench"


def rows(name: str, facts: dict[str, Any]) -> list[str]:
    """A row an engine."""
    pairs = f"{facts['pairs'] / 1e6:,.1f}M" if facts["pairs"] else "-"
    lines = []
    for engine, found in facts["engines"].items():
        shards = found.get("shards")
        inside = f"{shards['pairs_per_second_per_core'] / 1e6:.2f}M" if shards else ""
        phases = ", ".join(f"{phase} {seconds:.1f}" for phase, seconds in found["phases"].items())
        memory = f"{found['peak_mb_driver']:,} + {found['peak_mb_workers']:,}"
        lines.append(
            f"| {name} | {pairs} | `{engine}` | {found['seconds']:.1f} | {phases} | {found['pairs_per_second_per_core'] / 1e6:.2f}M | "
            f"{inside} | {memory} | {found['edges']:,} | {found['start_up_seconds']:.1f} |"
        )
    return lines


def main(size: str) -> None:
    """Prints the table of a size."""
    facts = json.loads((FOLDER / f"linking-{size}.json").read_text())
    head = "| model | pairs | engine | seconds | phases | pairs/s/core | in the shards | MB driver + workers | edges | start-up |"
    lines = [head, "|" + "---|" * 10]
    if "engines" in facts:
        lines += rows("example", facts)
    for name in ("edits", "light", "skewed", "shipped"):
        if name in facts:
            lines += rows(name, facts[name])
    click.echo("\n".join(lines))


if __name__ == "__main__":
    main(*sys.argv[1:])
