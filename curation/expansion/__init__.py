"""Error-driven expansion: from one verified error to new samples like it.

LoopTool's EDDE (arXiv 2511.09148, section 4.4 and appendix G): an error whose right side is known
is a seed (`seeds`); a model is asked for new conversations with the right calls (`prompt`,
`reply`); rules (`rules`), likeness to what is there (`near_copies`) and a judge (`verdict`) decide
whether one is admitted. Pure: who is asked is `curation/generators/expander.py`, the run is
`app/flows/expand.py`.
"""
