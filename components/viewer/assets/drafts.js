// Half-finished corrections on this machine's disk, for when the studio cannot be reached.
//
// A copy carries the revision of the studio's draft that it was made over, the page load that made
// it, and whether the studio has got it (`isPending` when it has not). Which of the two is newer is
// decided by these, never by a clock.

import { VERSION } from "./revision_draft.js";

const PREFIX = "loopwright:draft:";

function keyOf(session, uid) {
  return `${PREFIX}${encodeURIComponent(session.boot.annotator)}:${uid}`;
}

/** The copy of a trajectory's unsaved correction: {revision, sid, isPending, content}, or null. */
export function readDraft(session, uid) {
  try {
    return copyIn(JSON.parse(localStorage.getItem(keyOf(session, uid))));
  } catch {
    return null;
  }
}

/** The copy in what was stored, also by a studio that kept drafts only here; null for none. Pure. */
export function copyIn(stored) {
  if (stored?.content?.version === VERSION) return stored;
  if (stored?.version === VERSION) return { revision: 0, sid: "", isPending: true, content: stored };
  return null;
}

/** Keep a copy of an unsaved correction (see revision_draft.js). */
export function writeDraft(session, uid, content, { revision, isPending }) {
  const copy = { revision, sid: session.sid, isPending, content };
  try {
    localStorage.setItem(keyOf(session, uid), JSON.stringify(copy));
  } catch {
    // Without storage the studio has it, or the page as long as it lives.
  }
}

export function clearDraft(session, uid) {
  try {
    localStorage.removeItem(keyOf(session, uid));
  } catch {
    // Nothing was stored either.
  }
}

/**
 * What to go on with, from this machine's copy and what the studio keeps ({revision, content}):
 * {content, revision, heirOf, isPending, theirs}, or null for nothing. `theirs` is the studio's
 * draft where both have gone on from the same one. Pure.
 */
export function chosenDraft(copy, kept) {
  const isOurs = copy && (copy.isPending || copy.revision > kept.revision);
  if (!isOurs) {
    const { content, revision } = kept;
    return content?.version === VERSION ? { content, revision, heirOf: "", isPending: false, theirs: null } : null;
  }
  const hasParted = copy.isPending && copy.revision < kept.revision && kept.content?.version === VERSION;
  return {
    content: copy.content,
    revision: Math.max(copy.revision, kept.revision),
    heirOf: copy.isPending ? copy.sid : "", // its page is gone; if not, it meets this one later
    isPending: copy.isPending,
    theirs: hasParted && !isSame(copy.content, kept.content) ? kept.content : null,
  };
}

/** Whether two drafts are one correction, wherever they are looked at. */
export function isSame(one, other) {
  const essence = ({ base, entries, attested, reason }) => JSON.stringify({ base, entries, attested, reason });
  return essence(one) === essence(other);
}

/** The unsaved correction of the trajectory on screen, as `chosenDraft` tells. */
export function draftHere(session) {
  const { view, current } = session;
  return view.parent_uid ? null : chosenDraft(readDraft(session, current), view.kept);
}
