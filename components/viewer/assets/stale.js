// Stale messages: what a changed call left behind, said in words, with what can be done about each.
//
// Which messages are stale is Python's to say (`curation/stale.py`); here it is only shown. Each one
// is rewritten, cut, or said to be still true; exports refuse what is none of these.

import { button, el, keycap } from "./dom.js";
import { keyOf } from "./keymap.js";
import { Editor } from "./editor.js";
import { callOf, entryOf, argumentsOf, nameOf, resultsOf, standing, standingCalls, textOf } from "./revision.js";
import { labelOf } from "./shown.js";

/** Why a message is stale, in words. */
export function reasonOf({ why, values }) {
  if (why === "result") return "result of a changed call";
  if (why === "orphan") return "result of a call that was removed";
  if (why === "copied") {
    const list = values.slice(0, 3).join(", ");
    return `uses ${list}${values.length > 3 ? " …" : ""} of a result that changed`;
  }
  return "said in view of a result that changed";
}

/** "stale: …" at the message it is about, with its actions. */
export function drawStaleBadge(screen, shown, one) {
  return el(
    "div",
    { class: one.isAttested ? "stale settled" : "stale", data: { stale: one.key } },
    el("span", { class: "stalewhy" }, ...sign(one)),
    actions(screen, shown, one, { withKeys: true }),
  );
}

/** One line of the list of stale messages. */
export function drawStaleRow(screen, shown, one) {
  const isHere = isSelected(screen, one);
  return el(
    "li",
    { class: `stale ${one.isAttested ? "settled" : ""} ${isHere ? "here" : ""}`, "aria-current": isHere ? "true" : null },
    button(labelOf(shown, one.key), {
      class: "quiet place",
      title: "Go there",
      data: { focus: `go:${one.key}` },
      onclick: () => Editor.goToStale(screen, one.key),
    }),
    el("span", { class: "stalewhy" }, ...sign(one)),
    actions(screen, shown, one, { withKeys: isHere }),
  );
}

function sign(one) {
  if (one.isAttested) return [el("b", { text: "✓ still true " }), `(${reasonOf(one)})`];
  return [el("b", { text: "◆ stale: " }), reasonOf(one)];
}

/** Whether the keys of the commands act on this one now. */
function isSelected(screen, one) {
  return Editor.staleHere(screen)?.key === one.key;
}

function actions(screen, shown, one, { withKeys }) {
  const key = (command) => (withKeys ? keyOf(command) : undefined);
  const what = labelOf(shown, one.key);
  const replay = recorded(shown, one);
  return el(
    "span",
    { class: "actions" },
    act("Rewrite", one, { key: key("edit"), what, onclick: () => Editor.rewrite(screen, one.key) }),
    replay
      ? act(`Use the result of ${replay.label}`, one, { what, onclick: () => Editor.replay(screen, one.key, replay.text) })
      : null,
    act("Cut from here", one, { key: key("cut"), what, onclick: () => Editor.cut(screen, one.key) }),
    act("Still true", one, {
      key: key("still-true"),
      what,
      pressed: one.isAttested,
      onclick: () => Editor.attest(screen, one.key),
    }),
  );
}

function act(label, one, { key, what, pressed, onclick }) {
  return button(label, {
    key,
    class: "quiet",
    "aria-label": `${label}: ${what}`,
    "aria-pressed": pressed === undefined ? null : String(pressed),
    "aria-keyshortcuts": key || null,
    data: { focus: `${label}:${one.key}` },
    onclick,
  });
}

/**
 * The result that another, equal call of this trajectory got: {label, text}; null when there is
 * none, or when that one is stale itself.
 */
export function recorded(shown, one) {
  if (one.why !== "result") return null;
  const { state, base } = shown;
  const { answers } = entryOf(state, one.key);
  const step = answers && entryOf(state, answers.entry);
  const call = step && callOf(state, answers.entry, answers.call);
  if (!call) return null;
  const wanted = identity(nameOf(base, step, call), argumentsOf(base, step, call));
  if (wanted === null) return null;
  for (const entry of standing(state)) {
    for (const other of standingCalls(entry)) {
      if (other === call || identity(nameOf(base, entry, other), argumentsOf(base, entry, other)) !== wanted) continue;
      const result = resultsOf(state, other.key).find((r) => !r.removed && !shown.stale.has(r.key));
      if (result) return { label: labelOf(shown, entry.key), text: textOf(base, result) };
    }
  }
  return null;
}

/** Equal for calls that ask the same; null for arguments that are no JSON. */
function identity(name, text) {
  try {
    return JSON.stringify([name, sorted(JSON.parse(text))]);
  } catch {
    return null;
  }
}

function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])]));
}

/** What is left to settle of the correction that stands, when none is open. */
export function drawLeftOver(screen, shown, left) {
  const many = left.length === 1 ? "1 message is" : `${left.length} messages are`;
  return el(
    "div",
    { class: "leftover" },
    el("span", {}, el("b", { text: `◆ ${many} stale. ` }), "Exports refuse this trajectory until each is rewritten, cut or said to be still true."),
    el("span", { class: "grow" }),
    button("Next stale", { key: keyOf("stale-next"), data: { focus: "next-stale" }, onclick: () => screen.run("stale-next") }),
    el("span", { class: "dim" }, keycap(keyOf("edit")), " there goes on"),
  );
}
