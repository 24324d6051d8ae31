// Fills one video with recorded footage around the moment that is looked at (Media Source Extensions):
// the originals as they lie, GOP by GOP, or a viewing copy in pieces. Media time is the common clock.
import { Refused, address } from '../api/client';
import { rfc3339 } from '../words/time.svelte';
import { BoxSplitter, timingOf, trackOf, type Track } from './boxes';
import { rowFrom, type Bytes } from './playlist';
import { Listing, type Origin } from './recorded';
import { firstMissing, lastMissing, type Span } from './spans';

/** `original`: the camera's own pictures; `copy`: H.264 that the service makes of them. */
export type Way = 'original' | 'copy';

/** How far ahead of what is shown is fetched, and how much around it is kept, in ms. */
const AHEAD = 20_000;
const KEPT = 40_000;
/** What is asked for at once, in ms. */
const PIECE = 15_000;
/** Pieces of a copy end at multiples of this, so that they meet. */
const COPY_PIECE = 10_000;
/** As wide as a tile may be; with more tiles less does. */
const COPY_WIDTH = 960;
/** A piece that is nearer than this to the moment looked at is still wanted after a jump, in ms. */
const NEAR = 3000;
/** How long what could not be had is left alone, in ms. */
const LEFT_ALONE = 4000;
/** Pictures that begin nearer than this to each other are one, in ms. */
const SAME = 0.5;
/** The video's own timeline, in ms: it begins this long before the first moment looked at. */
const BEFORE = 48 * 3600_000;
const LENGTH = 96 * 3600_000;

export type Trouble = 'busy' | 'unreachable' | 'undecodable' | 'may_not';

export interface Told {
  /** What keeps pictures away; undefined when it is over. */
  trouble(trouble: Trouble | undefined): void;
  /** The browser does not take these pictures, and will not. */
  cannot(): void;
}

/** Owned by a tile; `close` ends it. */
export class ReplaySource {
  /** The common-clock moment of media time 0, in ms. */
  readonly origin: number;
  recorded: Span[] = [];
  #source = new MediaSource();
  #buffer: SourceBuffer | undefined;
  #url: string;
  #listing: Listing;
  #leaving = new AbortController();
  #fetching = new AbortController();
  #wake = () => {};
  #at: number;
  #direction: 1 | -1 = 1;
  #piece: Span | undefined;
  #track: Track | undefined;
  #head = '';
  /** When the pictures begin, of each fragment by its own beginning. */
  #frames = new Map<number, number[]>();
  /** What could not be had, and until when it is left alone. */
  #absent: (Span & { until: number })[] = [];

  constructor(readonly video: HTMLVideoElement, readonly from: Origin, readonly way: Way, at: number, readonly told: Told) {
    this.origin = Math.floor(at - BEFORE);
    this.#at = at;
    this.#listing = new Listing(from);
    this.#url = URL.createObjectURL(this.#source);
    // So that from outside it can be told which moment is shown.
    video.dataset['origin'] = String(this.origin);
    video.src = this.#url;
    void this.#run();
  }

  /** Whether its timeline reaches to a moment. */
  reaches(at: number): boolean {
    return at > this.origin + 60_000 && at < this.origin + LENGTH - 60_000;
  }

