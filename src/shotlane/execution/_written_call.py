"""A planned call as text."""

from shotlane.plan import PlannedCall


def written(call: PlannedCall) -> str:
    """A call as a person writes it: `balance.tare()`, `laser.pulse(length=3.0)`."""
    arguments = ", ".join(f"{name}={value!r}" for name, value in call.arguments.items())
    return f"{call.role}.{call.command.name}({arguments})"
