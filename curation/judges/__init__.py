"""Judges, one backend a file, found by walking the folder.

`openai_chat` is, with `curation/generators/`, the only code that talks to a model; the `openai`
client is imported when it is first opened, not before. The others answer offline.
"""
