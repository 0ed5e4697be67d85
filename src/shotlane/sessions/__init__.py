"""Work at a station outside of a sequence: sessions, what they observe, and their instruments shared."""
