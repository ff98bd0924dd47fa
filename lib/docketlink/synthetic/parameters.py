"""What a synthetic court system is made of: its size, its seed and its documented rates. Plain values, so that they travel to executors."""

from dataclasses import dataclass

import numpy as np

# A block is a self-contained set of families: no person, case or key crosses it. Its size is fixed, so what a seed and a
# number of records give never depends on cores or partitions.
PEOPLE_PER_BLOCK = 2_000
# Linking nodes of people, of all systems together, for one person of the population; a test compares.
RECORDS_PER_PERSON = 2.13
# Files are kept at a size that a reader likes: neither crumbs of small systems nor ten thousands of a national one.
MOST_FILES = 2_000
# The stress set of a national system (domain.md 6.2); that of a smaller one is in proportion, but a name needs enough people to bear it.
NATIONAL_RECORDS = 72_700_000
STRESS_POSTCODE_ROWS, STRESS_NAMESAKES, LEAST_NAMESAKES, NAMESAKES_PER_BLOCK = 5_000_000, 400, 100, 100
# Magistrates' rows of people with a postcode that a block gives; a test compares.
STRESS_ROWS_PER_BLOCK = 1_140


@dataclass(frozen=True)
class Rates:
    """Rates of people, contacts and dirt; shares unless a unit is named. Where they come from stands in docs/synthetic.md."""

    magistrates_people: float = 0.21
    prison_among_magistrates: float = 0.20
    prison_only: float = 0.30  # of prison people, no record at a magistrates' court
    male_weight: float = 8.0  # odds of a man to a woman of the same age to be prosecuted
    twins: float = 0.03
    same_name_men: float = 0.008  # fathers and sons of one name and address, of all men
    moves_a_year: float = 0.12
    home_area: float = 0.85
    organisation: float = 0.04
    co_defendant: float = 0.17
    typo: float = 0.05
    nickname: float = 0.02
    swapped_names: float = 0.001
    dob_edit: float = 0.010
    dob_swap: float = 0.004
    dob_year: float = 0.005
    dob_other: float = 0.001
    dob_placeholder: float = 0.005
    mags_dob_missing: float = 0.03
    mags_sex_missing: float = 0.02
    mags_postcode_missing: float = 0.06
    mags_pnc_missing: float = 0.55
    mags_cro_missing: float = 0.75
    mags_middle_missing: float = 0.55
    mags_wrong_number: float = 0.002
    two_digit_year: float = 0.04
    no_fixed_abode: float = 0.03
    prison_dob_missing: float = 0.002
    prison_sex_missing: float = 0.001
    prison_postcode_missing: float = 0.30
    prison_pnc_missing: float = 0.08
    prison_cro_missing: float = 0.30
    prison_middle_missing: float = 0.45
    prison_own_address: float = 0.04
    prison_aliases: float = 0.35
    prison_alias_dob: float = 0.08
    prison_two_numbers: float = 0.03
    prison_wrong_person: float = 0.003
    sentence_placeholder: float = 0.02
    pnc_short: float = 0.25
    pnc_bare: float = 0.10
    pnc_bad_letter: float = 0.03
    pnc_placeholder: float = 0.02
    numbers_merged: float = 0.002  # a year, of prison and of probation numbers
    numbers_split: float = 0.0002
    erased: float = 1 / 500_000  # of people, a week
    faulty_record: float = 0.001  # of the records of a text file: ragged, undecodable, key given twice, letter in a number


@dataclass(frozen=True)
class Plan:
    """One synthetic system: everything that its files depend on."""

    seed: int
    people: int
    snapshot_date: str
    rates: Rates = Rates()
    extracts: int = 1  # weekly ones; the last is of the snapshot date
    people_per_block: int = PEOPLE_PER_BLOCK
    least_blocks_per_file: int = 4
    stress: bool = False  # with the rows of stress.py, in blocks and files after the others
    delivery_faults: bool = False  # with those of deliveries.py

    def date_before(self, weeks: int) -> str:
        """The date of the extract so many weeks before the last one."""
        return str(np.datetime64(self.snapshot_date, "D") - 7 * weeks)

    def day_before(self, weeks: int) -> int:
        """The same as days since 1970."""
        return int(np.datetime64(self.snapshot_date, "D").astype(np.int64)) - 7 * weeks

    @property
    def records(self) -> int:
        """Person records of the last extract, about; the stress set is not among them."""
        return round(self.people * RECORDS_PER_PERSON)

    @property
    def namesakes(self) -> int:
        """People of the stress set who share a name and a date of birth."""
        return max(LEAST_NAMESAKES, round(STRESS_NAMESAKES * self.records / NATIONAL_RECORDS)) if self.stress else 0

    @property
    def stress_blocks(self) -> int:
        """Blocks of the stress set: those of the namesakes, then those of one postcode."""
        if not self.stress:
            return 0
        crowd = STRESS_POSTCODE_ROWS * self.records / NATIONAL_RECORDS
        return -(-self.namesakes // NAMESAKES_PER_BLOCK) + max(1, round(crowd / STRESS_ROWS_PER_BLOCK))

    @property
    def stress_rows(self) -> int:
        """Rows of linking nodes of the stress set, about."""
        return self.stress_blocks * STRESS_ROWS_PER_BLOCK

    def is_stress(self, block: int) -> bool:
        """Whether a block belongs to the stress set."""
        return block >= self.blocks

    def namesakes_of(self, block: int) -> int:
        """Namesakes in a block of the stress set, 0 in those of one postcode."""
        return max(0, min(NAMESAKES_PER_BLOCK, self.namesakes - (block - self.blocks) * NAMESAKES_PER_BLOCK))

    @property
    def blocks(self) -> int:
        """Number of blocks."""
        return -(-self.people // self.people_per_block)

    @property
    def blocks_per_file(self) -> int:
        """Consecutive blocks that share a file of each table."""
        return max(self.least_blocks_per_file, -(-self.blocks // MOST_FILES))

    @property
    def files(self) -> int:
        """Number of tasks, and of files of each table that the stress set has rows in; of other tables fewer."""
        return self._own_files + -(-self.stress_blocks // self.blocks_per_file)

    @property
    def _own_files(self) -> int:
        return -(-self.blocks // self.blocks_per_file)

    def blocks_of(self, file: int) -> range:
        """Blocks that a file holds, in their order."""
        if file < self._own_files:
            return range(file * self.blocks_per_file, min((file + 1) * self.blocks_per_file, self.blocks))
        first = self.blocks + (file - self._own_files) * self.blocks_per_file
        return range(first, min(first + self.blocks_per_file, self.blocks + self.stress_blocks))

    def people_of(self, block: int) -> int:
        """People of a block: the last one before the stress set holds what is left."""
        return self.people_per_block if self.is_stress(block) else min(self.people_per_block, self.people - block * self.people_per_block)


def plan(seed: int, records: int, snapshot_date: str, rates: Rates | None = None, *, extracts: int = 1, stress: bool = False) -> Plan:
    """The system of about ``records`` person records (linking nodes of all sources together in the last extract)."""
    return Plan(seed, max(20, round(records / RECORDS_PER_PERSON)), snapshot_date, rates or Rates(), extracts, stress=stress)
