// The outbox: acts that were performed and painted, but are not yet known to be saved.
//
// A pure reducer, so that its rules can be tested without a browser. `sender.js` drives it.
// Rules: ops leave in the order they were made, one request in flight, everything unsent of one
// session in one batch; an op stays until the server has answered for it; a failure changes nothing
// but the time of the next attempt. Ops of an earlier page load keep their own session id, which is
// what makes delivering them a second time harmless.

export const FIRST_DELAY_MS = 500;
export const LONGEST_DELAY_MS = 5000;
export const SLOW_MS = 5000;
export const MOST_AT_ONCE = 500;

/** An outbox with nothing in it. */
export function emptyOutbox() {
  return { ops: [], inflight: 0, failures: 0, error: "", denied: false, single: false };
}

/** The next state of the outbox; never changes the given one. */
export function reduce(state, event) {
  switch (event.type) {
    case "add":
      return { ...state, ops: [...state.ops, event.op] };
    case "adopt": {
      const known = new Set(state.ops.map(identity));
      const fresh = event.ops.filter((op) => !known.has(identity(op)));
      // Older than anything made since; nothing is moved past a batch that is on its way.
      const ops = [
        ...state.ops.slice(0, state.inflight),
        ...fresh,
        ...state.ops.slice(state.inflight),
      ];
      return { ...state, ops };
    }
    case "sending":
      return { ...state, inflight: batch(state).length };
    case "answered":
      return {
        ...state,
        ops: state.ops.filter((op) => op.sid !== event.session || op.n > event.acked),
        inflight: 0,
        failures: 0,
        error: "",
        single: false,
      };
    case "refused": {
      // The whole request was refused. Send ops one by one to find which; drop only that one.
      if (state.inflight > 1) return { ...state, inflight: 0, single: true };
      return { ...state, ops: state.ops.slice(1), inflight: 0, failures: 0, error: "" };
    }
    case "failed":
      return { ...state, inflight: 0, failures: state.failures + 1, error: event.message };
    case "denied":
      return { ...state, inflight: 0, denied: true, error: event.message };
    case "admitted":
      return { ...state, denied: false, error: "" };
    default:
      throw new Error(`unknown outbox event ${event.type}`);
  }
}

/** The ops of the next request: the longest run from the front that shares one session. */
export function batch(state) {
  if (state.ops.length === 0) return [];
  if (state.single) return state.ops.slice(0, 1);
  const end = state.ops.findIndex((op) => op.sid !== state.ops[0].sid);
  return state.ops.slice(0, Math.min(MOST_AT_ONCE, end === -1 ? state.ops.length : end));
}

/** Milliseconds until the next attempt after `failures` failures in a row. */
export function retryDelay(failures) {
  if (failures === 0) return 0;
  return Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** (failures - 1));
}

/** What the header says: {state: saved|sending|slow|failing|denied, count, text}. */
export function describe(state, now) {
  const count = state.ops.length;
  if (state.denied) {
    return { state: "denied", count, text: `${count} unsent — reload the page to sign in again` };
  }
  if (count === 0) return { state: "saved", count, text: "saved" };
  if (state.failures > 0) return { state: "failing", count, text: `${count} unsent — retrying` };
  if (now - state.ops[0].at > SLOW_MS) {
    return { state: "slow", count, text: `${count} unsent — the server is slow` };
  }
  return { state: "sending", count, text: `saving ${count}` };
}

/** Why nothing may advance past what is unsent, in words; "" when it may. */
export function blocked(state, now) {
  const { state: word, count, text } = describe(state, now);
  if (word === "denied") return text;
  if (word === "failing") return `${count} unsent — commit waits until they are saved`;
  if (word === "slow") return `${count} unsent — commit waits for the server`;
  return "";
}

function identity(op) {
  return `${op.sid}/${op.n}`;
}
