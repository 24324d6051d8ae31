// Times as people of Vietnam read them, whatever the machine is set to, and a clock that ticks.
import { say } from './words.svelte';

export const ZONE = 'Asia/Ho_Chi_Minh';
/** Vietnam has had one offset since 1975 and no summer time. */
const OFFSET = '+07:00';

type Time = string | number;

const at = (time: Time) => new Date(time);

function written(time: Time, options: Intl.DateTimeFormatOptions): string {
  return at(time).toLocaleString(say().locale, { timeZone: ZONE, hourCycle: 'h23', ...options });
}

/** 21:47:32 */
export const clockTime = (time: Time) => written(time, { hour: '2-digit', minute: '2-digit', second: '2-digit' });

/** 21:47 */
export const hourMinute = (time: Time) => written(time, { hour: '2-digit', minute: '2-digit' });

/** 21:47:32.160 */
export function clockTimeMs(time: Time): string {
  const options: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit', second: '2-digit', fractionalSecondDigits: 3 };
  return written(time, options).replace(',', '.');
}

/** 21/11/2026 */
export const date = (time: Time) => written(time, { day: '2-digit', month: '2-digit', year: 'numeric' });

/** 21/11/2026 21:47:32, the date left out when it is today's. */
export function moment(time: Time): string {
  return date(time) === date(Date.now()) ? clockTime(time) : `${date(time)} ${clockTime(time)}`;
}

/** Th 7, 21/11/2026 */
export const weekdayDate = (time: Time) =>
  written(time, { weekday: 'short', day: '2-digit', month: '2-digit', year: 'numeric' });

/** Returns a span in words: "14 giây", "2 ph 05". */
export function span(milliseconds: number): string {
  const { seconds, minutes, hours, days } = say().alerts.ago;
  const whole = Math.max(0, Math.floor(milliseconds / 1000));
  if (whole < 60) return seconds(whole);
  if (whole < 3600) return minutes(Math.floor(whole / 60), whole % 60);
  if (whole < 86_400) return hours(Math.floor(whole / 3600), Math.floor((whole % 3600) / 60));
  return days(Math.floor(whole / 86_400));
}

/** Returns how long something may take: "30 giây", "2 phút". */
export const limit = (milliseconds: number) =>
  (milliseconds >= 60_000 && milliseconds % 60_000 === 0 ? say().alerts.ago.whole_minutes(milliseconds / 60_000) : span(milliseconds));

/** 1:05 and 0:00 when it is over; hours in front where there are any. */
export function countdown(milliseconds: number): string {
  const whole = Math.max(0, Math.ceil(milliseconds / 1000));
  const [hours, minutes, seconds] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  const two = (value: number) => String(value).padStart(2, '0');
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/** 27/11/2026 08:52:07, in every language: what `fromWritten` reads. */
export function toWritten(time: Time): string {
  const [date = '', clock = ''] = new Date(at(time).getTime() + 7 * 3600_000).toISOString().split('T');
  return `${date.split('-').reverse().join('/')} ${clock.slice(0, 8)}`;
}

/** Returns the moment written as `27/11/2026 08:52:07` (seconds may be left out) in Vietnam's time; `NaN` if it is none. */
export function fromWritten(text: string): number {
  const found = /^\s*(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})\s+(\d{1,2}):(\d{2})(?::(\d{2}))?\s*$/.exec(text);
  if (!found) return NaN;
  const [day, month, year, hour, minute, second] = found.slice(1).map((part) => (part ?? '0').padStart(2, '0'));
  const time = Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}${OFFSET}`);
  // The 31st of a short month would become the next month's first.
  return !Number.isNaN(time) && toWritten(time).startsWith(`${day}/${month}/`) ? time : NaN;
}

/** RFC 3339, as the API wants it. */
export const rfc3339 = (time: Time) => at(time).toISOString();

/** The time now, once a second; reading it in a component keeps what it shows current. */
class Ticking {
  now = $state(Date.now());

  constructor() {
    setInterval(() => (this.now = Date.now()), 1000);
  }
}

export const ticking = new Ticking();
