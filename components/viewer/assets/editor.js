// Correcting a call's arguments or a message, as text, inside the step it concerns.
//
// The seam for a typed editor: `Editor` owns the state, checking, saving and drafts; what is typed
// comes from `drawField`, which a form made from the tool's schema may replace.

import { button, el, fill } from "./dom.js";
import { drawChanges } from "./diff.js";
import { clearDraft, readDraft, writeDraft } from "./drafts.js";
import { onOneLine, prettyJson } from "./json_text.js";
import { isComposing } from "./keymap.js";
import { argumentsOf, begin, entryOf, setArguments, setText, textOf } from "./revision.js";
import { parentCallsOf, parentsOf, toWire } from "./revision_wire.js";

const CHECK_AFTER_MS = 250;

/** Whether an edit is open whose text differs from what it started with. */
export function hasUnsavedEdit(session) {
  return Boolean(session.editor && session.editor.text !== session.editor.initial);
}

export const Editor = { open, drawIn };

/** Open the editor at a cursor: the call there, else the message's text. */
function open(screen, cursor) {
  const s = screen.session;
  const message = s.view?.messages[cursor.message];
  if (!message) {
    s.say("Select a call or a message first (j, k, ], [).");
    return;
  }
  if (s.view.parent_uid) {
    s.say("This is a corrected version. Corrections are made in the imported trajectory.", {
      uid: s.view.parent_uid,
    });
    return;
  }
  if (s.editor && hasUnsavedEdit(s)) {
    s.say("Another edit is open: save it (Ctrl+Enter) or close it (Esc) first.");
    return;
  }
  const closed = s.editor;
  const call = message.calls[cursor.call] ? cursor.call : null;
  const place = placeIn(baseOf(s), s.view, message, call);
  if (place.entry === null || (call !== null && place.call === null)) {
    s.say("The correction took this out.");
    return;
  }
  s.editor = start(s, message, call);
  if (closed) screen.trace.redraw(closed.message);
  screen.trace.redraw(message.index);
  s.emit("status");
  focusText(screen);
  check(screen, s.editor);
}

function start(session, message, call) {
  const target = call === null ? "content" : "arguments";
  const base = baseOf(session);
  const place = placeIn(base, session.view, message, call);
  const entry = entryOf(base.state, place.entry);
  const original =
    call === null
      ? textOf(base.messages, entry)
      : argumentsOf(base.messages, entry, entry.calls.find((c) => c.key === place.call));
  const initial = target === "arguments" ? (prettyJson(original) ?? original) : original;
  const draft = readDraft(session, message.index, call);
  return {
    id: `${Date.now()}`,
    uid: session.current,
    message: message.index,
    call,
    target,
    started: base,
    place,
    base: session.stateOf(session.current).annotation.correction_uid, // what the edit starts from
    original,
    initial,
    text: draft ? draft.text : initial,
    reason: draft ? draft.reason : base.isCorrection ? session.view.correction.reason : "",
    over: draft ? draft.over : initial, // what the text was typed over
    restored: Boolean(draft),
    verdict: null, // what check-revision said
    error: "",
    saving: false,
    attempt: null, // {n, body} of a save that may have arrived
  };
}

/** What edits start from: the correction that this annotation proposes, else the trajectory. */
function baseOf(session) {
  const { correction, messages: imported } = session.view;
  const { annotation } = session.stateOf(session.current);
  const isCorrection = Boolean(correction) && annotation.correction_uid === correction.uid;
  const messages = isCorrection ? correction.messages : imported;
  const changes = isCorrection ? correction.changes : [];
  const parents = parentsOf(imported.length, messages.length, changes);
  return { isCorrection, messages, changes, state: begin(messages, parents) };
}

/** Where a message and a call of the trajectory are in what edits start from. */
function placeIn(base, view, message, call) {
  const entry = base.state.entries.find((e) => e.parent === message.index);
  if (!entry) return { entry: null, call: null };
  const change = base.changes.find((c) => c.before_index === message.index);
  const after = base.messages[entry.from].calls;
  const k = call === null ? -1 : parentCallsOf(message.calls, after, change).indexOf(call);
  return { entry: entry.key, call: k < 0 ? null : entry.calls[k].key };
}

/** The revision as it would be saved; the server puts it on top of the correction that stands. */
function revisionOf(editor) {
  const { started, place, target } = editor;
  const text = asWritten(editor);
  const state =
    target === "content"
      ? setText(started.state, started.messages, place.entry, text)
      : setArguments(started.state, started.messages, place.entry, place.call, text);
  return toWire(state, started.messages);
}

