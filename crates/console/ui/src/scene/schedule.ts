// When a rule is judged: windows of the week (`docs/rules/README.md`). Pure.

export const DAYS = ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'] as const;
export type Day = (typeof DAYS)[number];

/** As it stands in the configuration; what is left out is every day, midnight, midnight. */
export interface Window {
  days?: Day[];
  from?: string;
  to?: string;
  time_zone?: string;
}

/** A window that is begun with: a working night. */
export const FIRST: Window = { from: '22:00', to: '05:00' };

/** What is wrong with a window; undefined where nothing is. */
export function mistakeOf({ days, from = '00:00', to = '24:00' }: Window): 'time' | 'never' | 'days' | undefined {
  const isTime = (text: string) => /^([01]\d|2[0-3]):[0-5]\d$/.test(text) || text === '24:00';
  if (!isTime(from) || !isTime(to)) return 'time';
  if (days?.length === 0) return 'days';
  return from === to ? 'never' : undefined;
}

/** Switches a day on or off; every day is as if no days were said. */
export function withDay(window: Window, day: Day): Window {
  const now = window.days ?? [...DAYS];
  const next = DAYS.filter((one) => (one === day ? !now.includes(one) : now.includes(one)));
  const { days: _, ...rest } = window;
  return next.length === DAYS.length ? rest : { ...rest, days: next };
}
