"""The open instruments of a station: exchanges, health, agreement, wear, and locks across processes."""
