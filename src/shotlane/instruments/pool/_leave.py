"""An instrument that came open when nobody wants it any more: what its set-up has sent may not be safe."""

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from shotlane.instruments.definition._contract import InstrumentError
from shotlane.instruments.definition._definition import Definition
from shotlane.instruments.pool._exchanger import Exchanger
from shotlane.instruments.pool._member import Member, RoleNotify
from shotlane.model import Keep, ScalarValue

_REASON = "it came open after the end"


def safe_values(definition: Definition) -> Iterator[tuple[str, ScalarValue]]:
    """What the safe state sets, in the order of the attributes."""
    for attribute in definition.attributes.values():
        if attribute.name in definition.aliases or not attribute.writable:
            continue
        if attribute.safe is not None and not isinstance(attribute.safe, Keep):
            yield attribute.name, attribute.safe


def leave_safe(member: Member, exchanger: Exchanger, tell: RoleNotify) -> None:
    """Make it safe as far as it goes, and close it; the lock of its port is held."""
    for name, value in safe_values(member.definition):
        fields: dict[str, Any] = {"attribute": name, "exchanges": 1}
        try:
            exchanger.write(member, name, value)
        except InstrumentError as error:
            told = {"reason": _REASON, "message": error.message}
            tell(member.role, "safe-state.failed", {**fields, **told})
        else:
            tell(member.role, "safe-state.written", {**fields, "value": value})
    with suppress(InstrumentError):
        member.driver.make_safe()
    member.driver.close()
