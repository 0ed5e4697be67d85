"""Types of arguments that several verbs take."""

import argparse


def at_least_one(text: str) -> int:
    """How many, or which one, counted from 1."""
    if not (text.isascii() and text.isdecimal()) or int(text) < 1:
        raise argparse.ArgumentTypeError(f"'{text}' is no count: write 1 or more")
    return int(text)


def tcp_port(text: str) -> int:
    """A port of this machine; 0 is any that is free."""
    if not (text.isascii() and text.isdecimal()) or int(text) > 65_535:
        raise argparse.ArgumentTypeError(f"'{text}' is no port: write 0 to 65535")
    return int(text)
