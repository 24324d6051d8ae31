// Spans of the wall clock, in ms: what is recorded, what is here already, what is still wanted. Pure.

export interface Span {
  start: number;
  end: number;
}

export interface Gap extends Span {
  /** Why nothing was recorded, as the service names it. */
  cause: string;
  /** It is not over: `end` is how far one knows. */
  lasts?: boolean;
}

/** What lies nearer than this is one span: cameras do not keep their rate to the picture. */
const TOUCH = 150;

export const within = (spans: Span[], at: number) => spans.find(({ start, end }) => at >= start && at < end);

/** The first moment from `from` on, before `until`, that is recorded and not held. */
export function firstMissing(recorded: Span[], held: Span[], from: number, until: number): number | undefined {
  for (const span of recorded) {
    let at = Math.max(span.start, from);
    for (const one of held) if (one.start <= at + TOUCH && one.end > at) at = one.end;
    if (at < Math.min(span.end - TOUCH, until)) return at;
  }
  return undefined;
}

/** The last moment before `from`, from `until` on, that is recorded and not held. */
export function lastMissing(recorded: Span[], held: Span[], from: number, until: number): number | undefined {
  for (const span of recorded.toReversed()) {
    let at = Math.min(span.end, from);
    for (const one of held.toReversed()) if (one.end >= at - TOUCH && one.start < at) at = one.start;
    if (at > Math.max(span.start + TOUCH, until)) return at;
  }
  return undefined;
}

/** The share of a row from `start` to `end` at which `at` lies, 0 to 1. */
export const shareOf = ({ start, end }: Span, at: number) => Math.min(1, Math.max(0, (at - start) / (end - start)));

/** The span of this length around a moment, which keeps its place in the row. */
export function zoomed(view: Span, at: number, length: number): Span {
  const share = shareOf(view, at);
  const start = at - share * length;
  return { start, end: start + length };
}

/** Returns spans in order, those that touch or overlap as one. */
export function united(spans: Span[], near = 0): Span[] {
  const found: Span[] = [];
  for (const { start, end } of spans.toSorted((one, other) => one.start - other.start)) {
    const last = found.at(-1);
    if (last && start <= last.end + near) last.end = Math.max(last.end, end);
    else if (end > start) found.push({ start, end });
  }
  return found;
}

/** Returns what of `whole` lies in none of `spans`. */
export function outside(whole: Span, spans: Span[]): Span[] {
  const found: Span[] = [];
  let at = whole.start;
  for (const { start, end } of united(spans)) {
    if (start > at) found.push({ start: at, end: Math.min(start, whole.end) });
    at = Math.max(at, end);
    if (at >= whole.end) return found.filter((span) => span.end > span.start);
  }
  found.push({ start: at, end: whole.end });
  return found.filter((span) => span.end > span.start);
}

/** Returns what lies in both. */
export function shared(some: Span[], others: Span[]): Span[] {
  const [one, other] = [united(some), united(others)];
  return one.flatMap((span) => other.map(({ start, end }) => ({ start: Math.max(start, span.start), end: Math.min(end, span.end) }))).filter(({ start, end }) => end > start);
}

/** Returns how long spans are together, in ms, as far as they lie in `within`. */
export const lengthOf = (spans: Span[], { start, end }: Span) => spans.reduce((sum, span) => sum + Math.max(0, Math.min(end, span.end) - Math.max(start, span.start)), 0);
