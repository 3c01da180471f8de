// What this page can undo and redo, with what to paint at once. Pure bookkeeping, no painting.
//
// An entry is one act: {n, uid, kind, before, cursor}; `before` is the state it was performed on. An
// undone act waits with the number of its undo and the state that the undo took away, until
// something else is said.

const MOST = 500;

export class ActsHistory {
  constructor() {
    this.acts = [];
    this.undone = []; // {n, entry, after}; entry is null when only the server knows what it was
  }

  /** An act was performed: nothing that was undone before it can be redone. */
  remember(entry) {
    this.keep(entry);
    this.undone = [];
  }

  keep(entry) {
    this.acts.push(entry);
    if (this.acts.length > MOST) this.acts.shift();
  }

  /** The act that an undo takes back; null when this page knows of none. */
  takeLast() {
    return this.acts.pop() || null;
  }

  /** `entry` (or what the server finds) was undone by op `n`; `after` is the state it took away. */
  tookBack(n, entry, after) {
    this.undone.push({ n, entry, after });
    if (this.undone.length > MOST) this.undone.shift();
  }

  /** The undo that a redo by op `by` takes back; null when there is none. */
  takeUndone(by) {
    const last = this.undone.pop() || null;
    if (last?.entry) this.keep({ ...last.entry, by });
    return last;
  }

  /** An op was refused: what it did is not there, and what it would have uncovered cannot be redone. */
  refuse({ n, kind }) {
    this.acts = this.acts.filter((entry) => entry.n !== n && entry.by !== n);
    this.undone = kind === "redo" ? [] : this.undone.filter((one) => one.n !== n && one.entry?.n !== n);
  }
}
