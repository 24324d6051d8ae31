// The duty officer's queue, pure: order, and a list that does not move under the pointer.
import type { Handling } from '../api/handling';
import type { Alert } from '../api/types';

/** Whether somebody has taken the alert on; unacknowledged ones go first. */
export type IsAcknowledged = (alert: Alert) => boolean;

export const isAcknowledged: IsAcknowledged = ({ handling }) => handling !== undefined && handling.state !== 'new';

/** Whether somebody is to deal with an alert now: neither closed nor put aside. Where nobody's doings are kept, every one. */
export const isOpen = ({ handling }: Alert): boolean => !handling || (handling.state !== 'closed' && !handling.shelved);

/** Whether an alert was put before `me`, by a person or because nobody answered. */
export const isPutBefore = ({ handling }: Alert, me: string | undefined): boolean => me !== undefined && handling?.escalated?.to === me;

/** Whether an alert is `me`'s to deal with: given to them, answered for by them, or put before them. */
export function isTheirs(alert: Alert, me: string | undefined): boolean {
  if (me === undefined || !alert.handling || alert.handling.state === 'closed') return false;
  return (alert.handling.assignee ?? alert.handling.acknowledged?.by) === me || isPutBefore(alert, me);
}

/** Sorts by what needs a person first: unacknowledged, then graver, then newer. */
export function byUrgency(isTaken: IsAcknowledged) {
  return (a: Alert, b: Alert) =>
    Number(isTaken(a)) - Number(isTaken(b)) || a.severity - b.severity
    || Date.parse(b.first) - Date.parse(a.first) || (a.id < b.id ? 1 : -1);
}

/** What the list shows. */
export interface QueueView {
  /** The rows, in their order. */
  rows: Alert[];
  /** How many wait above the list until it may move. */
  waiting: number;
  /** Critical ones that came while the list may not move: pinned above it. */
  pinned: Alert[];
  /** How many alerts stand in a row, of those rows that stand for more than one. */
  grouped: Map<string, number>;
  /** How many alerts stand in another one's row. */
  folded: number;
  /** How many that were dealt with have been forgotten, as there are too many. */
  forgotten: number;
}

/** Whether `known` is as new as `alert`. Who sees a part of the site is not told which change of all it is. */
function isAsNew(known: Alert, alert: Alert): boolean {
  if (typeof known.change === 'number' && typeof alert.change === 'number') return known.change >= alert.change;
  return known.version + (known.handling?.version ?? 0) > alert.version + (alert.handling?.version ?? 0);
}

/** Whether nobody is to deal with an alert any more. Where nobody's doings are kept, the past is past. */
const isOver = ({ handling }: Alert) => !handling || handling.state === 'closed';

export class Queue {
  #alerts = new Map<string, Alert>();
  #shown: string[] = [];
  #waiting = new Set<string>();
  #isHeld = false;
  #grouped = new Map<string, number>();
  #forgotten = 0;
  /** Whether alerts of one group (the same rule at the same camera, soon after one another) stand in
   * one row, that of the one that stands highest. */
  isGrouped = false;

  constructor(
    /** Which alerts belong in the list; when it changes its mind, `sort` is called. */
    private wanted: (alert: Alert) => boolean = () => true,
    private isTaken: IsAcknowledged = () => false,
    /** Alerts kept, beyond which those that are over are forgotten, the oldest first. What waits is never forgotten. */
    private most = 2000,
  ) {}

  /** Begins anew with `alerts`. */
  replace(alerts: Alert[]) {
    this.#alerts = new Map(alerts.map((alert) => [alert.id, alert]));
    this.#waiting.clear();
    this.#forgotten = 0;
    this.sort();
  }

