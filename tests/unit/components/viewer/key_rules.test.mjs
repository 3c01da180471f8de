import assert from "node:assert/strict";
import { afterEach, test } from "node:test";

import { keySign, notForCommand, resolveKeys, whyNot, withKey } from "../../../../components/viewer/assets/key_rules.js";
import { commandOf, GROUPS, isForViewer, keyOf, keysHint, movedKeys, useKeys } from "../../../../components/viewer/assets/keymap.js";

afterEach(() => useKeys({}));

const press = (key, more = {}) => ({ key, composedPath: () => [{ tagName: "DIV" }], ...more });

test("a moved key is printed, does its command, and its old key is free", () => {
  useKeys({ "step-next": "ö", undo: "U" });
  assert.equal(commandOf("ö"), "step-next");
  assert.equal(commandOf("j"), undefined);
  assert.equal(commandOf("ArrowDown"), "step-next", "the arrow stays");
  assert.equal(keyOf("step-next"), "ö");
  assert.equal(keysHint("step-next", "step-previous"), " (ö, k)");
  assert.ok(isForViewer(press("U", { shiftKey: true })));
  assert.deepEqual(movedKeys(), { "step-next": "ö", undo: "U" });
  useKeys({});
  assert.equal(commandOf("j"), "step-next");
});

test("a moved sign is reached with Shift or AltGr where the layout needs it", () => {
  const altGr = { ctrlKey: true, altKey: true, getModifierState: (name) => name === "AltGraph" };
  assert.ok(!isForViewer(press("!", { shiftKey: true })));
  assert.ok(!isForViewer(press("@", altGr)));
  useKeys({ fold: "!", tool: "@" });
  assert.ok(isForViewer(press("!", { shiftKey: true })));
  assert.ok(isForViewer(press("@", altGr)));
  assert.ok(!isForViewer(press("@", { ctrlKey: true })), "the browser's own");
});

test("Shift never makes a commit of Enter", () => {
  assert.ok(isForViewer(press("Enter")));
  assert.ok(!isForViewer(press("Enter", { shiftKey: true })));
  assert.ok(!isForViewer(press("ArrowDown", { shiftKey: true })));
});

test("a key that another command has is refused with that command's name", () => {
  assert.match(whyNot(GROUPS, {}, "fold", "j"), /^j is “next step” already/);
  assert.match(whyNot(GROUPS, {}, "fold", "ArrowDown"), /^↓ is “next step” already/);
  assert.match(whyNot(GROUPS, { "step-next": "8" }, "fold", "8"), /^8 is “next step” already/);
  assert.equal(whyNot(GROUPS, { "step-next": "!" }, "fold", "j"), "", "j was given up");
  assert.equal(whyNot(GROUPS, {}, "step-next", "j"), "", "its own");
});

test("keys of the browser, of Streamlit and of every field are refused with the reason", () => {
  for (const key of ["c", "r", "C", "R"]) assert.match(notForCommand("fold", key), /Streamlit/);
  assert.match(notForCommand("fold", "Tab"), /control to control/);
  assert.match(notForCommand("fold", "Escape"), /always leaves/);
  assert.match(notForCommand("fold", " "), /space bar/);
  assert.match(notForCommand("fold", "Enter"), /only commit/);
  assert.equal(notForCommand("commit", "Enter"), "");
  for (const key of ["F5", "PageDown", "Home", "Backspace"]) assert.match(notForCommand("fold", key), /browser/);
  for (const key of ["ö", "Я", "!", "F2", "Insert", "Delete", "ArrowUp"]) assert.equal(notForCommand("fold", key), "");
});

test("every key of the table could be chosen for its command", () => {
  for (const [key, command] of GROUPS.flatMap((group) => group.keys)) {
    assert.equal(notForCommand(command, key), "", key);
    assert.equal(whyNot(GROUPS, {}, command, key), "", key);
  }
});

test("what is kept is only what differs", () => {
  const moved = withKey(GROUPS, {}, "fold", "!");
  assert.deepEqual(moved, { fold: "!" });
  assert.deepEqual(withKey(GROUPS, moved, "fold", null), {});
  assert.deepEqual(withKey(GROUPS, moved, "fold", "o"), {});
});

test("a stored map of another version never breaks the keys", () => {
  const groups = [{ title: "x", keys: [["a", "one", "the one", []], ["b", "two", "the two", ["ArrowUp"]]] }];
  const { commands, printed } = resolveKeys(groups, { gone: "z", one: "b", two: 7 });
  assert.deepEqual([...commands], [["b", "one"], ["ArrowUp", "two"]]);
  assert.equal(printed.get("one"), "b");
  assert.equal(printed.get("two"), undefined, "its key was taken: none until it is given one");
  const doubled = resolveKeys(groups, { one: "q", two: "q" });
  assert.deepEqual([doubled.printed.get("one"), doubled.printed.get("two")], ["q", "b"]);
  const refused = resolveKeys(groups, { one: "c" });
  assert.equal(refused.printed.get("one"), "a");
});

test("keys are printed with their signs", () => {
  assert.deepEqual(["Enter", "Delete", "ArrowLeft", "j"].map(keySign), ["⏎", "Del", "←", "j"]);
});
