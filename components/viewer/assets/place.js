// The open place of a correction: a call (form or JSON, tool, order) or a message (text, reasoning).
//
// Typing changes the state and redraws nothing; what is said about the text (problems, changes) is
// brought up to date in place, so the focus never moves by itself.

import { drawChanges } from "./diff.js";
import { button, el, fill, keycap, renew } from "./dom.js";
import { Editor } from "./editor.js";
import { drawForm } from "./form.js";
import { onOneLine, prettyJson } from "./json_text.js";
import * as r from "./revision.js";
import { indexOf } from "./revision_wire.js";
import { verdictOf } from "./saving.js";
import { labelOf, shownOf } from "./shown.js";
import { drawSimulation } from "./simulate.js";
import { cannotSimulate } from "./simulate_acts.js";

/** Keys inside an open place: with Alt, because letters are typed here. */
export const PLACE_KEYS = {
  KeyJ: "raw", KeyT: "tool", KeyA: "add", KeyC: "duplicate", KeyX: "remove",
  KeyU: "up", KeyN: "down", KeyK: "keep", KeyS: "simulate", KeyY: "use",
};

/** The editor of a message, or of one of its calls, when it is the open place; null otherwise. */
export function drawPlace(screen, shown, entry, call = null) {
  const c = shown.open;
  if (!c?.place || c.place.entry !== entry.key || c.place.call !== (call?.key ?? null)) return null;
  c.acts = {}; // name -> what a key does here
  c.hasForm = false;
  return el(
    "form",
    {
      class: "editor",
      "aria-label": `Correct ${labelOf(shown, entry.key, call?.key)}`,
      on: { submit: (event) => event.preventDefault() },
    },
    call === null ? textParts(screen, c, entry) : callParts(screen, c, shown, entry, call),
    live(c, () => said(screen, c, entry, call), { class: "editverdict", "aria-live": "polite" }),
  );
}

/** A part that follows what is typed and checked, in a card that is not drawn anew meanwhile. */
export function live(c, draw, props = {}) {
  const node = fill(el("div", props), draw());
  c.live.push({ node, update: () => renew(node, draw()) });
  return node;
}

/** Bring the living parts up to date; those of cards that were drawn anew are forgotten. */
export function drawLive(c) {
  if (!c) return;
  c.live = c.live.filter((part) => part.node.isConnected);
  for (const part of c.live) part.update();
}

function act(c, name, label, keyText, onclick, props = {}) {
  c.acts[name] = onclick;
  return button(label, {
    key: `Alt ${keyText}`,
    class: "quiet",
    "aria-keyshortcuts": `Alt+${keyText}`,
    data: { focus: `place:${name}` },
    ...props,
    onclick,
  });
}

// A call --------------------------------------------------------------------------------------

function callParts(screen, c, shown, entry, call) {
  const s = screen.session;
  const name = r.nameOf(shown.base, entry, call);
  const tool = s.view.tools.find((t) => t.name === name);
  return [
    el("div", { class: "editrow tools" }, toolPicker(screen, c, entry, call, name), callButtons(screen, c, entry, call)),
    argumentsField(screen, c, entry, call, tool),
  ];
}

function toolPicker(screen, c, entry, call, name) {
  const { tools } = screen.session.view;
  const isOffered = tools.some((tool) => tool.name === name);
  const option = (value, text) => el("option", { value, text, selected: value === name });
  const select = el(
    "select",
    {
      class: "toolpick",
      "aria-label": "Tool of the call",
      "aria-keyshortcuts": "Alt+T",
      data: { focus: "place:tool" },
      on: {
        change: (event) => {
          const tool = tools.find((one) => one.name === event.target.value);
          if (tool) Editor.changeTool(screen, entry.key, call.key, tool);
        },
      },
    },
    isOffered ? null : option(name, name ? `${name} (not offered)` : "choose a tool"),
    tools.map((tool) => option(tool.name, tool.name)),
  );
  c.acts.tool = () => select.focus();
  return el("label", { class: "pick" }, "Tool ", keycap("Alt T"), " ", select);
}

