// One search: its results page by page, and what could not be seen in what was asked for.
import { get, refusal, type Refused } from '../api/client';
import type { SearchCoverage, WatchEvent } from '../api/types';
import { toApi, type Conditions } from './conditions';
import { numbered } from './numbers';

const PAGE = 60;

export interface Gap {
  camera: string;
  start: number;
  end: number;
  cause: string;
}

class Search {
  asked = $state.raw<Conditions>();
  events = $state.raw<WatchEvent[]>([]);
  next = $state<string>();
  took = $state<number>();
  coverage = $state.raw<SearchCoverage>();
  problem = $state.raw<Refused>();
  isBusy = $state(false);
  /** The next page is on its way. */
  isMore = $state(false);

  /** What lies under the asked confidence is hidden, and counted. */
  shown = $derived(this.events.filter((event) => event.confidence >= (this.asked?.confidence ?? 0)));
  numbers = $derived(numbered(this.shown));
  hidden = $derived(this.events.length - this.shown.length);
  /** When nothing could be found because nothing was analysed; unknown time is told apart. */
  gaps = $derived<Gap[]>((this.coverage?.gaps ?? [])
    .filter((gap) => gap.cause !== 'unknown')
    .map((gap) => ({ camera: gap.camera, start: Date.parse(gap.start), end: Date.parse(gap.end), cause: gap.cause })));
  /** From when to when was asked, in ms: as the answer says, which knows when an event was. */
  range = $derived(this.coverage
    ? { start: Date.parse(this.coverage.start), end: Date.parse(this.coverage.end) }
    : { start: this.asked?.start ?? 0, end: this.asked?.end ?? 1 });

  #leaving = new AbortController();

  /** Searches anew. */
  async run(conditions: Conditions) {
    this.#leaving.abort();
    this.#leaving = new AbortController();
    const { signal } = this.#leaving;
    this.asked = conditions;
    this.events = [];
    this.next = undefined;
    this.coverage = undefined;
    this.problem = undefined;
    this.took = undefined;
    this.isBusy = true;
    this.isMore = false;
    const began = performance.now();
    try {
      const page = await get('/api/v1/events', { query: { ...toApi(conditions), limit: PAGE } as never, signal });
      this.took = performance.now() - began;
      this.events = page.events;
      this.next = page.next ?? undefined;
      this.coverage = page.coverage ?? undefined;
    } catch (error) {
      if (signal.aborted) return;
      this.problem = refusal(error);
    }
    this.isBusy = false;
  }

  /** Fetches the next page; pressed again meanwhile, it is fetched once. */
  async more() {
    if (!this.asked || !this.next || this.isMore) return;
    const { signal } = this.#leaving;
    this.isMore = true;
    this.problem = undefined;
    try {
      const page = await get('/api/v1/events', { query: { ...toApi(this.asked), cursor: this.next, limit: PAGE } as never, signal });
      // Another search was begun while this answer was read.
      if (signal.aborted) return;
      this.events = [...this.events, ...page.events];
      this.next = page.next ?? undefined;
    } catch (error) {
      if (signal.aborted) return;
      this.problem = refusal(error);
    }
    this.isMore = false;
  }
}

export const search = new Search();
