// Whether what is on the screen is current. Silence of the alert feed for 15 s is an alarm:
// the service sends a beat every 5 s. Who may not follow alerts has no feed that could fall silent.
import { ticking } from '../words/time.svelte';

/** Silence after which the list may be old. */
export const STALE_AFTER = 15_000;

/** `waiting`: followed, and nothing heard yet. */
export type LinkState = 'unwatched' | 'waiting' | 'fresh' | 'stale';

class Link {
  /** When the feed last gave a sign of life; when it began to be followed, before the first. */
  heard = $state(Date.now());
  isOpen = $state(false);
  isWatched = $state(false);

  /** How long the newest event took from the act to here, in ms; undefined before the first. */
  lag = $state<number>();

  /** Somebody follows: from now on silence counts. */
  watch() {
    if (this.isWatched) return;
    this.isWatched = true;
    this.heard = Date.now();
  }

  /** Nobody follows any more: silence means nothing. */
  unwatch() {
    this.isWatched = false;
    this.isOpen = false;
    this.lag = undefined;
  }

  alive() {
    this.heard = Date.now();
    this.isOpen = true;
  }

  broken() {
    this.isOpen = false;
  }

  get isStale() {
    return this.isWatched && ticking.now - this.heard > STALE_AFTER;
  }

  get state(): LinkState {
    if (!this.isWatched) return 'unwatched';
    if (this.isStale) return 'stale';
    return this.isOpen ? 'fresh' : 'waiting';
  }
}

export const link = new Link();