/** Arguments go back to the spelling the model used; text that is no JSON goes as it is typed. */
function asWritten(editor) {
  if (editor.target === "content") return editor.text;
  if (editor.text === editor.initial && prettyJson(editor.original) === editor.text) {
    return editor.original;
  }
  return onOneLine(editor.text, editor.original) ?? editor.text;
}

/** The editor, when it is open at this place; null otherwise. */
function drawIn(screen, message, call) {
  const editor = screen.session.editor;
  if (!editor || editor.uid !== screen.session.current) return null;
  if (editor.message !== message || editor.call !== call) return null;
  const parts = {
    verdict: el("div", { class: "editverdict", "aria-live": "polite" }),
    save: button("Save correction", { class: "main", onclick: () => save(screen, editor) }),
  };
  editor.parts = parts;
  const what = call === null ? "the text" : "the arguments";
  const node = el(
    "form",
    { class: "editor", "aria-label": `Correct ${what}`, on: { submit: (e) => e.preventDefault() } },
    editor.restored ? restoredNotice(screen, editor) : null,
    drawField(screen, editor),
    parts.verdict,
    el(
      "div",
      { class: "editrow" },
      el("input", {
        type: "text",
        class: "reason",
        value: editor.reason,
        placeholder: "Why? (required)",
        "aria-label": "Reason of the correction",
        on: {
          input: (event) => {
            editor.reason = event.target.value;
            changed(screen, editor);
          },
          keydown: (event) => typed(screen, editor, event),
        },
      }),
      parts.save,
      button("Discard", { class: "quiet", onclick: () => close(screen, { forget: true }) }),
    ),
    el("div", { class: "dim", text: "Ctrl+Enter saves · Esc closes and keeps the draft" }),
  );
  drawVerdict(screen, editor);
  return node;
}

function drawField(screen, editor) {
  const area = el("textarea", {
    class: editor.target === "arguments" ? "code" : "",
    rows: Math.min(20, Math.max(4, editor.text.split("\n").length + 1)),
    spellcheck: editor.target === "content" ? "true" : "false",
    "aria-label": editor.target === "arguments" ? "Arguments as JSON" : "Text",
    on: {
      input: (event) => {
        editor.text = event.target.value;
        changed(screen, editor);
        clearTimeout(editor.timer);
        editor.timer = setTimeout(() => check(screen, editor), CHECK_AFTER_MS);
      },
      keydown: (event) => typed(screen, editor, event),
    },
  });
  area.value = editor.text;
  return area;
}

/** Whether the draft was typed over another text than the one that stands now. */
function isStale(editor) {
  return editor.over !== editor.initial;
}

function restoredNotice(screen, editor) {
  const settle = (text) => {
    editor.text = text;
    editor.over = editor.initial;
    editor.restored = false;
    writeDraft(screen.session, editor);
    screen.trace.redraw(editor.message);
    check(screen, editor);
  };
  if (!isStale(editor)) {
    return el(
      "div",
      { class: "notice" },
      "This is your unsaved draft. ",
      button("Start from the original", { onclick: () => settle(editor.initial) }),
    );
  }
  return el(
    "div",
    { class: "notice", role: "alert" },
    "This is your unsaved draft, but it was typed over another text. Now this stands: ",
    el("pre", { class: "stands", text: editor.initial }),
    button("Keep what stands", { onclick: () => settle(editor.initial) }),
    " ",
    button("Use my draft instead", { onclick: () => settle(editor.text) }),
  );
}

function typed(screen, editor, event) {
  if (isComposing(event)) return;
  if (event.key === "Escape") leave(screen, editor);
  else if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) save(screen, editor);
  else return;
  event.preventDefault();
  event.stopPropagation();
}

/** Close, and keep what was typed: one key must not throw away an afternoon's sentence. */
function leave(screen, editor) {
  const isKept = hasUnsavedEdit(screen.session);
  writeDraft(screen.session, editor);
  close(screen, {});
  if (isKept) screen.session.say("Closed, not saved. Your draft is kept: open the edit again (e) to go on.");
}

function changed(screen, editor) {
  editor.error = "";
  writeDraft(screen.session, editor);
  drawVerdict(screen, editor);
}

