// Python in a worker: it loads Pyodide and the reference once, answers the newest question, and audits when nobody asks.
import { loadPyodide } from "./pyodide/pyodide.mjs";

let newest = null;
let running = null;

const started = (async () => {
  const archive = fetch("callcheck.zip").then((response) => response.arrayBuffer());
  const python = await loadPyodide({ indexURL: new URL("pyodide/", self.location).href });
  python.unpackArchive(await archive, "zip", { extractDir: "/callcheck" });
  return python.runPython(`
import json, sys
sys.path.insert(0, "/callcheck")
from callcheck.conformance.site.answer import answer, audit
lambda what, state, width: json.dumps(answer(json.loads(state), width) if what == "answer" else audit(json.loads(state)))
`);
})();
started.then(() => self.postMessage({ ready: true }), (error) => self.postMessage({ failed: String(error) }));

// Until a while has passed, or somebody asks.
let asked = () => {};
const quiet = (milliseconds) => new Promise((resolve) => { asked = resolve; setTimeout(resolve, milliseconds); });

async function run() {
  let call;
  try { call = await started; } catch { return; }  // what failed has been said
  while (newest) {
    const { number, state, width } = newest;
    newest = null;
    const given = JSON.stringify(state);
    self.postMessage({ number, answer: JSON.parse(call("answer", given, width)) });
    await quiet(300); // somebody who types has gone on by then
    if (!newest) self.postMessage({ number, audit: JSON.parse(call("audit", given, width)) });
  }
  running = null;
}

self.onmessage = ({ data }) => {
  newest = data;
  asked();
  running ??= run();
};
