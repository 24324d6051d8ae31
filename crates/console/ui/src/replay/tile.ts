// Keeps one camera's video at the moment of the common clock, and says at every moment how true it is:
// a picture of another moment never passes for one of this.
import { steer } from '../watch/steering';
import type { Origin, Recorded } from './recorded';
import { ReplaySource, type Trouble, type Way } from './source';
import { within, type Gap } from './spans';
import { PictureStrip } from './strip';

/** What a tile shows. */
export type Showing =
  | { kind: 'picture' }
  /** Recorded, and on its way. */
  | { kind: 'loading'; trouble?: Trouble }
  /** Nothing was recorded then. */
  | { kind: 'gap'; gap: Gap }
  /** Nothing is known to be recorded then, and no reason is known. */
  | { kind: 'nothing' }
  /** What is recorded is not known yet. */
  | { kind: 'asking' }
  | { kind: 'failed'; why: 'may_not' | 'unreachable' | 'no_stream' | 'undecodable' };

/** A picture further off than this, in ms at the clock's own speed, is one of another moment. */
const OFF = 400;
/** Nobody waits for recorded pictures: they are drawn to their place this much harder than live ones. */
const HURRY = 4;
/** Further off than this, in ms, it is set to its place. */
const FAR = 500;
/** A tile that stands so near to a moment stands at it, in ms. */
const AT = 3;
/** Pictures that are needed ahead before playing goes on, in ms. */
const MARGIN = 300;
/** A decoder that shows nothing for so long of what it was given shows nothing at all, in ms. */
const FIRST_PICTURE = 4000;
/** A copy that could not be had for so long is done without, in ms: one picture after the other is shown meanwhile. */
const WITHOUT_COPY = 8000;
/** Just behind the beginning of a picture, so that rounding does not show the one before. */
export const JUST_BEHIND = 2;

export class ReplayTile {
  recorded: Recorded | undefined;
  /** Whether it is shown without its privacy masks. */
  isUnmasked = false;
  /** The common-clock moment of the picture in the video, in ms; undefined before the first. */
  #played: number | undefined;
  #strip: PictureStrip | undefined;
  #troubledSince: number | undefined;
  #source: ReplaySource | undefined;
  #way: Way | undefined;
  #cannotPlay = new Set<Way>();
  #trouble: Trouble | undefined;
  #givenAt: number | undefined;
  #isOver = false;

