// The alerts of the last hours, followed live, for every page that shows them.
import { Refused, get } from '../api/client';
import type { Handling } from '../api/handling';
import type { Alert, WatchEvent } from '../api/types';
import { Beginning } from '../live/beginning';
import { follow, type Feed } from '../live/feed';
import type { Known } from '../live/shared';
import { link } from '../live/link.svelte';
import { headline, say } from '../words/words.svelte';
import { session } from '../session/session.svelte';
import { cameras } from '../cameras/cameras.svelte';
import type { components } from '../api/schema';
import { plain } from '../words/plain';
import type { Targets } from './late';
import { Queue, byUrgency, isAcknowledged, isOpen, isPutBefore, isTheirs, type QueueView } from './queue';
import { readAlerts } from './reading';

/** How soon a start that failed is tried again. */
const AGAIN = 3000;
/** Raw events kept for the list of all events. */
const EVENTS_KEPT = 500;

/** More alerts than people can look at. */
export type Flood = components['schemas']['FloodBody'];

/** What the list is narrowed to besides severities; left out is all. */
export interface Narrowed {
  /** Words of the camera, its places or the kind. */
  text: string;
  /** Only this kind. */
  kind: string;
  /** Only trouble that lasts. */
  isActive: boolean;
}

const GROUPED = 'watchpost.grouped';

/** Which alerts the list shows: those that wait, those that are this officer's, those put aside, those dealt with. */
export type List = 'queue' | 'mine' | 'shelved' | 'closed';

/** Whether somebody else has just given an alert to whoever sits here. */
function isGiven(before: Alert | undefined, { handling }: Alert): boolean {
  const me = session.me?.name;
  return me !== undefined && handling?.assignee === me && before?.handling?.assignee !== me && handling.latest?.by !== me;
}

/** Whether an alert was just put before whoever sits here, by somebody else or because nobody answered. */
function isEscalated(before: Alert | undefined, alert: Alert): boolean {
  const me = session.me?.name;
  if (!isPutBefore(alert, me) || alert.handling.state === 'closed' || alert.handling.latest?.by === me) return false;
  return before?.handling?.escalated?.to !== me || before?.handling?.escalated?.at !== alert.handling.escalated?.at;
}

class Alerts {
  /** What the list shows. */
  view = $state.raw<QueueView>({ rows: [], waiting: 0, pinned: [], grouped: new Map(), folded: 0, forgotten: 0 });
  /** Every alert there is, for counts, map and timeline. */
  all = $state.raw<Alert[]>([]);
  events = $state.raw<WatchEvent[]>([]);
  /** Events of before this page was opened are not in the list: they are not this account's to search, or not without a purpose. */
  isPastUnread = $state(false);
  /** What waits is known, and in `all`. */
  isLoaded = $state(false);
  /** Of what is dealt with, there was more than is shown. */
  isCutOff = $state(false);
  /** More waits than is shown. */
  isWaitingCutOff = $state(false);
  /** There were more events than are shown. */
  isEventsCutOff = $state(false);
  /** Alerts are not this account's to follow. */
  isRefused = $state(false);
  /** Whether the service keeps what officers do about alerts. */
  isHandled = $state(false);
  /** How long alerts may wait for an answer. */
  targets = $state.raw<Targets>(new Map());
  list = $state<List>('queue');
  /** Only these priorities; all when empty. */
  severities = $state.raw<ReadonlySet<number>>(new Set());
  narrowed = $state.raw<Narrowed>({ text: '', kind: '', isActive: false });
  /** Whether alerts of one group stand in one row. */
  isGrouped = $state(localStorage.getItem(GROUPED) !== 'off');
  /** The latest flood, and whether it has ended. */
  flood = $state.raw<Flood>();
  /** What a screen reader is told: priorities 1 and 2 alone. */
  announced = $state.raw({ number: 0, text: '' });

