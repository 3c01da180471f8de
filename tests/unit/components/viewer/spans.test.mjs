import assert from "node:assert/strict";
import test from "node:test";

import { unitSpan } from "../../../../components/viewer/assets/grounding.js";
import { pointSpan, sameWords, shortQuote, trimmed, wordsOf } from "../../../../components/viewer/assets/spans.js";

const words = (text, [start, end]) => text.slice(start, end);
const points = (text, [start, end]) => [...text].slice(start, end).join(""); // as Python counts

test("spans are counted in code points and come back the same", () => {
  const text = "a👍🏽b 🙂 é 𝒳 e\u0301 한 end"; // pairs, a skin tone, a combining mark
  for (let start = 0; start < text.length; start += 1) {
    for (let end = start + 1; end <= text.length; end += 1) {
      const span = pointSpan(text, [start, end]);
      const back = unitSpan(text, span);
      assert.ok(words(text, back).includes(words(text, [start, end])), `${start} ${end}`);
      assert.equal(points(text, span), words(text, back));
      assert.ok(back[1] - back[0] - (end - start) <= 2, "only halves of pairs are completed");
    }
  }
  assert.deepEqual(pointSpan("🙂!", [2, 3]), [1, 2]);
  assert.deepEqual(pointSpan("🙂!", [1, 3]), [0, 2], "half of a pair");
});

test("words are cut in any language, signs by themselves", () => {
  const text = "Let me look. 多謝您 👍🏽!";
  const cut = wordsOf(text).map((span) => words(text, span));
  assert.equal(cut.join(""), text.replace(/\s/g, ""));
  assert.deepEqual(cut.slice(0, 4), ["Let", "me", "look", "."]);
  assert.ok(cut.includes("👍🏽"), "one sign, however many code points");
  assert.deepEqual(wordsOf("  \n"), []);
  const long = "ab ".repeat(40_000);
  assert.equal(wordsOf(long).length, 40_000);
});

test("white space at the ends is left out", () => {
  assert.deepEqual(trimmed("a  b c ", [1, 7]), [3, 6]);
  assert.equal(trimmed("a   b", [1, 4]), null);
});

test("words selected in drawn Markdown are found in its source, and back", () => {
  const source = "I think *Friday* is the **13th**, `x_1` and Friday again.\n\n- Friday";
  const drawn = "I think Friday is the 13th, x_1 and Friday again.\n\nFriday\n";
  for (const [nth, wanted] of ["Friday", "Friday", "Friday"].entries()) {
    let at = -1;
    for (let i = 0; i <= nth; i += 1) at = drawn.indexOf(wanted, at + 1);
    const found = sameWords(drawn, [at, at + wanted.length], source);
    assert.equal(words(source, found), wanted);
    assert.deepEqual(sameWords(source, found, drawn), [at, at + wanted.length]);
  }
  const across = sameWords(drawn, [8, 26], source);
  assert.equal(words(source, across), "Friday* is the **13th");
});

test("where layouts differ by more than markup, the k-th of as many is meant, and else none", () => {
  const source = "1. one two\n2. two &amp; three";
  const drawn = "one two\ntwo & three";
  assert.equal(words(source, sameWords(drawn, [8, 11], source)), "two");
  assert.equal(sameWords(drawn, [8, 11], source)[0], source.lastIndexOf("two"));
  assert.equal(sameWords(drawn, [12, 19], source), null, "it says &amp; there");
  assert.equal(sameWords("a 1", [2, 3], "1. a 1"), null, "1 twice here, once there");
  assert.equal(sameWords("* *", [0, 1], "x"), null);
});

test("a quote is one line and not too long", () => {
  assert.equal(shortQuote(" a\n  b "), "a b");
  assert.equal(shortQuote("x".repeat(60)).length, 48);
});
