"""Ideas of "the same answer", one per file, found by walking the folder: `curation/matching.py`."""
