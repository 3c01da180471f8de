// The outbox on this machine's disk, so that a reload, a crash or a power cut loses no act.
//
// Each page load writes under its own session id. What an earlier page left behind is adopted once
// that page is certainly gone: it says so when it is closed, and otherwise its sign of life gets old.

const PREFIX = "loopwright:outbox:";
export const ALIVE_MS = 2000;
const DEAD_AFTER_MS = 6000;

/** One page load's copy of its outbox in localStorage. */
export class Mirror {
  constructor(annotator, sid, storage = window.localStorage) {
    this.prefix = `${PREFIX}${encodeURIComponent(annotator)}:`; // "a" must not match "a:b"
    this.own = this.prefix + sid;
    this.storage = storage;
    this.working = true;
  }

  /** Write the ops that are not saved yet; none removes the copy. */
  write(ops, at = Date.now()) {
    try {
      if (ops.length === 0) this.storage.removeItem(this.own);
      else this.storage.setItem(this.own, JSON.stringify({ at, ops }));
      this.working = true;
    } catch {
      this.working = false; // full or forbidden: memory still holds them, and the header says so
    }
  }

  /** Ops that closed pages left; the copies stay until `forget`. Returns {ops, keys, waiting}. */
  leftovers(now = Date.now()) {
    const found = { ops: [], keys: [], waiting: false };
    for (const key of this.keys()) {
      if (key === this.own) continue;
      const copy = this.readCopy(key);
      if (!copy) continue;
      if (now - copy.at < DEAD_AFTER_MS) found.waiting = true;
      else {
        found.keys.push(key);
        found.ops.push(...copy.ops);
      }
    }
    found.ops.sort((a, b) => a.at - b.at || a.n - b.n);
    return found;
  }

  /** Remove copies whose ops are now in our own. */
  forget(keys) {
    for (const key of keys) this.storage.removeItem(key);
  }

  keys() {
    try {
      return Object.keys(this.storage).filter((key) => key.startsWith(this.prefix));
    } catch {
      return [];
    }
  }

  readCopy(key) {
    try {
      const copy = JSON.parse(this.storage.getItem(key));
      return Array.isArray(copy.ops) ? copy : null;
    } catch {
      return null;
    }
  }
}
