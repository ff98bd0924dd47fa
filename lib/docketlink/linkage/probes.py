"""The similarity functions' fingerprint: what they say about fixed names, and which versions said it."""

import json

import duckdb

from docketlink.errors import ConfigError
from docketlink.linkage.kernels import connection, similarity_outputs


def probe_json() -> str:
    """Outputs of this process's similarity functions on fixed pairs, and DuckDB's version, as JSON."""
    with connection("200MB") as con:
        return json.dumps({"duckdb": duckdb.__version__, "outputs": similarity_outputs(con)}, sort_keys=True)


def trained_outputs(model_id: str, trained: str) -> dict[str, list[str]]:
    """The outputs in a model's ``probe_json``, after making sure that this process's functions still give them.

    Raises ConfigError naming the functions that changed: weights were learnt for the old ones.
    """
    then: dict[str, list[str]] = json.loads(trained)["outputs"]
    now: dict[str, list[str]] = json.loads(probe_json())["outputs"]
    if changed := sorted(name for name in {*then, *now} if then.get(name) != now.get(name)):
        raise ConfigError(
            f"model {model_id} was trained with DuckDB {json.loads(trained)['duckdb']}; here DuckDB {duckdb.__version__} computes "
            f"other values for {', '.join(changed)}.",
            next_step="install the version that trained it, or run train_model again.",
        )
    return then
