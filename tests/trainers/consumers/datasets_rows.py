"""`datasets.load_dataset` on the files of exports, and nothing else: what rows it makes of each.

Arguments: a file of JSON with the paths, and the file to write the rows into, a list per path.
"""

import json
import sys
from importlib.metadata import version
from pathlib import Path

from datasets import load_dataset

wanted, answer = map(Path, sys.argv[1:3])
rows = []
for path in json.loads(wanted.read_text()):
    kind = {".jsonl": "json", ".parquet": "parquet", ".csv": "csv"}[Path(path).suffix]
    rows.append(list(load_dataset(kind, data_files=path, split="train")))
answer.write_text(json.dumps(rows))
versions = {name: version(name) for name in ("datasets", "pyarrow")}
print(json.dumps({"versions": versions}))
