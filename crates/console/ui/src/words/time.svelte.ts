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

/** Returns `time` as an input of the type `datetime-local` wants it, in Vietnam's time. */
export function toInput(time: Time): string {
  const shifted = new Date(at(time).getTime() + 7 * 3600_000);
  return shifted.toISOString().slice(0, 16);
}

/** Returns the moment that an input of the type `datetime-local` holds; `NaN` if none. */
export const fromInput = (text: string) => Date.parse(`${text}:00${OFFSET}`);

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
