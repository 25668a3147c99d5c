// TensorFlow.js's earlyStopping as a program that callcheck can ask: an example of its protocol for any language.
//
//     npm ci && callcheck infer "program:node early_stopping.mjs"
//
// The protocol: lines of JSON, one after the other. First the program writes a greeting, with its name and what it can be asked.
// Then for each line {"id", "scenario"} that it reads it writes one line {"id", "result"}, in the same order. A result is a trace;
// {"not_expressible": {"parameter"}} says what it cannot be asked. Scenario and trace are described by the schemas of callcheck
// (spec/schema/); what a program cannot observe it leaves out. "NaN", "Infinity" and "-Infinity" are numbers.

import { createInterface } from "node:readline";

console.log = console.info = console.warn = () => {}; // standard output is for answers alone
const tf = await import("@tensorflow/tfjs-layers");

const GREETING = {
  protocol: 1,
  name: `TensorFlow.js ${tf.version_layers} earlyStopping`,
  capabilities: {
    callbacks: ["EarlyStopping"],
    parameters: { EarlyStopping: ["monitor", "min_delta", "patience", "mode", "baseline"] },
    observables: ["stop"],
    domain: {
      accepts: { mode: ["auto", "min", "max"] },
      kinds: { monitor: "text", patience: "whole", min_delta: "number" },
      numbers: true,
    },
  },
};

const SPECIAL = { NaN: NaN, Infinity: Infinity, "-Infinity": -Infinity };
const number = (value) => (typeof value === "string" ? SPECIAL[value] : value);
const numbers = (logs) => Object.fromEntries(Object.entries(logs).map(([name, value]) => [name, number(value)]));

/** What the callback does with a scenario: the training loop around it, and what is seen of it after every epoch. */
async function replay({ config = {}, fits, initial_epoch = 0 }) {
  const callback = tf.callbacks.earlyStopping({
    monitor: config.monitor,
    minDelta: number(config.min_delta),
    patience: config.patience,
    mode: config.mode,
    baseline: number(config.baseline),
  });
  const model = { stopTraining: false };
  callback.model = model; // setModel would ask for one that can be trained
  const seen = [];
  for (const fit of fits) {
    model.stopTraining = false;
    const epochs = [];
    await callback.onTrainBegin();
    for (const [index, epoch] of fit.epochs.entries()) {
      if (epoch.stop) model.stopTraining = true; // somebody else stopped
      await callback.onEpochEnd((fit.initial_epoch ?? initial_epoch) + index, numbers(epoch.logs ?? {}));
      epochs.push({ stop: model.stopTraining });
      if (model.stopTraining) break;
    }
    await callback.onTrainEnd();
    seen.push({ epochs, epochs_run: epochs.length, weights_of_epoch: null, error: null });
  }
  return { rejected: null, fits: seen };
}

const write = (answer) => process.stdout.write(JSON.stringify(answer) + "\n");

write(GREETING);
for await (const line of createInterface({ input: process.stdin })) {
  const { id, scenario } = JSON.parse(line);
  if (scenario.callback !== "EarlyStopping") {
    write({ id, result: { not_expressible: { parameter: "callback" } } });
  } else if (scenario.fits.some((fit) => (fit.instances ?? "same") !== "same" || fit.resume)) {
    write({ id, result: { not_expressible: { parameter: "fits" } } });
  } else if (scenario.fits.some((fit) => fit.epochs.some((epoch) => epoch.others))) {
    write({ id, result: { not_expressible: { parameter: "others" } } });
  } else {
    write({ id, result: await replay(scenario) });
  }
}
