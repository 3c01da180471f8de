import assert from "node:assert/strict";
import test from "node:test";

import { chosenDraft, copyIn, isSame } from "../../../../components/viewer/assets/drafts.js";
import { VERSION } from "../../../../components/viewer/assets/revision_draft.js";

const draft = (reason, more = {}) => ({ version: VERSION, base: null, entries: [0], attested: [], reason, ...more });
const nothing = { revision: 0, content: null };
const copy = (revision, isPending, content, sid = "page") => ({ revision, sid, isPending, content });

test("copies of a studio that kept drafts on this machine only are taken up", () => {
  assert.deepEqual(copyIn(draft("old")), copy(0, true, draft("old"), ""));
  assert.deepEqual(copyIn(copy(2, false, draft("new"))), copy(2, false, draft("new")));
  for (const broken of [null, {}, { version: -1 }, { content: {} }]) assert.equal(copyIn(broken), null);
});

test("nothing is kept anywhere", () => {
  assert.equal(chosenDraft(null, nothing), null);
  assert.equal(chosenDraft(null, { revision: 3, content: null }), null);
});

test("the studio's draft comes to a machine that has none", () => {
  const chosen = chosenDraft(null, { revision: 3, content: draft("s") });
  assert.deepEqual(chosen, { content: draft("s"), revision: 3, heirOf: "", isPending: false, theirs: null });
});

test("what the studio has got is not taken from this machine's disk", () => {
  assert.equal(chosenDraft(copy(3, false, draft("old")), { revision: 4, content: draft("s") }).content.reason, "s");
  assert.equal(chosenDraft(copy(3, false, draft("old")), { revision: 4, content: null }), null, "saved or discarded elsewhere");
});

test("what the studio has not got goes on from what it has", () => {
  const chosen = chosenDraft(copy(3, true, draft("l")), { revision: 3, content: draft("s") });
  assert.deepEqual(chosen, { content: draft("l"), revision: 3, heirOf: "page", isPending: true, theirs: null });
  assert.equal(chosenDraft(copy(0, true, draft("l")), nothing).content.reason, "l");
});

test("a view fetched before this browser's other tab kept its draft is older than the copy", () => {
  const chosen = chosenDraft(copy(2, false, draft("l")), nothing);
  assert.deepEqual([chosen.content.reason, chosen.revision, chosen.isPending], ["l", 2, false]);
});

test("two that parted are both there, unless they say the same", () => {
  const kept = { revision: 4, content: draft("s", { place: { entry: "m1", call: null } }) };
  assert.equal(chosenDraft(copy(3, true, draft("l")), kept).theirs, kept.content);
  assert.equal(chosenDraft(copy(3, true, draft("s")), kept).theirs, null);
  assert.ok(isSame(draft("s", { isOpen: true }), kept.content));
  const discarded = chosenDraft(copy(3, true, draft("l")), { revision: 4, content: null });
  assert.deepEqual([discarded.content.reason, discarded.theirs], ["l", null], "typed on while another tab discarded");
});

test("drafts of another version of the studio are left alone", () => {
  assert.equal(chosenDraft(null, { revision: 1, content: { version: -1 } }), null);
  assert.equal(chosenDraft(copy(0, true, draft("l")), { revision: 1, content: { version: -1 } }).theirs, null);
});
