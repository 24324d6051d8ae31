// The span that the officer marked, from I to O, and the package made of it.
import { get, post } from '../api/client';
import type { Export } from '../api/types';
import { rfc3339 } from '../words/time.svelte';
import { reasonOf } from './search.svelte';

/** How often it is asked how far the package is. */
const EVERY = 700;

class Marks {
  /** Wall-clock moments, in ms. */
  start = $state<number>();
  end = $state<number>();
  /** Cameras whose moments were marked, in the order in which they were. */
  cameras = $state.raw<string[]>([]);
  isWrong = $derived(this.start !== undefined && this.end !== undefined && this.start >= this.end);
  isWhole = $derived(this.start !== undefined && this.end !== undefined && !this.isWrong);

  job = $state.raw<Export>();
  problem = $state<string>();

  /** Marks the beginning or the end where a camera's footage is being looked at. */
  mark(which: 'start' | 'end', time: number, camera: string) {
    this[which] = time;
    if (!this.cameras.includes(camera)) this.cameras = [...this.cameras, camera];
    this.job = undefined;
  }

  clear() {
    this.start = undefined;
    this.end = undefined;
    this.cameras = [];
    this.job = undefined;
    this.problem = undefined;
  }

  /** Has the marked span sealed under a purpose; follows it until it is done. */
  async order(purpose: number, cameras: string[], stills: boolean) {
    if (this.start === undefined || this.end === undefined) return;
    this.problem = undefined;
    try {
      this.job = await post('/api/v1/exports', { body: { purpose, cameras, start: rfc3339(this.start), end: rfc3339(this.end), stills } as never });
      while (this.job?.state === 'running') {
        await new Promise((resolve) => setTimeout(resolve, EVERY));
        this.job = await get('/api/v1/exports/{export}', { path: { export: this.job.id } });
      }
    } catch (error) {
      this.problem = reasonOf(error);
    }
  }
}

export const marks = new Marks();
