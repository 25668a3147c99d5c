"""A real Trainer of Lightning, for `make.py`: its CSVLogger writes metrics.csv, and what happened goes to a file.

python train_lightning.py METRICS HAPPENED
"""

import json
import pathlib
import shutil
import sys
import tempfile

import lightning
import torch
from lightning.pytorch.callbacks import EarlyStopping, LearningRateMonitor
from lightning.pytorch.loggers import CSVLogger

STREAM = [1.0, 0.8, 0.6, 0.9, 0.5, 0.7, 0.7, 0.1, 0.1, 0.1]
EARLY = {"monitor": "val_loss", "patience": 2, "min_delta": 0.01, "mode": "min"}


class Model(lightning.LightningModule):
    """Logs by step and by epoch, as most do; the validation loss is the stream."""

    def __init__(self):
        super().__init__()
        self.layer = torch.nn.Linear(3, 1)

    def training_step(self, batch, index):
        loss = self.layer(batch[0]).square().mean()
        self.log("train_loss", loss, on_step=True, on_epoch=True)
        return loss

    def validation_step(self, batch, index):
        self.log("val_loss", STREAM[self.current_epoch])

    def configure_optimizers(self):
        return torch.optim.SGD(self.parameters(), lr=0.1)


def main(metrics, happened):
    lightning.seed_everything(0)
    data = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(torch.rand(24, 3)), batch_size=8)
    with tempfile.TemporaryDirectory() as folder:
        early = EarlyStopping(**EARLY)
        logger = CSVLogger(folder)
        trainer = lightning.Trainer(
            max_epochs=10, logger=logger, callbacks=[early, LearningRateMonitor()], log_every_n_steps=2, accelerator="cpu",
            enable_checkpointing=False, enable_progress_bar=False, enable_model_summary=False, default_root_dir=folder,
        )  # fmt: skip
        trainer.fit(Model(), data, data)
        shutil.copy(pathlib.Path(logger.log_dir) / "metrics.csv", metrics)
    said = {
        "version": lightning.__version__,
        "config": EARLY,
        "epochs": trainer.current_epoch,
        "stopped": early.stopped_epoch,
    }
    pathlib.Path(happened).write_text(json.dumps(said, indent=1) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
