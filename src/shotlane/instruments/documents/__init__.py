"""Instrument documents, from text to a definition; their catalogue; what a station says of its specimen."""
