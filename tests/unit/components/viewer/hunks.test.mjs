import assert from "node:assert/strict";
import test from "node:test";

import { shorten } from "../../../../components/viewer/assets/hunks.js";

const kept = (text) => ({ kind: "kept", text });
const removed = (text) => ({ kind: "removed", text });
const added = (text) => ({ kind: "added", text });

test("short hunks are shown as they are", () => {
  const hunks = [kept("a room for "), removed("three"), added("four"), kept(" people")];
  assert.deepEqual(shorten(hunks), hunks);
});

test("what two long blocks share at both ends is equal, word by word", () => {
  const long = "one sentence of many. ".repeat(500);
  const hunks = [removed(`${long}It is free. ${long}`), added(`${long}It is taken. ${long}`)];
  const [head, was, is, tail] = shorten(hunks);
  assert.equal(was.text, "free.");
  assert.equal(is.text, "taken.");
  assert.match(head.text, /^\[… [\d,]+ equal characters …\] .*It is $/);
  assert.match(tail.text, /^ one sentence .*\[… [\d,]+ equal characters …\]$/);
});

test("a text that was only added to or only shortened keeps the rest", () => {
  const more = shorten([removed("one two"), added("one two three")]);
  assert.deepEqual(more, [kept("one two"), added(" three")]);
  assert.deepEqual(shorten([removed("aa aa"), added("aa")]), [kept("aa"), removed(" aa")]);
});

test("nothing is lost between the ends, whatever the texts share", () => {
  for (const [before, after] of [["", "x"], ["x", ""], ["👍 a", "👎 a"], ["ab ab", "ab ab ab"], ["a", "b"]]) {
    const shown = shorten([removed(before), added(after)]);
    const text = (without) => shown.filter((h) => h.kind !== without).map((h) => h.text).join("");
    assert.equal(text("added"), before);
    assert.equal(text("removed"), after);
  }
});

test("a long stretch is cut, and says by how much", () => {
  const [hunk] = shorten([removed("x".repeat(5000))]);
  assert.ok(hunk.text.endsWith("[… 3,800 more characters …]"));
});
