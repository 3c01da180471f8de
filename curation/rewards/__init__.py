"""Rewards, one source per file, found by walking the folder: `curation/rewarding.py`."""
