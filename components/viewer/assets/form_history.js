// Undo and redo of what a form has done to its text. Typing in one field is one change. Pure.

const MOST = 200;

export class History {
  constructor() {
    this.clear();
  }

  clear() {
    this.past = []; // {text, id}: what stood before a change, and the field it was made in
    this.future = [];
    this.typing = null; // the field that is being typed in
  }

  /** A change is about to be made to `text` from the field `id`. */
  record(text, id, isTyping) {
    this.future = [];
    if (isTyping && this.typing === id) return;
    this.typing = isTyping ? id : null;
    this.past.push({ text, id });
    if (this.past.length > MOST) this.past.shift();
  }

  /** The state to go back to from `text`, or null. */
  undo(text) {
    return this.step(this.past, this.future, text);
  }

  /** The state that was undone last, or null. */
  redo(text) {
    return this.step(this.future, this.past, text);
  }

  step(from, to, text) {
    const state = from.pop();
    if (!state) return null;
    this.typing = null;
    to.push({ text, id: state.id });
    return state;
  }
}
