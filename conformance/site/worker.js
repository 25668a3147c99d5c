// Python in a worker: it loads Pyodide and the reference once, answers the newest question, and audits when nobody asks.
// The first message says where everything is: at addresses beside this script, or in `files`, where the page was opened as a file
// and can fetch nothing.

let newest = null;
let running = null;
let started = null;

async function python(files) {
  if (!files) {
    const { loadPyodide } = await import("./pyodide/pyodide.mjs");
    return loadPyodide({ indexURL: new URL("pyodide/", self.location).href });
  }
  const module = (name) => import(URL.createObjectURL(new Blob([files[`pyodide/${name}`]], { type: "text/javascript" })));
  self.fetch = async (address) => {
    const name = String(address.url ?? address).split("/").pop();
    const type = name.endsWith(".wasm") ? "application/wasm" : "application/octet-stream";
    return new Response(files[`pyodide/${name}`], { headers: { "Content-Type": type } });
  };
  self.importScripts = undefined;  // Pyodide wants a module; from a file a worker can be none, but import as one
  const [{ loadPyodide }, { default: createPyodideModule }] = [await module("pyodide.mjs"), await module("pyodide.asm.mjs")];
  const lockFileContents = new TextDecoder().decode(files["pyodide/pyodide-lock.json"]);
  return loadPyodide({ indexURL: "https://nowhere.invalid/pyodide/", createPyodideModule, lockFileContents });
}

async function start(files) {
  const archive = files ? files["callcheck.zip"] : fetch("callcheck.zip").then((response) => response.arrayBuffer());
  const interpreter = await python(files);
  interpreter.unpackArchive(await archive, "zip", { extractDir: "/callcheck" });
  return interpreter.runPython(`
import json, sys
sys.path.insert(0, "/callcheck")
from callcheck.conformance.site.answer import answer, audit
lambda what, state, width: json.dumps(answer(json.loads(state), width) if what == "answer" else audit(json.loads(state)))
`);
}

// Until a while has passed, or somebody asks.
let asked = () => {};
const quiet = (milliseconds) => new Promise((resolve) => { asked = resolve; setTimeout(resolve, milliseconds); });

// What should not happen is said, and the next question is answered all the same.
function tried(act, otherwise) {
  try { return act(); } catch (error) {
    const last = String(error.message).trim().split("\n").pop();
    return otherwise(`This is a mistake in callcheck itself: ${last}; please report it, with the address of this page.`);
  }
}

async function run() {
  let call;
  try { call = await started; } catch { return; }  // what failed has been said
  while (newest) {
    const { number, state, width } = newest;
    newest = null;
    const given = JSON.stringify(state);
    self.postMessage({ number, answer: tried(() => JSON.parse(call("answer", given, width)), (wrong) => ({ wrong })) });
    await quiet(300); // somebody who types has gone on by then
    if (!newest) self.postMessage({ number, audit: tried(() => JSON.parse(call("audit", given, width)), () => "") });
  }
  running = null;
}

self.onmessage = ({ data }) => {
  if (data.start) {
    started = start(data.start.files);
    started.then(() => self.postMessage({ ready: true }), (error) => self.postMessage({ failed: String(error) }));
    return;
  }
  newest = data;
  asked();
  running ??= run();
};
