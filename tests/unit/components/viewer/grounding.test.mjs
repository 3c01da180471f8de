import assert from "node:assert/strict";
import test from "node:test";

import {
  nextNowhere,
  nowherePlaces,
  originAt,
  originWords,
  originsOfRows,
  placeOfSource,
  quoteOf,
  sameSpot,
  sourceName,
  sourceSentence,
  styleOf,
  unitSpan,
  wordOf,
} from "../../../../components/viewer/assets/grounding.js";

const from = (origin, how = null, at = null, span = null, more = {}) => ({ origin, how, at, span, ...more });
const row = (pointer) => ({ pointer, name: pointer.slice(1), value: "x", type: "string" });
const call = (index, name, origins, rows = Object.keys(origins)) => ({
  index,
  name,
  origins,
  rows: rows.map(row),
});
const message = (index, role, text, step = null, calls = [], answers = null) => ({
  index,
  role,
  text,
  step,
  calls,
  answers,
});
const view = {
  messages: [
    message(0, "system", "Today is Monday."),
    message(1, "user", "Two rooms in Oslo, please."),
    message(2, "assistant", "", 1, [
      call(0, "find", { "/city": from("user", "exact", 1, [13, 17]), "/seats": from("nowhere") }),
      call(1, "find", { "/n": from("user", "number", 1, [0, 3]), "/all/0": from("nowhere"), "/all/1": from("nowhere"), "/all/2": from("schema", "exact") }, ["/n", "/all"]),
    ]),
    message(3, "tool", '{"room": "R7"}', null, [], [2, 0]),
    message(4, "assistant", "", 2, [
      call(0, "book", { "/room": from("result", "exact", 3, [10, 12]), "/city": from("assistant", "exact", 2, null, { call: 0, pointer: "/city" }) }),
      call(1, "book", { "/deep/er": from("nowhere") }, ["/deep"]),
    ]),
  ],
};
const at = (m, c = null, p = null) => ({ message: m, call: c, pointer: p });

test("the kind of line says how near the source is", () => {
  const kinds = [
    [from("user", "exact"), "literal"],
    [from("result", "case"), "literal"],
    [from("system", "date"), "derived"],
    [from("result", "reference"), "derived"],
    [from("assistant", "exact"), "own"],
    [from("schema", "exact"), "none"],
    [from("composed"), "none"],
    [from("nowhere"), "nowhere"],
  ];
  for (const [found, style] of kinds) assert.equal(styleOf(found), style, found.origin);
});

test("words for a place that shows no view tell a derived value from one that was said", () => {
  assert.equal(originWords(from("user", "exact")), "said by the user");
  assert.equal(originWords(from("user", "words")), "derived (words) from the user's words");
  assert.equal(originWords(from("result", "number")), "derived (number) from a result");
  assert.equal(originWords(from("result", "reference")), "refers to a result");
  assert.equal(originWords(from("nowhere")), "from nowhere");
});

test("a word tells the origin, with the step that a result belongs to", () => {
  const { origins } = view.messages[4].calls[0];
  assert.equal(wordOf(view, origins["/room"]), "result s1");
  assert.equal(wordOf(view, origins["/city"]), "assistant s1");
  assert.equal(wordOf(view, view.messages[2].calls[1].origins["/n"]), "derived: number");
  assert.equal(wordOf(view, from("nowhere")), "nowhere");
  assert.equal(sourceName(view, origins["/room"]), "the result of step 1 (find)");
  assert.equal(sourceName(view, from("user", "exact", 1, [0, 3])), "the user, turn 1");
});

test("a row that holds several values says the worst of them, and of how many", () => {
  const said = originsOfRows(view.messages[2].calls[1]);
  const { style, n, alike } = said.get("/all");
  assert.deepEqual([style, n, alike], ["nowhere", 3, 2]);
  assert.equal(originAt(view, at(2, 1, "/n")).found.how, "number");
  assert.equal(originAt(view, at(2, 1)), null);
  assert.equal(originAt(view, at(0)), null);
});

test("values from nowhere are visited in reading order, each row once, and round", () => {
  const places = [at(2, 0, "/seats"), at(2, 1, "/all"), at(4, 1, "/deep")];
  assert.deepEqual(nowherePlaces(view), places);
  let cursor = at(null);
  const seen = [];
  for (let i = 0; i < 4; i += 1) {
    const { place, wrapped } = nextNowhere(view, cursor);
    seen.push([place, wrapped]);
    cursor = place;
  }
  assert.deepEqual(seen, [[places[0], false], [places[1], false], [places[2], false], [places[0], true]]);
  assert.deepEqual(nextNowhere(view, at(2, 1, "/n")).place, places[1], "from an argument before it in its call");
  assert.deepEqual(nextNowhere(view, at(2, 1)).place, places[1], "from the call that it is in");
  assert.equal(nextNowhere({ messages: [] }, at(null)).place, null);
});

test("the place of a source is the call that a result answers, or the argument repeated", () => {
  const { origins } = view.messages[4].calls[0];
  assert.deepEqual(placeOfSource(view, origins["/room"]), at(2, 0));
  assert.deepEqual(placeOfSource(view, origins["/city"]), at(2, 0, "/city"));
  assert.deepEqual(placeOfSource(view, from("user", "exact", 1, [0, 3])), at(1));
  assert.equal(placeOfSource(view, from("nowhere")), null);
});

test("a source is quoted with the words around it", () => {
  const { origins } = view.messages[2].calls[0];
  assert.deepEqual(quoteOf(view, origins["/city"]), { before: "Two rooms in ", words: "Oslo", after: ", please." });
  assert.match(sourceSentence(view, origins["/city"]), /^the user, turn 1: .*«Oslo»/);
  assert.match(sourceSentence(view, from("nowhere")), /^nowhere/);
  assert.equal(quoteOf(view, from("nowhere")), null);
});

test("spans are counted in code points by the server and in UTF-16 units here", () => {
  assert.deepEqual(unitSpan("abc", [1, 2]), [1, 2]);
  const text = "👍🏽 to Oslo 🏔 ok";
  const start = [...text].join("|").split("|").indexOf("O");
  const [from, to] = unitSpan(text, [start, start + 4]);
  assert.equal(text.slice(from, to), "Oslo");
  assert.deepEqual(unitSpan("a👍", [1, 2]), [1, 3]);
});

test("a place is found again where the layout is another", () => {
  const raw = "**R1** or R1 and `R1`";
  const shown = "R1 or R1 and R1";
  assert.deepEqual(sameSpot(raw, [10, 12], shown), [6, 8]);
  assert.deepEqual(sameSpot(raw, [18, 20], shown), [13, 15]);
  assert.deepEqual(sameSpot("same", [1, 3], "same"), [1, 3]);
  assert.equal(sameSpot("a *b* c", [2, 5], "a b c"), null);
});
