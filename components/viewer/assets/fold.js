// What an annotation looks like after acts the server has not confirmed yet.
//
// Mirrors `curation/annotation.py` (`apply`), so that a key press is painted in the same frame.
// The server's fold is the truth: its answer replaces the base these functions start from.

import { answered } from "./checklist_state.js";
import { placed, removed } from "./mark_links.js";
import { applyRecovery } from "./recovery.js";

/** An annotation with every field present, as the painting code wants it. */
export function normalise(annotation) {
  const a = annotation || {};
  return {
    outcome: a.outcome ?? null,
    step_verdicts: { ...(a.step_verdicts || {}) },
    marks: (a.marks || []).map(normaliseMark),
    note: a.note || "",
    correction_uid: a.correction_uid ?? null,
    recovery: { ...(a.recovery || {}) },
    tries: a.tries || [],
    checklist: a.checklist || [],
  };
}

/** A mark with the defaults that the server leaves out. */
export function normaliseMark(mark) {
  return {
    severity: "major",
    note: "",
    root_cause: false,
    caused_by: null,
    train: true,
    expected_clarification: "",
    ...mark,
    anchor: normaliseAnchor(mark.anchor),
  };
}

/** An anchor with explicit nulls. */
export function normaliseAnchor(anchor) {
  const a = anchor || {};
  return {
    message_index: a.message_index ?? null,
    call_index: a.call_index ?? null,
    pointer: a.pointer ?? null,
    span: a.span ?? null,
    field: a.field ?? "content",
  };
}

/** One act applied; unknown targets leave the annotation unchanged. */
export function applyAct(annotation, kind, payload) {
  switch (kind) {
    case "mark":
      return { ...annotation, marks: placed(annotation.marks, normaliseMark(payload.mark)) };
    case "unmark":
      return { ...annotation, marks: removed(annotation.marks, payload.mark_id) };
    case "recovery":
      return { ...annotation, recovery: applyRecovery(annotation.recovery, payload) };
    case "verdicts": {
      const merged = { ...annotation.step_verdicts, ...payload.verdicts };
      const kept = Object.entries(merged).filter(([, verdict]) => verdict !== null);
      return { ...annotation, step_verdicts: Object.fromEntries(kept) };
    }
    case "outcome":
      return { ...annotation, outcome: payload.outcome };
    case "note":
      return { ...annotation, note: payload.note };
    case "correct":
      return { ...annotation, correction_uid: payload.correction_uid };
    case "try": {
      const { message_index, try_id, ruling } = payload;
      const others = annotation.tries.filter((t) => t.message_index !== message_index || t.try_id !== try_id);
      return { ...annotation, tries: ruling === null ? others : [...others, { message_index, try_id, ruling }] };
    }
    case "checklist":
      return { ...annotation, checklist: answered(annotation.checklist, payload) };
    default:
      return annotation;
  }
}

/**
 * The state of one trajectory: the server's, with the ops it has not confirmed on top.
 *
 * `base` is {annotation, committed, dirty}; `dirty` says that something was said after the commit.
 * Undo and redo ops carry `restore`, the state without (or with) the act that they mean; that of a
 * batch has `states` of other trajectories as well.
 */
export function foldOps(base, uid, ops) {
  let state = {
    annotation: normalise(base.annotation),
    committed: Boolean(base.committed),
    dirty: Boolean(base.dirty),
  };
  for (const op of ops) {
    if (op.kind === "undo" || op.kind === "redo") {
      const restored = op.restore?.uid === uid ? op.restore.state : op.restore?.states?.[uid];
      if (restored) state = { ...restored };
    } else if (op.uid === uid) {
      state =
        op.kind === "commit"
          ? { ...state, committed: true, dirty: false }
          : { ...state, annotation: applyAct(state.annotation, op.kind, op.payload), dirty: true };
    }
  }
  return state;
}

/** Whether two anchors name the same place. */
export function sameAnchor(a, b) {
  const x = normaliseAnchor(a);
  const y = normaliseAnchor(b);
  return (
    x.message_index === y.message_index &&
    x.call_index === y.call_index &&
    x.pointer === y.pointer &&
    x.field === y.field &&
    x.span?.[0] === y.span?.[0] &&
    x.span?.[1] === y.span?.[1]
  );
}
