// Stale messages: what a changed call left behind, said in words, with what can be done about each.
//
// Which messages are stale is Python's to say (`curation/stale.py`); here it is only shown. Each one
// is rewritten, cut, or said to be still true; exports refuse what is none of these.

import { button, el, keycap } from "./dom.js";
import { keyOf } from "./keymap.js";
import { Editor } from "./editor.js";
import { onRecord } from "./replay.js";
import { labelOf } from "./shown.js";
import { simulateButton } from "./simulate.js";

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
    actions(screen, shown, one),
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
    el("span", { class: "actions" }, replays(screen, shown, one)),
    actions(screen, shown, one, { isHere, isGoneTo: Editor.isGoneTo(screen, one.key) }),
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

/** What settles it; keys are printed where they mean this very message. */
function actions(screen, shown, one, { isHere = false, isGoneTo = false } = {}) {
  const what = labelOf(shown, one.key);
  return el(
    "span",
    { class: "actions" },
    one.why === "result" && !one.isAttested ? simulateButton(screen, shown, one.key, { what, isHere }) : null,
    act("Rewrite", one, { key: isGoneTo && keyOf("edit"), what, onclick: () => Editor.rewrite(screen, one.key) }),
    act("Cut from here", one, { key: isGoneTo && keyOf("cut"), what, onclick: () => Editor.cut(screen, one.key) }),
    act("Still true", one, {
      key: isHere && keyOf("still-true"),
      what,
      pressed: one.isAttested,
      onclick: () => Editor.attest(screen, one.key),
    }),
  );
}

/** Results on record of the same call, one button each; what it would say is in the title. */
function replays(screen, shown, one) {
  return onRecord(shown, one).map(({ text, where, times }, i) =>
    button(times > 1 ? `Use the result of ${where} (${times}×)` : `Use the result of ${where}`, {
      class: "quiet",
      title: text.slice(0, 600),
      data: { focus: `replay${i}:${one.key}` },
      onclick: () => Editor.replay(screen, one.key, text),
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
