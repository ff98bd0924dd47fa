"""Rates with the right denominator: people and days that somebody could have seen something of.

Survival: E. Kaplan and P. Meier, Nonparametric Estimation from Incomplete Observations, 1958; its interval by Greenwood's variance on
the log-log scale (J. Kalbfleisch and R. Prentice, The Statistical Analysis of Failure Time Data, 1980). Shares: E. Wilson, 1927.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

Reals = np.ndarray[Any, np.dtype[np.float64]]
Z = 1.959964


class Survival(NamedTuple):
    """The share that has not returned, after each day on which somebody returned."""

    day: Reals
    at_risk: Reals
    share: Reals
    low: Reals
    high: Reals


def survival_counts(cohort_starter: DataFrame, *by: str) -> DataFrame:
    """``by…, days, returned, censored``: how many people of a cohort returned, or were seen no longer, after so many days.

    Only people with a clean washout. A row a day: small whatever the cohort.
    """
    clean = cohort_starter.where("washout_ok").groupBy(*by, F.col("days_at_risk").alias("days"))
    return clean.agg(F.count_if(~F.col("is_censored")).alias("returned"), F.count_if("is_censored").alias("censored"))


def kaplan_meier(days: Sequence[int], returned: Sequence[int], censored: Sequence[int]) -> Survival:
    """The Kaplan-Meier curve of counts by day, with 95 % intervals; those censored on a day were at risk on it.

    The lengths must agree; days may come in any order, each once.
    """
    order = np.argsort(np.asarray(days))
    day, gone, lost = (np.asarray(each, dtype=float)[order] for each in (days, returned, censored))
    leaving = gone + lost
    at_risk = leaving.sum() - (np.cumsum(leaving) - leaving)
    kept = gone > 0
    day, gone, at_risk = day[kept], gone[kept], at_risk[kept]
    share = np.cumprod(1 - gone / at_risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = np.cumsum(gone / (at_risk * (at_risk - gone)))
        spread = Z * np.sqrt(variance) / np.abs(np.log(share))
        low, high = share ** np.exp(spread), share ** np.exp(-spread)
    inside = (share > 0) & (share < 1)
    return Survival(day, at_risk, share, np.where(inside, low, share), np.where(inside, high, share))


def return_rate(cohort_starter: DataFrame, within_days: int, *by: str) -> DataFrame:
    """``by…, people, returned, rate, low, high``: the share that returned within so many days, with Wilson's 95 % interval.

    Denominator: people with a clean washout who were observed that long, in months that were all covered; somebody who left sight
    earlier is in neither part, whether seen to return or not, or the share would be of those who return early.
    """
    months = F.substring("coverage_mask", 1, within_days // 30 + 2)
    seen = (F.datediff("observation_end", "first_date") >= within_days) & F.col("washout_ok") & ~months.contains("N")
    returned = F.count_if(F.coalesce(F.col("days_to_next") <= within_days, F.lit(False)))
    counted = cohort_starter.where(seen).groupBy(*by).agg(F.count(F.lit(1)).alias("people"), returned.alias("returned"))
    return counted.select(*by, "people", "returned", *wilson(F.col("returned"), F.col("people")))


def rate_per_person_year(panel: DataFrame, count: str, *by: str) -> DataFrame:
    """``by…, events, person_years, rate``: events of a panel for each year at liberty under observation.

    Rows that are not observed, and days in custody, are in neither part.
    """
    free = F.when(F.col("days_custody") < F.col("days_observed"), F.col(count)).otherwise(0)
    counted = (
        panel.where("is_observed AND state <> 'dead'")
        .groupBy(*by)
        .agg(F.sum(free).alias("events"), (F.sum(F.col("days_observed") - F.col("days_custody")) / 365.25).alias("person_years"))
    )
    return counted.withColumn("rate", F.when(F.col("person_years") > 0, F.col("events") / F.col("person_years")))


def wilson(part: Column, whole: Column) -> list[Column]:
    """``rate, low, high`` of a share; NULL of nothing."""
    share = F.when(whole > 0, part / whole)
    middle, size = (share + Z**2 / (2 * whole)) / (1 + Z**2 / whole), 1 + Z**2 / whole
    half = Z / size * F.sqrt(share * (1 - share) / whole + Z**2 / (4 * whole * whole))
    return [share.alias("rate"), (middle - half).alias("low"), (middle + half).alias("high")]
