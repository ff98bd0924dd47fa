"""Components of two records that no rule can be against, found all at once."""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from docketlink.linkage.kernel_arrivals import BIRTH, CANNOT, CRO, LINK_DATE, MUST, PLACE, PNC, Arrivals, Booleans, Longs
from docketlink.linkage.kernel_rules import Rules


def plain_pairs(arrivals: Arrivals, rules: Rules) -> Longs:
    """Numbers of the edges that are the only one of a component of two records and that ``kernel_merge.merge`` would accept for sure.

    May leave out some that it would accept; with rules by which two records can be too many, all.
    """
    edges = arrivals.edges
    if rules.max_records < 2 or rules.soft_identities < 2:
        return np.empty(0, dtype=np.int64)
    is_pair = np.diff(arrivals.starts) == 2
    is_pair[[*arrivals.decisions[MUST], *arrivals.decisions[CANNOT]]] = False
    weight = edges["weight"]
    stands = is_pair[edges["component"]] & (edges["level"] > 0)
    if rules.mean:
        stands &= weight - rules.missing_pair + rules.missing_pair >= rules.least_mean
    doubtful, strangers = _doubtful(arrivals, rules, arrivals.rows_of(is_pair))
    is_pair &= ~doubtful
    stands &= is_pair[edges["component"]]
    stands &= ~strangers[edges["component"]] | (weight >= max(rules.forename_bar, rules.namesake_bar))
    chosen: Longs = np.flatnonzero(stands)
    return chosen


def _doubtful(arrivals: Arrivals, rules: Rules, rows: Booleans) -> tuple[Booleans, Booleans]:
    """For each component whether a rule might speak against any link, and against a weak one: the two share no place and no number.

    Told for those of two records whose ``rows`` are chosen.
    """
    first = arrivals.starts[:-1]
    second = np.minimum(first + 1, len(rows) - 1)
    component = np.repeat(np.arange(len(first)), np.diff(arrivals.starts))
    chosen = rows[arrivals.owner]
    owner, value = arrivals.owner[chosen], arrivals.value[chosen]
    kind = value & 7

    def shared(some: Booleans) -> Booleans:
        return _shared(component[owner[some]], value[some], len(first))

    has_pnc, has_cro = (np.bincount(owner[kind == k], minlength=len(rows)) > 0 for k in (PNC, CRO))
    numbers = (has_pnc[first] & has_pnc[second]) | (has_cro[first] & has_cro[second])
    doubtful = numbers
    if rules.twins:
        forenames = arrivals.records.column("forename_arr").combine_chunks()
        bearer = pc.list_parent_indices(forenames).to_numpy()
        name = forenames.flatten().dictionary_encode().indices.to_numpy()
        here = rows[bearer]
        doubtful |= shared(kind == BIRTH) & ~_shared(component[bearer[here]], name[here], len(first))
    one_number = shared((kind == PNC) | (kind == CRO))
    doubtful &= ~one_number
    born = pc.fill_null(arrivals.records.column("born").cast(pa.float64()), np.nan).to_numpy()
    apart: Booleans = np.abs(born[first] - born[second]) > rules.max_birth_years  # never where one is not known
    born_by = pc.fill_null(arrivals.records.column("born_by").cast(pa.float64()), np.nan).to_numpy()
    young: Booleans = (born[first] > born_by[second]) | (born[second] > born_by[first])
    return doubtful | apart | (young & ~one_number), ~one_number & ~shared((kind == PLACE) | (kind == LINK_DATE))


def _shared(component: Longs, value: Longs, components: int) -> Booleans:
    """For each component whether a value stands twice in it; a record holds each of its values once."""
    order = np.lexsort((value, component))
    component, value = component[order], value[order]
    twice = (component[1:] == component[:-1]) & (value[1:] == value[:-1])
    found = np.zeros(components, dtype=np.bool_)
    found[component[1:][twice]] = True
    return found
