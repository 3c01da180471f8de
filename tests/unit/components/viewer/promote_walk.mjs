// Tries promoted in corrections that are under way, for test_promote_wire.py: reads {messages, tries,
// seed, walks} from standard input, writes what is sent and whether undo brings back what was there.

import { readFileSync } from "node:fs";

import * as r from "../../../../components/viewer/assets/revision.js";
import { historyOf, performed, undone } from "../../../../components/viewer/assets/revision_history.js";
import { promoted } from "../../../../components/viewer/assets/revision_promote.js";
import { attestedToWire, toWire } from "../../../../components/viewer/assets/revision_wire.js";

const { messages, tries, seed, walks } = JSON.parse(readFileSync(0, "utf8"));
let now = seed;
const dice = (n) => {
  now = (now * 1103515245 + 12345) % 2147483648;
  return Math.floor((now / 2147483648) * n);
};
const pick = (list) => list[dice(list.length)];

function touched(state, key) {
  const entry = r.entryOf(state, key);
  const call = entry.calls.length > 0 ? pick(entry.calls) : null;
  switch (dice(call ? 6 : 2)) {
    case 0: return r.setText(state, messages, key, pick(["Hm.", ""]));
    case 1: return r.addCall(state, key, { name: "find", text: "{}" });
    case 2: return r.setArguments(state, messages, key, call.key, '{"city": "Bonn"}');
    case 3: return r.removeCall(state, key, call.key);
    case 4: return r.moveCall(state, messages, key, call.key, 1);
    default: return r.duplicateCall(state, messages, key, call.key);
  }
}

function promote(state, index, answer) {
  const imported = messages[index].calls;
  const calls = r.entryOf(state, `m${index}`).calls;
  const standing = imported.map((_, j) => calls.find((call) => call.from === j) || null);
  return promoted(state, messages, `m${index}`, { answer, imported, standing });
}

const cases = [];
for (let walk = 0; walk < walks; walk += 1) {
  const index = Number(pick(Object.keys(tries)));
  const answer = pick(tries[index].others);
  let state = r.begin(messages, messages.map((_, i) => i));
  for (let i = dice(4); i > 0; i -= 1) state = touched(state, `m${index}`);
  const after = promote(state, index, answer);
  const history = performed(historyOf(state), after);
  cases.push({
    index,
    id: answer.id,
    before: toWire(state, messages),
    undone: toWire(undone(history).now, messages),
    wire: toWire(after, messages),
    twice: toWire(promote(after, index, answer), messages),
    attested: attestedToWire(after),
  });
}
process.stdout.write(JSON.stringify(cases));
