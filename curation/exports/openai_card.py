"""What stands beside files for OpenAI's fine-tuning: how they are handed in.

Loopwright calls no service; the commands are for the person who does. Names are those of the guides
"supervised fine-tuning" and "direct preference optimization" (developers.openai.com).
"""

from __future__ import annotations

_SUBMIT = """\
# Handing it in

Nothing of this was sent anywhere. The commands below upload the files to the service and start a
job there; the one thing to fill in is `MODEL`, a model that the service fine-tunes. OpenAI is
winding this service down; Together AI and Fireworks read the same rows by commands of their own.

```sh
export OPENAI_API_KEY=...      # yours
MODEL=...

upload() {{
    curl -sS https://api.openai.com/v1/files -H "Authorization: Bearer $OPENAI_API_KEY" \\
        -F purpose=fine-tune -F file=@"$1" |
        python3 -c 'import json, sys; print(json.load(sys.stdin)["id"])'
}}

{uploads}
curl -sS https://api.openai.com/v1/fine_tuning/jobs -H "Authorization: Bearer $OPENAI_API_KEY" \\
    -H "Content-Type: application/json" -d @- <<JOB
{job}
JOB
```
{test}
{rules}
"""

_RULES = {
    "sft": """\
- The service wants at least 10 rows.
- `weight: 0` marks assistant messages that carry no loss; without any weight all of them do.
- Ids tie results to calls, and every call is answered, but in the last message.
""",
    "dpo": """\
- The service wants at least 10 rows.
- Each side is one assistant message, and both answer the same `input`. The guide shows text on
  both sides; a service that takes no calls there says so when the job starts.
- OpenAI advises to fine-tune on the preferred answers first, and on pairs after that.
""",
}


def submit_note(files: dict[str, str], shape: str) -> str:
    """`SUBMIT.md`. `files`: split -> file name; `shape`: of the examples."""
    is_pair = shape == "Pair"
    names = {"train": "TRAIN", "validation": "VALIDATION"}
    uploads = [f"{names[s]}=$(upload {name})" for s, name in files.items() if s in names]
    dpo = '{"type": "dpo", "dpo": {"hyperparameters": {"beta": 0.1}}}'
    method = dpo if is_pair else '{"type": "supervised"}'
    job = ['{"model": "$MODEL", "training_file": "$TRAIN",']
    if "validation" in files:
        job.append(' "validation_file": "$VALIDATION",')
    job.append(f' "method": {method}}}')
    test = (
        f"\n`{files['test']}` is not uploaded: it is for judging what came out.\n"
        if "test" in files
        else ""
    )
    return _SUBMIT.format(
        uploads="\n".join(uploads),
        job="\n".join(job),
        test=test,
        rules=_RULES["dpo" if is_pair else "sft"].strip(),
    )
