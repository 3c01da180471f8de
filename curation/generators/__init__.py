"""Models asked to write something new: so far the results of tools (`simulator`).

With `curation/judges/openai_chat.py` the only code that talks to a model. The `openai` client is
imported when the first question is asked, not before. What trajectories say goes into prompts only
between markers nobody can guess, declared as data (see `curation/fencing.py`).
"""
