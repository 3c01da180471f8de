// The categories that an annotator used last in a taxonomy. Pure, and kept in the browser.
//
// Each keeps its place until another one needs it: the one unused for longest gives way. So they
// can be found without reading.

const MOST = 6;
const KEY = "loopwright:recent";

/** `slots` ([{name, used}]) after a category was used. */
export function touched(slots, name) {
  const now = 1 + Math.max(0, ...slots.map((slot) => slot.used));
  const fresh = { name, used: now };
  if (slots.some((slot) => slot.name === name)) return slots.map((slot) => (slot.name === name ? fresh : slot));
  if (slots.length < MOST) return [...slots, fresh];
  const oldest = Math.min(...slots.map((slot) => slot.used));
  return slots.map((slot) => (slot.used === oldest ? fresh : slot));
}

/** The recent categories of one annotator, over all taxonomies. */
export class Recents {
  constructor(annotator, storage = globalThis.localStorage) {
    this.key = `${KEY}:${annotator}`;
    this.storage = storage;
    this.slots = this.read(); // taxonomy name -> slots
  }

  read() {
    try {
      const kept = JSON.parse(this.storage.getItem(this.key)) || {};
      return Object.fromEntries(Object.entries(kept).filter(([, slots]) => areSlots(slots)));
    } catch {
      return {}; // nothing kept, or not by us
    }
  }

  /** The categories of a taxonomy that were used last, each in its place. */
  of(taxonomy) {
    const names = (this.slots[taxonomy.name] || []).map((slot) => slot.name);
    return names.map((name) => taxonomy.categories.find((c) => c.name === name)).filter(Boolean);
  }

  use(taxonomy, category) {
    const kept = { ...this.slots, ...this.read() }; // another tab may have used some
    this.slots = { ...kept, [taxonomy.name]: touched(kept[taxonomy.name] || [], category.name) };
    try {
      this.storage.setItem(this.key, JSON.stringify(this.slots));
    } catch {
      // Without storage they last until the page is closed.
    }
  }
}

function areSlots(slots) {
  return Array.isArray(slots) && slots.length <= MOST && slots.every((s) => typeof s?.name === "string" && Number.isFinite(s.used));
}
