"""Types, privacy classes and fields that many tables share."""

from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    DateType,
    DoubleType,
    IntegerType,
    LongType,
    StringType,
    StructField,
    StructType,
)

from docketlink.contracts.table import Field, Privacy

TEXT, DATE, LONG, INT, REAL, FLAG = StringType(), DateType(), LongType(), IntegerType(), DoubleType(), BooleanType()
TEXTS, DATES = ArrayType(StringType()), ArrayType(DateType())
ADDRESSES = ArrayType(StructType([StructField(name, StringType()) for name in ("line", "postcode", "from_date", "to_date")]))
DROPPED = ArrayType(StructType([StructField("key", StringType()), StructField("records", LongType()), StructField("pairs", LongType())]))
DIRECT, QUASI, SENSITIVE, PAYLOAD, TOKEN, OPERATIONAL = Privacy

RECORD_ID = Field("record_id", TEXT, "Keyed token of the source and its native key; 26 characters.", True, TOKEN)
TRUE_PERSON_ID = Field("true_person_id", TEXT, "Who the record is about; comparable across sources of one truth.", True, TOKEN)
SOURCE = Field("source", TEXT, "Name of the source, as in conf/sources.", True, OPERATIONAL)
