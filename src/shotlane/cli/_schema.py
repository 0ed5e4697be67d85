"""`shotlane schema`: the JSON Schema of a kind of document."""

import argparse

from shotlane.cli._output import print_json
from shotlane.model import json_schema


def main(arguments: argparse.Namespace) -> int:
    """Print it."""
    print_json(json_schema(arguments.kind))
    return 0
