"""What every configuration model shares: nothing unknown, nothing changed later, no value in a message."""

from pydantic import BaseModel, ConfigDict


class Frozen(BaseModel):
    """A part of the configuration: unknown keys are refused and the object never changes."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
