import assert from "node:assert/strict";
import test from "node:test";

import { described } from "../../../../components/viewer/assets/presence.js";

test("who is here is one calm line", () => {
  assert.equal(described([], 0, 0), "");
  assert.equal(described(["Ana"], 0, 0), "Ana is here too");
  assert.equal(described(["Ana", "Bo"], 0, 0), "Ana and Bo are here too");
  assert.equal(described(["Ana", "Bo", "Cy"], 0, 0), "Ana and 2 others are here too");
  assert.equal(described([], 2, 1), "also open in another tab of yours");
  assert.equal(described(["Ana"], 0, 1), "Ana is here too · also open elsewhere under your name");
});
