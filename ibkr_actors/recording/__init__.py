"""Recordings of the bytes between clients and a bridge: made, read, printed, redacted, and served again."""
