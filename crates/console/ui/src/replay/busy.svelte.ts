// Only what holds something is played: asks the service when that was, around what is looked at.
import { Refused, get, refusal } from '../api/client';
import { tellRefusal } from '../api/problem-words';
import { rfc3339 } from '../words/time.svelte';
import { busySpans, bytesOf, leap, passedOver, played, type Lane } from './busy';
import type { Span } from './spans';

/** What is looked for where nothing else was: all that moves on streets. */
const USUAL = ['person', 'bicycle', 'motorcycle', 'car', 'bus', 'truck'];
/** How finely time is told. */
const BUCKETS = 2000;
/** What has just been seen, or could not be told, is asked for again so often, in ms: each time stands in the audit trail. */
const AGAIN = 60_000;
/** Where one waits to know, it is asked so often, in ms. */
const SOON = 2000;
/** Tracks are stored when they are over. */
const SETTLED = 2 * 60_000;

export class Busy {
  isOn = $state(false);
  lanes = $state.raw<ReadonlyMap<string, Lane>>(new Map());
  /** What is known about, in ms; undefined before the first answer. */
  known = $state.raw<Span>();
  kept = $state.raw<Span[]>([]);
  passed = $state.raw<Span[]>([]);
  /** Why it cannot be told. */
  problem = $state('');
  /** What was passed over last. */
  last = $state.raw<Span>();

  #asking: AbortController | undefined;
  #askedAt = -Infinity;
  /** The cameras that were asked for last. */
  #asked = '';
  #recorded: Span[] = [];

  /** Looks for objects of these classes; of those that move on streets where none is said. */
  constructor(readonly classes: string[]) {}

  get wanted(): string[] {
    return this.classes.length > 0 ? this.classes : USUAL;
  }

  toggle() {
    this.isOn = !this.isOn;
    this.last = undefined;
    if (!this.isOn) this.close();
  }

  close() {
    this.#asking?.abort(new DOMException('no longer wanted', 'AbortError'));
    this.#asking = undefined;
    this.known = undefined;
    this.lanes = new Map();
    [this.kept, this.passed, this.problem] = [[], [], ''];
  }

  /** Whether it is known of a moment what to play there. */
  knows(at: number): boolean {
    const { known } = this;
    return this.problem !== '' || (known !== undefined && at >= known.start - 1 && at < known.end);
  }

  /** Says when there is a picture of any camera. */
  set recorded(recorded: Span[]) {
    this.#recorded = recorded;
    this.#reckon();
  }

  /** Asks where the part of time that is looked at is not known yet, or may have grown; `at` is the moment that is played. */
  want(cameras: Map<string, number>, view: Span, at: number) {
    if (!this.isOn || this.#asking || cameras.size === 0) return;
    const [now, since, { known }] = [Date.now(), performance.now() - this.#askedAt, this];
    const isOther = this.#asked !== [...cameras.keys()].join();
    const isInside = known !== undefined && known.start <= view.start && known.end >= Math.min(view.end, now - AGAIN);
    const mayGrow = view.end > now - SETTLED;
    const isDue = isOther ? since > 400
      : this.problem ? since > AGAIN
      : !isInside ? since > 400
      : !this.knows(at) && at < now ? since > SOON : mayGrow && since > AGAIN;
    if (!isDue) return;
    const margin = (view.end - view.start) / 4;
    const end = Math.min(view.end + margin, now);
    void this.#ask(cameras, { start: Math.min(view.start - margin, end - 60_000), end });
  }

  async #ask(cameras: Map<string, number>, { start, end }: Span) {
    const asking = new AbortController();
    this.#asking = asking;
    this.#askedAt = performance.now();
    this.#asked = [...cameras.keys()].join();
    try {
      const query = { cameras: [...cameras.keys()].join(','), start: rfc3339(start), end: rfc3339(end), buckets: BUCKETS, class: this.wanted.join(',') };
      const told = await get('/api/v1/timeline', { query, signal: asking.signal });
      this.lanes = new Map([...cameras].map(([camera, skew]): [string, Lane] => {
        const lane = told.cameras.find((one) => one.camera === camera);
        // Of what may not be searched nothing is known.
        if (!lane) return [camera, { camera, busy: [], unseen: [{ start, end }] }];
        // Cameras tell by their own clocks.
        return [camera, {
          camera,
          busy: busySpans(bytesOf(lane.activity), { start: start - skew, end: end - skew }),
          unseen: lane.not_analysed.gaps.map((gap) => ({ start: Date.parse(gap.start) - skew, end: Date.parse(gap.end) - skew })),
        }];
      }));
      this.known = { start, end };
      this.problem = '';
      this.#reckon();
    } catch (error) {
      if (asking.signal.aborted) return;
      if (!(error instanceof Refused)) throw error;
      this.problem = tellRefusal(refusal(error)).word;
    } finally {
      if (this.#asking === asking) this.#asking = undefined;
    }
  }

  #reckon() {
    const { known } = this;
    if (!known) return;
    this.kept = played([...this.lanes.values()], this.#recorded, known);
    this.passed = passedOver(this.kept, known);
  }

  /** Where to go on from a moment at which nothing is; undefined where one may stay. */
  leap(at: number, direction: 1 | -1): { to: number; isEdge: boolean } | undefined {
    if (!this.isOn || this.problem || !this.known) return undefined;
    const found = leap(this.kept, this.known, at, direction);
    if (found) this.last = direction === 1 ? { start: at, end: found.to } : { start: found.to, end: at };
    return found;
  }
}
