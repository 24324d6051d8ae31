// What is recorded of a camera over a span, on the common clock: the camera's own times, less what its
// clock is wrong by.
import { Refused, address, get } from '../api/client';
import { rfc3339 } from '../words/time.svelte';
import { readPlaylist, type Part } from './playlist';
import type { Gap, Span } from './spans';

export type StreamName = 'main' | 'sub';

/** Where a camera's pictures are, and how its times become those of the common clock. */
export interface Origin {
  camera: string;
  stream: StreamName;
  /** The camera's clock minus ours, in ms, as it was measured last. */
  skew: number;
  /** Without privacy masks, as a second person agreed. */
  isUnmasked?: boolean;
}

export interface Recorded extends Span {
  spans: Span[];
  gaps: Gap[];
  /** Privacy masks lie over some of it. */
  isMasked: boolean;
  isH265: boolean;
  /** Why nothing can be told: `may_not`, `unreachable`, `no_stream`. */
  problem?: 'may_not' | 'unreachable' | 'no_stream';
}

/** Returns what is recorded from `start` to `end`. Throws an `AbortError` when `signal` says so. */
export async function recorded({ camera, stream, skew }: Origin, { start, end }: Span, signal: AbortSignal): Promise<Recorded> {
  const query = { start: rfc3339(start + skew), end: rfc3339(end + skew), stream };
  const nothing = { start, end, spans: [], gaps: [], isMasked: false, isH265: false };
  try {
    const told = await get('/api/v1/cameras/{camera}/recordings', { path: { camera }, query, signal });
    const common = (time: string) => Date.parse(time) - skew;
    return {
      start, end,
      spans: told.spans.map((span) => ({ start: common(span.start), end: common(span.end) })),
      // One that lasts is told until now.
      gaps: told.gaps.map((gap) => (gap.end
        ? { start: common(gap.start), end: common(gap.end), cause: gap.cause }
        : { start: common(gap.start), end: Math.max(common(gap.start), Math.min(end, Date.now())), cause: gap.cause, lasts: true })),
      isMasked: told.masked,
      isH265: told.spans.some(({ codec }) => codec === 'h265'),
    };
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return { ...nothing, problem: error.status === 403 ? 'may_not' : error.status === 404 ? 'no_stream' : 'unreachable' };
  }
}

/** Playlists are asked for in such pieces, in ms. */
const WINDOW = 5 * 60_000;
/** A list of what still grows is good for so long, in ms. */
const FRESH_FOR = 2000;

/** The parts that a camera's recording consists of, listed as they are wanted. Owned by a tile's source. */
export class Listing {
  #windows = new Map<number, { parts: Part[]; readAt: number; isWhole: boolean }>();

  constructor(readonly origin: Origin) {}

  /** Returns the parts of the windows around a moment, in order, each once; times are of the common clock. */
  async around(at: number, signal: AbortSignal): Promise<Part[]> {
    const first = Math.floor((at - WINDOW / 4) / WINDOW);
    const last = Math.floor((at + WINDOW / 4) / WINDOW);
    const found = new Map<string, Part>();
    for (let window = first; window <= last; window += 1) {
      for (const part of await this.#read(window, signal)) found.set(`${part.uri} ${part.offset}`, part);
    }
    return [...found.values()].sort((one, other) => one.start - other.start);
  }

  async #read(window: number, signal: AbortSignal): Promise<Part[]> {
    const known = this.#windows.get(window);
    if (known && (known.isWhole || performance.now() - known.readAt < FRESH_FOR)) return known.parts;
    const { camera, stream, skew, isUnmasked } = this.origin;
    const [start, end] = [window * WINDOW + skew, (window + 1) * WINDOW + skew];
    const href = address('/api/v1/cameras/{camera}/footage.m3u8', { camera }, { start: rfc3339(start), end: rfc3339(end), stream, masks: isUnmasked ? 'off' : undefined });
    const response = await fetch(href, { signal });
    // Not recorded is an answer: the list is empty.
    if (!response.ok && response.status !== 404) throw new Refused(response.status, {});
    const parts = response.ok ? readPlaylist(await response.text()) : [];
    const shifted = parts.map((part) => ({ ...part, start: part.start - skew, end: part.end - skew }));
    // What ended long before now stays as it is.
    const isWhole = end < Date.now() - 2 * 60_000;
    this.#windows.set(window, { parts: shifted, readAt: performance.now(), isWhole });
    return shifted;
  }
}
