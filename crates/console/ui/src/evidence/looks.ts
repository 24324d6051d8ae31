// How far somebody's look under the privacy masks of a camera is. Pure.
import type { Unmasking } from '../api/types';

export type Look =
  | { kind: 'none' }
  /** A second person has not spoken yet. */
  | { kind: 'asked' }
  /** What masks hide is shown until then, in ms. */
  | { kind: 'agreed'; until: number }
  /** A second person said no, and why. */
  | { kind: 'refused'; why: string; by: string };

/** Returns how far the look of an account at a camera is at a moment, in ms. What is good goes before what is asked anew, and that before what was refused. */
export function lookOf(all: Unmasking[], account: string | undefined, camera: string, now: number): Look {
  const theirs = all.filter(({ by, cameras }) => by === account && cameras.includes(camera));
  const until = Math.max(0, ...theirs.map(({ state, ends }) => (state === 'agreed' && ends ? Date.parse(ends) : 0)));
  if (until > now) return { kind: 'agreed', until };
  // The newest first, as they are told: of what is over nothing is left to say.
  const newest = theirs[0];
  if (theirs.some(({ state }) => state === 'asked')) return { kind: 'asked' };
  if (newest?.state === 'refused') return { kind: 'refused', why: newest.refused ?? '', by: newest.second?.by ?? '' };
  return { kind: 'none' };
}
