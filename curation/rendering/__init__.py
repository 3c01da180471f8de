"""Rows as a model sees them: a chat template applied to a row, and what of the text is learnt."""
