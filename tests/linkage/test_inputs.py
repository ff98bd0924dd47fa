"""What a model may see of a record."""

import pytest
from docketlink.config.load import load_model
from docketlink.contracts.records import PERSON_RECORD
from docketlink.errors import ConfigError
from docketlink.linkage.inputs import UNVERSIONED, model_inputs
from docketlink.transforms.kernel_nodes import COMPARED
from pyspark.sql import SparkSession

from tests.town import PROJECT


def test_every_column_is_in_the_version_of_a_record_or_is_known_not_to_be() -> None:
    named = {"record_id", "source", "record_version"}  # what is new or gone, and the version itself
    assert {f.name for f in PERSON_RECORD.fields} == {*COMPARED, *UNVERSIONED, *named}


@pytest.mark.parametrize("column", UNVERSIONED)
def test_no_link_rests_on_what_may_change_unnoticed(spark: SparkSession, column: str) -> None:
    model = load_model(PROJECT / "conf" / "models" / "criminal.yml")
    odd = model.model_copy(update={"inputs": {**model.inputs, "odd": column}})
    with pytest.raises(ConfigError, match=r"the records do not give odd .*Next: .*no link may rest on native_case_key"):
        model_inputs(spark.createDataFrame([], PERSON_RECORD.schema), odd)
