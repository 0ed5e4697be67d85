"""No deadline: the first unknown unit imports pint, and the machine is shared."""

from hypothesis import settings

settings.register_profile("expression", deadline=None)
settings.load_profile("expression")
