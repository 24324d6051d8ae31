// Shows what one camera sends now in one video element, and says at every moment how true it is: a
// picture that stands, or comes from a camera that is lost, never passes for a live one.
import { LiveBuffer } from './buffer';
import { listen, type Said, type Start, type StreamName } from './protocol';
import { CommonDelay, steer } from './steering';

/** Why what comes is a copy: the browser cannot decode the original, or privacy masks are painted over. */
export type Copy = 'codec' | 'masked';

/** What a tile shows, and why not what it should. */
export type Showing =
  /** Nothing yet. */
  | { kind: 'connecting' }
  | { kind: 'live'; stream: StreamName; copy: Copy | undefined }
  /** Pictures should come and do not: the last stands. */
  | { kind: 'stalled'; copy: Copy | undefined }
  /** The service says that the camera is lost. */
  | { kind: 'lost'; state: string; since: number | undefined; lastPicture: number | undefined }
  /** The service is not there. */
  | { kind: 'offline' }
  /** One picture after the other, made by the service. */
  | { kind: 'pictures'; why: 'codec' | 'masked' }
  | { kind: 'refused'; why: 'too_many' | 'no_access' };

/** No new picture for so long is no live picture, in ms. */
const STALLED = 2500;
/** A decoder that shows nothing for so long shows nothing at all. */
const FIRST_PICTURE = 4000;
/** How often it is looked whether everything is in its place. */
const LOOK = 200;
/** Between attempts at a service that is not there. */
const RETRIES = [500, 1000, 2000, 4000, 8000];
/** The same at one that would not. */
const LATER = 30_000;

/** All tiles of the page are at the same moment. */
const delay = new CommonDelay();
const players = new Set<LivePlayer>();
let looking: ReturnType<typeof setInterval> | undefined;

/** The time by the browser's own clock, in ms; unlike `Date.now` it never jumps. */
const now = () => performance.timeOrigin + performance.now();

/** Plays one camera. `close` ends it. */
export class LivePlayer {
  #camera: string;
  #streams: StreamName[];
  #video: HTMLVideoElement;
  #tell: (showing: Showing) => void;
  #hangUp: (() => void) | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #attempts = 0;
  #buffer: LiveBuffer | undefined;
  #stream: StreamName = 'main';
  /** No stream of the camera's own is shown by this browser: a copy is asked for. */
  #wantsCopy = false;
  #copy: Copy | undefined;
  #lost: Extract<Showing, { kind: 'lost' }> | undefined;
  /** When the first fragment of the buffer came, and when the last. */
  #fed: number | undefined;
  #fedLast = 0;
  /** It was set to its place on the clock. */
  #isPlaced = false;
  /** When a new picture was last put on the screen. */
  #presented: number | undefined;
  #told = '';
  #isOver = false;

  /** `streams`: those that the camera has, the one that fits best first. */
  constructor(video: HTMLVideoElement, camera: string, streams: StreamName[], tell: (showing: Showing) => void) {
    this.#video = video;
    this.#camera = camera;
    this.#streams = streams;
    this.#tell = tell;
    players.add(this);
    looking ??= setInterval(lookAtAll, LOOK);
    this.#show({ kind: 'connecting' });
    this.#connect();
  }

  close() {
    this.#isOver = true;
    this.#end();
    players.delete(this);
    if (players.size === 0) {
      clearInterval(looking);
      looking = undefined;
    }
  }

  /** The wall-clock moment on the screen, in ms, the camera's own clock set right; undefined while there is none. */
  get shown(): number | undefined {
    return this.#presented === undefined ? undefined : this.#buffer?.shown;
  }