function callButtons(screen, c, entry, call) {
  const state = () => c.history.now;
  const perform = (next) => Editor.perform(screen, next);
  const openFresh = (next) => {
    const fresh = `n${state().next}`;
    perform(next);
    Editor.openPlace(screen, { entry: entry.key, call: fresh });
  };
  const stand = r.standingCalls(entry);
  const at = stand.findIndex((one) => one.key === call.key);
  const first = screen.session.view.tools[0]?.name ?? "";
  return [
    act(c, "raw", "JSON", "J", () => Editor.toggleRaw(screen), { "aria-pressed": String(c.raw), title: "The arguments as JSON text" }),
    act(c, "add", "Add", "A", () => openFresh(r.addCall(state(), entry.key, { name: first, text: "{}", after: call.key })), { title: "Add a call after this one" }),
    act(c, "duplicate", "Copy", "C", () => openFresh(r.duplicateCall(state(), c.base.messages, entry.key, call.key)), { title: "Duplicate this call" }),
    act(c, "remove", "Remove", "X", () => perform(r.removeCall(state(), entry.key, call.key)), { title: "Remove this call and its result" }),
    at > 0 ? act(c, "up", "Earlier", "U", () => Editor.move(screen, entry.key, call.key, -1), { title: "Move this call up" }) : null,
    at < stand.length - 1 ? act(c, "down", "Later", "N", () => Editor.move(screen, entry.key, call.key, 1), { title: "Move this call down" }) : null,
  ];
}

function argumentsField(screen, c, entry, call, tool) {
  const text = r.argumentsOf(c.base.messages, entry, call);
  const onText = (typed) =>
    Editor.perform(screen, r.setArguments(c.history.now, c.base.messages, entry.key, call.key, typed), {
      tag: `arguments:${call.key}`,
    });
  const hasSchema = Object.keys(tool?.form_schema || {}).length > 0;
  if (!c.raw && hasSchema) {
    const form = drawForm({
      schema: tool.form_schema,
      text,
      problems: problemsAt(c, entry, call),
      label: "Arguments",
      onText,
      onEnterSave: () => Editor.save(screen),
    });
    if (form.isForm()) {
      c.hasForm = true;
      c.live.push({ node: form.node, update: () => updateForm(c, form, entry.key, call.key) });
      const at = c.form?.call === call.key ? c.form.form.focused() : null;
      c.form = { call: call.key, form };
      c.focusFirst = () => form.focusFirst(at); // drawn anew, it keeps the focus where it was
      return form.node;
    }
  }
  const why = hasSchema && !c.raw ? "The arguments are no JSON object: only the text can be edited." : "";
  return [why ? el("div", { class: "dim", text: why }) : null, rawField(c, text, onText)];
}

function updateForm(c, form, key, callKey) {
  const entry = r.entryOf(c.history.now, key);
  const call = r.callOf(c.history.now, key, callKey);
  if (call) form.update({ text: r.argumentsOf(c.base.messages, entry, call), problems: problemsAt(c, entry, call) });
}

function rawField(c, text, onText) {
  const shownText = prettyJson(text) ?? text;
  // Laid out for typing; stored on one line again, spelled as it was where nothing was typed.
  const asStored = (typed) => (typed === shownText ? text : (onOneLine(typed, text) ?? typed));
  return area(c, { text: shownText, label: "Arguments as JSON", isCode: true, onText: (typed) => onText(asStored(typed)) });
}

function area(c, { text, label, isCode = false, onText, isFirst = true }) {
  const node = el("textarea", {
    class: isCode ? "code" : "",
    rows: Math.min(16, Math.max(3, text.split("\n").length + 1)),
    spellcheck: isCode ? "false" : "true",
    "aria-label": label,
    on: { input: (event) => onText(event.target.value) },
  });
  node.value = text;
  if (isFirst) c.focusFirst = () => node.focus({ preventScroll: true });
  return node;
}

