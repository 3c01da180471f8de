// What a screen reader is told: where the cursor went and what was done, in one sentence. Pure.

import { plural } from "./dom.js";

/** Where the cursor stands, as "Step 3 of 12, book_flight, 2 findings, not judged". */
export function cursorText(session) {
  const { view, cursor } = session;
  const message = view.messages[cursor.message];
  if (!message) return `The whole trajectory, ${plural(view.n_steps, "step")}`;
  const { annotation } = session.stateOf(session.current);
  const call = message.calls[cursor.call];
  if (call) return callText(view, message, call, cursor.pointer);
  const isStep = message.step !== null;
  return listed([
    isStep ? `Step ${message.step} of ${view.n_steps}` : message.role,
    message.calls.map((c) => c.name || "(no name)").join(", ") || opening(message.text),
    counted(view.findings.filter((f) => isAt(view, f, message)).length, "finding"),
    counted(annotation.marks.filter((m) => m.anchor.message_index === message.index).length, "mark"),
    isStep ? annotation.step_verdicts[message.index] || "not judged" : "",
  ]);
}

function callText(view, message, call, pointer) {
  const found = view.findings.filter((f) => f.message_index === message.index && f.call_index === call.index);
  const row = pointer === null ? null : call.rows?.find((r) => r.pointer === pointer);
  if (row) {
    const here = found.filter((f) => f.pointer === pointer);
    return listed([`Argument ${row.name}`, row.missing ? "missing" : opening(row.value), ...here.map(findingText)]);
  }
  return listed([
    `Call ${call.index + 1} of ${message.calls.length}`,
    call.name || "(no name)",
    call.rows === null ? "does not parse" : counted(call.rows.length, "argument"),
    ...found.filter((f) => !f.pointer).map(findingText),
  ]);
}

function findingText(finding) {
  return `${finding.severity}: ${finding.message.replace(/\.$/, "")}`;
}

/** A finding of a step is one at its message or at a result of its calls. */
function isAt(view, finding, message) {
  if (finding.message_index === message.index) return true;
  const answers = view.messages[finding.message_index]?.answers;
  return Boolean(answers) && answers[0] === message.index;
}

/** A trajectory that comes on screen. */
export function viewText(session) {
  const { view } = session;
  const name = view.source_id || view.uid;
  return `${name}, ${plural(view.n_steps, "step")}, ${plural(view.findings.length, "finding")}. ${cursorText(session)}`;
}

/** What an act did; "" for acts that need no word of their own (a note is its own text). */
export function actText(session, { kind, payload }) {
  if (kind === "verdicts") return verdictsText(session.view, payload.verdicts);
  if (kind === "mark") return markText(session, payload.mark);
  if (kind === "unmark") return "Mark removed";
  if (kind === "outcome") return payload.outcome ? `Outcome ${payload.outcome}` : "Outcome cleared";
  if (kind === "commit") return "Committed";
  if (kind === "correct") return "Correction saved";
  return "";
}

function verdictsText(view, verdicts) {
  const entries = Object.entries(verdicts);
  const words = new Set(entries.map(([, verdict]) => verdict));
  const word = words.size === 1 ? ([...words][0] ?? "not judged") : "judged";
  if (entries.length !== 1) return `${plural(entries.length, "step")} ${word}`;
  return `Step ${view.messages[entries[0][0]]?.step} ${word}`;
}

function markText(session, mark) {
  const taxonomy = session.boot.taxonomies.find((t) => t.name === mark.taxonomy);
  const title = taxonomy?.categories.find((c) => c.name === mark.category)?.title || mark.category;
  const message = session.view.messages[mark.anchor.message_index];
  const place = !message ? "the whole trajectory" : message.step !== null ? `step ${message.step}` : message.role;
  return listed([`Marked ${title} on ${place}`, mark.severity || "", mark.root_cause ? "root cause" : ""]);
}

const OPENING = 80;

function opening(text) {
  const line = text.trim().split("\n", 1)[0];
  return line.length > OPENING ? `${line.slice(0, OPENING)} …` : line;
}

function counted(n, word) {
  return n > 0 ? plural(n, word) : "";
}

function listed(parts) {
  return parts.filter(Boolean).join(", ");
}
