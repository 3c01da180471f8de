// What a correction changed, argument by argument and word by word, in the card it concerns.

import { el } from "./dom.js";
import { shorten } from "./hunks.js";

/** Changes of one message that the shown correction makes: {content, calls: Map, reason}. */
export function changesOf(session, state, index) {
  const { correction } = session.view;
  if (!correction || state.annotation.correction_uid !== correction.uid) return null;
  const change = correction.changes.find((c) => c.before_index === index);
  if (!change) return null;
  const content = (change.fields || []).find((f) => f.field === "content");
  const calls = new Map((change.calls || []).map((c) => [c.before_index ?? c.after_index, c]));
  return { content, calls };
}

/** Indexes of the messages that the shown correction changes. */
export function correctedMessages(session, state) {
  const { correction } = session.view;
  if (!correction || state.annotation.correction_uid !== correction.uid) return new Set();
  return new Set(correction.changes.map((change) => change.before_index));
}

/** A changed call under the original one, with who corrected it and why. */
export function drawCallChange(session, change) {
  return el("div", { class: "correction" }, byline(session), callChange(change));
}

/** A changed text under the original one. */
export function drawTextChange(session, field) {
  return el("div", { class: "correction" }, byline(session), fieldChange(field));
}

function byline(session) {
  const { author, reason } = session.view.correction;
  return el(
    "div",
    { class: "byline" },
    el("b", { text: `✎ corrected by ${author}` }),
    reason ? ` — ${reason}` : null,
  );
}

/** All changes as a list: used by the editor, before anything is saved. */
export function drawChanges(changes) {
  return changes.flatMap((message) => [
    ...(message.fields || []).map(fieldChange),
    ...(message.calls || []).map(callChange),
  ]);
}

function callChange(change) {
  const lines = (change.arguments || []).map(argumentChange);
  const fields = (change.fields || []).map(fieldChange);
  return el("div", { class: "changes" }, lines, fields);
}

function argumentChange(change) {
  const { kind, pointer, before, after } = change;
  const place = pointer ? pointer.slice(1).replaceAll("/", " › ") : "(arguments)";
  const renamed = kind === "renamed" ? ` → ${(change.new_pointer || "").slice(1)}` : "";
  return el(
    "div",
    { class: `change ${kind}` },
    el("code", { text: kind === "name" ? "tool" : place + renamed }),
    el("span", { class: "dim", text: ` ${kind} ` }),
    kind === "added" || kind === "renamed" ? null : el("del", { text: shown(before, kind) }),
    kind === "removed" || kind === "renamed" ? null : el("ins", { text: shown(after, kind) }),
  );
}

function fieldChange(field) {
  if (field.hunks && field.hunks.length > 0) {
    return el(
      "div",
      { class: "change text" },
      field.field === "content" ? null : el("code", { text: `${field.field} ` }),
      shorten(field.hunks).map((h) => el(HUNKS[h.kind] || "span", { text: h.text })),
    );
  }
  return el(
    "div",
    { class: "change" },
    el("code", { text: field.field }),
    " ",
    el("del", { text: field.before ?? "nothing" }),
    el("ins", { text: field.after ?? "nothing" }),
    field.spelling ? el("span", { class: "dim", text: ` ${field.spelling}` }) : null,
  );
}

const HUNKS = { kept: "span", removed: "del", added: "ins" };

/** A value as text; a text with its quotation marks where they are all that changed. */
function shown(value, kind) {
  return typeof value === "string" && kind !== "retyped" ? value : JSON.stringify(value);
}
