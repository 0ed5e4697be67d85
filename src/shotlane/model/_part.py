"""Base of everything that a document is made of."""

from pydantic import BaseModel, ConfigDict


class Part(BaseModel):
    """Frozen; a key it does not know is a mistake; a value counts as what it is written as."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)
