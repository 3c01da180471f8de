"""Mutations: one way to make a right step wrong per file."""
