// The categories of a taxonomy: two columns under group headings, each with its two keys on it.

import { el, fill, keycap, refill, setAttribute } from "./dom.js";
import { anchorFor } from "./cursor.js";
import { unitSpan } from "./grounding.js";
import { keySign } from "./key_rules.js";
import { keyOf } from "./keymap.js";
import { takeSpan } from "./label_commands.js";
import { placeMark } from "./marking.js";
import { fieldText, shortQuote } from "./spans.js";

const FEW = 6; // so few categories need no list of those used last

export class MarkPanel {
  constructor(screen) {
    this.screen = screen;
    this.target = el("div", { class: "target dim" });
    this.recent = el("div", { class: "categories recent", hidden: true });
    this.list = el("div", { class: "categories" });
    this.head = el("div", {});
    this.node = el("section", { class: "panel" }, this.head, this.target, this.recent, this.list);
    this.chips = [];
    this.recentChips = [];
    this.drawn = null; // the taxonomy on screen
    this.stood = null; // how far the rail was scrolled before a code was begun
  }

  get session() {
    return this.screen.session;
  }

  draw() {
    const { taxonomy } = this.session;
    this.drawRecent(taxonomy);
    if (taxonomy === this.drawn) return;
    this.drawn = taxonomy;
    this.drawHead(taxonomy);
    this.chips = [];
    const groups = new Map();
    for (const category of taxonomy.categories) {
      const group = category.group || "";
      if (!groups.has(group)) groups.set(group, []);
      const chip = this.chip(category);
      this.chips.push(chip);
      groups.get(group).push(chip.node);
    }
    fill(
      this.list,
      [...groups].map(([group, chips]) => [group ? el("h4", { text: group }) : null, chips]).flat(2),
    );
    this.drawLeader();
  }

  /** The categories used last. They change with the trajectory only, never under the pointer. */
  drawRecent(taxonomy) {
    const categories = taxonomy.categories.length > FEW ? this.session.recents.of(taxonomy) : [];
    refill(this.recent, [taxonomy.name, categories.map((c) => c.name)], () => {
      this.recentChips = categories.map((category) => this.chip(category));
      return [el("h4", { text: "Used last" }), this.recentChips.map(({ node }) => node)];
    });
    this.recent.hidden = categories.length === 0;
  }

  drawHead(taxonomy) {
    const all = this.session.boot.taxonomies;
    const select = el(
      "select",
      {
        "aria-label": "Taxonomy",
        title: taxonomy.description,
        on: {
          change: (event) => {
            this.session.chooseTaxonomy(event.target.value);
            event.target.blur();
          },
        },
      },
      all.map((t) =>
        el("option", { value: t.name, text: t.title, selected: t.name === taxonomy.name }),
      ),
    );
    fill(
      this.head,
      el("h3", {}, "Mark", keycap(keyOf("leader")), el("span", { class: "grow" }), select),
    );
  }

  chip(category) {
    const { definitions } = this.screen;
    const node = el(
      "button",
      {
        type: "button",
        class: "category",
        "aria-description": `${category.definition}${category.example ? ` Example: ${category.example}` : ""}`,
        on: {
          click: (event) => {
            event.currentTarget.blur();
            definitions.leave();
            this.screen.session.together(() => {
              takeSpan(this.session);
              placeMark(this.session, category);
            });
          },
          pointerdown: (event) => this.session.selected && event.preventDefault(), // keeps the selection
          pointerenter: () => definitions.point(node, category, false),
          pointerleave: () => definitions.leave(),
          focus: () => node.matches(":focus-visible") && definitions.point(node, category, true),
          blur: () => definitions.leave(),
        },
      },
      el("kbd", { class: "key code", "aria-hidden": "true" }, category.code),
      el("span", { class: "title", text: category.title }),
    );
    return { node, category };
  }

  /** Which categories this trajectory has been marked with. */
  drawUse(marks) {
    const { name } = this.session.taxonomy;
    for (const { node, category } of [...this.recentChips, ...this.chips]) {
      const used = marks.some((m) => m.taxonomy === name && m.category === category.name);
      node.classList.toggle("used", used);
      setAttribute(node, "aria-pressed", String(used));
    }
  }

  /** Where the next mark would go. */
  drawTarget() {
    const { view, cursor } = this.session;
    this.target.textContent = `on ${placeText(view, anchorFor(view, cursor, "any"))}`;
  }

  /** While a code is being typed: what was typed, and which chips are still meant. */
  drawLeader() {
    const typed = this.session.leader;
    const on = typed !== null && this.session.leading === "category";
    this.node.classList.toggle("leading", on);
    for (const { node, category } of [...this.recentChips, ...this.chips]) {
      node.classList.toggle("out", on && !category.code.startsWith(typed));
    }
    if (on) {
      this.target.textContent = `${keySign(keyOf("leader") || "")} ${typed}▏ two keys of a category, Esc leaves`;
      this.stood ??= this.node.parentElement.scrollTop;
      this.node.scrollIntoView({ block: "start" });
      return;
    }
    if (this.session.view) this.drawTarget();
    if (this.stood !== null) this.node.parentElement.scrollTop = this.stood; // as it was before
    this.stood = null;
  }
}

function wordsAt(message, { field, span }) {
  const text = fieldText(message, field);
  return text.slice(...unitSpan(text, span));
}

/** An anchor in words. */
function placeText(view, anchor) {
  const message = view.messages[anchor.message_index];
  if (!message) return "the whole trajectory";
  const parts = [message.step !== null ? `step ${message.step}` : message.role];
  if (anchor.call_index !== null) parts.push(message.calls[anchor.call_index].name);
  if (anchor.pointer !== null) parts.push(anchor.pointer.slice(1));
  if (anchor.span) parts.push(`“${shortQuote(wordsAt(message, anchor))}”`);
  return parts.join(" › ");
}
