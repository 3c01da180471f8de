"""Synthesized tool-use trajectories with known truth.

Used for the demo data, for tests and for benchmarks: eight domains with simulated systems behind
their tools, conversations of 2 to 60 messages, planted errors whose place and class are known, and
predictions of other models. Not a language model and not training data of worth: it exercises the
studio.
"""

from curation.synthesis.build import KINDS, make_row
from curation.synthesis.row import Planted, PredictionTruth, Source, SyntheticRow

__all__ = ["KINDS", "Planted", "PredictionTruth", "Source", "SyntheticRow", "make_row"]