async function check(screen, editor) {
  const s = screen.session;
  const text = editor.text;
  try {
    const verdict = await s.api.checkRevision(editor.uid, revisionOf(editor));
    if (editor.text !== text) return; // an answer about older text
    editor.verdict = { ...verdict, text };
  } catch (problem) {
    editor.verdict = null;
    editor.error = `Cannot check now: ${problem.message}`;
  }
  drawVerdict(screen, editor);
}

/** Why it cannot be saved yet; "" when it can. */
function unsavable(editor) {
  if (editor.saving) return "Saving …";
  if (editor.text === editor.initial) return "Nothing is changed yet.";
  if (isStale(editor)) return "Choose above first: what stands now, or your draft.";
  const isChecked = editor.verdict && editor.verdict.text === editor.text;
  if (isChecked && editor.verdict.problems.length > 0) return "Mend what is listed above first.";
  if (isChecked && !editor.verdict.changed) return "Nothing changed: it means the same as before.";
  return editor.reason.trim() ? "" : "Say why, in a few words.";
}

function drawVerdict(screen, editor) {
  const { parts, verdict, error } = editor;
  if (!parts) return;
  const problems = verdict && verdict.text === editor.text ? verdict.problems : [];
  const changes = verdict && verdict.text === editor.text ? verdict.changes : [];
  const why = unsavable(editor);
  fill(
    parts.verdict,
    problems.map((p) =>
      el(
        "div",
        { class: "finding error" },
        el("span", { class: "sev", text: "▲ " }),
        p.pointer ? el("code", { text: `${p.pointer} ` }) : null,
        p.message,
        p.hint ? el("span", { class: "dim", text: ` ${p.hint}` }) : null,
      ),
    ),
    drawChanges(changes),
    error ? el("div", { class: "finding error", role: "alert", text: error }) : null,
    why ? el("div", { class: "dim", text: why }) : null,
  );
  parts.save.disabled = Boolean(why);
}

async function save(screen, editor) {
  const s = screen.session;
  if (unsavable(editor)) {
    drawVerdict(screen, editor);
    return;
  }
  editor.saving = true;
  editor.error = "";
  drawVerdict(screen, editor);
  try {
    await s.sender.drained();
    const before = s.stateOf(editor.uid);
    const answer = await s.sender.holding(() => s.api.correct(bodyOf(s, editor)));
    editor.saving = false;
    if (answer.changed) await saved(screen, editor, answer, before);
    else {
      editor.error = "Nothing changed: no correction was made.";
      drawVerdict(screen, editor);
    }
  } catch (problem) {
    editor.saving = false;
    if (problem.kind === "refused") editor.attempt = null;
    editor.error = `Not saved: ${problem.message} ${problem.hint || ""} Your text is kept.`;
    drawVerdict(screen, editor);
  }
}

/** The request; the same one again when the last answer got lost, so it counts once. */
function bodyOf(session, editor) {
  const revision = revisionOf(editor);
  const same = JSON.stringify([revision, editor.reason]);
  if (editor.attempt?.same !== same) {
    session.n += 1;
    editor.attempt = { n: session.n, same };
  }
  const { n } = editor.attempt;
  const { uid, base } = editor;
  return { session: session.sid, n, uid, revision, reason: editor.reason.trim(), base };
}

async function saved(screen, editor, answer, before) {
  const s = screen.session;
  s.remember({ n: editor.attempt.n, uid: editor.uid, kind: "correct", before, cursor: s.cursor });
  s.settleView(editor.uid, answer, []);
  s.views.get(editor.uid).dirty = true;
  clearDraft(s, editor);
  try {
    const { view } = await s.api.view(editor.uid);
    s.keep({ ...view, dirty: true });
  } catch {
    s.say("The correction is saved; reload to see it in the trace.");
  }
  if (s.editor === editor) close(screen, {});
  s.emit("annotation");
  s.say("Correction saved.");
}

function close(screen, { forget = false }) {
  const s = screen.session;
  const { editor } = s;
  if (!editor) return;
  if (forget) clearDraft(s, editor);
  s.editor = null;
  if (editor.uid === s.current) screen.trace.redraw(editor.message);
  screen.trace.node.focus({ preventScroll: true });
  s.emit("status");
}

function focusText(screen) {
  const area = screen.root.querySelector(".editor textarea");
  if (!area) return;
  area.focus({ preventScroll: true });
  area.closest(".editor").scrollIntoView({ block: "nearest" });
}
