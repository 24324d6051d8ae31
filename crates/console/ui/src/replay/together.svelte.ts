// Several cameras replayed on one clock: who is shown, which moment, how fast, and what is waited for.
import { cameras } from '../cameras/cameras.svelte';
import { Busy } from './busy.svelte';
import { WallClock, isPlayed, nextRate } from './clock';
import { recorded, type Origin, type Recorded, type StreamName } from './recorded';
import { shareOf, united, zoomed, type Span } from './spans';
import { JUST_BEHIND, ReplayTile, type Showing } from './tile';

/** How often it is looked whether everything is in its place, in ms. */
const LOOK = 50;
/** Nobody waits longer for one camera than this, in ms: its tile then says that it loads. */
const LONGEST_WAIT = 8000;
/** Between pictures that are set one by one, in ms, and how long one is waited for. */
const STEP = 125;
const LONGEST_STEP = 2000;
/** What is recorded is asked for again so often while it may grow, in ms. */
const AGAIN = 5000;
/** Where no picture says how long it lasts, a step is as long as most cameras' pictures, in ms. */
const USUAL_PICTURE = 40;
/** What has happened since is still on its way to the disk, in ms. */
const JUST_NOW = 20_000;
/** A clock that is wrong by more than this is not set right: it may have been another error then. */
const LARGEST_SKEW = 60_000;
/** More tiles than this show the sub streams where those are recorded. */
const FEW = 4;
/** The spans that the time line can show, in ms. */
export const LENGTHS = [2, 10, 30, 60, 360, 1440].map((minutes) => minutes * 60_000);

/** What a tile shows, and the moment of its picture. */
export interface TileState {
  showing: Showing;
  presented: number | undefined;
  isCopy: boolean;
  /** One picture after the other. */
  isPictures: boolean;
  /** Without privacy masks. */
  isUnmasked: boolean;
}

export class Together {
  /** The moment that is shown, in ms. */
  at = $state(0);
  rate = $state(1);
  isPlaying = $state(false);
  /** Cameras whose pictures are waited for. */
  waitingFor = $state.raw<string[]>([]);
  /** The part of time that the lanes show. */
  view = $state.raw<Span>({ start: 0, end: 1 });
  recorded = $state.raw<ReadonlyMap<string, Recorded>>(new Map());
  states = $state.raw<ReadonlyMap<string, TileState>>(new Map());
  /** Cameras that are shown without their privacy masks. */
  unmasked = $state.raw<ReadonlySet<string>>(new Set());
  /** By whose pictures single steps go, and which is large. */
  chosen = $state('');
  /** It is looked for where something is to be played. */
  isLookingOn = $state(false);
  /** When something was there: nothing else is played while it is on. */
  readonly busy: Busy;

  #clock: WallClock;
  #tiles = new Map<string, ReplayTile>();
  #asking = new Map<string, AbortController>();
  #timer: ReturnType<typeof setInterval>;
  #waitingSince: number | undefined;
  #steppedAt = 0;
  #askedAt = 0;
  #askedView = '';

  constructor(at: number, view: Span, classes: string[] = []) {
    this.busy = new Busy(classes);
    this.#clock = new WallClock(at);
    this.at = at;
    this.view = view;
    this.#timer = setInterval(() => this.#look(), LOOK);
  }

