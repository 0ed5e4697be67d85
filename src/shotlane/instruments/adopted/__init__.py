"""Drivers in Python, of one's own and of other packages: declared, locked, adapted, asked."""
