"""Copies of rows: one augmentation per file."""
