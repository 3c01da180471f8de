// Half-finished corrections on this machine's disk: a reload or a crash does not lose the text.

const PREFIX = "loopwright:draft:";

function keyOf(session, message, call) {
  const annotator = encodeURIComponent(session.boot.annotator);
  return `${PREFIX}${annotator}:${session.current}:${message}:${call ?? "text"}`;
}

/** {text, reason, over} of an unsaved draft, `over` being the text it was typed over; or null. */
export function readDraft(session, message, call) {
  try {
    return JSON.parse(localStorage.getItem(keyOf(session, message, call)));
  } catch {
    return null;
  }
}

/** Keep what is in the editor; the text it started with needs no draft. */
export function writeDraft(session, editor) {
  if (editor.text === editor.initial) {
    clearDraft(session, editor);
    return;
  }
  const { text, reason, over } = editor;
  try {
    localStorage.setItem(
      keyOf(session, editor.message, editor.call),
      JSON.stringify({ text, reason, over }),
    );
  } catch {
    // Without storage the draft lives as long as the page.
  }
}

export function clearDraft(session, editor) {
  try {
    localStorage.removeItem(keyOf(session, editor.message, editor.call));
  } catch {
    // Nothing was stored either.
  }
}
