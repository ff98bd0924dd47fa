"""What every configuration model shares: nothing unknown, nothing changed later, no value in a message."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict


class Frozen(BaseModel):
    """A part of the configuration: unknown keys are refused and the object never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


def _each_variant_once(groups: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    seen: set[str] = set(groups)
    for head, variants in groups.items():
        for variant in variants:
            if variant in seen:
                raise ValueError(f"a variant of {head} stands in another group too, or twice")
            seen.add(variant)
    return groups


WordGroups = Annotated[dict[str, tuple[str, ...]], AfterValidator(_each_variant_once)]  # head of a group of words to its variants
