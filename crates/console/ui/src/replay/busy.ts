// When something was followed in what is replayed, and what lies between: that can be passed over. Pure.
// What nobody looked at is not empty: it is passed over only while another camera shown was looked at.
import { outside, shared, united, type Span } from './spans';

/** One camera's time, on the common clock, in ms. */
export interface Lane {
  camera: string;
  /** Something that is looked for was in view. */
  busy: Span[];
  /** Nobody looked: whether there was something is not known. */
  unseen: Span[];
}

/** Played before and after what is looked for, in ms. */
const LEAD = 2000;
/** What lies nearer to each other than this is played as one, in ms. */
const NEAR = 3000;
/** Where one stands so near before the end of what is played, one stands at its end, in ms. */
const EDGE = 1;

/** Reads how many objects were in view in each part of a span: when there was any. */
export function busySpans(counts: ArrayLike<number>, { start, end }: Span): Span[] {
  const part = (end - start) / counts.length;
  const found: Span[] = [];
  for (let index = 0; index < counts.length; index += 1) {
    if (!counts[index]) continue;
    const last = found.at(-1);
    const from = start + index * part;
    if (last && Math.abs(last.end - from) < part / 2) last.end = from + part;
    else found.push({ start: from, end: from + part });
  }
  return found;
}

/** Returns the bytes that a text of base64 stands for. */
export const bytesOf = (text: string) => Uint8Array.from(atob(text), (letter) => letter.codePointAt(0) ?? 0);

/** What is played of `known`: `recorded` says when there is a picture of any camera. */
export function played(lanes: Lane[], recorded: Span[], known: Span): Span[] {
  const busy = lanes.flatMap((lane) => lane.busy).map(({ start, end }) => ({ start: start - LEAD, end: end + LEAD }));
  const unseen = lanes.map((lane) => united(lane.unseen)).reduce<Span[] | undefined>((all, one) => (all ? shared(all, one) : one), undefined) ?? [];
  const whole = united([...busy, ...shared(unseen, recorded)], NEAR);
  return shared(whole, [known]);
}

/** What is passed over. */
export const passedOver = (kept: Span[], known: Span) => outside(known, kept);

/** Where to go on from a moment that is not played: to what is played next that way, or to the end of what is known;
 * undefined where one may stay. */
export function leap(kept: Span[], known: Span, at: number, direction: 1 | -1): { to: number; isEdge: boolean } | undefined {
  if (at < known.start || at >= known.end) return undefined;
  const isIn = ({ start, end }: Span) => (direction === 1 ? at >= start - EDGE && at < end : at > start && at <= end + EDGE);
  if (kept.some(isIn)) return undefined;
  const next = direction === 1 ? kept.find(({ start }) => start > at)?.start : kept.findLast(({ end }) => end < at)?.end;
  if (next !== undefined) return { to: next, isEdge: false };
  return { to: direction === 1 ? known.end : known.start - EDGE, isEdge: true };
}
