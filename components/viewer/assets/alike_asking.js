// Asking for the others like a finding or a mark: what is meant, and the session's state of it.

import { anchorFor } from "./cursor.js";
import { sameAnchor } from "./fold.js";
import { beginAlike } from "./alike_state.js";

/** What others are to be like: {anchor, check, mark, label}; null when nothing here says. */
export function sourceHere(session) {
  const { view, cursor } = session;
  const at = anchorFor(view, cursor, "any");
  const finding = view.findings.find((f) => sameAnchor(placeOf(view, f), at));
  if (finding && cursor.pointer !== null) return sourceOfFinding(session, finding);
  const { marks } = session.stateOf(session.current).annotation;
  const mark =
    marks.findLast((m) => sameAnchor(m.anchor, at)) ||
    marks.findLast((m) => m.anchor.message_index === cursor.message);
  if (mark) return sourceOfMark(mark);
  const near = finding || view.findings.find((f) => placeOf(view, f).message_index === cursor.message);
  return near ? sourceOfFinding(session, near) : null;
}

/** A finding, with the mark that stands at its place already, if one does. */
export function sourceOfFinding(session, finding) {
  const anchor = placeOf(session.view, finding);
  const { marks } = session.stateOf(session.current).annotation;
  const mark = marks.findLast((m) => sameAnchor(m.anchor, anchor)) || null;
  return { anchor, check: finding.check, mark, label: finding.message };
}

export function sourceOfMark(mark) {
  return { anchor: mark.anchor, check: null, mark, label: mark.category };
}

/** Where a mark about a finding goes: about a result it goes to the call. */
function placeOf(view, finding) {
  const { message_index, call_index, pointer } = finding;
  const answers = view.messages[message_index]?.answers;
  if (answers) return { message_index: answers[0], call_index: answers[1], pointer: null };
  return { message_index, call_index: call_index ?? null, pointer: pointer ?? null };
}

/** Open the panel and ask the server. */
export async function askAlike(session, source) {
  if (!source) {
    session.say("Select a finding or a mark first: the others like it are looked for.");
    return;
  }
  const { current } = session;
  const { mark } = source;
  const category = mark ? { taxonomy: mark.taxonomy, name: mark.category } : null;
  const panel = { uid: current, source, phase: "asking", list: null, category, problem: null, job: null };
  session.leader = null;
  session.alike = panel;
  session.emit("alike");
  await fetchAlike(session, panel);
}

/** Ask again, now that the category is chosen: what is marked with it already is left alone. */
export async function fetchAlike(session, panel) {
  try {
    const found = await session.api.alike(aboutOf(session, panel));
    if (session.alike !== panel) return;
    panel.list = beginAlike(found);
    panel.phase = "listed";
  } catch (problem) {
    if (session.alike !== panel) return;
    panel.phase = "failed";
    panel.problem = problem;
  }
  session.emit("alike");
}

/** What the server is asked. */
export function aboutOf(session, { uid, source, category }) {
  return {
    uid,
    anchor: source.anchor,
    check: source.check,
    dataset: session.boot.dataset ?? session.views.get(uid)?.dataset ?? null,
    taxonomy: category?.taxonomy ?? "",
    category: category?.name ?? "",
  };
}
