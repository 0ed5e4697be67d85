"""Imports everything that a run needs, once, in the process that the commands are forked from."""

import shotlane.analysis
import shotlane.api._in_order
import shotlane.api._resume
import shotlane.api._run
import shotlane.cli._resume
import shotlane.cli._run
import shotlane.instruments
import shotlane.store  # noqa: F401
