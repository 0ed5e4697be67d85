"""What an instrument is, with everything decided: the plain types that drivers, pool and simulation share."""
