// The alerts of the last hours, followed live, for every page that shows them.
import { Refused, get } from '../api/client';
import type { Alert, WatchEvent } from '../api/types';
import { follow, type Feed } from '../live/feed';
import { link } from '../live/link.svelte';
import { headline, say } from '../words/words.svelte';
import { rfc3339 } from '../words/time.svelte';
import { Queue, type QueueView } from './queue';

/** How far back the queue reaches. */
export const REACH = 12 * 3600_000;
/** Alerts read at the start, at most. */
const MOST = 1000;
const PAGE = 500;
/** How soon a start that failed is tried again. */
const AGAIN = 3000;
/** Raw events kept for the list of all events. */
const EVENTS_KEPT = 500;

class Alerts {
  /** What the list shows. */
  view = $state.raw<QueueView>({ rows: [], waiting: 0, pinned: [] });
  /** Every alert there is, for counts, map and timeline. */
  all = $state.raw<Alert[]>([]);
  events = $state.raw<WatchEvent[]>([]);
  isLoaded = $state(false);
  isCutOff = $state(false);
  /** Only these priorities; all when empty. */
  severities = $state.raw<ReadonlySet<number>>(new Set());
  /** What a screen reader is told: priorities 1 and 2 alone. */
  announcement = $state('');

  #queue = new Queue();
  #alertFeed: Feed | undefined;
  #eventFeed: Feed | undefined;
  #drawing = 0;

  /** Reads what there is and follows what comes; tries until it can. */
  async begin(cameraName: (id: string) => string) {
    this.#cameraName = cameraName;
    this.#alertFeed?.close();
    this.#eventFeed?.close();
    try {
      const { alerts, asOf } = await this.#read();
      this.#queue.replace(alerts);
      this.#draw();
      this.isLoaded = true;
      this.#follow(asOf);
      const events = await get('/api/v1/events', { query: { limit: 100 } });
      this.events = events.events;
      this.#followEvents(events.as_of);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      link.broken();
      setTimeout(() => void this.begin(cameraName), AGAIN);
    }
  }

  #cameraName: (id: string) => string = (id) => id;

  async #read() {
    const alerts: Alert[] = [];
    const start = rfc3339(Date.now() - REACH);
    let asOf: number | undefined;
    let cursor: string | undefined;
    do {
      const page = await get('/api/v1/alerts', { query: { start, limit: PAGE, cursor } });
      // What changes while further pages are read comes by the feed, after the first answer.
      asOf ??= page.as_of;
      alerts.push(...page.alerts);
      cursor = page.next ?? undefined;
    } while (cursor && alerts.length < MOST);
    this.isCutOff = cursor !== undefined;
    return { alerts, asOf };
  }

  #follow(after: number) {
    this.#alertFeed = follow<Alert>('/api/v1/alerts/stream', 'alert', after, {
      item: (alert) => {
        const isNew = !this.#queue.get(alert.id);
        this.#queue.take(alert);
        if (isNew && alert.severity <= 2) this.#announce(alert);
        this.#draw();
      },
      alive: () => link.alive(),
      broken: () => link.broken(),
      reset: () => void this.begin(this.#cameraName),
    });
  }

  #followEvents(after: number) {
    this.#eventFeed = follow<WatchEvent>('/api/v1/events/stream', 'event', after, {
      item: (event, at) => {
        this.events = [event, ...this.events].slice(0, EVENTS_KEPT);
        link.lag = Math.max(0, at - (Date.parse(event.time) + event.duration_ms - event.clock_error_ms));
      },
      alive: () => {},
      broken: () => {},
      reset: () => {},
    });
  }

  #announce(alert: Alert) {
    const { severity, alerts } = say();
    const camera = alert.cameras[0];
    const name = camera ? this.#cameraName(camera) : '';
    this.announcement = alerts.announced(severity[alert.severity] ?? '', headline(alert), name);
  }

  /** The list must not move while `isHeld`. */
  hold(isHeld: boolean) {
    if (isHeld) this.#queue.hold();
    else this.#queue.release();
    this.#draw();
  }

  takeWaiting() {
    this.#queue.takeWaiting();
    this.#draw();
  }

  /** Shows only these priorities; all when none is given. */
  only(severities: ReadonlySet<number>) {
    this.severities = severities;
    this.#queue.want((alert) => severities.size === 0 || severities.has(alert.severity));
    this.#draw();
  }

  get(id: string): Alert | undefined {
    return this.#queue.get(id);
  }

  /** Draws once per frame, however many alerts come. */
  #draw() {
    if (this.#drawing) return;
    this.#drawing = requestAnimationFrame(() => {
      this.#drawing = 0;
      this.view = this.#queue.view();
      this.all = this.#queue.all();
    });
  }
}

export const alerts = new Alerts();
