"""The script beside stepwise rows, run by TRL's PRMTrainer: which tokens carry which label, and
two steps."""

import sys

import trl
from toy import arguments, judged, report, tokenizer_of
from transformers import AutoConfig, AutoModelForTokenClassification

export, model_folder, scraps, options = arguments()
sys.path.insert(0, str(export))
weights = f"{scraps}/model"
config = AutoConfig.from_pretrained(model_folder, num_labels=2)
AutoModelForTokenClassification.from_config(config).save_pretrained(weights)
tokenizer = tokenizer_of(model_folder)
tokenizer.save_pretrained(weights)
trainers = []


class Kept(trl.PRMTrainer):
    """Remembers itself, so that it can be looked at when the script has ended."""

    def __init__(self, *given, **named):
        super().__init__(*given, **named)
        trainers.append(self)


small = {"max_steps": 2, "logging_steps": 1, "per_device_train_batch_size": 2, "use_cpu": True}
plain = trl.PRMConfig
fields = plain.__dataclass_fields__
trl.PRMTrainer = Kept


def on_processor(**given):
    return plain(**given, **small, report_to=[], save_strategy="no", disable_tqdm=True)


on_processor.__dataclass_fields__ = fields
trl.PRMConfig = on_processor

from train_prm import main  # noqa: E402 - lies in the export

main(weights, f"{scraps}/out")
(trainer,) = trainers

report(
    ["trl", "transformers", "datasets", "torch"],
    rows=[judged(tokenizer, row) for row in trainer.train_dataset],
    losses=[entry["loss"] for entry in trainer.state.log_history if "loss" in entry],
)
