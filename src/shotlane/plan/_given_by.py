"""Where values of parameters and labels were given beside the document, so that messages say it."""

from enum import Enum


class GivenBy(Enum):
    """Whoever gave them."""

    COMMAND_LINE = "on the command line"
    PYTHON = "as an argument"

    def place(self, name: str) -> str:
        """What messages call the text that stands for a name."""
        return f"-p {name}" if self is GivenBy.COMMAND_LINE else f"parameters[{name!r}]"

    def unknown(self, name: str) -> str:
        """The same of a name that is no parameter."""
        return f"-p {name}=..." if self is GivenBy.COMMAND_LINE else f"parameters[{name!r}]"

    def answer(self, name: str) -> str:
        """How a question is answered."""
        if self is GivenBy.COMMAND_LINE:
            return f"give -p {name}=ANSWER, or start the run at a terminal"
        return f"give parameters={{{name!r}: ANSWER}}"