  constructor(readonly video: HTMLVideoElement, readonly image: HTMLImageElement, readonly from: Origin) {
    video.requestVideoFrameCallback(this.#onPicture);
    video.addEventListener('error', this.#onError);
  }

  /** Whether what is shown is a viewing copy, and no original. */
  get isCopy() {
    return this.#way === 'copy' || this.#strip !== undefined;
  }

  /** Whether it is one picture after the other. */
  get isPictures() {
    return this.#strip !== undefined;
  }

  /** The common-clock moment of the picture on the screen, in ms; undefined before the first. */
  get presented() {
    return this.#strip ? this.#strip.presented : this.#played;
  }

  close() {
    this.#isOver = true;
    this.video.removeEventListener('error', this.#onError);
    this.#source?.close();
    this.#strip?.close();
  }

  /** Is shown without its privacy masks, or with them again: what was fetched the other way is forgotten. */
  unmask(isUnmasked: boolean, at: number) {
    if (this.isUnmasked === isUnmasked) return;
    this.isUnmasked = isUnmasked;
    this.#strip?.close();
    this.#strip = undefined;
    this.#source?.close();
    this.#source = undefined;
    this.#troubledSince = undefined;
    if (this.recorded) this.know(this.recorded, at);
  }

  /** Takes what is recorded around what is looked at. */
  know(recorded: Recorded, at: number) {
    this.recorded = recorded;
    const needsCopy = (recorded.isMasked && !this.isUnmasked) || (recorded.isH265 && !decodesH265()) || this.#cannotPlay.has('original');
    const way: Way = needsCopy ? 'copy' : 'original';
    if (this.#cannotPlay.has(way) || recorded.problem) return;
    if (!this.#source || this.#way !== way) this.#open(way, at);
    if (this.#source) this.#source.recorded = recorded.spans;
    this.#source?.want(at, 1);
  }

  /** Whether pictures of a moment are recorded, may be had, and are not here yet. */
  isWaiting(at: number): boolean {
    const { recorded } = this;
    if (!recorded || recorded.problem || this.#trouble === 'may_not') return false;
    const span = within(recorded.spans, at);
    // Single pictures come as they can: the clock waits for them.
    if (this.#strip) return span !== undefined && !this.#strip.isUseless && !this.#strip.stands(at, 1);
    if (!span || !this.#source || (this.#way && this.#cannotPlay.has(this.#way))) return false;
    return !this.#source.isReady(at, Math.min(MARGIN, Math.max(0, span.end - at - 200)));
  }

  /** Plays, at its place: at the clock's moment `at`, which runs at `rate`. */
  follow(at: number, rate: number) {
    const [source, { video }] = [this.#reaching(at), this];
    source?.want(at, 1);
    this.#showPictures(at);
    if (!source?.isReady(at)) {
      if (!video.paused) video.pause();
      return;
    }
    if (video.seeking) return;
    if (video.paused) {
      this.#set(source, at);
      video.playbackRate = rate;
      video.play().catch(() => {});
      return;
    }
    const behind = (at - source.shown) / Math.max(1, rate);
    const steered = steer(Math.abs(behind) > FAR ? behind : Math.max(-FAR, Math.min(FAR, HURRY * behind)));
    if ('seek' in steered) this.#set(source, at);
    else if (video.playbackRate !== rate * steered.rate) video.playbackRate = rate * steered.rate;
  }

  /** Stands at a moment; the way it goes on from there says what is fetched. */
  show(at: number, direction: 1 | -1) {
    const [source, { video }] = [this.#reaching(at), this];
    if (!video.paused) video.pause();
    source?.want(at, direction);
    this.#showPictures(at);
    if (source?.isReady(at) && !video.seeking && Math.abs(source.shown - at) > AT) this.#set(source, at);
  }

  /** Whether it stands where it is to stand, or there is nothing to wait for. */
  isSettled(at: number): boolean {
    if (this.isWaiting(at)) return false;
    if (this.#strip && this.recorded && within(this.recorded.spans, at)) return this.#strip.isSettled(at);
    const source = this.#source;
    return !source?.isReady(at) || (!this.video.seeking && Math.abs(source.shown - at) <= AT);
  }

  /** The beginning of the picture before or after the one that is on view at a moment. */
  frame(at: number, step: 1 | -1): number | undefined {
    return this.#source?.frame(at, step);
  }

  /** What it shows, measured by the clock's moment and rate. */
  showing(at: number, rate: number): Showing {
    const { recorded, video } = this;
    if (!recorded) return { kind: 'asking' };
    if (recorded.problem) return { kind: 'failed', why: recorded.problem };
    if (this.#trouble === 'may_not') return { kind: 'failed', why: 'may_not' };
    if (!within(recorded.spans, at)) {
      const gap = recorded.gaps.find(({ start, end }) => at >= start && at < end);
      return gap ? { kind: 'gap', gap } : { kind: 'nothing' };
    }
    if (this.#strip) {
      if (this.#strip.stands(at, rate)) return { kind: 'picture' };
      return this.#strip.isUseless ? { kind: 'failed', why: 'undecodable' } : { kind: 'loading' };
    }
    const source = this.#source;
    if (source?.isReady(at)) {
      const limit = OFF * Math.max(1, Math.abs(rate));
      const isStanding = !video.seeking && video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA;
      // The browser tells of a picture when it draws it, and does not hurry to where nothing is seen yet.
      if (this.#played === undefined && isStanding && video.getVideoPlaybackQuality().totalVideoFrames > 0) this.#played = source.shown;
      if (this.#played === undefined) this.#watch();
      // While it is set from one picture to the next, the one before stays; its own time stands on it.
      else if (isStanding ? Math.abs(source.shown - at) < limit : Math.abs(this.#played - at) < 2 * limit) return { kind: 'picture' };
    }
    return this.#trouble ? { kind: 'loading', trouble: this.#trouble } : { kind: 'loading' };
  }

  /** Where no video can be had, one picture after the other; until one can. */
  #showPictures(at: number) {
    const { recorded } = this;
    const isWithout = this.#cannotPlay.has('copy') || (this.#troubledSince !== undefined && performance.now() - this.#troubledSince > WITHOUT_COPY);
    if (isWithout && !this.#source?.isReady(at)) this.#strip ??= new PictureStrip(this.image, this.from);
    else if (this.#strip) {
      this.#strip.close();
      this.#strip = undefined;
    }
    if (recorded && within(recorded.spans, at)) this.#strip?.show(at);
  }

  /** The source, begun anew where its timeline does not reach. */
  #reaching(at: number): ReplaySource | undefined {
    if (this.#source && this.#way && !this.#source.reaches(at)) {
      this.#open(this.#way, at);
      if (this.recorded) this.#source.recorded = this.recorded.spans;
    }
    return this.#source;
  }

  #open(way: Way, at: number) {
    this.#source?.close();
    this.#way = way;
    this.#trouble = undefined;
    this.#givenAt = undefined;
    this.#played = undefined;
    this.#source = new ReplaySource(this.video, { ...this.from, isUnmasked: this.isUnmasked }, way, at, {
      trouble: (trouble) => {
        this.#trouble = trouble;
        // What may not be seen is not seen as pictures, either.
        if (way === 'copy' && trouble && trouble !== 'may_not') this.#troubledSince ??= performance.now();
        else this.#troubledSince = undefined;
      },
      cannot: () => this.#cannot(way),
    });
  }

  /** Some browsers say that they decode a stream, and show nothing. */
  #watch() {
    this.#givenAt ??= performance.now();
    if (performance.now() - this.#givenAt > FIRST_PICTURE && this.#way && this.video.paused) this.#cannot(this.#way);
  }

  /** These pictures are not shown here: a copy of them may be. */
  #cannot(way: Way) {
    if (this.#isOver || this.#cannotPlay.has(way)) return;
    this.#cannotPlay.add(way);
    this.#source?.close();
    this.#source = undefined;
    const { recorded } = this;
    if (way === 'original' && recorded) this.know(recorded, this.#played ?? recorded.start);
  }

  #set(source: ReplaySource, at: number) {
    this.video.currentTime = (at - source.origin) / 1000;
  }

  #onPicture = (_: number, { mediaTime }: VideoFrameCallbackMetadata) => {
    if (this.#isOver) return;
    if (this.#source) this.#played = this.#source.origin + mediaTime * 1000;
    this.#givenAt = undefined;
    this.video.requestVideoFrameCallback(this.#onPicture);
  };

  #onError = () => {
    // An empty video is none of ours.
    if (this.#way && this.#source && this.video.error) this.#cannot(this.#way);
  };
}

/** Whether this browser says that it decodes H.265. */
const decodesH265 = () => MediaSource.isTypeSupported('video/mp4; codecs="hvc1.1.6.L120.90"');
