# Databricks notebook source
# MAGIC %md
# MAGIC # People and their contacts
# MAGIC Reads the spine and the events of a finished run. It defines nothing and writes nothing.

# COMMAND ----------

import sys

sys.path.insert(0, "../lib")  # in a Git folder; redundant once the wheel is on the cluster

from docketlink.config.load import load
from docketlink.contracts.events import PERSON_EVENT
from docketlink.contracts.measures import LINKAGE_METRIC
from docketlink.contracts.spine import PERSON_SPINE
from docketlink.storage.lake import Lake
from pyspark.sql import functions as F

# COMMAND ----------

dbutils.widgets.text("config", "../conf/databricks.yml")
dbutils.widgets.text("root", "")
config = load(dbutils.widgets.get("config"))
root = dbutils.widgets.get("root")
lake = Lake(spark, config.settings.storage.model_copy(update={"root": root} if root else {}))
person_spine, person_event = lake.read(PERSON_SPINE), lake.read(PERSON_EVENT)

# COMMAND ----------

# MAGIC %md
# MAGIC ## How many people, and how does the count move with the threshold?

# COMMAND ----------

persons_by_threshold = person_spine.agg(
    F.count("*").alias("records"),
    F.count_distinct("person_id_high").alias("high"),
    F.count_distinct("person_id").alias("medium"),
    F.count_distinct("person_id_low").alias("low"),
)
display(persons_by_threshold)

# COMMAND ----------

# MAGIC %md
# MAGIC ## Who is in more than one system?

# COMMAND ----------

systems_of_person = person_event.groupBy("person_id").agg(
    F.concat_ws(" + ", F.array_sort(F.collect_set("source"))).alias("systems"), F.count("*").alias("contacts")
)
display(
    systems_of_person.groupBy("systems").agg(F.count("*").alias("persons"), F.avg("contacts").alias("contacts_each")).orderBy("systems")
)

# COMMAND ----------

# MAGIC %md
# MAGIC ## Contacts over time

# COMMAND ----------

display(person_event.groupBy("event_year", "event_type").agg(F.count("*").alias("contacts")).orderBy("event_year", "event_type"))

# COMMAND ----------

# MAGIC %md
# MAGIC ## How good are the links?
# MAGIC Only where the true people are known: synthetic or labelled data.

# COMMAND ----------

display(lake.read(LINKAGE_METRIC).where("slice = 'all'").select("metric", "threshold", "value", "method").orderBy("metric", "threshold"))
