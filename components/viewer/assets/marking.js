// Placing marks and changing them: what commands, chips and the panel of categories share.

import { anchorFor } from "./cursor.js";
import { sameAnchor } from "./fold.js";
import { pickingHere } from "./picking.js";

const SEVERITIES = ["minor", "major", "critical"];

/** Put a category where the cursor stands. */
export function placeMark(session, category, { taxonomy = session.taxonomy, ...said } = {}) {
  const anchor = anchorFor(session.view, session.cursor, category.applies || "any");
  const mark = {
    mark_id: session.newMarkId(),
    taxonomy: taxonomy.name,
    category: category.name,
    anchor,
    ...said,
  };
  const same = session
    .stateOf(session.current)
    .annotation.marks.some((m) => m.taxonomy === mark.taxonomy && m.category === mark.category && sameAnchor(m.anchor, anchor));
  if (same) session.say(`${category.title} is marked here already.`);
  else session.act("mark", { mark });
  session.recents.use(taxonomy, category);
  if (!pickingHere(session)) return;
  session.picking = null; // the words are marked: the text is read on as it is drawn
  session.emit("picking");
}

/** Replace a mark by a changed copy of itself. */
export function changeMark(session, mark, changes) {
  session.act("mark", { mark: { ...mark, ...changes } });
}

/** Change the newest mark at the selected message; `changes` gives the new fields of a mark. */
export function changeLastMark(session, changes) {
  const mark = lastMarkHere(session);
  if (mark) changeMark(session, mark, changes(mark));
  else session.say("There is no mark here to change.");
}

/** The newest mark at the selected message (or on the whole trajectory when that is selected). */
export function lastMarkHere(session) {
  const here = session.cursor.message;
  const { marks } = session.stateOf(session.current).annotation;
  return marks.findLast((m) => m.anchor.message_index === here) || null;
}

/** The next severity of a mark, round and round. */
export function nextSeverity(mark) {
  return { severity: SEVERITIES[(SEVERITIES.indexOf(mark.severity) + 1) % SEVERITIES.length] };
}