// A message -----------------------------------------------------------------------------------

function textParts(screen, c, entry) {
  const base = c.base.messages;
  const { key } = entry;
  const text = r.textOf(base, entry);
  const reasoning = r.reasoningOf(base, entry);
  const typed = (tag, set) => (value) => Editor.perform(screen, set(value), { tag: `${tag}:${key}` });
  return [
    entry.from === null ? rolePicker(screen, c, entry) : null,
    reasoning === null
      ? null
      : el(
          "label",
          { class: "stacked" },
          el("span", { class: "dim", text: "Reasoning" }),
          area(c, {
            text: reasoning,
            label: "Reasoning",
            isFirst: false,
            onText: typed("reasoning", (value) => r.setReasoning(c.history.now, base, key, value)),
          }),
        ),
    textField(c, text, entry, typed("text", (value) => r.setText(c.history.now, base, key, value))),
    entry.role === "assistant" ? addCallButton(screen, c, entry) : null,
    entry.role === "tool" ? simulateRow(screen, c, entry) : null,
    entry.role === "tool"
      ? act(c, "remove", entry.from === null ? "Remove this result" : "Delete this result", "X", () => Editor.remove(screen, key))
      : null,
  ];
}

/** Ask a model for this result; said what to set up where none can be asked. */
function simulateRow(screen, c, entry) {
  c.acts.use = () => Editor.useProposal(screen, entry.key);
  const why = cannotSimulate(screen.session);
  if (why) {
    c.acts.simulate = () => screen.session.say(why);
    return el("span", { class: "dim", title: why, text: "No simulator is set up (see Settings). " });
  }
  return act(c, "simulate", "Simulate", "S", () => Editor.simulate(screen, entry.key), {
    title: `Ask ${screen.session.boot.simulator.model} what the tool would answer`,
  });
}

/** JSON results are laid out for typing when going back gives the same bytes. */
function textField(c, text, entry, onText) {
  const pretty = entry.role === "tool" ? prettyJson(text) : null;
  const isLossless = pretty !== null && onOneLine(pretty, text) === text;
  const shownText = isLossless ? pretty : text;
  const stored = (typed) => (typed === shownText ? text : isLossless ? (onOneLine(typed, text) ?? typed) : typed);
  const label = entry.role === "tool" ? "Result" : "Text";
  return area(c, { text: shownText, label, isCode: entry.role === "tool", onText: (typed) => onText(stored(typed)) });
}

function addCallButton(screen, c, entry) {
  const first = screen.session.view.tools[0]?.name ?? "";
  return el(
    "div",
    { class: "editrow" },
    act(c, "add", "Add a call", "A", () => {
      const fresh = `n${c.history.now.next}`;
      Editor.perform(screen, r.addCall(c.history.now, entry.key, { name: first, text: "{}" }));
      Editor.openPlace(screen, { entry: entry.key, call: fresh });
    }),
  );
}

/** A new message may become one of another role; a tool's result names the call that it answers. */
function rolePicker(screen, c, entry) {
  const step = r.stepBefore(c.history.now, entry.key);
  const calls = step ? r.standingCalls(step) : [];
  const now = entry.answers ? `tool:${entry.answers.call}` : entry.role;
  const option = (value, text) => el("option", { value, text, selected: value === now });
  const choose = (value) => {
    const callKey = value.startsWith("tool:") ? value.slice(5) : null;
    const answers = callKey && { entry: step.key, call: callKey };
    c.version += 1;
    Editor.perform(screen, r.setRole(c.history.now, entry.key, callKey ? "tool" : value, answers));
    screen.focusPlace();
  };
  return el(
    "label",
    { class: "pick" },
    "Said by ",
    el(
      "select",
      { "aria-label": "Role of the new message", on: { change: (event) => choose(event.target.value) } },
      option("user", "the user"),
      option("assistant", "the assistant"),
      calls.map((call, i) => option(`tool:${call.key}`, `tool: result of call ${i + 1}, ${r.nameOf(c.base.messages, step, call)}`)),
    ),
  );
}

