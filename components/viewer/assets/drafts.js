// Half-finished corrections on this machine's disk: a reload or a crash does not lose the text.

import { VERSION, toDraft } from "./revision_draft.js";

const PREFIX = "loopwright:draft:";

function keyOf(session, uid) {
  return `${PREFIX}${encodeURIComponent(session.boot.annotator)}:${uid}`;
}

/** The unsaved correction of a trajectory (see revision_draft.js); null when there is none. */
export function readDraft(session, uid) {
  try {
    const draft = JSON.parse(localStorage.getItem(keyOf(session, uid)));
    return draft?.version === VERSION ? draft : null;
  } catch {
    return null;
  }
}

/** Keep an open correction. */
export function writeDraft(session, uid, { state, base, reason }) {
  try {
    localStorage.setItem(keyOf(session, uid), JSON.stringify(toDraft({ state, base, reason })));
  } catch {
    // Without storage the draft lives as long as the page.
  }
}

export function clearDraft(session, uid) {
  try {
    localStorage.removeItem(keyOf(session, uid));
  } catch {
    // Nothing was stored either.
  }
}
