// Bringing a place of the trace into sight.

/**
 * Scroll the trace, never the page: to the start of the card unless all of it is in sight, and on
 * to the spot when the card is taller than the box. Reads first, then writes once. Returns whether
 * anything moved.
 */
export function scrollTo(box, place, isFresh) {
  if (!place) {
    box.scrollTop = 0;
    return false;
  }
  const frame = box.getBoundingClientRect();
  const card = place.card.getBoundingClientRect();
  const spot = place.spot.getBoundingClientRect();
  const start = isFresh ? -box.scrollTop : 0; // a new trajectory is looked at from its beginning
  let by = start;
  const isInSight = card.top - start >= frame.top && card.bottom - start <= frame.bottom;
  if (!isInSight) by = card.top - frame.top - 8;
  if (spot.bottom - by > frame.bottom) by = spot.bottom - frame.bottom + 8;
  if (spot.top - by < frame.top) {
    const isNear = spot.top - card.top < (frame.bottom - frame.top) / 4; // the step's number stays in sight
    by = (isNear ? card.top : spot.top) - frame.top - 8;
  }
  if (Math.abs(by) < 1) return false;
  const before = box.scrollTop;
  box.scrollTop += by;
  return box.scrollTop !== before;
}