  #queue = new Queue((alert) => this.#isListed(alert), isAcknowledged);
  #beginning = new Beginning(AGAIN, (error) => this.#mayComeLater(error));
  #beginningEvents = new Beginning(AGAIN, (error) => error instanceof Refused);
  #alertFeed: Feed | undefined;
  #eventFeed: Feed | undefined;
  #drawing = 0;
  #isRead = false;
  #holders = new Set<'pointer' | 'focus' | 'key'>();

  /** Reads what there is and follows what comes; tries until it can. */
  begin(cameraName: (id: string) => string) {
    this.#cameraName = cameraName;
    this.isRefused = false;
    link.watch();
    this.#begin();
  }

  #cameraName: (id: string) => string = (id) => id;

  #begin() {
    void this.#beginning.begin(async (isCurrent) => {
      this.#alertFeed?.close();
      const readAt = Date.now();
      const { alerts, asOf, targets, isHandled, isCutOff, isWaitingCutOff } = await readAlerts((query) => get('/api/v1/alerts', { query }), readAt);
      if (!isCurrent()) return;
      Object.assign(this, { targets, isHandled, isCutOff, isWaitingCutOff });
      this.#queue.isGrouped = this.isGrouped && this.list === 'queue';
      this.#queue.replace(alerts);
      this.#isRead = true;
      this.#draw();
      this.#follow({ after: asOf, readAt });
      this.#beginEvents();
    });
  }

  /** Alerts are tried for again, unless they are not this account's (any more). */
  #mayComeLater(error: unknown): boolean {
    if (!(error instanceof Refused)) return false;
    if (error.status === 403) {
      this.isRefused = true;
      link.unwatch();
    } else {
      link.broken();
    }
    return error.status !== 403;
  }

  /** Reads the latest events and follows what comes. */
  #beginEvents() {
    void this.#beginningEvents.begin(async (isCurrent) => {
      this.#eventFeed?.close();
      const readAt = Date.now();
      const past = await this.#past();
      if (!isCurrent()) return;
      this.events = past?.events ?? [];
      this.isPastUnread = past === undefined;
      this.isEventsCutOff = past?.next != null;
      // Nothing was read: what comes from now on is all there is to know.
      this.#followEvents({ after: past?.as_of, readAt: past ? readAt : Date.now() });
    });
  }

  /** Who may follow events may not always search those of the past, nor without having said what for. */
  async #past() {
    if (!session.may('search')) return undefined;
    try {
      return await get('/api/v1/events', { query: { limit: 100, coverage: false } });
    } catch (error) {
      if (error instanceof Refused && error.status === 403) return undefined;
      throw error;
    }
  }

  /** Whether an alert fits what the list is narrowed to. */
  #fits(alert: Alert): boolean {
    const { severity, kind, condition } = alert;
    if (this.severities.size > 0 && !this.severities.has(severity)) return false;
    const { text, kind: wanted, isActive } = this.narrowed;
    if ((wanted && kind !== wanted) || (isActive && condition !== 'active')) return false;
    return !text || this.#spoken(alert).includes(plain(text));
  }

  #isListed(alert: Alert): boolean {
    const { handling } = alert;
    if (!this.#fits(alert)) return false;
    if (!handling) return this.list === 'queue';
    if (this.list === 'closed') return handling.state === 'closed';
    if (handling.state === 'closed') return false;
    if (this.list === 'shelved') return handling.shelved !== null;
    if (this.list === 'mine') return isTheirs(alert, session.me?.name);
    return handling.shelved === null;
  }

  /** What an alert is found by: its kind, its cameras and where they stand. */
  #spoken(alert: Alert): string {
    const found = alert.cameras.flatMap((id) => [id, cameras.name(id), ...(cameras.byId.get(id)?.properties.place ?? [])]);
    return plain([headline(alert), alert.about ?? '', alert.rule, ...found].join(' '));
  }

  #follow(known: Known) {
    this.#alertFeed = follow<Alert>('alerts', 'alert', known, {
      item: (alert) => {
        const before = this.#queue.get(alert.id);
        this.#queue.take(alert);
        if (isEscalated(before, alert)) this.#announce(alert, say().handling.put_before);
        else if (isGiven(before, alert)) this.#announce(alert, say().handling.given);
        else if (!before && alert.severity <= 2) this.#announce(alert, say().severity[alert.severity] ?? '');
        this.#draw();
      },
      others: { flood: (flood) => (this.flood = flood as Flood) },
      alive: () => link.alive(),
      broken: () => link.broken(),
      reset: () => this.#begin(),
    });
  }

  #followEvents(known: Known) {
    this.#eventFeed = follow<WatchEvent>('events', 'event', known, {
      item: (event, at) => {
        if (this.events.some(({ id }) => id === event.id)) return;
        this.isEventsCutOff ||= this.events.length >= EVENTS_KEPT;
        this.events = [event, ...this.events].slice(0, EVENTS_KEPT);
        link.lag = Math.max(0, at - (Date.parse(event.time) + event.duration_ms - event.clock_error_ms));
      },
      alive: () => {},
      broken: () => {},
      // Where nothing can be read, what comes is all the same.
      reset: () => {
        if (session.may('search')) this.#beginEvents();
      },
    });
  }

  #announce(alert: Alert, why: string) {
    const camera = alert.cameras[0];
    const name = camera ? this.#cameraName(camera) : '';
    this.announced = { number: this.announced.number + 1, text: say().alerts.announced(why, headline(alert), name) };
  }

  /** The list must not move while somebody is in it, by pointer, focus or key. */
  hold(by: 'pointer' | 'focus' | 'key', isHeld: boolean) {
    if (isHeld) this.#holders.add(by);
    else if (!this.#holders.delete(by)) return;
    if (this.#holders.size > 0) this.#queue.hold();
    else this.#queue.release();
    this.#draw();
  }

  takeWaiting() {
    this.#queue.sort();
    this.#draw();
  }

  /** Shows only these priorities; all when none is given. */
  only(severities: ReadonlySet<number>) {
    this.severities = severities;
    this.#queue.sort();
    this.#draw();
  }

  show(list: List) {
    this.list = list;
    this.#sort();
  }

  /** Shows only what fits; everything again with nothing. */
  narrow(narrowed: Partial<Narrowed>) {
    this.narrowed = { ...this.narrowed, ...narrowed };
    this.#sort();
  }

  group(isGrouped: boolean) {
    this.isGrouped = isGrouped;
    localStorage.setItem(GROUPED, isGrouped ? 'on' : 'off');
    this.#sort();
  }

  /** What waits or is being dealt with, the most urgent first, whichever list is looked at. */
  open(): Alert[] {
    return this.all.filter((alert) => isOpen(alert) && this.#fits(alert)).sort(byUrgency(isAcknowledged));
  }

  /** The alerts that stand in one row with this one, the one that stands highest first. */
  groupOf(alert: Alert): Alert[] {
    return this.all.filter((other) => other.group === alert.group && this.#isListed(other))
      .sort(byUrgency(isAcknowledged));
  }

  #sort() {
    this.#queue.isGrouped = this.isGrouped && this.list === 'queue';
    this.#queue.sort();
    this.#draw();
  }

  /** The service has answered how an alert is handled now: shown before the feed tells it. */
  handled(id: string, handling: Handling) {
    this.#queue.handled(id, handling);
    this.#draw();
  }

  /** Follows nothing any more: the officer has left. */
  end() {
    this.#beginning.end();
    this.#beginningEvents.end();
    link.unwatch();
    this.#alertFeed?.close();
    this.#eventFeed?.close();
    this.#queue.replace([]);
    this.#isRead = false;
    this.events = [];
    this.flood = undefined;
    this.isLoaded = this.isCutOff = this.isWaitingCutOff = this.isEventsCutOff = this.isPastUnread = false;
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
      this.isLoaded = this.#isRead;
    });
  }
}

export const alerts = new Alerts();
