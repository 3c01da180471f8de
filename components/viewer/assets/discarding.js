// Throwing a correction away, bringing it back, and the keys that work wherever the focus is.

import { contentOf } from "./draft_keeper.js";
import { writeDraft } from "./drafts.js";
import { close, isDirty, withOpen } from "./editor.js";
import { openOf } from "./shown.js";

/** Throw the draft away; Ctrl+Z brings it back as long as this page is open. */
export function discard(screen) {
  const s = screen.session;
  const c = openOf(s);
  const wasDirty = isDirty(c);
  s.discarded = wasDirty ? { uid: c.uid, content: contentOf(c) } : null;
  s.keeper.drop(c);
  close(screen);
  if (wasDirty) s.say("Discarded. Ctrl+Z brings it back.");
}

/** What was discarded last, when it was of this trajectory. */
function canBringBack(s) {
  return s.phase === "view" && !s.editor && s.discarded?.uid === s.current;
}

function bringBack(screen) {
  const s = screen.session;
  writeDraft(s, s.current, s.discarded.content, { revision: s.view.kept.revision, isPending: true });
  s.discarded = null;
  withOpen(screen, () => {});
}

/** Ctrl+Enter, Ctrl+Z and Ctrl+Shift+Z, wherever the focus is. */
export function listen(session) {
  window.addEventListener(
    "keydown",
    (event) => {
      const screen = session.keys?.screen;
      if (!screen || session.phase !== "view") return;
      const does = openOf(session) ? screen.editorKey(event) : bringsBack(screen, event);
      if (!does) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      does();
    },
    true,
  );
}

function bringsBack(screen, event) {
  const isTyping = /^(INPUT|TEXTAREA|SELECT)$/.test(event.composedPath()[0].tagName || "");
  const isUndo = (event.ctrlKey || event.metaKey) && !event.shiftKey && event.key.toLowerCase() === "z";
  return isUndo && !isTyping && canBringBack(screen.session) ? () => bringBack(screen) : null;
}
