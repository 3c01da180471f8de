// What a model says that a tool would have answered: asked for, proposed, failed, or taken. A
// proposal never looks like a result: it says who made it up, and waits for a person.

import { button, el } from "./dom.js";
import { Editor } from "./editor.js";
import { prettyJson } from "./json_text.js";
import { keyOf } from "./keymap.js";
import { entryOf, simulatedOf } from "./revision.js";
import { cannotSimulate, secondsOf, simulationOf } from "./simulate_acts.js";

/** What a card must be drawn anew for. */
export function simulationSignature(shown, entry) {
  const one = simulationOf(shown, entry.key);
  return [one && [one.state, one.began], simulatedOf(shown.base, entry)];
}

/** Below a result: what was asked and proposed, else who made the result up; null for neither. */
export function drawSimulation(screen, shown, key) {
  const entry = shown && entryOf(shown.state, key);
  if (!entry) return null;
  const one = simulationOf(shown, key);
  if (!one) return drawOrigin(shown, entry);
  const draw = { asking: drawAsking, proposed: drawProposed, failed: drawFailed }[one.state];
  return el(
    "section",
    { class: `simulation ${one.state}`, role: "group", "aria-label": "Simulated result", "aria-live": "polite" },
    draw(screen, shown, key, one),
  );
}

function drawOrigin(shown, entry) {
  const said = simulatedOf(shown.base, entry);
  if (!said) return null;
  return el("div", { class: "simulated" }, el("b", { text: "≈ simulated" }), ` by ${said.model}${said.edited ? ", then edited" : ""}`);
}

/** "Simulate", where a result is stale; what to set up where nothing can be asked. */
export function simulateButton(screen, shown, key, { what, isHere }) {
  if (simulationOf(shown, key)) return null; // what was asked stands below the result
  const why = cannotSimulate(screen.session);
  if (why) return isHere ? el("span", { class: "dim nosimulator", text: "no simulator is set up", title: why }) : null;
  return button("Simulate", {
    key: isHere ? keyOf("simulate") : undefined,
    class: "quiet",
    title: `Ask ${screen.session.boot.simulator.model} what the tool would answer`,
    "aria-label": `Simulate: ${what}`,
    "aria-keyshortcuts": isHere ? "Shift+S" : null,
    data: { focus: `simulate:${key}` },
    onclick: () => Editor.simulate(screen, key),
  });
}

function drawAsking(screen, shown, key, one) {
  return el(
    "div",
    { class: "simhead" },
    el("b", { text: `≈ Asking ${one.model} …` }),
    el("span", { class: "dim", "aria-hidden": "true", data: { simulating: "" }, text: secondsOf(one) }),
    el("span", { class: "grow" }),
    act("Stop", key, { name: "Esc", onclick: () => Editor.dropSimulation(screen, key) }),
  );
}

function drawProposed(screen, shown, key, one) {
  const keys = keysIn(shown, key);
  return [
    el("div", { class: "simhead" }, el("b", { text: `≈ Proposed, simulated by ${one.model}.` }), " Nobody has looked at it yet."),
    one.warning ? el("div", { class: "finding warning" }, el("span", { class: "sev", text: "◆ " }), one.warning) : null,
    el("pre", { class: "plain", text: prettyJson(one.text) ?? one.text, tabindex: "0" }),
    el(
      "div",
      { class: "simhead" },
      act("Use it", key, { name: keys.use, isMain: true, onclick: () => Editor.useProposal(screen, key) }),
      keys.edit ? act("Edit it", key, { name: keys.edit, onclick: () => Editor.editProposal(screen, key) }) : null,
      act("Ask again", key, { name: keys.ask, onclick: () => Editor.simulate(screen, key) }),
      act("Throw away", key, { name: "Esc", onclick: () => Editor.dropSimulation(screen, key) }),
    ),
  ];
}

function drawFailed(screen, shown, key, one) {
  return [
    el("div", { class: "finding error", role: "alert" }, el("span", { class: "sev", text: "▲ " }), one.error),
    el(
      "div",
      { class: "simhead" },
      act("Ask again", key, { name: keysIn(shown, key).ask, onclick: () => Editor.simulate(screen, key) }),
      act("Close", key, { name: "Esc", onclick: () => Editor.dropSimulation(screen, key) }),
    ),
  ];
}

/** In an open place letters are typed, so the keys there are with Alt. */
function keysIn(shown, key) {
  const isPlace = shown.open.place?.entry === key;
  if (isPlace) return { use: "Alt Y", ask: "Alt S", edit: null };
  return { use: keyOf("use-simulated"), ask: keyOf("simulate"), edit: keyOf("edit") };
}

function act(label, key, { name, isMain = false, onclick }) {
  return button(label, { key: name, class: isMain ? "main" : "quiet", data: { focus: `sim:${label}:${key}` }, onclick });
}
