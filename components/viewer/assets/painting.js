// What may wait until the picture that a key asked for is on the screen, or until nothing is to be done.

const LONGEST_WAIT_MS = 120; // a page that cannot be seen is not painted

/** Do something once what was just changed has been painted. Returns what calls it off. */
export function afterPainting(work) {
  let isDue = true;
  const once = () => {
    if (!isDue) return;
    isDue = false;
    clearTimeout(timer);
    work();
  };
  const timer = setTimeout(once, LONGEST_WAIT_MS);
  // A frame's own callbacks come before it is painted; those of the next one come after.
  requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(once, 0)));
  return () => {
    isDue = false;
    clearTimeout(timer);
  };
}

const LATEST_MS = 1000;

/** Do something when nothing else is to be done, but not much later than in a second. */
export function whenIdle(work) {
  if (window.requestIdleCallback) window.requestIdleCallback(work, { timeout: LATEST_MS });
  else setTimeout(work, 50);
}
