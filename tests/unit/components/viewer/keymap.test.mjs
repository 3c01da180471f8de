import assert from "node:assert/strict";
import test from "node:test";

import { COMMANDS } from "../../../../components/viewer/assets/commands.js";
import {
  commandOf,
  GROUPS,
  isForViewer,
  mayRepeat,
  plainKey,
  readCode,
} from "../../../../components/viewer/assets/keymap.js";

const rows = GROUPS.flatMap((group) => group.keys);
const press = (key, more = {}) => ({ key, composedPath: () => [{ tagName: "DIV" }], ...more });

test("no key has two meanings, and Streamlit's own are left alone", () => {
  const keys = rows.flatMap(([key, , , more]) => [key, ...more]);
  assert.equal(new Set(keys).size, keys.length);
  assert.ok(!keys.includes("c") && !keys.includes("r"));
});

test("every key in the help does something, and everything that can be done has a key", () => {
  const named = rows.map(([, command]) => command);
  assert.deepEqual([...named].sort(), Object.keys(COMMANDS).sort());
  assert.equal(commandOf("Enter"), "commit");
  assert.equal(commandOf("9"), undefined);
});

test("Caps Lock and other layouts type the same keys", () => {
  assert.equal(plainKey(press("A")), "a");
  assert.equal(plainKey(press("a", { shiftKey: true })), "A");
  assert.equal(plainKey(press("A", { shiftKey: true })), "A");
  assert.equal(plainKey(press("?", { shiftKey: true })), "?");
  assert.equal(plainKey(press("Enter")), "Enter");
  const altGr = { ctrlKey: true, altKey: true, getModifierState: (name) => name === "AltGraph" };
  assert.ok(isForViewer(press("1", { shiftKey: true })), "French digits");
  assert.ok(isForViewer(press("[", altGr)), "German brackets");
  assert.ok(isForViewer(press("/", { shiftKey: true })), "German slash");
  assert.ok(!isForViewer(press("1", { ctrlKey: true })), "the browser's own shortcut");
  assert.ok(!isForViewer(press("W", { shiftKey: true })));
  assert.ok(!isForViewer(press("Process", { keyCode: 229 })), "a text is being composed");
});

test("only moving repeats while a key is held", () => {
  const repeating = rows.map(([, command]) => command).filter(mayRepeat);
  const moving = GROUPS[0].keys.map(([, command]) => command).filter((c) => c.includes("-"));
  assert.deepEqual(repeating, moving);
});

test("keys with modifiers and keys typed into fields are not ours", () => {
  assert.ok(isForViewer(press("j")));
  assert.ok(isForViewer(press("?", { shiftKey: true })));
  for (const modifier of ["ctrlKey", "altKey", "metaKey", "shiftKey", "isComposing"]) {
    assert.ok(!isForViewer(press("l", { [modifier]: true })), modifier);
  }
  for (const tagName of ["INPUT", "TEXTAREA", "SELECT"]) {
    assert.ok(!isForViewer(press("j", { composedPath: () => [{ tagName }] })), tagName);
  }
  const editable = { tagName: "DIV", isContentEditable: true };
  assert.ok(!isForViewer(press("j", { composedPath: () => [editable] })));
});

test("Shift with the arrows picks words while words are picked, and is the browser's otherwise", () => {
  const arrow = press("ArrowRight", { shiftKey: true });
  assert.ok(!isForViewer(arrow));
  assert.ok(isForViewer(arrow, true));
  assert.equal(plainKey(arrow), "Shift+ArrowRight");
  assert.equal(plainKey(press("ArrowRight")), "ArrowRight");
  assert.ok(!isForViewer(press("Enter", { shiftKey: true }), true));
});

test("Enter belongs to a button only when it was reached with Tab", () => {
  const onButton = (tabbed) => ({
    composedPath: () => [{ tagName: "BUTTON", matches: () => tabbed }],
  });
  assert.ok(!isForViewer(press("Enter", onButton(true))));
  assert.ok(isForViewer(press("Enter", onButton(false))));
  assert.ok(isForViewer(press("j", onButton(true))));
});

test("codes are read letter by letter", () => {
  const categories = [{ code: "pv" }, { code: "pt" }, { code: "th" }];
  assert.equal(readCode(categories, "p").state, "partial");
  assert.deepEqual(readCode(categories, "pt"), { state: "hit", category: categories[1] });
  assert.equal(readCode(categories, "q").state, "none");
  assert.equal(readCode(categories, "px").state, "none");
});
