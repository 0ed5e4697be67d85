"""Instruments without devices: their worlds, their noise, their faults and the driver."""
