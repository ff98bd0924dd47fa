# Databricks notebook source
# MAGIC %md
# MAGIC # Histories
# MAGIC The questions that the programme exists for, answered from the longitudinal tables of a finished run. It defines nothing and writes
# MAGIC nothing.

# COMMAND ----------

import sys

sys.path.insert(0, "../lib")  # in a Git folder; redundant once the wheel is on the cluster

from docketlink.config.load import load
from docketlink.contracts.events import PERSON_EVENT
from docketlink.contracts.research import CASE_JOURNEY, COHORT_STARTER, EVENT_ACCOUNT, HEADLINE, PERSON_MONTH, PERSON_SPELL, PERSON_YEAR
from docketlink.quality.questions import court_cases, custody_flows, order_of_courts, repeat_users, repeat_users_by
from docketlink.quality.rates import kaplan_meier, return_rate, survival_counts
from docketlink.storage.lake import Lake
from pyspark.sql import functions as F

# COMMAND ----------

dbutils.widgets.text("config", "../conf/databricks.yml")
dbutils.widgets.text("root", "")
config = load(dbutils.widgets.get("config"))
root = dbutils.widgets.get("root")
lake = Lake(spark, config.settings.storage.model_copy(update={"root": root} if root else {}))
person_event, person_month = lake.read(PERSON_EVENT), lake.read(PERSON_MONTH)

# COMMAND ----------

# MAGIC %md
# MAGIC ## Who comes back, and who are they?

# COMMAND ----------

cases = court_cases(person_event)
display(repeat_users(cases).orderBy("cases"))

# COMMAND ----------

display(repeat_users_by(cases, person_event).orderBy("birth_year_band"))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Who is in both family and criminal courts, and where were they first?

# COMMAND ----------

if lake.read(EVENT_ACCOUNT).where("source = 'family_familyman'").count():
    display(order_of_courts(cases, person_event))

# COMMAND ----------

# MAGIC %md
# MAGIC ## Into and out of custody

# COMMAND ----------

display(lake.read(PERSON_SPELL).groupBy("spell_type", "end_reason").agg(F.count("*").alias("spells"), F.avg("days").alias("days")))

# COMMAND ----------

display(custody_flows(person_month).orderBy(F.desc("entries"), "before", "inside", "after"))

# COMMAND ----------

# MAGIC %md
# MAGIC ## How soon do they come back?
# MAGIC Whom we lose sight of counts up to that day.

# COMMAND ----------

cohort = lake.read(COHORT_STARTER)
display(return_rate(cohort, 365, "design"))

# COMMAND ----------

counts = survival_counts(cohort.where("design = 'court_returns'")).orderBy("days").collect()
curve = kaplan_meier([c.days for c in counts], [c.returned for c in counts], [c.censored for c in counts])
print({int(day): round(share, 3) for day, share in zip(curve.day, curve.share, strict=True) if day % 90 == 0})

# COMMAND ----------

display(
    lake.read(PERSON_YEAR).groupBy("year", "is_observed").agg(F.sum("charge_count").alias("charges"), F.sum("days_observed").alias("days"))
)

# COMMAND ----------

# MAGIC %md
# MAGIC ## From the magistrates to the Crown Court

# COMMAND ----------

if lake.exists(CASE_JOURNEY):
    display(lake.read(CASE_JOURNEY).groupBy("rule").agg(F.count("*").alias("journeys"), F.median("days_receipt_to_disposal").alias("days")))

# COMMAND ----------

# MAGIC %md
# MAGIC ## What if we had linked otherwise?

# COMMAND ----------

display(lake.read(HEADLINE).select("headline", "level", "value", "interval_low", "interval_high").orderBy("headline", "level"))