  #connect() {
    const [stream] = this.#streams;
    if (!stream) {
      this.#show({ kind: 'pictures', why: 'codec' });
      return;
    }
    this.#stream = stream;
    this.#hangUp = listen(this.#camera, stream, this.#wantsCopy ? 'h264' : 'original', {
      said: (what) => this.#hear(what),
      media: (bytes) => {
        this.#fedLast = now();
        this.#fed ??= this.#fedLast;
        this.#buffer?.add(bytes);
      },
      gone: (why) => {
        this.#hangUp = undefined;
        if (why === 'denied') {
          this.#deny();
          return;
        }
        this.#show({ kind: 'offline' });
        this.#again(RETRIES[Math.min(this.#attempts, RETRIES.length - 1)] ?? 8000);
        this.#attempts += 1;
      },
    });
  }

  #again(wait: number) {
    clearTimeout(this.#retry);
    // Not all at once: a wall of tiles must not come back as one.
    this.#retry = setTimeout(() => {
      this.#forget();
      this.#connect();
    }, wait * (0.75 + Math.random() / 2));
  }

  #hear(what: Said) {
    if (what.kind === 'start') this.#begin(what);
    else if (what.kind === 'state') {
      if (what.state === 'up') this.#lost = undefined;
      else {
        const time = (text: string | null) => (text ? Date.parse(text) : undefined);
        this.#lost = { kind: 'lost', state: what.state, since: time(what.since), lastPicture: time(what.last_picture) };
      }
      this.look();
    } else if (what.kind === 'refused') {
      this.#end();
      if (what.why === 'masked') this.#show({ kind: 'pictures', why: 'masked' });
      else if (what.why === 'no_copy') this.#show({ kind: 'pictures', why: 'codec' });
      else {
        this.#show({ kind: 'refused', why: 'too_many' });
        this.#again(LATER);
      }
    } else if (what.kind === 'ended' && what.why === 'no_access') {
      this.#deny();
    }
  }

  /** What may not be watched now may be granted, or shown with masks, later. */
  #deny() {
    this.#end();
    this.#show({ kind: 'refused', why: 'no_access' });
    this.#again(LATER);
  }

  #begin(start: Start) {
    this.#attempts = 0;
    this.#lost = undefined;
    this.#copy = start.viewing_copy ? (start.masked ? 'masked' : 'codec') : undefined;
    if (!MediaSource.isTypeSupported(start.mime)) {
      this.#cannot();
      return;
    }
    const at = Date.parse(start.time) - (start.clock_error_ms ?? 0);
    if (this.#buffer?.goOn(start.mime, at)) return;
    this.#forget();
    this.#buffer = new LiveBuffer(this.#video, start.mime, at, () => this.#broken());
    this.#video.requestVideoFrameCallback(this.#onPicture);
    delay.forget(this);
  }

  #onPicture = () => {
    if (this.#isOver) return;
    this.#presented = now();
    this.#video.requestVideoFrameCallback(this.#onPicture);
  };

  /** The browser does not show this stream: the next one, then a copy, then pictures. */
  #cannot() {
    this.#end();
    const [last, ...others] = this.#streams;
    const isLast = others.length === 0 && !this.#wantsCopy;
    this.#streams = isLast && last ? [last] : others;
    this.#wantsCopy ||= isLast;
    if (!this.#isOver) this.#connect();
  }

  /** The browser has given up on this video: it is begun anew. */
  #broken() {
    this.#end();
    this.#show({ kind: 'connecting' });
    this.#again(RETRIES[1] ?? 1000);
  }

  /** Looks whether everything is in its place; called again and again. */
  look() {
    const [buffer, edge] = [this.#buffer, this.#buffer?.edge];
    if (!buffer || edge === undefined) {
      if (this.#lost) this.#show(this.#lost);
      return;
    }
    const time = now();
    if (this.#presented === undefined && this.#fed !== undefined && time - this.#fed > FIRST_PICTURE) {
      this.#cannot();
      return;
    }
    if (time - this.#fedLast < STALLED && !this.#lost) delay.note(this, time - edge);
    else delay.forget(this);
    this.#steer(buffer, edge, delay.now === undefined ? edge : time - delay.now);
    if (this.#lost) this.#show(this.#lost);
    else if (this.#presented === undefined) this.#show({ kind: 'connecting' });
    else this.#show(time - this.#presented > STALLED ? { kind: 'stalled', copy: this.#copy } : { kind: 'live', stream: this.#stream, copy: this.#copy });
  }

  #steer(buffer: LiveBuffer, edge: number, wanted: number) {
    const video = this.#video;
    if (video.seeking) return;
    if (video.paused && !document.hidden) video.play().catch(() => {});
    // What has not come yet cannot be shown.
    const place = Math.min(wanted, edge - 40);
    if (buffer.isInHole || !this.#isPlaced) {
      this.#isPlaced = true;
      buffer.seek(place);
      return;
    }
    const steered = steer(place - buffer.shown);
    if ('seek' in steered) buffer.seek(place);
    else if (video.playbackRate !== steered.rate) video.playbackRate = steered.rate;
  }

  #show(showing: Showing) {
    const told = JSON.stringify(showing);
    if (told === this.#told) return;
    this.#told = told;
    this.#tell(showing);
  }

  #end() {
    clearTimeout(this.#retry);
    this.#hangUp?.();
    this.#hangUp = undefined;
    this.#forget();
  }

  #forget() {
    this.#buffer?.close();
    this.#buffer = undefined;
    this.#fed = undefined;
    this.#presented = undefined;
    this.#isPlaced = false;
    delay.forget(this);
  }
}

function lookAtAll() {
  delay.look();
  for (const player of players) player.look();
}
