"""A real Trainer of transformers, for `make.py`: its trainer_state.json, and what happened, go to files.

python train_transformers.py STATE HAPPENED
"""

import json
import pathlib
import sys
import tempfile

import torch
import transformers

STREAM = [1.0, 0.8, 0.6, 0.9, 0.5, 0.7, 0.7, 0.1, 0.1, 0.1]


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(3, 1)

    def forward(self, x, labels=None):
        said = self.layer(x)
        return {"loss": (said - labels).square().mean(), "logits": said}


def main(state, happened):
    transformers.set_seed(0)
    data = [{"x": torch.rand(3), "labels": torch.rand(1)} for _ in range(24)]
    scores = iter(STREAM)
    with tempfile.TemporaryDirectory() as folder:
        trainer = transformers.Trainer(
            model=Model(),
            args=transformers.TrainingArguments(
                folder, num_train_epochs=10, per_device_train_batch_size=8, eval_strategy="epoch", save_strategy="epoch",
                logging_steps=2, load_best_model_at_end=True, metric_for_best_model="score", greater_is_better=False,
                report_to=[], use_cpu=True, disable_tqdm=True, learning_rate=0.1, save_only_model=True, save_total_limit=2,
            ),
            train_dataset=data, eval_dataset=data, compute_metrics=lambda _: {"score": next(scores)},
            callbacks=[transformers.EarlyStoppingCallback(early_stopping_patience=2)],
        )  # fmt: skip
        trainer.train()
        trainer.state.save_to_json(state)
    file = pathlib.Path(state)
    file.write_text(file.read_text().replace(folder, "/run"))  # no folder of this machine
    said = {"version": transformers.__version__, "config": {"monitor": "eval_score", "patience": 2, "mode": "min"},
            "evaluations": len(STREAM) - sum(1 for _ in scores), "best_metric": trainer.state.best_metric}  # fmt: skip
    pathlib.Path(happened).write_text(json.dumps(said, indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
