// A JSON text as a foldable tree; every level is drawn when it is opened, a hundred parts at a time.
//
// Text goes in as text, numbers as they are spelt. What is open outlives a redraw of the card.

import { button, el, fill } from "./dom.js";
import { holdsAny, partsOf, rootOf, wordsOf } from "./json_spans.js";

const AT_ONCE = 100;
const INLINE_CHARS = 64; // containers that fit are shown on their line
const VALUE_CHARS = 300;
const OPEN_LINES = 12; // deeper levels open by themselves while the whole stays this small

export class JsonTree {
  /** `id` names the text among those of the trajectory. */
  constructor(session, id, text) {
    this.session = session;
    this.uid = session.current; // the one on screen may be another when a button is pressed
    this.id = id;
    this.text = text;
    this.places = null; // starts of what is searched for; null shows everything
    this.root = rootOf(text);
    this.lines = 0; // shown at first
    this.opened = this.openFirst();
    this.box = null;
  }

  /** The tree's element, drawn on first use: most results are never opened. */
  get node() {
    if (!this.box) {
      this.box = el("div", { class: "tree" });
      this.draw();
    }
    return this.box;
  }

  draw() {
    fill(this.node, this.level(this.root));
  }

  /** Show only what holds one of these places; null shows everything again. */
  filter(places) {
    this.places = places;
    this.draw();
  }

  /** What is open at first: the outermost level, and deeper ones while there is room. */
  openFirst() {
    const opened = new Set([this.root.start]);
    let lines = this.root.size;
    let level = lines < OPEN_LINES ? partsOf(this.text, this.root) : [];
    while (level.length > 0) {
      const folded = level.filter((part) => this.isFoldable(part));
      const more = folded.reduce((sum, part) => sum + part.size, 0);
      if (more === 0 || lines + more > OPEN_LINES) break;
      lines += more;
      for (const part of folded) opened.add(part.start);
      level = folded.flatMap((part) => partsOf(this.text, part));
    }
    this.lines = lines;
    return opened;
  }

  isFoldable(part) {
    return part.size > 0 && part.end - part.start > INLINE_CHARS;
  }

  isOpen(part) {
    if (this.places !== null) return holdsAny({ ...part, key: null }, this.places);
    const said = this.session.open.get(this.uid);
    if (said?.has(this.name(part, "open"))) return true;
    return this.opened.has(part.start) && !said?.has(this.name(part, "shut"));
  }

  setOpen(part, open) {
    this.session.setOpen(this.uid, this.name(part, "open"), open);
    this.session.setOpen(this.uid, this.name(part, "shut"), !open);
  }

  name(part, state) {
    return `${state}:${this.id}:${part.start}`;
  }

  level(parent) {
    const all = partsOf(this.text, parent);
    const numbered = all.map((part, i) => ({ part, i }));
    const { places } = this;
    const hits = places === null ? [] : numbered.filter(({ part }) => holdsAny(part, places));
    const shown = hits.length > 0 ? hits : numbered;
    const node = el("div", { class: "level" });
    this.more(node, shown, 0);
    node.showFrom = (i) => {
      node.querySelector(":scope > .more")?.remove();
      node.append(el("div", { class: "dim", text: `… up to ${i.toLocaleString("en")} not drawn` }));
      this.more(node, shown, i);
    };
    return node;
  }

  more(node, shown, from) {
    const next = shown.slice(from, from + AT_ONCE);
    for (const { part, i } of next) node.append(this.line(part, i));
    const left = shown.length - from - next.length;
    if (left <= 0) return;
    const rest = button(`${Math.min(AT_ONCE, left)} more of ${left.toLocaleString("en")}`, {
      class: "quiet more",
      onclick: () => {
        rest.remove();
        this.more(node, shown, from + AT_ONCE);
      },
    });
    node.append(rest);
  }

  line(part, i) {
    const name = part.key
      ? el("span", { class: "jkey", text: wordsOf(this.text, part.key) || '""' })
      : el("span", { class: "jkey index", text: String(i) });
    if (!this.isFoldable(part)) {
      return el("div", { class: "leaf", data: { at: String(part.start) } }, name, this.value(part));
    }
    const node = el("div", { class: "branch", data: { at: String(part.start) } });
    const sign = el("span", { class: "sign", "aria-hidden": "true" });
    const inside = el("span", { class: "dim" });
    const toggle = el(
      "button",
      { type: "button", class: "quiet fold", on: { click: (event) => {
        if (event.detail > 0) event.currentTarget.blur();
        const open = !node.classList.contains("open");
        if (this.places === null) this.setOpen(part, open);
        paint(open);
      } } },
      sign, name, inside,
    );
    const paint = (open = this.isOpen(part)) => {
      node.classList.toggle("open", open);
      toggle.setAttribute("aria-expanded", String(open));
      sign.textContent = open ? "▾" : "▸";
      inside.textContent = this.summary(part, open);
      fill(node, toggle, open ? this.level(part) : null);
    };
    node.openIt = () => node.classList.contains("open") || paint(true);
    paint();
    return node;
  }

  summary(part, open) {
    const word = part.kind === "array" ? "item" : "key";
    const count = `${part.size.toLocaleString("en")} ${word}${part.size === 1 ? "" : "s"}`;
    if (open) return ` ${count}`;
    return ` ${count}  ${this.text.slice(part.start, part.start + 60).replace(/\s+/g, " ")}…`;
  }

  value(part) {
    const { text } = this;
    if (part.kind === "string") return longValue(`"${wordsOf(text, [part.start, part.end])}"`, "jstring");
    const written = text.slice(part.start, part.end);
    return longValue(written.includes("\n") ? written.replace(/\s+/g, " ") : written, "jplain");
  }

  /** Open the way to a place of the text; the element that shows it, or null. */
  reveal(start) {
    if (this.places !== null) this.filter(null);
    let box = this.node.firstChild;
    let part = this.root;
    for (;;) {
      const all = partsOf(this.text, part);
      const at = all.findIndex((p) => start < p.end);
      if (at < 0 || start < (all[at].key ? all[at].key[0] : all[at].start)) return null;
      part = all[at];
      const find = () => [...box.children].find((n) => n.dataset?.at === String(part.start));
      if (!find()) box.showFrom(at);
      const line = find();
      if (!line) return null;
      if (part.key && start < part.key[1]) return from(line.querySelector(".jkey"), part.key[0]);
      if (!line.openIt) {
        line.querySelector("button")?.click(); // a long value, shortened
        return from(line.querySelector(".jvalue"), part.start);
      }
      line.openIt();
      box = line.querySelector(":scope > .level");
    }
  }
}

/** An element that shows the text from this place on. */
function from(node, start) {
  node.dataset.from = String(start);
  return node;
}

function longValue(written, className) {
  if (written.length <= VALUE_CHARS) return el("span", { class: `jvalue ${className}`, text: written });
  const node = el("span", { class: `jvalue ${className}`, text: written.slice(0, VALUE_CHARS) });
  const more = button(`+${(written.length - VALUE_CHARS).toLocaleString("en")} characters`, {
    class: "quiet",
    onclick: () => {
      node.textContent = written;
      more.remove();
    },
  });
  return [node, more];
}
