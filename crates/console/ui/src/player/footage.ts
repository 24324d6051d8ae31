// What can be played of a span, and how: looked up before a player begins.
import { Refused, address, get } from '../api/client';
import { rfc3339 } from '../words/time.svelte';

/** What a player shows of a span. */
export interface Footage {
  camera: string;
  /** `video`: the original, played; `copy`: a viewing copy, where this browser cannot decode the original or masks lie over it; `pictures`: one picture after the other, where that fails as well. */
  way: 'video' | 'copy' | 'pictures';
  /** Whether privacy masks lie over it. */
  isMasked: boolean;
  /** Whether it is shown without them, as a second person agreed. */
  isUnmasked: boolean;
  /** The clip's address. */
  clip: string;
  /** The wall-clock moment, in ms, of the clip's first picture. */
  start: number;
  end: number;
  gaps: { start: number; end: number; cause: string }[];
}

/** Returns what is recorded of a span, with its masks or without; undefined when nothing is. Throws `Refused`. */
export async function footage(camera: string, start: number, end: number, isUnmasked: boolean, signal: AbortSignal): Promise<Footage | undefined> {
  const query = { start: rfc3339(start), end: rfc3339(end) };
  let found;
  try {
    found = await get('/api/v1/cameras/{camera}/recordings', { path: { camera }, query, signal });
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return undefined;
    throw error;
  }
  const [first] = found.spans;
  const last = found.spans.at(-1);
  if (!first || !last) return undefined;
  // A clip begins with what was asked for, or with the first picture there is.
  return {
    camera,
    way: (found.masked && !isUnmasked) || (first.codec === 'h265' && !decodesH265()) ? 'copy' : 'video',
    isMasked: found.masked,
    isUnmasked: found.masked && isUnmasked,
    clip: address('/api/v1/cameras/{camera}/footage.mp4', { camera }, { ...query, masks: found.masked && isUnmasked ? 'off' : undefined }),
    start: Math.max(start, Date.parse(first.start)),
    end: Math.min(end, Date.parse(last.end)),
    gaps: found.gaps.map((gap) => ({ start: Date.parse(gap.start), end: gap.end ? Date.parse(gap.end) : end, cause: gap.cause })),
  };
}

/** Whether this browser says that it decodes H.265; some say so and do not, so players also watch for the first picture. */
function decodesH265(): boolean {
  return MediaSource.isTypeSupported('video/mp4; codecs="hvc1.1.6.L120.90"');
}
