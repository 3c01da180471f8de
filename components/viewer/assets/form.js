// A form for the arguments of a call, made from the tool's schema, over their JSON text.
//
// The text is the truth: every change replaces the span of one value in it (json_edit.js), the
// fields are read from it again (form_fields.js), and what is drawn is brought up to date:
//
//   form_groups.js, form_rows.js, form_parts.js, form_controls.js, form_combobox.js   elements
//   form_schema.js, form_hints.js, form_fixes.js, form_names.js, form_typing.js       pure
//   form_verdict.js: Python's problems and the browser's hints     form_folds.js: what is open
//
// It is longer than most files because every way to change the text is here, in one class.

import { el, fill } from "./dom.js";
import { asKind } from "./form_fixes.js";
import { editable, everyField, fieldTree } from "./form_fields.js";
import { Folds } from "./form_folds.js";
import { drawField } from "./form_groups.js";
import { initialValue, memberSchema, schemaOf } from "./form_schema.js";
import { Verdict } from "./form_verdict.js";
import {
  addItem,
  addMember,
  escapePointer,
  movePart,
  parseSpans,
  removePart,
  renameKey,
  replaceValue,
  spellJson,
} from "./json_edit.js";

const MOST_KEYS = 9;
const KEYS_TEXT = "Alt+1…9 suggestion · Alt+Del remove · Alt+↑↓ move item";
const NO_FORM = "These arguments are no JSON object, so there is no form for them: edit the text.";
let forms = 0;

/**
 * The form.
 *
 * `schema`: the normalised schema of the arguments, {} when unknown. `text`: their raw JSON; blank
 * is an empty object. `problems`: what Python says of this very text, [{pointer, message, hint}];
 * null while it has not spoken (then the browser's hints are shown; an empty list silences them).
 * `label`: what the form is called. `onText(text)` gets the complete text after every change;
 * `onEnterSave()` is Ctrl+Enter.
 *
 * Returns {node, update({text, problems}), focusFirst(id), focused(), isForm()}. `update` with the
 * text the form has given disturbs nobody; leave `problems` out, or null, until Python has answered
 * for that text. When the text is no JSON object the node says so and `isForm()` is false; an update with
 * an object brings the fields back. A form drawn anew in the place of another one gives the focus
 * back with `focusFirst(other.focused())`.
 */
export function drawForm({ schema, text, problems = null, label, onText, onEnterSave }) {
  const form = new Form({ schema: schemaOf(schema), text, problems, label, onText, onEnterSave });
  return {
    node: form.node,
    update: (next) => form.update(next),
    focusFirst: (id) => form.focusFirst(id),
    focused: () => form.focused(),
    isForm: () => form.field !== null,
  };
}

