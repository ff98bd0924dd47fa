"""The steps of a training by Splink, the same on either backend: prior, u from random pairs, m from EM sessions."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from splink import Linker, block_on

from docketlink.config.model import ModelConfig
from docketlink.errors import ConfigError


def estimated(linker: Linker, model: ModelConfig) -> dict[str, Any]:
    """Splink's settings after every step that the model declares; raises ConfigError naming the step that could not be done."""
    training = model.training
    with _named(model, "the prior rules"):
        linker.training.estimate_probability_two_random_records_match([block_on(*r) for r in training.prior.rules], training.prior.recall)
    with _named(model, "the random pairs"):
        linker.training.estimate_u_using_random_sampling(max_pairs=training.random_pairs, seed=training.seed)
    without_pairs = []
    for i, session in enumerate(training.sessions):
        try:
            with _named(model, f"session {i}"):
                linker.training.estimate_parameters_using_expectation_maximisation(block_on(*session))
        except _NoPairs:
            without_pairs.append(i)
    if len(without_pairs) == len(training.sessions):
        raise ConfigError(
            f"model {model.name}: no training session finds a pair to learn from.",
            next_step="see that the columns of training.sessions are filled in these records.",
        )
    settings: dict[str, Any] = linker.misc.save_model_to_json()
    return settings


class _NoPairs(Exception):  # noqa: N818 - not a fault: the session says nothing about these records
    pass


@contextmanager
def _named(model: ModelConfig, step: str) -> Iterator[None]:
    """Any failure of Splink or its backend names the step; their own messages hold SQL, and could hold values."""
    try:
        yield
    except ConfigError:
        raise
    except Exception as error:
        if type(error).__name__ == "EMTrainingException":  # it lives in Splink's internals
            raise _NoPairs from error
        raise ConfigError(
            f"model {model.name}: Splink could not train from {step} ({type(error).__name__}).",
            next_step="see that the rule finds pairs in these records and that every level of the comparisons is valid.",
        ) from error
