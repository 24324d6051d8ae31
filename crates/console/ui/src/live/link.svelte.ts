// Whether what is on the screen is current. Silence of the alert feed for 15 s is an alarm:
// the service sends a beat every 5 s.
import { ticking } from '../words/time.svelte';

/** Silence after which the list may be old. */
export const STALE_AFTER = 15_000;

class Link {
  /** When the feed last gave a sign of life. */
  heard = $state(Date.now());
  isOpen = $state(false);

  /** How long the newest event took from the act to here, in ms; undefined before the first. */
  lag = $state<number>();

  alive() {
    this.heard = Date.now();
    this.isOpen = true;
  }

  broken() {
    this.isOpen = false;
  }

  get isStale() {
    return ticking.now - this.heard > STALE_AFTER;
  }
}

export const link = new Link();
