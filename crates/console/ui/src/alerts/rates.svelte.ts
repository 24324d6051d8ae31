// How many alerts were raised, as the service counts them: the list holds no more than what was read, and a flood is
// more than that. Who sees a part of the site is not told the whole site's figures, and counts what is in the list.
import { Refused, get } from '../api/client';
import { rfc3339 } from '../words/time.svelte';
import type { Counted } from './queue';

/** How often it is asked for. */
const EVERY = 15_000;

class Rates {
  /** What was counted of the span that is watched; undefined where it is not known. */
  counted = $state.raw<Counted>();
  /** Alerts of the last ten minutes; undefined where it is not known. */
  lately = $state<number>();
  /** The figures are not this account's to see. */
  isRefused = $state(false);

  /** Asks again and again for what was raised by the minute in so many minutes, until the returned function is called. */
  watch(minutes: number): () => void {
    let isOver = false;
    const read = async () => {
      const until = Math.floor(Date.now() / 60_000) * 60_000;
      try {
        const { spans, now } = await get('/api/v1/stats/alerts', { query: { start: rfc3339(until - minutes * 60_000), end: rfc3339(until), step: 60 } });
        if (isOver) return;
        this.counted = { until, spans: spans.map(({ start, by_severity: counts }) => ({ start: Date.parse(start), counts })) };
        this.lately = now.in_ten_minutes;
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        if (error.status !== 403) return;
        this.isRefused = true;
        clearInterval(timer);
      }
    };
    const timer = setInterval(() => void read(), EVERY);
    this.isRefused = false;
    void read();
    return () => {
      isOver = true;
      clearInterval(timer);
      this.counted = this.lately = undefined;
    };
  }
}

export const rates = new Rates();
