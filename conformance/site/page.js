// The page: from the form to a state and back, and what the worker answers into its place. Everything that is shown comes as
// markup from Python, where it is escaped; here no text becomes markup.
"use strict";

const form = document.getElementById("form");
const see = document.getElementById("see");
const worker = started();
const places = Object.fromEntries(["status", "wrong", "answer", "audit", "command", "copied", "others"].map((id) => [id, document.getElementById(id)]));
const title = document.title;
let asked = 0; // the number of the last question
let written = null; // the fragment that this page puts into the address itself
let stood = null; // what stood there before
let remembering = 0; // the timer that does it

// The worker. A page that was opened as a file may load scripts and nothing else: then everything comes in one.
async function started() {
  if (location.protocol !== "file:") {
    const served = new Worker("worker.js", { type: "module" });
    listen(served);
    served.postMessage({ start: {} });
    return served;
  }
  await new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "everything.js";
    script.onload = resolve;
    script.onerror = () => reject(new Error("everything.js is not there"));
    document.head.append(script);
  });
  const unpacked = async (text) => {
    const packed = (await fetch(`data:application/gzip;base64,${text}`)).body;
    return new Uint8Array(await new Response(packed.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer());
  };
  const files = {};
  for (const [name, text] of Object.entries(self.everything)) files[name] = await unpacked(text);
  const source = new Blob([files["worker.js"]], { type: "text/javascript" });
  const own = new Worker(URL.createObjectURL(source));
  listen(own);
  own.postMessage({ start: { files } });
  return own;
}

const shownSet = () => form.querySelector("fieldset[data-callback]:not([hidden])");

function choose(callback) {
  for (const each of form.querySelectorAll("fieldset[data-callback]")) each.hidden = each.dataset.callback !== callback;
  for (const each of form.querySelectorAll("input[name=callback]")) each.checked = each.value === callback;
}

// The state that the form says: names and texts, what is empty left out.
function stated() {
  const state = { callback: shownSet().dataset.callback };
  const inputs = [...shownSet().querySelectorAll("input"), ...form.querySelectorAll("#others input, #around input")];
  for (const input of inputs) if (input.value.trim()) state[input.name] = input.value;
  if (see.value.trim()) state.see = see.value;
  if (form.elements.on.value !== form.elements.on.dataset.usual) state.on = form.elements.on.value;
  if (form.elements.against.value) state.against = form.elements.against.value;
  return state;
}

// The form as a state says it. A parameter that the callback does not have gets a field of its own.
function show(state) {
  const rest = new Map(Object.entries(state));
  const take = (name) => { const value = rest.get(name) ?? ""; rest.delete(name); return value; };
  const callback = take("callback");
  if (form.querySelector(`fieldset[data-callback="${CSS.escape(callback)}"]`)) choose(callback);
  see.value = take("see");
  for (const name of ["on", "against"]) {
    const select = form.elements[name];
    const value = take(name) || (name === "on" ? select.dataset.usual : "");
    if (![...select.options].some((each) => each.value === value)) select.add(new Option(value, value));
    select.value = value;
  }
  const around = form.querySelectorAll("#around input");
  for (const input of [...shownSet().querySelectorAll("input"), ...around]) input.value = take(input.name);
  document.getElementById("around").open = [...around].some((input) => input.value);
  places.others.replaceChildren();
  for (const [name, value] of rest) {
    const label = document.createElement("label"), input = document.createElement("input"), field = document.createElement("div");
    label.textContent = name;
    input.name = name;
    input.value = value;
    input.setAttribute("aria-label", name);
    field.className = "field";
    field.append(label, input);
    places.others.append(field);
  }
}

function ask() {
  const state = stated();
  written = "#" + new URLSearchParams(state);
  stood = location.hash;
  clearTimeout(remembering);
  remembering = setTimeout(remember, 100);
  asked += 1;
  performance.mark(`asked-${asked}`);
  const question = { number: asked, state, width: places.answer.clientWidth };
  worker.then((there) => there.postMessage(question), (error) => failed(error.message));
}

// What is asked stands in the address, soon: a browser takes no more than some twenty changes of it a second. Another address that
// somebody has gone to since is not overwritten.
function remember() {
  clearTimeout(remembering);
  if (location.hash === stood && stood !== written) history.replaceState(null, "", written);
}

function failed(why) {
  places.status.hidden = false;
  places.status.textContent = `The reference could not be started: ${why}`;
}

function listen(there) {
  there.onmessage = ({ data }) => {
    if (data.ready) document.documentElement.dataset.ready = "yes";
    else if (data.failed) failed(data.failed);
    else if (data.number === asked) tell(data);
  };
  there.onerror = (event) => failed(event.message);
}

function tell({ number, answer, audit }) {
  if (audit !== undefined) { places.audit.innerHTML = audit; return; }
  places.status.hidden = true;
  const { html, wrong, command, state } = answer;
  if (state) { show(JSON.parse(state)); ask(); return; }  // what was pasted says it all: the form says the same
  places.wrong.hidden = !wrong;
  places.wrong.textContent = wrong ?? "";
  document.body.classList.toggle("stale", Boolean(wrong));
  places.audit.replaceChildren();
  places.copied.textContent = "";
  if (!wrong) {
    places.answer.innerHTML = html;
    places.command.textContent = command;
    document.title = `${answer.title} · ${title}`;
  }
  document.documentElement.dataset.answered = number;
  performance.measure(`answer-${number}`, `asked-${number}`);
}

form.addEventListener("input", (event) => {
  if (event.target.name === "callback") { choose(event.target.value); places.others.replaceChildren(); }
  if (event.target.type !== "file") ask();
});
form.addEventListener("submit", (event) => event.preventDefault());

async function read(file) {
  const bytes = new Uint8Array(await file.arrayBuffer());
  const wide = (bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff);
  see.value = new TextDecoder(wide ? (bytes[0] === 0xff ? "utf-16le" : "utf-16be") : "utf-8").decode(bytes);
  ask();
}
document.getElementById("file").addEventListener("change", (event) => { if (event.target.files[0]) read(event.target.files[0]); });
for (const name of ["dragover", "dragleave", "drop"]) {
  document.addEventListener(name, (event) => {
    if (!event.dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    document.body.classList.toggle("dropping", name === "dragover");
    if (name === "drop" && event.dataTransfer.files[0]) read(event.dataTransfer.files[0]);
  });
}

document.getElementById("copy").addEventListener("click", async () => {
  remember();
  await navigator.clipboard.writeText(location.href);
  places.copied.textContent = "copied";
});

function follow() {
  if (location.hash === written) return;
  show(Object.fromEntries(new URLSearchParams(location.hash.slice(1))));
  ask();
}
window.addEventListener("hashchange", follow);

let width = places.answer.clientWidth;
new ResizeObserver(() => {
  if (Math.abs(places.answer.clientWidth - width) < 8) return;
  width = places.answer.clientWidth;
  ask();
}).observe(places.answer);

form.elements.on.dataset.usual = form.elements.on.value;
if (location.hash.length > 1) { places.answer.replaceChildren(); follow(); }  // the example is no answer to this
else { show(JSON.parse(document.getElementById("first").textContent)); ask(); }
if ("serviceWorker" in navigator && location.protocol !== "file:") navigator.serviceWorker.register("offline.js");
