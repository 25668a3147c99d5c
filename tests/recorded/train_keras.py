"""A real fit of the Keras of this environment, for `make.py`: what it prints goes to standard output, what happened to a file.

    python train_keras.py PACKAGE VERBOSE FILE          PACKAGE: keras or tf_keras; on Python 3.6 and newer

The weights are set before each validation, so that its loss is that of a stream; `stopped_epoch` and the rates are read off.
There are two fits, the second with `validation_freq=2`.
"""

import importlib
import json
import os
import sys

os.environ.setdefault("CUDA_VISIBLE_DEVICES", "-1")
STREAMS = ([1.0, 0.8, 0.6, 0.9, 0.5, 0.7, 0.7, 0.1, 0.1, 0.1], [0.4, 0.3, 0.35, 0.2, 0.3, 0.3, 0.3, 0.3, 0.3, 0.3])
EARLY = {"monitor": "val_loss", "patience": 2, "restore_best_weights": True, "verbose": 1}
PLATEAU = {"monitor": "val_loss", "patience": 1, "factor": 0.5, "verbose": 1}
SAVER = {"monitor": "val_loss", "save_best_only": True, "save_weights_only": True, "verbose": 1}


def main(package, verbose, file):
    import numpy as np

    keras = importlib.import_module(package)
    model = keras.models.Sequential([keras.layers.Dense(1, input_shape=(3,))])
    model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse", metrics=["accuracy"])
    x, y = np.random.RandomState(0).rand(40, 3), np.zeros((40, 1))
    happened = []
    for stream, frequency in ((STREAMS[0], 1), (STREAMS[1], 2)):
        rates = []
        early = keras.callbacks.EarlyStopping(**EARLY)
        saver = keras.callbacks.ModelCheckpoint(os.path.join(os.path.dirname(file), "m-{epoch}.weights.h5"), **SAVER)
        history = model.fit(
            x, y, epochs=10, batch_size=8, verbose=verbose, validation_data=(x, y), validation_freq=frequency,
            callbacks=[_feeder(keras, stream, rates), early, keras.callbacks.ReduceLROnPlateau(**PLATEAU), saver],
        )  # fmt: skip
        happened.append(
            {
                "epochs": len(history.epoch),
                "stopped": early.stopped_epoch or None,
                "rates": rates,
                "rate": _rate(model.optimizer),
            }
        )
    with open(file, "w") as out:
        callbacks = [("EarlyStopping", EARLY), ("ReduceLROnPlateau", PLATEAU)]
        written = [{"callback": name, "config": config} for name, config in callbacks]
        json.dump({"version": keras.__version__, "callbacks": written, "fits": happened}, out, indent=1)
        out.write("\n")


def _feeder(keras, stream, rates):
    """Notes the rate, and before each validation sets weights with which the loss is that of the stream."""
    import numpy as np

    class Feeder(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            rates.append(_rate(self.model.optimizer))

        def on_test_begin(self, logs=None):
            loss = stream[len(rates) - 1]
            self.model.set_weights([np.zeros((3, 1)), np.full((1,), loss**0.5)])

    return Feeder()


def _rate(optimizer):
    rate = optimizer.learning_rate if hasattr(optimizer, "learning_rate") else optimizer.lr
    return float(rate.numpy() if hasattr(rate, "numpy") else rate)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), sys.argv[3])
