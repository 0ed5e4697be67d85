"""Base of everything that a document is made of."""

from pydantic import BaseModel, ConfigDict

LANGUAGE = 1

# A value as it is written: a number, a boolean, or text that may hold an expression.
Scalar = bool | int | float | str


class Part(BaseModel):
    """Frozen; a key it does not know is a mistake; a value counts as what it is written as."""

    # Only whole documents are validated, so only their validators are built, and only when one is read.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, defer_build=True)
