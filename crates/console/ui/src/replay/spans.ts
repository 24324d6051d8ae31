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