// What is said of it --------------------------------------------------------------------------

/**
 * Python's problems with arguments, kept ones too, when it has spoken of this very text; null while
 * it has not, and of a call as it stands, which it does not check: there the form's hints speak.
 */
function problemsAt(c, entry, call) {
  if (!r.isCallChanged(call)) return null;
  const problems = spoken(c, entry, call, "problems");
  const all = problems && [...problems, ...spoken(c, entry, call, "kept_invalid")];
  return all && all.filter((p) => p.pointer !== ""); // those of the whole stand below the form
}

function spoken(c, entry, call, what) {
  const { verdict } = c;
  if (!verdict) return null;
  const then = r.entryOf(verdict.state, entry.key);
  const same = call === null ? then === entry : then?.calls.includes(call);
  if (!same) return null;
  const at = indexOf(verdict.state, entry.key);
  const j = call === null ? null : r.standingCalls(then).findIndex((one) => one.key === call.key);
  return verdict[what].filter((p) => p.message_index === at && (p.call_index ?? null) === j);
}

/** Everything below the fields: problems, what may be kept, notes, and what is different now. */
function said(screen, c, entryThen, callThen) {
  const entry = r.entryOf(c.history.now, entryThen.key);
  const call = callThen && r.callOf(c.history.now, entryThen.key, callThen.key);
  if (!entry || (callThen && !call)) return null;
  const problems = spoken(c, entry, call, "problems") || [];
  const kept = spoken(c, entry, call, "kept_invalid") || [];
  return [
    call === null ? drawSimulation(screen, shownOf(screen.session), entry.key) : null,
    c.note ? el("div", { class: "dim", text: c.note }) : null,
    problems.filter((p) => !c.hasForm || p.pointer === "").map((p) => problemLine(p)),
    kept.map((p) => problemLine(p, "kept invalid")),
    call ? keepInvalid(screen, c, entry, call, problems, kept) : null,
    changesHere(c, entry, call),
  ];
}

function problemLine(problem, word = "") {
  return el(
    "div",
    { class: word ? "finding warning" : "finding error" },
    el("span", { class: "sev", text: word ? `◆ ${word} ` : "▲ " }),
    problem.pointer ? el("code", { text: `${problem.pointer} ` }) : null,
    problem.message,
    problem.hint ? el("span", { class: "dim", text: ` ${problem.hint}` }) : null,
  );
}

/** Only when everything that is wrong with the call may be kept, and asked for by itself. */
function keepInvalid(screen, c, entry, call, problems, kept) {
  const mayBeKept = problems.length > 0 && problems.every((p) => p.may_be_kept);
  delete c.acts.keep;
  if (!mayBeKept && kept.length === 0) return null;
  const label = kept.length > 0 ? "Do not keep it invalid" : "Keep invalid";
  return el(
    "div",
    { class: "keep" },
    act(c, "keep", label, "K", () => Editor.keep(screen, entry.key, call.key, kept.length === 0), {
      "aria-pressed": String(kept.length > 0),
    }),
    kept.length > 0
      ? null
      : el("span", { class: "dim", text: " saves the call as it is, against its schema; the reason must say why." }),
  );
}

function changesHere(c, entry, call) {
  const verdict = verdictOf(c);
  if (!verdict?.ok) return null;
  const index = indexOf(verdict.state, entry.key);
  const change = verdict.changes.find((one) => one.after_index === index && one.kind === "changed");
  if (!change) return null;
  const j = call && r.standingCalls(entry).findIndex((one) => one.key === call.key);
  const ofCall = { calls: (change.calls || []).filter((one) => one.after_index === j) };
  return drawChanges([call ? ofCall : { fields: change.fields }]);
}
