// Results are numbered as they are listed, so that a card, a tick on a lane and a place on the map are known
// for the same one. Pure.
import type { WatchEvent } from '../api/types';

/** Numbers that are told of one place, before it is said how many more there are. */
const TOLD = 3;
/** With more results than these, ticks on a lane are too close for numbers. */
export const MOST_ON_LANES = 40;

/** Returns the number of each result, from 1, by its id. */
export const numbered = (shown: WatchEvent[]) => new Map(shown.map((event, index) => [event.id, index + 1]));

/** Returns the numbers of what was found at each camera. */
export function byCamera(shown: WatchEvent[]): Map<string, number[]> {
  const found = new Map<string, number[]>();
  shown.forEach(({ camera }, index) => found.set(camera, [...(found.get(camera) ?? []), index + 1]));
  return found;
}

/** 1 · 3 · 7 +12 */
export function together(numbers: number[]): string {
  const told = numbers.slice(0, TOLD).join(' · ');
  return numbers.length > TOLD ? `${told} +${numbers.length - TOLD}` : told;
}
