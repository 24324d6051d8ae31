// What alerts there are when somebody sits down: those of the last hours, and every one that waits or is put aside,
// however old.
import type { Alert, AlertsPage } from '../api/types';
import { targetsOf, type Targets } from './late';
import { rfc3339 } from '../words/time.svelte';

/** How far back the queue reaches. */
export const REACH = 12 * 3600_000;
/** Alerts of the last hours read at the start, at most. */
export const MOST = 1000;
/** Alerts that wait, at most: more than people can look at, but none of them is left out unsaid. */
export const MOST_WAITING = 5000;
const PAGE = 500;

/** What is asked of a page of alerts. */
export interface PageAsked {
  start?: string;
  sort?: 'queue';
  shelved?: boolean;
  limit: number;
  cursor?: string;
}

export interface Reading {
  alerts: Alert[];
  /** The place in the feed that this is of. */
  asOf: string | undefined;
  /** How long alerts may wait for an answer. */
  targets: Targets;
  /** Whether the service keeps what officers do about alerts. */
  isHandled: boolean;
  /** Of the last hours there were more, dealt with by now. */
  isCutOff: boolean;
  /** More wait, or are put aside, than were read. */
  isWaitingCutOff: boolean;
}

/** Reads them page by page through `ask`, as of `now` in ms. */
export async function readAlerts(ask: (page: PageAsked) => Promise<AlertsPage>, now: number): Promise<Reading> {
  const latest = await readAll((cursor) => ask({ start: rfc3339(now - REACH), limit: PAGE, cursor }), MOST);
  const read: Reading = { alerts: latest.alerts, asOf: latest.first?.as_of, targets: targetsOf(latest.first ?? {}), isHandled: latest.first !== undefined && 'totals' in latest.first, isCutOff: latest.isCutOff, isWaitingCutOff: false };
  if (!read.isHandled) return read;
  const waiting = await readAll((cursor) => ask({ sort: 'queue', limit: PAGE, cursor }), MOST_WAITING);
  const aside = await readAll((cursor) => ask({ shelved: true, limit: PAGE, cursor }), MOST_WAITING);
  return { ...read, alerts: [...read.alerts, ...waiting.alerts, ...aside.alerts], isWaitingCutOff: waiting.isCutOff || aside.isCutOff };
}

async function readAll(ask: (cursor: string | undefined) => Promise<AlertsPage>, most: number) {
  const alerts: Alert[] = [];
  // What changes while further pages are read comes by the feed, after the first answer.
  let first: AlertsPage | undefined;
  let cursor: string | undefined;
  do {
    const page = await ask(cursor);
    first ??= page;
    alerts.push(...page.alerts);
    cursor = page.next ?? undefined;
  } while (cursor && alerts.length < most);
  return { alerts, first, isCutOff: cursor !== undefined };
}
