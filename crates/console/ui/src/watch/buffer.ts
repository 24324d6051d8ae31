// One video fed with fragments as they come, on the wall clock (Media Source Extensions).

/** What lies further behind is thrown away, in seconds. */
const KEPT = 12;
/** Fragments that may wait; more, and the browser does not keep up at all. */
const WAITING = 300;
/** A hole longer than this, in ms, begins a new timeline. */
const LONGEST_HOLE = 20_000;

interface Waiting {
  bytes: ArrayBuffer;
  /** Where media time 0 of what follows lies, in seconds. */
  offset?: number;
}

/** Feeds one video element. Owned by the player that shows it. */
export class LiveBuffer {
  /** The wall-clock moment of media time 0, in ms. */
  origin = 0;
  #source: MediaSource;
  #buffer: SourceBuffer | undefined;
  #waiting: Waiting[] = [];
  #offset: number | undefined;
  #url: string;

  /** Begins with pictures of the media type `mime`, the first taken at `start`, in ms. */
  constructor(
    readonly video: HTMLVideoElement,
    readonly mime: string,
    start: number,
    readonly failed: () => void,
  ) {
    this.origin = start;
    this.#offset = 0;
    this.#source = new MediaSource();
    this.#url = URL.createObjectURL(this.#source);
    // So that from outside it can be told which moment is shown.
    video.dataset['origin'] = String(start);
    this.#source.addEventListener('sourceopen', () => this.#open(), { once: true });
    video.src = this.#url;
  }

  /** Goes on with a row of pictures that begins at `start`; returns whether it can. */
  goOn(mime: string, start: number): boolean {
    const edge = this.edge ?? this.origin;
    if (mime !== this.mime || start < edge - 100 || start > edge + LONGEST_HOLE) return false;
    this.#offset = (start - this.origin) / 1000;
    return true;
  }

  /** Takes an initialization segment or a fragment. */
  add(bytes: ArrayBuffer) {
    this.#waiting.push(this.#offset === undefined ? { bytes } : { bytes, offset: this.#offset });
    this.#offset = undefined;
    if (this.#waiting.length > WAITING) this.failed();
    else this.#pump();
  }

  /** The wall-clock moment at which the newest picture ends, in ms; undefined before the first. */
  get edge(): number | undefined {
    const ranges = this.#ranges();
    return ranges?.length ? this.origin + ranges.end(ranges.length - 1) * 1000 : undefined;
  }

  /** The wall-clock moment that is shown, in ms. */
  get shown(): number {
    return this.origin + this.video.currentTime * 1000;
  }

  /** Shows the wall-clock moment `at`, or the nearest after it that there is. */
  seek(at: number) {
    const ranges = this.#ranges();
    const wanted = (at - this.origin) / 1000;
    for (let index = 0; ranges && index < ranges.length; index += 1) {
      if (wanted < ranges.end(index)) {
        this.video.currentTime = Math.max(wanted, ranges.start(index));
        return;
      }
    }
  }

  /** Whether the moment shown lies in a hole, with pictures after it. */
  get isInHole(): boolean {
    const ranges = this.#ranges();
    const now = this.video.currentTime;
    let isBefore = false;
    for (let index = 0; ranges && index < ranges.length; index += 1) {
      if (now >= ranges.start(index) - 0.01 && now < ranges.end(index) - 0.02) return false;
      isBefore ||= now < ranges.start(index);
    }
    return isBefore;
  }

  close() {
    this.#waiting = [];
    this.#buffer = undefined;
    URL.revokeObjectURL(this.#url);
    this.video.removeAttribute('src');
    this.video.load();
  }

  #open() {
    try {
      this.#buffer = this.#source.addSourceBuffer(this.mime);
    } catch {
      this.failed();
      return;
    }
    this.#buffer.addEventListener('updateend', () => this.#pump());
    this.#buffer.addEventListener('error', () => this.failed());
    this.#pump();
  }

  #pump() {
    const buffer = this.#buffer;
    if (!buffer || buffer.updating || this.#source.readyState !== 'open') return;
    const old = this.video.currentTime - KEPT;
    const ranges = buffer.buffered;
    if (ranges.length > 0 && ranges.start(0) < old - KEPT) {
      buffer.remove(0, old);
      return;
    }
    const next = this.#waiting.shift();
    if (!next) return;
    try {
      if (next.offset !== undefined) {
        // The row before may have ended within a fragment.
        buffer.abort();
        buffer.timestampOffset = next.offset;
      }
      buffer.appendBuffer(next.bytes);
    } catch {
      this.failed();
    }
  }

  #ranges(): TimeRanges | undefined {
    try {
      return this.#buffer?.buffered;
    } catch {
      // Taken from its source by the browser.
      return undefined;
    }
  }
}
