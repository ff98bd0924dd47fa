"""What a job does with steps that run beside others, and at its end."""

from contextlib import closing
from threading import Event

import pytest
from docketlink.config.load import load
from docketlink.contracts.links import LINK_MODEL, TERM_FREQUENCY
from docketlink.runtime.declaration import Declaration
from docketlink.runtime.job import Job
from docketlink.storage.lake import Stamp
from pyspark.sql import SparkSession

from tests.town import PROJECT


@pytest.fixture
def job(spark: SparkSession, tmp_path) -> Job:
    config = load(PROJECT / "conf" / "demo.yml", assignments=[f"storage.root={tmp_path}"])
    return Job(Declaration("some_job", "", reads=(TERM_FREQUENCY.full_name,), writes=()), "r1", config, spark)


def test_the_next_item_is_made_while_the_caller_works_with_the_one_before(job: Job) -> None:
    begun = {item: Event() for item in "abc"}

    def prepare(item: str) -> str:
        begun[item].set()
        return item.upper()

    with closing(job.ahead(prepare, "abc")) as made:
        assert next(made) == "A"
        assert begun["b"].wait(timeout=30), "nothing is made ahead"
        assert [*made] == ["B", "C"]


def test_an_error_is_raised_where_the_result_would_come_and_nothing_is_made_after_the_caller_fails(job: Job) -> None:
    def prepare(item: int) -> float:
        return 1 / item

    with closing(job.ahead(prepare, [1, 0, 2])) as made:
        assert next(made) == 1
        with pytest.raises(ZeroDivisionError):
            next(made)
    done: list[int] = []

    def fail_after_the_first() -> None:
        with closing(job.ahead(done.append, [1, 2, 3])) as made:
            next(made)
            raise KeyError

    with pytest.raises(KeyError):
        fail_after_the_first()
    assert done == [1, 2], "the item that was being made is waited for, and no other is begun"


def test_all_that_is_kept_is_let_go_at_the_end_though_one_release_fails(job: Job) -> None:
    released = []

    def fails() -> None:
        raise OSError("cannot")

    for release in (lambda: released.append(1), fails, lambda: released.append(2)):
        job.at_end(release)
    with pytest.raises(OSError, match="cannot"):
        job.__exit__(None, None, None)
    assert sorted(released) == [1, 2]


def write_terms(job: Job, *terms: str) -> None:
    """The terms of one model, by another run."""
    frame = job.spark.createDataFrame([("m", "surname", term, 0.5) for term in terms], TERM_FREQUENCY.schema)
    job.lake.replace(TERM_FREQUENCY, frame, Stamp(f"of {terms}", "train_model", f"{terms}"), where={"model_id": "m"})


def test_a_job_sees_one_version_of_a_table_whoever_writes_it_meanwhile(job: Job) -> None:
    write_terms(job, "a")
    before = job.input_hash()
    assert job.read(TERM_FREQUENCY).count() == 1
    write_terms(job, "a", "b")
    assert job.read(TERM_FREQUENCY).count() == job.read_slice(TERM_FREQUENCY, {"model_id": "m"}).count() == 1
    assert job.input_hash() == before


def test_what_a_job_saw_before_it_had_to_wait_is_forgotten(job: Job, spark: SparkSession) -> None:
    waiting = Job(Declaration("other_job", "", reads=job.declaration.reads, writes=(LINK_MODEL.full_name,)), "r2", job.config, spark)

    write_terms(job, "a")
    assert waiting.read(TERM_FREQUENCY).count() == 1
    write_terms(job, "a", "b")
    assert waiting.read(TERM_FREQUENCY).count() == 1, "a job sees one version"
    with waiting.alone(LINK_MODEL):
        assert waiting.read(TERM_FREQUENCY).count() == 2, "but starts from what the other run left"