/** What rows, groups and controls call `act`. */
class Form {
  constructor({ schema, text, problems, label, onText, onEnterSave }) {
    forms += 1;
    Object.assign(this, { schema, onText, onEnterSave });
    this.current = text;
    this.verdict = new Verdict(problems);
    this.folds = new Folds();
    this.chosen = new Map(); // pointer -> branch picked there
    this.owners = new WeakMap(); // element -> what tells the field it shows now
    this.ids = 0;
    this.prefix = `form${forms}`;
    this.aboutId = `${this.prefix}-about`;
    this.fields = el("div", { class: "ffields" });
    this.about = el("div", { class: "fabout dim", id: this.aboutId, text: KEYS_TEXT });
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
      this.about,
      this.fields,
    );
    this.root = null;
    this.draw();
  }

  // ---- what is asked of it

  newId() {
    this.ids += 1;
    return `${this.prefix}-${this.ids}`;
  }

  text() {
    return editable(this.current);
  }

  spell(value) {
    return spellJson(value, this.text());
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

  /** The field at a path of places. */
  at(path) {
    return path.reduce((field, place) => field?.children[place], this.field);
  }

  /** What is said of a field: Python's problems, else hints where Python has not spoken yet. */
  notesOf = (field) => {
    if (field.problems.length > 0) return field.problems.map((p) => ({ ...p, isVerdict: true }));
    if (this.verdict.isOpenAt(field.pointer)) return field.hints;
    return field.hints.filter((h) => h.keyword === "repeated"); // Python does not see it
  };

  /** Suggestions for a field: where something is said of it, and the soft ones. */
  fixesOf(field) {
    const isBroken = this.notesOf(field).length > 0;
    return field.fixes.filter((fix) => isBroken || fix.soft);
  }

  /** The digit of a suggestion, or null. */
  keyOf(fix) {
    const at = this.fixes.findIndex((known) => known.fix === fix);
    return at === -1 || at >= MOST_KEYS ? null : at + 1;
  }

  isOpen(field) {
    const isTroubled = () => everyField(field).some((f) => this.notesOf(f).length > 0);
    return this.folds.isOpen(field, isTroubled);
  }

  // ---- changes

  set(field, json) {
    if (json === field.raw) return;
    this.change((text, root) => replaceValue(text, root, field.path, json), [field.pointer]);
  }

  /** Make the value one of another kind. */
  choose(field, at) {
    const branch = field.branches[at];
    if (!branch) return;
    this.chosen.set(field.pointer, at);
    const text = this.text();
    this.set(field, asKind(branch, text, field.node, text, initialValue(branch)));
    this.draw(); // also when the text stayed and only the choice differs
    this.focus(field.id);
  }

  apply(field, fix) {
    if (!fix) return;
    if (fix.remove) this.remove(field);
    else if (fix.rename === undefined) {
      this.set(field, fix.json);
      this.focus(field.id);
    } else {
      const holder = field.pointer.slice(0, field.pointer.lastIndexOf("/"));
      const touched = [field.pointer, `${holder}/${escapePointer(fix.rename)}`];
      this.change((text, root) => renameKey(text, root, field.path, fix.rename), touched);
      this.focus(this.at(field.path).id);
    }
  }

  /** Add a declared member that is not there. */
  add(absent) {
    this.addMember(absent.path, absent.name, initialValue(absent.schema));
  }

  /** Add a member of any name to an object that takes such. */
  addNamed(group, name) {
    const known = group.absent.find((f) => f.name === name);
    if (known) this.add(known);
    else if (group.children.some((f) => f.name === name)) this.say(`“${name}” is there already.`);
    else this.addMember(group.path, name, initialValue(memberSchema(group.branch, name)));
  }

  addMember(path, name, value) {
    const json = this.spell(value);
    const pointer = `${this.at(path).pointer}/${escapePointer(name)}`;
    this.change((text, root) => addMember(text, root, path, name, json), [pointer]);
    this.enter(this.at(path).children.at(-1));
  }

  addItem(group) {
    const json = this.spell(initialValue(group.itemSchema));
    this.folds.set(`${group.id}/${group.children.length}`, true);
    this.change((text, root) => addItem(text, root, group.path, json), [group.pointer]);
    this.enter(this.at(group.path).children.at(-1));
  }

  remove(field) {
    if (field.where === "root" || field.where === "missing") return;
    const holder = this.at(field.path.slice(0, -1));
    const isItem = field.where === "item";
    if (isItem) this.folds.close(holder.id, field.index);
    const touched = [isItem ? holder.pointer : field.pointer];
    this.change((text, root) => removePart(text, root, field.path), touched);
    const left = this.at(holder.path).children;
    this.focus((left[field.index] || left.at(-1))?.id ?? `${holder.id}/+`);
  }

  /** Move the list item that the field is, or is in, by one place; the focus goes with it. */
  move(field, by) {
    const item = this.itemOf(field);
    const to = item ? item.index + by : -1;
    if (to < 0 || to >= item.count) return;
    const holder = this.at(item.path.slice(0, -1));
    const other = `${holder.id}/${to}`;
    this.folds.swap(item.id, other);
    this.change((text, root) => movePart(text, root, item.path, to), [holder.pointer]);
    this.focus(other + field.id.slice(item.id.length));
  }

  itemOf(field) {
    for (let n = field.path.length; n > 0; n -= 1) {
      const holder = this.at(field.path.slice(0, n));
      if (holder?.where === "item") return holder;
    }
    return null;
  }

  fold(field) {
    this.folds.set(field.id, !this.isOpen(field));
    this.draw();
  }

  change(edit, touched) {
    const text = this.text();
    const next = edit(text, parseSpans(text));
    if (next === this.current) return;
    this.current = next;
    for (const pointer of touched) this.verdict.touch(pointer);
    this.draw();
    this.onText(next);
  }

  // ---- drawing

  update({ text, problems = null }) {
    const isOther = text !== this.current;
    if (!isOther && problems === null) return;
    this.current = text;
    this.verdict.hear(problems);
    this.draw();
    requestAnimationFrame(() => this.stayInSight()); // what is said elsewhere may have taken room
  }

  draw() {
    this.field = fieldTree(this.schema, this.current, this.verdict.problems || [], this.chosen);
    if (!this.field) {
      this.root = null;
      fill(this.fields, el("div", { class: "notice", text: NO_FORM }));
      return;
    }
    this.fixes = everyField(this.field).flatMap((field) =>
      this.fixesOf(field).map((fix) => ({ field, fix })),
    );
    if (this.root) this.root.show(this.field);
    else {
      this.root = drawField(this, this.field);
      fill(this.fields, this.root.node);
    }
  }

  /** After typing: a control that waited for the end of it becomes what its value is. */
  settle() {
    queueMicrotask(() => this.draw());
  }

  say(text) {
    this.about.textContent = text;
  }

  /** Say what the tool says of the field with the focus. */
  tell(target) {
    const field = this.fieldOf(target);
    if (!field || field === this.field) {
      this.say(KEYS_TEXT);
      return;
    }
    const preset = field.default === undefined ? "" : JSON.stringify(field.default);
    fill(
      this.about,
      el("b", { text: field.name }),
      field.typeText ? ` ${field.typeText}` : null,
      field.description ? ` — ${field.description}` : null,
      preset ? ` Default: ${preset}.` : null,
    );
  }

  // ---- focus and keys

  focus(id) {
    const all = [...this.node.querySelectorAll("[data-field]")];
    const found = all.find((node) => node.dataset.field === id && !node.closest("[hidden]"));
    found?.focus({ preventScroll: true });
    found?.scrollIntoView({ block: "nearest" });
    return Boolean(found);
  }

  /** Focus the first value in a field that was just added. */
  enter(field) {
    let inner = field;
    while (inner.children.length > 0) [inner] = inner.children;
    const isEmpty = inner.control === "object" || inner.control === "array";
    this.focus(isEmpty ? `${inner.id}/+` : inner.id);
  }

  /** The field with the focus, by its id; null when it is elsewhere. */
  focused() {
    const active = this.node.getRootNode().activeElement;
    const row = this.node.contains(active) ? active.closest(".frow, .fhead, .ftail") : null;
    return row?.querySelector("[data-field]")?.dataset.field ?? null;
  }

  stayInSight() {
    const active = this.node.getRootNode().activeElement;
    if (this.node.contains(active)) active.scrollIntoView({ block: "nearest" });
  }

  /** Focus the field with this id, else the first that is broken, else the first. */
  focusFirst(id = null) {
    if (id !== null && this.focus(id)) return;
    const broken = this.field && everyField(this.field).find((f) => this.notesOf(f).length > 0);
    if (broken && broken !== this.field) this.focus(broken.id);
    else this.node.querySelector("[data-field]")?.focus({ preventScroll: true });
  }

  onKey(event) {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) this.onEnterSave?.();
    else if (!event.altKey || event.ctrlKey || event.metaKey || !this.onAltKey(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Whether the key means something here. Digits by their place: Alt may change their sign. */
  onAltKey(event) {
    const field = this.field && this.fieldOf(event.target);
    const digit = /^(?:Digit|Numpad)([1-9])$/.exec(event.code || "");
    if (!field) return false;
    if (digit) {
      const found = this.fixes[Number(digit[1]) - 1];
      if (found) this.apply(found.field, found.fix);
    } else if (event.key === "ArrowUp") this.move(field, -1);
    else if (event.key === "ArrowDown") this.move(field, 1);
    else if (event.key === "Delete") this.remove(field);
    else return false;
    return true;
  }

  /** Arrows on the head of a group: fold, unfold, to the next or the previous head of its list. */
  onFoldKey(event, field) {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const isOpen = this.isOpen(field);
    const by = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (by) {
      const next = this.at(field.path.slice(0, -1))?.children[field.index + by];
      if (next) this.focus(next.id);
    } else if ((event.key === "ArrowRight" && !isOpen) || (event.key === "ArrowLeft" && isOpen)) {
      this.fold(field);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }
}