  close() {
    clearInterval(this.#timer);
    for (const asking of this.#asking.values()) asking.abort(new DOMException('no longer shown', 'AbortError'));
    for (const tile of this.#tiles.values()) tile.close();
    this.#tiles.clear();
    this.busy.close();
  }

  /** Shows a camera in a video, or in an image where no video can be had, until the returned function is called. */
  add(camera: string, video: HTMLVideoElement, image: HTMLImageElement, count: number): () => void {
    const tile = new ReplayTile(video, image, originOf(camera, count));
    this.#tiles.set(camera, tile);
    if (!this.chosen) this.chosen = camera;
    void this.#ask(camera, tile);
    return () => {
      tile.close();
      this.#asking.get(camera)?.abort(new DOMException('no longer shown', 'AbortError'));
      if (this.#tiles.get(camera) === tile) this.#tiles.delete(camera);
      this.unmasked = new Set([...this.unmasked].filter((one) => one !== camera));
      if (this.chosen === camera) this.chosen = [...this.#tiles.keys()][0] ?? '';
    };
  }

  play() {
    if (this.isPlaying) return;
    this.isPlaying = true;
    this.#waitingSince = undefined;
    this.#steppedAt = performance.now();
    this.#look();
  }

  pause() {
    this.isPlaying = false;
    this.isLookingOn = false;
    this.waitingFor = [];
    this.#clock.hold(performance.now());
    this.#look();
  }

  toggle() {
    if (this.isPlaying) this.pause();
    else this.play();
  }

  /** J and L: the same way again is faster. */
  turn(direction: 1 | -1) {
    this.setRate(nextRate(this.rate, this.isPlaying, direction));
    this.play();
  }

  setRate(rate: number) {
    const now = performance.now();
    this.#clock.turn(now, rate);
    this.#clock.hold(now);
    this.#steppedAt = now;
    this.rate = rate;
  }

  /** Shows a camera without its privacy masks, or with them again. */
  unmask(camera: string, isUnmasked: boolean) {
    const next = new Set(this.unmasked);
    if (isUnmasked) next.add(camera);
    else next.delete(camera);
    this.unmasked = next;
    this.#tiles.get(camera)?.unmask(isUnmasked, this.at);
    this.#look();
  }

  /** Goes to a moment; the time line goes along where it does not reach. */
  seek(at: number) {
    this.busy.last = undefined;
    this.#go(at);
    this.#look();
  }

  #go(at: number) {
    const now = performance.now();
    this.#clock.seek(now, at);
    this.#steppedAt = now;
    this.#waitingSince = undefined;
    if (at < this.view.start || at > this.view.end) {
      const half = (this.view.end - this.view.start) / 2;
      this.view = { start: at - half, end: at + half };
    }
    this.at = at;
  }

  /** Goes to the picture before or after, of the camera that is chosen. */
  step(direction: 1 | -1) {
    if (this.isPlaying) this.pause();
    const tile = this.#tiles.get(this.chosen);
    const next = tile?.frame(this.at, direction);
    this.seek(next === undefined ? this.at + direction * USUAL_PICTURE : next + JUST_BEHIND);
  }

  /** Shows more of the time around the moment, or less. */
  zoom(step: 1 | -1) {
    const now = this.view.end - this.view.start;
    const next = step === 1 ? LENGTHS.findLast((length) => length < now - 1000) : LENGTHS.find((length) => length > now + 1000);
    if (next !== undefined) this.show(next);
  }

  show(length: number) {
    const isInside = this.at >= this.view.start && this.at <= this.view.end;
    this.view = isInside ? zoomed(this.view, this.at, length) : { start: this.at - length / 2, end: this.at + length / 2 };
  }

  /** The farthest that two clocks of those shown are apart, as far as it is set right, in ms. */
  skewOf(camera: string): number | undefined {
    return this.#tiles.get(camera)?.from.skew;
  }

  async #ask(camera: string, tile: ReplayTile) {
    this.#asking.get(camera)?.abort(new DOMException('asked anew', 'AbortError'));
    const asking = new AbortController();
    this.#asking.set(camera, asking);
    const margin = (this.view.end - this.view.start) / 4;
    const end = Math.min(this.view.end + margin, Date.now() + 60_000);
    const wanted = { start: Math.min(this.view.start - margin, end - 60_000), end };
    try {
      const found = await recorded(tile.from, wanted, asking.signal);
      if (asking.signal.aborted) return;
      this.recorded = new Map([...this.recorded, [camera, found]]);
      this.busy.recorded = united([...this.recorded].flatMap(([id, { spans }]) => (this.#tiles.has(id) ? spans : [])));
      tile.know(found, this.at);
    } catch (error) {
      if (!asking.signal.aborted) throw error;
    }
  }

  /** What is recorded is asked for when other times are looked at, and again while it may grow. */
  #askAgain(now: number) {
    const { start, end } = this.view;
    const asked = `${start} ${end}`;
    const mayGrow = end > Date.now() - 120_000 || [...this.recorded.values()].some(({ problem }) => problem === 'unreachable');
    const isDue = now - this.#askedAt > AGAIN && mayGrow;
    if (asked === this.#askedView && !isDue) return;
    // A time line that is being dragged is asked for once it stands.
    if (now - this.#askedAt < 400) return;
    this.#askedAt = now;
    this.#askedView = asked;
    for (const [camera, tile] of this.#tiles) void this.#ask(camera, tile);
  }

  #look() {
    const now = performance.now();
    const direction = this.rate < 0 ? -1 : 1;
    if (!this.isPlaying) this.#stand(this.#clock.at(now), direction);
    else if (document.hidden) this.pause();
    else if (this.#passesOver(now, direction)) this.#stand(this.#clock.at(now), direction);
    else if (isPlayed(this.rate)) this.#follow(now);
    else this.#stepOn(now, direction);
    this.at = this.#clock.at(now);
    this.#goAlong();
    this.#askAgain(now);
    this.busy.want(new Map([...this.#tiles].map(([camera, { from }]) => [camera, from.skew])), this.view, this.at);
    this.#tell();
  }

  #stand(at: number, direction: 1 | -1) {
    for (const tile of this.#tiles.values()) tile.show(at, direction);
  }

  /** Where only what holds something is played, goes on to where something is; whether it stands meanwhile. */
  #passesOver(now: number, direction: 1 | -1): boolean {
    const at = this.#clock.at(now);
    this.isLookingOn = this.busy.isOn && at < Date.now() && !this.busy.knows(at);
    if (this.isLookingOn) {
      this.#clock.hold(now);
      return true;
    }
    const next = this.busy.leap(at, direction);
    if (!next) return false;
    // Further back than anything is recorded, there is nothing to look for.
    const isAtEnd = next.isEdge && (direction === 1 ? next.to >= Date.now() - JUST_NOW : ![...this.recorded.values()].some(({ spans }) => spans.some(({ start }) => start < next.to)));
    if (isAtEnd) this.pause();
    else this.#go(next.to);
    return true;
  }

  #follow(now: number) {
    const at = this.#clock.at(now);
    const waiting = [...this.#tiles].filter(([, tile]) => tile.isWaiting(at)).map(([camera]) => camera);
    if (waiting.length > 0) this.#waitingSince ??= now;
    else this.#waitingSince = undefined;
    const isHeld = this.#waitingSince !== undefined && now - this.#waitingSince < LONGEST_WAIT;
    if (waiting.join() !== this.waitingFor.join()) this.waitingFor = isHeld ? waiting : [];
    if (this.#hasEnded(at)) this.pause();
    else if (isHeld) {
      this.#clock.hold(now);
      this.#stand(at, 1);
    } else {
      this.#clock.run(now);
      for (const tile of this.#tiles.values()) tile.follow(at, this.rate);
    }
  }

  /** Goes on by pictures that are set: to the next one when all tiles show the last. */
  #stepOn(now: number, direction: 1 | -1) {
    const at = this.#clock.at(now);
    const since = now - this.#steppedAt;
    const isReady = [...this.#tiles.values()].every((tile) => tile.isSettled(at));
    if (since >= STEP && (isReady || since > LONGEST_STEP)) {
      // Where pictures come slowly, so does the time.
      this.#clock.seek(now, at + this.rate * Math.min(since, 2 * STEP));
      this.#steppedAt = now;
      if (this.#hasEnded(this.#clock.at(now))) this.pause();
    }
    this.#stand(this.#clock.at(now), direction);
  }

  /** Nothing is recorded of the time to come, nor before the first that is known. */
  #hasEnded(at: number): boolean {
    if (this.rate > 0) return at >= Date.now();
    const known = [...this.recorded.values()].flatMap(({ spans, gaps }) => [...spans, ...gaps]);
    return known.length > 0 && known.every(({ start }) => at < start) && at < this.view.start;
  }

  /** While it plays, the time line turns its page at the edge. */
  #goAlong() {
    if (!this.isPlaying) return;
    const length = this.view.end - this.view.start;
    const share = shareOf(this.view, this.at);
    if (share >= 1) this.view = { start: this.at - length * 0.1, end: this.at + length * 0.9 };
    else if (share <= 0) this.view = { start: this.at - length * 0.9, end: this.at + length * 0.1 };
  }

  #tell() {
    const states = new Map([...this.#tiles].map(([camera, tile]): [string, TileState] => [
      camera, { showing: tile.showing(this.at, this.rate), presented: tile.presented, isCopy: tile.isCopy, isPictures: tile.isPictures, isUnmasked: tile.isUnmasked && !tile.isPictures },
    ]));
    if (JSON.stringify([...states]) !== JSON.stringify([...this.states])) this.states = states;
  }
}

function originOf(id: string, count: number): Origin {
  const streams = cameras.byId.get(id)?.properties.streams ?? [];
  const hasSub = streams.some(({ stream, recorded_until: until }) => stream === 'sub' && until);
  const stream: StreamName = count > FEW && hasSub ? 'sub' : 'main';
  const skew = streams.find((one) => one.stream === stream)?.clock_error_ms ?? 0;
  return { camera: id, stream, skew: Math.abs(skew) <= LARGEST_SKEW ? skew : 0 };
}
