"""Bytes over serial ports, sockets and VISA, and what every driver on a wire does alike."""
