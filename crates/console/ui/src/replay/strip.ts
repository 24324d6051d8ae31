// One picture after the other, for a browser that plays neither the original nor a viewing copy, or while no copy can be
// had: the service decodes them, one or two a second. Each says of which moment it is.
import { address } from '../api/client';
import { rfc3339 } from '../words/time.svelte';
import type { Origin } from './recorded';

/** Between two pictures, in ms. */
const STEP = 600;
/** As wide as a tile may be. */
const WIDTH = 960;
/** A picture stands for moments so near to it, in ms, at the clock's own speed. */
const NEAR = 1500;
/** What was asked for so near to a moment is of this moment, in ms. */
const SAME = 20;
/** How long it waits before it asks again for what could not be had, in ms. */
const AGAIN = 2000;

export class PictureStrip {
  /** The common-clock moment of the picture, in ms; undefined before the first. */
  presented: number | undefined;
  /** The service cannot show these pictures, either. */
  isUseless = false;
  #leaving = new AbortController();
  #isLoading = false;
  #asked = NaN;
  #dueAt = 0;
  #local: string | undefined;

  constructor(readonly image: HTMLImageElement, readonly from: Origin) {}

  close() {
    this.#leaving.abort(new DOMException('no longer shown', 'AbortError'));
    this.image.removeAttribute('src');
    if (this.#local) URL.revokeObjectURL(this.#local);
  }

  /** Shows a moment, as soon as it can. */
  show(at: number) {
    if (this.#isLoading || this.isUseless || performance.now() < this.#dueAt || Math.abs(this.#asked - at) < SAME) return;
    this.#asked = at;
    this.#isLoading = true;
    this.#dueAt = performance.now() + STEP;
    this.#load(at).catch(() => {
      // It is asked for again, of the moment that is looked at then.
      this.#asked = NaN;
      this.#dueAt = performance.now() + AGAIN;
    }).finally(() => (this.#isLoading = false));
  }

  /** Whether its picture stands for a moment of a clock that runs at `rate`. */
  stands(at: number, rate: number): boolean {
    return this.presented !== undefined && Math.abs(this.presented - at) < NEAR * Math.max(1, Math.abs(rate));
  }

  /** Whether the picture asked for last is of this moment, and here. */
  isSettled(at: number): boolean {
    return this.isUseless || (!this.#isLoading && Math.abs(this.#asked - at) < SAME);
  }

  async #load(at: number) {
    const { signal } = this.#leaving;
    const { camera, stream, skew } = this.from;
    const href = address('/api/v1/cameras/{camera}/frame.jpg', { camera }, { time: rfc3339(at + skew), width: WIDTH, stream });
    const response = await fetch(href, { signal });
    if (!response.ok) {
      // Neither missing nor late: it cannot be decoded.
      if (response.status >= 500 && response.status !== 503 && response.status !== 504) this.isUseless = true;
      throw new Error(`no picture: ${response.status}`);
    }
    const told = Date.parse(response.headers.get('watchpost-time') ?? '');
    const local = URL.createObjectURL(await response.blob());
    if (signal.aborted) {
      URL.revokeObjectURL(local);
      return;
    }
    this.image.src = local;
    await this.image.decode();
    if (this.#local) URL.revokeObjectURL(this.#local);
    this.#local = local;
    this.presented = Number.isNaN(told) ? at : told - skew;
  }
}
