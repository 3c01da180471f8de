// Random operations of the viewer's corrections, for test_revision_wire.py: reads {messages, seed,
// walks} from standard input, writes what is sent and what the browser takes it to mean.

import { readFileSync } from "node:fs";

import * as r from "../../../../components/viewer/assets/revision.js";
import { fromDraft, toDraft } from "../../../../components/viewer/assets/revision_draft.js";
import { attestedToWire, toWire } from "../../../../components/viewer/assets/revision_wire.js";

const { messages, seed, walks } = JSON.parse(readFileSync(0, "utf8"));
let now = seed;
const dice = (n) => {
  now = (now * 1103515245 + 12345) % 2147483648;
  return Math.floor((now / 2147483648) * n);
};
const pick = (list) => list[dice(list.length)];
const parents = messages.map((_, i) => i);

function step(state) {
  const entry = pick(state.entries);
  const call = entry.calls.length > 0 ? pick(entry.calls) : null;
  switch (dice(14)) {
    case 0: return r.setText(state, messages, entry.key, pick(["", "Hm.", messages[entry.from]?.text ?? "x"]));
    case 1: return r.removeMessage(state, entry.key);
    case 2: return r.removeMessage(state, entry.key, false);
    case 3: return dice(3) === 0 ? r.cutFrom(state, entry.key) : state;
    case 4: return r.restoreFrom(state, entry.key);
    case 5: return r.insertAfter(state, entry.key, pick(["user", "assistant"]), { content: "new" });
    case 6: return r.attest(state, entry.key, true);
    default: return call ? stepOfCall(state, entry, call) : state;
  }
}

function stepOfCall(state, entry, call) {
  switch (dice(7)) {
    case 0: return r.setArguments(state, messages, entry.key, call.key, pick(['{"city": "Rome"}', '{"city":"Bonn"}']));
    case 1: return r.addCall(state, entry.key, { name: "find", text: "{}", after: call.key });
    case 2: return r.duplicateCall(state, messages, entry.key, call.key);
    case 3: return r.removeCall(state, entry.key, call.key, dice(2) === 0);
    case 4: return r.moveCall(state, messages, entry.key, call.key, pick([-1, 1]));
    case 5: return r.setTool(state, messages, entry.key, call.key, "find", "{}");
    default: {
      const isThere = !entry.removed && !call.removed;
      return isThere ? r.insertAfter(state, entry.key, "tool", { answers: { entry: entry.key, call: call.key }, content: "R9" }) : state;
    }
  }
}

function meaning(state) {
  return r.standing(state).map((entry) => ({
    role: entry.role,
    text: r.textOf(messages, entry),
    calls: r.standingCalls(entry).map((c) => [r.nameOf(messages, entry, c), r.argumentsOf(messages, entry, c)]),
  }));
}

const cases = [];
for (let walk = 0; walk < walks; walk += 1) {
  let state = r.begin(messages, parents);
  const length = dice(14);
  for (let i = 0; i < length; i += 1) state = step(state);
  const draft = JSON.parse(JSON.stringify(toDraft({ state, base: null, reason: "" })));
  const again = fromDraft(draft, messages, parents);
  cases.push({
    wire: toWire(state, messages),
    attested: attestedToWire(state),
    meaning: meaning(state),
    survives: again !== null && JSON.stringify(toWire(again, messages)) === JSON.stringify(toWire(state, messages)),
  });
}
process.stdout.write(JSON.stringify(cases));
