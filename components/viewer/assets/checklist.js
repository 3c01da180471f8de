// The checklist in the rail's tool box: answered at the selected call, edited by whoever annotates.
//
// It has keys of its own while it has the focus. Items belong to the tool; what is said of them is
// an act like any other, what they say is stored at once and for everybody.

import { button, el, fill, keycap, refill } from "./dom.js";
import {
  ANSWERS,
  answerAt,
  bylineOf,
  categoryOfItem,
  linesOf,
  nextAnswer,
  tally,
} from "./checklist_state.js";
import { changeOfItem, newItemId } from "./checklist_saving.js";
import { isComposing, keyOf, plainKey } from "./keymap.js";
import { placeMark } from "./marking.js";

export class Checklist {
  constructor(screen) {
    this.screen = screen;
    this.at = 0;
    this.writing = null; // what is being written: {item (null: a new one), item_id, text, category}
    this.node = el("section", { class: "checklist", data: { keys: "own" }, on: { keydown: (e) => this.onKey(e) } });
  }

  get session() {
    return this.screen.session;
  }

  /** The selected call: {message, call, tool name}; null when none is selected. */
  get place() {
    const { view, cursor } = this.session;
    const call = cursor.call ?? 0;
    const found = view.messages[cursor.message]?.calls[call];
    return found ? { message: cursor.message, call, name: found.name } : null;
  }

  get tool() {
    return this.session.view.tools.find((t) => t.name === this.place?.name) || { seeds: [] };
  }

  get items() {
    return this.session.view.checklists?.[this.place?.name] || [];
  }

  get lines() {
    return linesOf(this.items, this.tool);
  }

  get answers() {
    return this.session.stateOf(this.session.current).annotation.checklist;
  }

  /** Drawn only when something of it is different. */
  draw() {
    const { place } = this;
    this.node.hidden = !place;
    if (!place) return;
    this.screen.rail.tool.classList.toggle("listing", this.isOpen);
    if (this.shown !== place.name) [this.shown, this.at, this.writing] = [place.name, 0, null];
    const { lines } = this;
    this.at = Math.max(0, Math.min(this.at, lines.length - 1));
    const said = this.items.map((item) => answerAt(this.answers, place, item.item_id));
    const had = this.node.contains(this.node.getRootNode().activeElement);
    const what = [this.session.current, place, lines, said, this.at, this.writing?.item_id, this.isOpen];
    refill(this.node, what, () => [this.heading(said), this.isOpen ? this.list(lines) : null]);
    if (had) this.focusList();
  }

  heading() {
    const { done, no, all } = tally(this.items, this.answers, this.place);
    const count = all === 0 ? "no item yet" : `${done} of ${all} answered${no > 0 ? `, ${no} no` : ""}`;
    return el(
      "h3",
      {},
      button("Checklist", {
        key: keyOf("checklist"),
        class: "quiet",
        "aria-expanded": String(this.isOpen),
        onclick: () => this.toggle(),
      }),
      el("span", { class: "dim count", text: count }),
    );
  }

  list(lines) {
    return [
      el(
        "div",
        { class: "items", role: "listbox", tabindex: "0", "aria-label": `Checklist of ${this.place.name}`, "aria-activedescendant": `item-${this.at}` },
        lines.length === 0 ? el("p", { class: "dim", text: "What must hold in every call of this tool?" }) : null,
        lines.map((line, i) => (line.kind === "item" ? this.item(line, i) : this.seed(line, i))),
      ),
      this.writing ? this.form() : this.hints(),
    ];
  }

  item({ item, isOlder }, i) {
    const answer = answerAt(this.answers, this.place, item.item_id);
    const [icon, word] = ANSWERS[answer] || ["·", "not answered"];
    const older = isOlder ? "Written for another version of this tool's schema." : "";
    return el(
      "div",
      {
        class: `item ${answer || "open"}${i === this.at ? " at" : ""}`,
        id: `item-${i}`,
        role: "option",
        "aria-selected": String(i === this.at),
        "aria-label": `${item.text}: ${word}`,
        title: [item.text, bylineOf(item), item.category, older].filter(Boolean).join("\n"),
        on: { click: () => (this.moveTo(i), this.answer(nextAnswer(answer))) },
      },
      el("span", { class: "says", "aria-hidden": "true" }, icon),
      el("span", { class: "text", text: item.text }),
      answer ? el("span", { class: "word", text: word }) : null,
      isOlder ? el("span", { class: "older", title: older, text: "◷ other schema" }) : null,
      el("span", { class: "dim by", text: bylineOf(item) }),
    );
  }

  seed({ text }, i) {
    return el(
      "div",
      {
        class: i === this.at ? "item seed at" : "item seed",
        id: `item-${i}`,
        role: "option",
        "aria-selected": String(i === this.at),
        on: { click: () => (this.moveTo(i), this.add(text)) },
      },
      el("span", { class: "says", "aria-hidden": "true", text: "+" }),
      el("span", { class: "text", text }),
      el("span", { class: "dim by", text: "the schema says" }),
    );
  }

  hints() {
    const isSeed = this.lines[this.at]?.kind === "seed";
    const pairs = isSeed
      ? [["Enter", "take it over"]]
      : [["Space", "yes, no, n/a"], ["m", "mark it"], ["Enter", "new"], ["e", "edit"], ["Delete", "retire"]];
    return el("p", { class: "dim hints" }, pairs.map(([key, text]) => [keycap(key), ` ${text} `]), keycap("Esc"), " leaves");
  }

