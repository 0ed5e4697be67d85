"""What goes wrong with a session itself; faults of instruments are `InstrumentError`, as everywhere."""


class SessionError(Exception):
    """Something that was asked of a session and cannot be; nothing was sent. `help` is the way out."""

    def __init__(self, message: str, help: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.help = help

    def __str__(self) -> str:
        return self.message if self.help is None else f"{self.message}; {self.help}"


class NotSafeError(SessionError):
    """Instruments that could not be made safe; `unsafe` names each with its fault."""

    def __init__(self, unsafe: dict[str, str]) -> None:
        told = ", ".join(f"{place}: {message}" for place, message in unsafe.items())
        super().__init__(f"NOT SAFE: {told}", "look at these instruments now")
        self.unsafe = unsafe
