"""Dialogues in text and bytes: what is written, when a reply is whole, how it is read, and the driver."""
