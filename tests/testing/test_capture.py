"""What passed on a real wire once is a device that tests can have again."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.instruments._oven import fixed_oven

from shotlane.cli import main, run_sequence
from shotlane.instruments import Capture
from shotlane.instruments.definition._resource import parse_resource
from shotlane.instruments.pool._locks import FOLDER_VARIABLE
from shotlane.testing import Bench, scripted_wire, write_project
