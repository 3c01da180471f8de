// What a correction changed, argument by argument and word by word, in the card it concerns.

import { el } from "./dom.js";
import { shorten } from "./hunks.js";
import { placeOf } from "./revision_wire.js";
import { shownOf } from "./shown.js";

/** Indexes of the messages whose cards show a change. */
export function correctedMessages(session, state) {
  const shown = shownOf(session);
  if (!shown) return new Set();
  const { messages } = session.view;
  const cards = shown.changes.map((change) => {
    if (change.before_index !== null) return messages[change.before_index]?.answers?.[0] ?? change.before_index;
    return shown.hosts.get(placeOf(shown.state, change.after_index).entry) ?? null;
  });
  return new Set(cards);
}

/** A changed call under the original one, with who corrected it and why. */
export function drawCallChange(session, shown, change) {
  return el("div", { class: "correction" }, byline(session, shown), callChange(change));
}

/** Changed texts under the original ones. */
export function drawFieldChanges(session, shown, fields, label = "") {
  const name = label ? el("div", { class: "dim", text: label }) : null;
  return el("div", { class: "correction" }, byline(session, shown), name, fields.map(fieldChange));
}

function byline(session, shown) {
  if (shown.open) return el("div", { class: "byline" }, el("b", { text: "✎ not saved yet" }));
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
    message.kind === "added" || message.kind === "removed" ? whole(message.kind, `${message.role} message`) : null,
    ...(message.fields || []).map(fieldChange),
    ...(message.calls || []).map(callChange),
    message.reordered ? el("div", { class: "change", text: "the calls stand in another order" }) : null,
  ]);
}

/** A message or a call that is there on one side only. */
function whole(kind, what) {
  return el("div", { class: `change ${kind}` }, el(kind === "added" ? "ins" : "del", { text: what }), el("span", { class: "dim", text: ` ${kind}` }));
}

function callChange(change) {
  if (change.kind !== "changed") return whole(change.kind, `call of ${change.name}`);
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
    kind === "added" || kind === "renamed" ? null : el("del", { text: argumentValue(before, kind) }),
    kind === "removed" || kind === "renamed" ? null : el("ins", { text: argumentValue(after, kind) }),
  );
}

export function fieldChange(field) {
  if (field.hunks && field.hunks.length > 0) {
    return el(
      "div",
      { class: "change text" },
      field.field === "content" ? null : el("code", { text: `${field.field} ` }),
      drawHunks(field.hunks),
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

/** The hunks of a text as elements, what is equal shortened. */
export function drawHunks(hunks) {
  return shorten(hunks).map((h) => el(HUNKS[h.kind] || "span", { text: h.text }));
}

const HUNKS = { kept: "span", removed: "del", added: "ins" };

/** A value as text; a text with its quotation marks where they are all that changed. */
export function argumentValue(value, kind) {
  return typeof value === "string" && kind !== "retyped" ? value : JSON.stringify(value);
}
