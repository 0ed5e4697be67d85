"""From a station document to the definitions of its instruments and the channel table."""