  /** Takes an alert as it is now: new, or changed. */
  take(alert: Alert) {
    const known = this.#alerts.get(alert.id);
    if (known && isAsNew(known, alert)) return;
    this.#alerts.set(alert.id, alert);
    if (!this.#isHeld) this.sort();
    else if (!known && this.wanted(alert)) this.#waiting.add(alert.id);
    this.#forgetOldest();
  }

  /** The pointer or the keyboard is in the list: it must not move. */
  hold() {
    this.#isHeld = true;
  }

  /** The list may move again, and shows what has waited. */
  release() {
    this.#isHeld = false;
    this.sort();
  }

  /** An alert is handled otherwise now; it stays where it stands. */
  handled(id: string, handling: Handling) {
    const known = this.#alerts.get(id);
    const isNews = known?.handling && handling.version > known.handling.version;
    if (isNews) this.#alerts.set(id, { ...known, handling });
    if (!this.#isHeld) this.sort();
  }

  get(id: string): Alert | undefined {
    return this.#alerts.get(id);
  }

  all(): Alert[] {
    return [...this.#alerts.values()];
  }

  view(): QueueView {
    const found = (id: string) => this.#alerts.get(id);
    const waiting = [...this.#waiting].map(found).filter((alert) => alert !== undefined);
    return {
      rows: this.#shown.map(found).filter((alert) => alert !== undefined),
      waiting: waiting.length,
      pinned: waiting.filter((alert) => alert.severity === 1),
      grouped: this.#grouped,
      forgotten: this.#forgotten,
      folded: [...this.#grouped.values()].reduce((sum, count) => sum + count - 1, 0),
    };
  }

  /** Orders the list anew and shows what has waited, though it may be held. */
  sort() {
    this.#waiting.clear();
    const wanted = this.all().filter(this.wanted).sort(byUrgency(this.isTaken));
    this.#grouped = new Map();
    this.#shown = (this.isGrouped ? this.#firstOfEach(wanted) : wanted).map((alert) => alert.id);
  }

  /** Returns of each group the alert that stands highest; the sorted come in. */
  #firstOfEach(sorted: Alert[]): Alert[] {
    const firsts = new Map<string, Alert>();
    for (const alert of sorted) {
      const group = alert.group ?? alert.id;
      const first = firsts.get(group);
      if (first) this.#grouped.set(first.id, (this.#grouped.get(first.id) ?? 1) + 1);
      else firsts.set(group, alert);
    }
    return [...firsts.values()];
  }

  #forgetOldest() {
    if (this.#alerts.size <= this.most) return;
    const [first, ...others] = this.all().filter(isOver);
    if (!first) return;
    this.#alerts.delete(others.reduce((a, b) => (a.first < b.first ? a : b), first).id);
    this.#forgotten += 1;
  }
}

/** How many alerts began in each minute of the two hours before `end`, by severity 1 to 4. */
export function perMinute(alerts: Alert[], end: number, minutes: number): number[][] {
  const lanes = [1, 2, 3, 4].map(() => new Array<number>(minutes).fill(0));
  const start = end - minutes * 60_000;
  for (const alert of alerts) {
    const minute = Math.floor((Date.parse(alert.first) - start) / 60_000);
    const lane = lanes[alert.severity - 1];
    if (lane && minute >= 0 && minute < minutes) lane[minute] = (lane[minute] ?? 0) + 1;
  }
  return lanes;
}

/** What was raised before the minute that begins at `until`, in ms, by the minute and severity 1 to 4; minutes without any
 * are left out. */
export interface Counted {
  until: number;
  spans: { start: number; counts: number[] }[];
}

/** Returns `lanes`, as `perMinute` gives them, with what was counted in place of the list's own up to where it was counted. */
export function withCounted(lanes: number[][], counted: Counted | undefined, end: number): number[][] {
  if (!counted) return lanes;
  const minutes = lanes[0]?.length ?? 0;
  const start = end - minutes * 60_000;
  const spans = new Map(counted.spans.map((span) => [Math.round((span.start - start) / 60_000), span.counts]));
  return lanes.map((lane, level) => lane.map((own, minute) =>
    (start + (minute + 1) * 60_000 <= counted.until ? (spans.get(minute)?.[level] ?? 0) : own)));
}
