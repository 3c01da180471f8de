// Which groups of a form are open. Deep ones start folded, unless something is wrong in them. Pure.

const OPEN_DEPTH = 2; // groups further down start folded
const OPEN_ITEMS = 3; // and those of longer lists one level earlier

export class Folds {
  constructor() {
    this.open = new Map(); // field id -> whether it is open
  }

  /** Whether a group is open; asked for the first time, `isTroubled(field)` may open it. */
  isOpen(field, isTroubled) {
    if (field.where === "root") return true;
    if (!this.open.has(field.id)) {
      const isLong = field.where === "item" && field.count > OPEN_ITEMS;
      const isNear = field.path.length <= (isLong ? OPEN_DEPTH - 1 : OPEN_DEPTH);
      this.open.set(field.id, isNear || isTroubled(field));
    }
    return this.open.get(field.id);
  }

  set(id, open) {
    this.open.set(id, open);
  }

  /** Two items of a list have changed places: what is open in them goes along. */
  swap(one, other) {
    this.rename((id) => moved(id, one, other) ?? moved(id, other, one) ?? id);
  }

  /** An item of a list is gone: those behind it have moved up. */
  close(listId, place) {
    this.rename((id) => {
      if (!id.startsWith(`${listId}/`)) return id;
      const [at, ...rest] = id.slice(listId.length + 1).split("/");
      if (Number(at) === place) return null;
      return [listId, Number(at) > place ? String(Number(at) - 1) : at, ...rest].join("/");
    });
  }

  rename(nameOf) {
    const next = new Map();
    for (const [id, open] of this.open) if (nameOf(id) !== null) next.set(nameOf(id), open);
    this.open = next;
  }
}

function moved(id, from, to) {
  return id === from || id.startsWith(`${from}/`) ? to + id.slice(from.length) : null;
}