  /** Says which moment is looked at, and which way it goes from there. */
  want(at: number, direction: 1 | -1) {
    const isJump = Math.abs(at - this.#at) > NEAR;
    this.#at = at;
    this.#direction = direction;
    const piece = this.#piece;
    if (isJump && piece && (at < piece.start - NEAR || at > piece.end + NEAR)) this.#fetching.abort(elsewhere());
    if (isJump) this.#absent = [];
    this.#wake();
  }

  /** The common-clock moment of the picture that the video stands at, in ms. */
  get shown(): number {
    return this.origin + this.video.currentTime * 1000;
  }

  /** Whether there are pictures at a moment, and `margin` ms on. */
  isReady(at: number, margin = 0): boolean {
    return this.#held().some(({ start, end }) => at >= start - 20 && at + margin < end);
  }

  /** The beginning of the picture before or after the one that is on view at a moment; undefined where that is not known. */
  frame(at: number, step: 1 | -1): number | undefined {
    const times = [...this.#frames.values()].flat().sort((one, other) => one - other);
    if (step === 1) return times.find((time) => time > at + SAME);
    const shown = times.findLast((time) => time <= at + SAME);
    return shown === undefined ? undefined : times.findLast((time) => time < shown - SAME);
  }

  close() {
    this.#leaving.abort(elsewhere());
    this.#fetching.abort(elsewhere());
    this.#wake();
    URL.revokeObjectURL(this.#url);
    this.video.removeAttribute('src');
    this.video.load();
  }

  #held(): Span[] {
    const spans: Span[] = [];
    let ranges: TimeRanges | undefined;
    try {
      ranges = this.#buffer?.buffered;
    } catch {
      // Taken from its source by the browser.
    }
    for (let index = 0; ranges && index < ranges.length; index += 1) {
      spans.push({ start: this.origin + ranges.start(index) * 1000, end: this.origin + ranges.end(index) * 1000 });
    }
    return spans;
  }

  /** What is here, or is not to be asked for again yet. */
  #settled(): Span[] {
    const now = performance.now();
    this.#absent = this.#absent.filter(({ until }) => until > now);
    return [...this.#held(), ...this.#absent].sort((one, other) => one.start - other.start);
  }

  #missing(): number | undefined {
    return this.#direction === 1
      ? firstMissing(this.recorded, this.#settled(), this.#at, this.#at + AHEAD)
      : lastMissing(this.recorded, this.#settled(), this.#at + 200, this.#at - AHEAD);
  }

  async #run() {
    const { signal } = this.#leaving;
    await new Promise<void>((resolve) => {
      this.#source.addEventListener('sourceopen', () => resolve(), { once: true });
      signal.addEventListener('abort', () => resolve(), { once: true });
    });
    if (!signal.aborted) this.#source.duration = LENGTH / 1000;
    while (!signal.aborted) {
      const missing = this.#missing();
      if (missing === undefined) {
        await new Promise<void>((resolve) => (this.#wake = resolve));
        continue;
      }
      this.#fetching = new AbortController();
      const wanted = AbortSignal.any([signal, this.#fetching.signal]);
      try {
        await (this.way === 'copy' ? this.#loadCopy(missing, wanted) : this.#loadParts(missing, wanted));
        this.told.trouble(undefined);
        await this.#forget();
      } catch (error) {
        if (signal.aborted) return;
        await this.#recover(error, missing);
      }
    }
  }

  async #recover(error: unknown, missing: number) {
    await this.#idle();
    if (this.#buffer && this.#source.readyState === 'open') this.#buffer.abort();
    // Where it was broken off, the head has to come again.
    this.#head = '';
    if (this.#fetching.signal.aborted) return;
    if (error instanceof DOMException && error.name === 'QuotaExceededError') {
      await this.#forget(KEPT / 8);
      return;
    }
    if (error instanceof Undecodable) {
      this.#leaving.abort(elsewhere());
      this.told.cannot();
      return;
    }
    const status = error instanceof Refused ? error.status : 0;
    this.told.trouble(status === 503 ? 'busy' : status === 403 ? 'may_not' : error instanceof TypeError || error instanceof Refused ? 'unreachable' : 'undecodable');
    const wait = error instanceof Refused && error.retryAfter ? error.retryAfter * 1000 : LEFT_ALONE / 2;
    // Not all tiles at once.
    await Promise.race([
      new Promise((resolve) => setTimeout(resolve, wait * (0.75 + Math.random() / 2))),
      new Promise((resolve) => this.#leaving.signal.addEventListener('abort', resolve, { once: true })),
    ]);
    if (!(error instanceof Refused) && !(error instanceof TypeError)) this.#leave({ start: missing - 100, end: missing + PIECE });
  }

  #leave(span: Span) {
    this.#absent.push({ ...span, until: performance.now() + LEFT_ALONE });
  }

  /** Fetches the originals from the GOP on that holds a moment, in one request for one file. */
  async #loadParts(missing: number, signal: AbortSignal) {
    const parts = await this.#listing.around(missing, signal);
    // Backwards it is the GOP that ends there.
    const edge = this.#direction === 1 ? missing + 1 : missing - 1;
    const index = parts.findIndex((part) => edge >= part.start - 2 && edge < part.end + 2);
    const first = parts[index];
    if (!first) {
      this.#leave(this.#direction === 1 ? { start: missing - 1, end: missing + 2000 } : { start: missing - 2000, end: missing + 1 });
      return;
    }
    const row = this.#direction === 1 ? rowFrom(parts, index, PIECE) : [first];
    const last = row.at(-1) ?? first;
    this.#piece = { start: first.start, end: last.end };
    const head = `${first.head.uri} ${first.head.offset}`;
    if (this.#head !== head) {
      const boxes = new BoxSplitter().push(await whole(first.head, signal));
      const moov = boxes.find(({ type }) => type === 'moov');
      await this.#begin(moov && trackOf(moov.bytes), joined(boxes.map(({ bytes }) => bytes)));
      this.#head = head;
    }
    const asked: Bytes = { uri: first.uri, offset: first.offset, length: last.offset + last.length - first.offset };
    const starts = row.map(({ start }) => start);
    await this.#append(await ask(asked.uri, signal, asked), signal, () => starts.shift());
    // What was there and is not held was not taken.
    if (!this.isReady(Math.max(missing, first.start) + 20) && this.#direction === 1) this.#leave({ start: first.start, end: last.end });
  }

  /** Has a copy made of what follows a moment, or goes before it. */
  async #loadCopy(missing: number, signal: AbortSignal) {
    const grid = (at: number) => Math.floor(at / COPY_PIECE) * COPY_PIECE;
    const piece = this.#direction === 1 ? { start: missing, end: grid(missing + 1500) + COPY_PIECE } : { start: grid(missing - 1500), end: missing };
    this.#piece = piece;
    const { camera, stream, skew, isUnmasked } = this.from;
    const query = { start: rfc3339(piece.start + skew), end: rfc3339(piece.end + skew), rendition: 'h264', width: COPY_WIDTH, stream, masks: isUnmasked ? 'off' : undefined };
    let response: Response;
    try {
      response = await ask(address('/api/v1/cameras/{camera}/footage.mp4', { camera }, query), signal);
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 404) throw error;
      this.#leave(piece);
      return;
    }
    const told = Date.parse(response.headers.get('watchpost-start') ?? '');
    const start = (Number.isNaN(told) ? piece.start + skew : told) - skew;
    let first: number | undefined;
    await this.#append(response, signal, (ticks) => start + ((ticks - (first ??= ticks)) * 1000) / (this.#track?.timescale ?? 1));
    // It may have begun a little later than was asked.
    this.#leave(this.#direction === 1 ? { start: piece.start, end: start + 1 } : { start: piece.start, end: piece.end });
  }

  /** Appends fragments as they come; `startOf` says when each begins, told where it lies in its file. */
  async #append(response: Response, signal: AbortSignal, startOf: (ticks: number) => number | undefined) {
    const reader = response.body?.getReader();
    const splitter = new BoxSplitter();
    const heads: Uint8Array<ArrayBuffer>[] = [];
    let moof: Uint8Array<ArrayBuffer> | undefined;
    for (;;) {
      const read = await reader?.read();
      signal.throwIfAborted();
      if (!read || read.done) return;
      for (const { type, bytes } of splitter.push(read.value)) {
        if (type === 'ftyp') heads.push(bytes);
        else if (type === 'moov') await this.#begin(trackOf(bytes), joined([...heads.splice(0), bytes]));
        else if (type === 'moof') moof = bytes;
        else if (type === 'mdat' && moof) {
          await this.#add(moof, bytes, startOf);
          moof = undefined;
        }
        signal.throwIfAborted();
      }
    }
  }

  async #add(moof: Uint8Array<ArrayBuffer>, mdat: Uint8Array<ArrayBuffer>, startOf: (ticks: number) => number | undefined) {
    const [timing, track, buffer] = [timingOf(moof), this.#track, this.#buffer];
    if (!timing || !track || !buffer) return;
    const start = startOf(timing.decodeTime);
    if (start === undefined) return;
    await this.#idle();
    buffer.timestampOffset = (start - this.origin) / 1000 - timing.decodeTime / track.timescale;
    buffer.appendBuffer(joined([moof, mdat]));
    await this.#idle();
    let at = start;
    this.#frames.set(start, timing.durations.map((ticks) => {
      const time = at;
      at += (ticks * 1000) / track.timescale;
      return time;
    }));
  }

  /** Begins with pictures of another kind, or of the same anew. Throws where the browser does not take them. */
  async #begin(track: Track | undefined, head: Uint8Array<ArrayBuffer>) {
    const mime = track && `video/mp4; codecs="${track.codec}"`;
    if (!mime || !MediaSource.isTypeSupported(mime)) throw new Undecodable();
    await this.#idle();
    try {
      if (!this.#buffer) this.#buffer = this.#source.addSourceBuffer(mime);
      else if (this.#track?.codec !== track.codec) this.#buffer.changeType(mime);
      this.#track = track;
      this.#buffer.appendBuffer(head);
    } catch (error) {
      if (error instanceof DOMException && error.name === 'NotSupportedError') throw new Undecodable();
      throw error;
    }
    await this.#idle();
  }

  /** Throws away what lies further than `kept` ms from what is looked at. */
  async #forget(kept = KEPT) {
    const buffer = this.#buffer;
    const [first, last] = [this.#at - kept, this.#at + kept];
    for (const start of this.#frames.keys()) if (start < first - KEPT || start > last) this.#frames.delete(start);
    for (const span of this.#held()) {
      if (!buffer || this.#source.readyState !== 'open') return;
      if (span.start < first - 5000) await this.#remove(buffer, span.start, Math.min(span.end, first));
      if (span.end > last + 5000) await this.#remove(buffer, Math.max(span.start, last), span.end);
    }
  }

  async #remove(buffer: SourceBuffer, start: number, end: number) {
    await this.#idle();
    if (this.#source.readyState === 'open') buffer.remove(Math.max(0, start - this.origin) / 1000, (end - this.origin) / 1000);
    await this.#idle();
  }

  async #idle() {
    const buffer = this.#buffer;
    while (buffer?.updating) await new Promise((resolve) => buffer.addEventListener('updateend', resolve, { once: true }));
  }
}

/** The browser does not take what was recorded. */
class Undecodable extends Error {}

const elsewhere = () => new DOMException('something else is wanted', 'AbortError');

function joined(parts: Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

async function ask(href: string, signal: AbortSignal, bytes?: Bytes): Promise<Response> {
  const headers: Record<string, string> = bytes ? { range: `bytes=${bytes.offset}-${bytes.offset + bytes.length - 1}` } : {};
  const response = await fetch(href, { signal, headers });
  if (response.ok) return response;
  throw new Refused(response.status, {}, Number(response.headers.get('retry-after')) || undefined);
}

async function whole(bytes: Bytes, signal: AbortSignal): Promise<Uint8Array> {
  return new Uint8Array(await (await ask(bytes.uri, signal, bytes)).arrayBuffer());
}
