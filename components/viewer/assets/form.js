// A form for the arguments of a call, made from the tool's schema, over their JSON text.
//
// The text is the truth: every change replaces the span of one value in it (json_edit.js), the
// fields are read from it again (form_fields.js), and what is drawn is brought up to date
// (form_rows.js, form_controls.js). Hints are the browser's; `problems` are Python's and win.

import { el, fill } from "./dom.js";
import { asKind } from "./form_fixes.js";
import { editable, everyField, fieldTree } from "./form_fields.js";
import { drawField } from "./form_rows.js";
import { initialValue, schemaOf } from "./form_schema.js";
import {
  addItem,
  addMember,
  movePart,
  parseSpans,
  removePart,
  renameKey,
  replaceValue,
  spellJson,
} from "./json_edit.js";

const OPEN_DEPTH = 2; // groups below this many levels start folded
const OPEN_ITEMS = 3; // and those of longer lists one level earlier
const MOST_KEYS = 9;
let forms = 0;

/**
 * The form.
 *
 * `schema`: the normalised schema of the arguments, {} when unknown. `text`: their raw JSON; blank
 * is an empty object. `problems`: Python's, [{pointer, message, hint}] when it has spoken of this
 * very text (an empty list then silences hints), null while it has not. `label`: what the form is
 * called. `onText(text)` gets the complete text after every change; `onEnterSave()` Ctrl+Enter.
 *
 * Returns {node, update({text, problems}), focusFirst(), isForm()}. When the text is no JSON object,
 * the node says so and `isForm()` is false; an update with an object brings the fields back.
 */
export function drawForm({ schema, text, problems = null, label, onText, onEnterSave }) {
  const form = new Form({ schema: schemaOf(schema), text, problems, label, onText, onEnterSave });
  return {
    node: form.node,
    update: (next) => form.update(next),
    focusFirst: () => form.focusFirst(),
    isForm: () => form.field !== null,
  };
}

class Form {
  constructor({ schema, text, problems, label, onText, onEnterSave }) {
    forms += 1;
    Object.assign(this, { schema, problems, onText, onEnterSave });
    this.prefix = `form${forms}`;
    this.ids = 0;
    this.aboutId = `${this.prefix}-about`;
    this.chosen = new Map(); // pointer -> branch picked there
    this.folds = new Map(); // field id -> whether it is open
    this.owners = new WeakMap(); // element -> the field it shows now
    this.current = text;
    this.settled = true;
    this.fields = el("div", { class: "ffields" });
    this.about = el("div", { class: "fabout dim", id: this.aboutId });
    this.node = el(
      "div",
      {
        class: "toolform",
        role: "group",
        "aria-label": label,
        data: { keys: "own" }, // the keys of the viewer rest while the focus is in here
        on: {
          keydown: (event) => this.onKey(event),
          focusin: (event) => this.tell(event.target),
        },
      },
      this.fields,
      this.about,
    );
    this.root = null;
    this.draw();
  }

  // ---- what the rows ask for

  newId() {
    this.ids += 1;
    return `${this.prefix}-${this.ids}`;
  }

  text() {
    return this.current;
  }

  spell(value) {
    return spellJson(value, editable(this.current));
  }

  isFocused(input) {
    return input.getRootNode().activeElement === input;
  }

  own(node, fieldNow) {
    this.owners.set(node, fieldNow);
  }

  /** The field that an element is drawn for. */
  fieldOf(node) {
    for (let at = node; at && at !== this.node; at = at.parentElement) {
      if (this.owners.has(at)) return this.owners.get(at)();
    }
    return this.field;
  }

  /** What is said of a field: Python's problems, or hints while Python has not spoken. */
  notesOf = (field) => {
    if (field.problems.length > 0) return field.problems.map((p) => ({ ...p, isVerdict: true }));
    const repeated = field.hints.filter((h) => h.keyword === "repeated");
    return this.problems === null ? field.hints : repeated;
  };

  isOpen(field) {
    if (field.where === "root") return true;
    if (this.folds.has(field.id)) return this.folds.get(field.id);
    const depth = field.path.length;
    const isLong = field.where === "item" && field.count > OPEN_ITEMS;
    const open = depth <= (isLong ? OPEN_DEPTH - 1 : OPEN_DEPTH);
    this.folds.set(field.id, open || everyField(field).some((f) => this.notesOf(f).length > 0));
    return this.folds.get(field.id);
  }

  keyOf(fix) {
    const at = this.fixes.findIndex((f) => f.fix === fix);
    return at === -1 || at >= MOST_KEYS ? null : at + 1;
  }

  // ---- changes

  set(field, json) {
    if (json === field.raw) return;
    this.change((text, root) => replaceValue(text, root, field.path, json));
  }

  choose(field, at) {
    if (at < 0) return;
    const branch = field.branches[at];
    this.chosen.set(field.pointer, at);
    const text = editable(this.current);
    this.set(field, asKind(branch, text, field.node, text, initialValue(branch)));
    this.draw();
    this.focus(field.id);
  }

  apply(field, i) {
    const fix = field.fixes[i];
    if (!fix) return;
    if (fix.remove) {
      this.remove(field);
      return;
    }
    if (fix.rename !== undefined) {
      this.change((text, root) => renameKey(text, root, field.path, fix.rename));
      this.focusPath(field.path);
      return;
    }
    this.set(field, fix.json);
    this.focus(field.id);
  }

  add(absent) {
    const value = initialValue(absent.schema);
    this.addMember(absent.path, absent.name, value);
  }

  addNamed(group, name) {
    const known = group.absent.find((f) => f.name === name);
    if (known) this.add(known);
    else if (group.children.some((f) => f.name === name)) this.refuse(name);
    else this.addMember(group.path, name, initialValue(schemaOf(group.branch.additionalProperties)));
  }

