"""The values that merging keeps to, as executors take them."""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Rules:
    """What a merge must keep to; ``config.settings.Clustering`` says what each value means."""

    mean: bool = True
    missing_pair: float = -0.5
    least_mean: float = 0.0
    attach_records: int = 1
    attach_best: int = 3
    attach_least: float = 0.25
    attach_ahead: float = 4.25
    twins: bool = True
    forename_bar: float = 13.3
    namesake_bar: float = 9.0
    max_registers: int = 2
    max_birth_years: int = 15
    max_records: int = 20_000
    soft_identities: int = 6
    identities_per_record: float = 0.1
    bar_from: float = 4.25
    bar_step: float = 2.0
    bar_top: float = 20.0
    forenames: Mapping[str, str] = field(default_factory=dict)  # of short, pet and foreign forms the name that they stand for
