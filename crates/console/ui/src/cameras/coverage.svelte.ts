// How much of the last 24 hours each camera was seen, recorded and analysed; read while somebody looks.
import { Refused, get } from '../api/client';
import type { Aspect, CameraCoverage, Coverage } from '../api/types';
import { rfc3339 } from '../words/time.svelte';
import { say } from '../words/words.svelte';

const EVERY = 30_000;
const DAY = 24 * 3600_000;

class DayCoverage {
  told = $state.raw<Coverage>();
  byCamera = $derived(new Map((this.told?.cameras ?? []).map((camera): [string, CameraCoverage] => [camera.camera, camera])));

  /** Reads now and again until the returned function is called. */
  watch(): () => void {
    const read = () => {
      const now = Date.now();
      get('/api/v1/coverage', { query: { start: rfc3339(now - DAY), end: rfc3339(now), gaps: 3 } })
        .then((told) => (this.told = told), (error: unknown) => {
          if (!(error instanceof Refused)) throw error;
        });
    };
    read();
    const timer = setInterval(read, EVERY);
    return () => clearInterval(timer);
  }
}

export const dayCoverage = new DayCoverage();

/** Returns a share in words, rounded down: what is not whole must not look whole. */
export function shareOf(aspect: Aspect | undefined): string {
  const share = aspect?.share;
  if (share === null || share === undefined) return say().cameras.unknown;
  return say().cameras.percent(Math.floor(share * 1000) / 10);
}
