"""Results and verdicts of one attempt, from its readings, before its commit."""
