"""Prediction formats, one a file; see `curation/prediction_importing.py`."""
