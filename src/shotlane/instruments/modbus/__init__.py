"""Modbus over TCP and serial lines: registers, requests, frames, lines and the driver."""
