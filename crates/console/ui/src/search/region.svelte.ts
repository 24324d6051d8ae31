// A region search: drawn on one camera's view, done by the service in the background, followed here.
import { get, post, refusal, remove, type Refused } from '../api/client';
import type { RegionHit, RegionSearch } from '../api/types';
import { rfc3339 } from '../words/time.svelte';
import type { ViewPoint } from './conditions';

/** How often it is asked how far it is. */
const EVERY = 700;
/** Longest span of one search, in ms. */
export const MOST = 24 * 3600_000;
export const LEAST_CORNERS = 3;

export type Sensitivity = 'low' | 'middle' | 'high';

class Region {
  camera = $state('');
  start = $state(Date.now() - 3600_000);
  end = $state(Date.now());
  corners = $state.raw<ViewPoint[]>([]);
  classes = $state.raw<string[]>([]);
  sensitivity = $state<Sensitivity>('middle');
  withKeyframes = $state(true);

  job = $state.raw<RegionSearch>();
  problem = $state.raw<Refused>();
  isRunning = $derived(this.job !== undefined && !this.job.ended);
  isTooLong = $derived(this.end - this.start > MOST);
  isReady = $derived(this.camera !== '' && this.corners.length >= LEAST_CORNERS && this.start < this.end && !this.isTooLong && !this.isRunning);
  chosen = $state.raw<RegionHit>();

  #timer: ReturnType<typeof setTimeout> | undefined;

  /** Takes another camera; what was drawn on the other's view goes. */
  pick(camera: string) {
    if (camera === this.camera) return;
    this.camera = camera;
    this.corners = [];
  }

  async begin() {
    this.problem = undefined;
    this.chosen = undefined;
    try {
      this.job = await post('/api/v1/region-searches', {
        body: {
          camera: this.camera, region: this.corners.map(([x, y]) => [x, y]), start: rfc3339(this.start), end: rfc3339(this.end),
          class: this.classes, sensitivity: this.sensitivity, keyframes: this.withKeyframes,
        } as never,
      });
      this.#follow();
    } catch (error) {
      this.problem = refusal(error);
    }
  }

  async cancel() {
    if (!this.job) return;
    try {
      this.job = await remove('/api/v1/region-searches/{region}', { path: { region: this.job.id } });
    } catch (error) {
      this.problem = refusal(error);
    }
  }

  /** Nobody looks any more; the search goes on, and is found again when somebody does. */
  rest() {
    clearTimeout(this.#timer);
  }

  /** Goes on following what was begun. */
  resume() {
    if (this.isRunning) this.#follow();
  }

  #follow() {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#ask(), EVERY);
  }

  async #ask() {
    if (!this.job) return;
    try {
      this.job = await get('/api/v1/region-searches/{region}', { path: { region: this.job.id } });
      if (this.isRunning) this.#follow();
    } catch (error) {
      this.problem = refusal(error);
      this.job = undefined;
    }
  }
}

export const region = new Region();