  refuse(name) {
    this.about.textContent = `“${name}” is there already, or the tool takes no such argument.`;
  }

  addMember(path, name, value) {
    const json = this.spell(value);
    this.change((text, root) => addMember(text, root, path, name, json));
    const holder = this.at(path);
    this.focusPath([...path, holder.children.length - 1], { inside: true });
  }

  addItem(group) {
    const json = this.spell(initialValue(group.itemSchema));
    this.change((text, root) => addItem(text, root, group.path, json));
    const path = [...group.path, group.children.length];
    this.folds.set(this.at(path).id, true);
    this.draw();
    this.focusPath(path, { inside: true });
  }

  remove(field) {
    if (field.where === "root" || field.where === "missing") return;
    this.change((text, root) => removePart(text, root, field.path));
    const holder = this.at(field.path.slice(0, -1));
    const next = holder.children[Math.min(field.index, holder.children.length - 1)];
    this.focus(next ? next.id : `${holder.id}/+`);
  }

  /** Move the list item that the field is, or is in, by one place; the focus goes with it. */
  move(field, by) {
    const item = this.itemOf(field);
    const to = item ? item.index + by : -1;
    if (!item || to < 0 || to >= item.count) return;
    const other = `${item.id.slice(0, item.id.lastIndexOf("/"))}/${to}`;
    const moved = field.id.replace(item.id, other);
    this.swapFolds(item.id, other);
    this.change((text, root) => movePart(text, root, item.path, to));
    this.focus(moved);
  }

  itemOf(field) {
    for (let n = field.path.length; n > 0; n -= 1) {
      const holder = this.at(field.path.slice(0, n));
      if (holder?.where === "item") return holder;
    }
    return null;
  }

  swapFolds(one, other) {
    const swapped = new Map();
    const isIn = (key, id) => key === id || key.startsWith(`${id}/`);
    for (const [key, open] of this.folds) {
      if (isIn(key, one)) swapped.set(other + key.slice(one.length), open);
      else if (isIn(key, other)) swapped.set(one + key.slice(other.length), open);
      else swapped.set(key, open);
    }
    this.folds = swapped;
  }

  fold(field) {
    this.folds.set(field.id, !this.isOpen(field));
    this.draw();
  }

  change(edit) {
    const text = editable(this.current);
    const next = edit(text, parseSpans(text));
    if (next === this.current) return;
    this.current = next;
    this.problems = null; // they were about the text before
    this.draw();
    this.onText(next);
  }

  /** After typing: controls that waited for the end of it become what their value is. */
  settle() {
    queueMicrotask(() => this.draw());
  }

  // ---- drawing and focus

  update({ text, problems = this.problems }) {
    this.current = text;
    this.problems = problems;
    this.draw();
  }

  draw() {
    this.field = fieldTree(this.schema, this.current, this.problems, this.chosen);
    if (!this.field) {
      this.root = null;
      const why = "These arguments are no JSON object, so there is no form for them: edit the text.";
      fill(this.fields, el("div", { class: "notice", text: why }));
      return;
    }
    this.fixes = everyField(this.field).flatMap((field) =>
      field.fixes.map((fix, i) => ({ field, fix, i })),
    );
    if (this.root) this.root.show(this.field);
    else {
      this.root = drawField(this, this.field);
      fill(this.fields, this.root.node);
    }
  }

  at(path) {
    return path.reduce((field, place) => field?.children[place], this.field);
  }

  focusPath(path, { inside = false } = {}) {
    let field = this.at(path);
    while (inside && field?.children.length > 0) [field] = field.children;
    if (field) this.focus(inside && /object|array/.test(field.control) ? `${field.id}/+` : field.id);
  }

  focus(id) {
    const all = [...this.node.querySelectorAll("[data-field]")];
    const found = all.find((node) => node.dataset.field === id && !node.closest("[hidden]"));
    found?.focus({ preventScroll: true });
    found?.scrollIntoView({ block: "nearest" });
  }

  focusFirst() {
    const broken = this.field && everyField(this.field).find((f) => this.notesOf(f).length > 0);
    const first = this.node.querySelector("[data-field]");
    if (broken && broken !== this.field) this.focus(broken.id);
    else first?.focus({ preventScroll: true });
  }

  /** Say what the tool says of the field with the focus. */
  tell(target) {
    const field = this.fieldOf(target);
    if (!field || field === this.field) return;
    fill(
      this.about,
      el("b", { text: field.name }),
      field.typeText ? ` ${field.typeText}` : null,
      field.description ? ` — ${field.description}` : null,
    );
  }

  // ---- keys

  onKey(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      event.stopPropagation();
      this.onEnterSave?.();
      return;
    }
    if (!event.altKey || event.ctrlKey || event.metaKey || !this.field) return;
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code || "");
    if (digit) this.applyNth(Number(digit[1]) - 1);
    else if (event.key === "ArrowUp") this.move(this.fieldOf(event.target), -1);
    else if (event.key === "ArrowDown") this.move(this.fieldOf(event.target), 1);
    else if (event.key === "Delete") this.remove(this.fieldOf(event.target));
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  applyNth(at) {
    const found = this.fixes[at];
    if (found) this.apply(found.field, found.i);
  }

  /** Arrows on the head of a group: fold, unfold, to the next or the previous head of its list. */
  onFoldKey(event, field) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const isOpen = this.isOpen(field);
    if (event.key === "ArrowRight" && !isOpen) this.fold(field);
    else if (event.key === "ArrowLeft" && isOpen) this.fold(field);
    else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      const to = field.index + (event.key === "ArrowDown" ? 1 : -1);
      const next = this.at(field.path.slice(0, -1))?.children[to];
      if (next) this.focus(next.id);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