  form() {
    const { writing, session: s } = this;
    const text = el("input", { type: "text", class: "write", maxlength: "300", value: writing.text, placeholder: "What must hold in every call", "aria-label": "Item of the checklist" });
    const options = s.taxonomy.categories.map((c) => {
      const value = `${s.taxonomy.name}/${c.name}`;
      return el("option", { value, text: c.title, selected: value === writing.category });
    });
    const category = el("select", { "aria-label": "Category of the mark when it does not hold" }, el("option", { value: "", text: "no category" }), options);
    text.oninput = () => (writing.text = text.value); // what is typed outlives being drawn anew
    category.onchange = () => (writing.category = category.value);
    return el("div", { class: "writing" }, text, category,
      el("p", { class: "dim hints" }, keycap("Enter"), " keeps it ", keycap("Esc"), " drops it"));
  }

  get isOpen() {
    return Boolean(this.session.isChecklistOpen);
  }

  /** Open and take the focus; when it is open already, only take the focus. */
  focus() {
    if (!this.place) {
      this.session.say("Select a call first: the checklist is its tool's.");
      return;
    }
    this.session.isChecklistOpen = true;
    this.draw();
    this.focusList();
    this.node.scrollIntoView({ block: "nearest" });
  }

  toggle() {
    if (!this.isOpen) {
      this.focus();
      return;
    }
    this.session.isChecklistOpen = false;
    this.draw();
    this.leave();
  }

  focusList() {
    const writing = this.node.querySelector(".write");
    (writing || this.node.querySelector(".items"))?.focus({ preventScroll: true });
    writing?.setSelectionRange(writing.value.length, writing.value.length); // typing goes on
    this.node.querySelector(".item.at")?.scrollIntoView({ block: "nearest" });
  }

  leave() {
    this.screen.trace.node.focus({ preventScroll: true });
  }

  moveTo(i) {
    this.at = Math.max(0, Math.min(this.lines.length - 1, i));
    this.draw();
  }

  answer(answer) {
    const line = this.lines[this.at];
    if (line?.kind !== "item") return;
    const { message, call } = this.place;
    this.session.act("checklist", { message_index: message, call_index: call, item_id: line.item.item_id, answer });
    if (answer === "no" && categoryOfItem(line.item, this.session.boot.taxonomies)) {
      this.session.say(`Not so: m marks it ${categoryOfItem(line.item, this.session.boot.taxonomies).category.title}.`);
    }
  }

  /** Place the mark of the item's category at the call, or let the annotator choose one. */
  mark() {
    const line = this.lines[this.at];
    const named = line?.kind === "item" ? categoryOfItem(line.item, this.session.boot.taxonomies) : null;
    if (named) {
      placeMark(this.session, named.category, { taxonomy: named.taxonomy });
      return;
    }
    this.leave();
    this.screen.run("leader");
  }

  /** Take over what the schema says, once, however often the key is pressed meanwhile. */
  async add(text) {
    if (!this.isSaving) await this.save(null, { item_id: newItemId(), text });
  }

  /** Store what was written. Where that fails it stays open, and Enter tries the same again. */
  async keep() {
    const { writing } = this;
    const { item, item_id, text, category } = writing;
    this.stopWriting();
    if (!text.trim()) return;
    const isStored = await this.save(item, { item_id, text, category });
    if (isStored || this.writing) return;
    this.writing = writing;
    this.draw();
    this.focusList();
  }

  async retire() {
    const line = this.lines[this.at];
    if (line?.kind === "item" && !this.isSaving) await this.save(line.item, { retired: true });
  }

  /** Store a version of an item; says whether it is. The focus stays in the list unless it was
   * taken elsewhere. */
  async save(item, changes) {
    this.isSaving = true;
    this.draw();
    this.focusList();
    const isStored = await changeOfItem(this.session, this.place.name, this.tool, item, changes);
    this.isSaving = false;
    if (this.session.phase === "view") this.draw();
    return isStored;
  }

  onKey(event) {
    if (isComposing(event) || event.ctrlKey || event.altKey || event.metaKey) return;
    const target = event.composedPath()[0];
    if (/^(INPUT|SELECT)$/.test(target.tagName)) {
      if (event.key === "Enter") this.keep();
      else if (event.key === "Escape") this.stopWriting();
      else return;
    } else if (target.tagName === "BUTTON" || !this.perform(plainKey(event))) return;
    event.preventDefault();
    event.stopPropagation();
  }

  stopWriting() {
    this.writing = null;
    this.draw();
    this.focusList();
  }

  /** What a key means in the list; whether it means anything. */
  perform(key) {
    const line = this.lines[this.at];
    const here = line?.kind === "item" ? answerAt(this.answers, this.place, line.item.item_id) : null;
    const keys = {
      j: () => this.moveTo(this.at + 1),
      ArrowDown: () => this.moveTo(this.at + 1),
      k: () => this.moveTo(this.at - 1),
      ArrowUp: () => this.moveTo(this.at - 1),
      " ": () => this.answer(nextAnswer(here)),
      m: () => this.mark(),
      Enter: () => (line?.kind === "seed" ? this.add(line.text) : this.startWriting(null)),
      e: () => line?.kind === "item" && this.startWriting(line.item),
      Delete: () => this.retire(),
      Escape: () => this.leave(),
      [keyOf("checklist")]: () => this.toggle(),
      [keyOf("undo")]: () => this.screen.run("undo"),
    };
    if (!keys[key]) return false;
    keys[key]();
    return true;
  }

  startWriting(item) {
    const { text = "", category = "" } = item || {};
    this.writing = { item, item_id: item?.item_id ?? newItemId(), text, category };
    this.draw();
    this.focusList();
  }
}
