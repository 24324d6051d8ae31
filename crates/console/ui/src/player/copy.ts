// Plays a viewing copy: H.264 that the service makes of footage which this browser cannot decode, or
// which privacy masks lie over. It comes in pieces, so that who jumps waits for one piece and not for all,
// and the service makes nothing that nobody looks at.
import { address } from '../api/client';
import { rfc3339 } from '../words/time.svelte';

/** What is asked for at once, in ms. */
const PIECE = 20_000;
/** As wide as a player is on a desk; half the work of the service's own measure. */
const WIDTH = 960;
/** How far ahead of what is shown is fetched, and how much of what was shown is kept, in seconds. */
const AHEAD = 30;
const BEHIND = 60;
/** What a piece will soon have come to, in ms: no reason to ask for another. */
const SOON = 3000;
/** What the service makes: constrained baseline. */
const CODEC = 'video/mp4; codecs="avc1.42E028"';
/** How often a service that is busy is asked again. */
const TRIES = 10;

export interface CopySpan {
  camera: string;
  /** The wall-clock moments between which it lies, in ms; the first is the video's time zero. */
  start: number;
  end: number;
  /** Where playing begins. */
  from: number;
  /** Without privacy masks. */
  isUnmasked: boolean;
}

/** Fills `video` with the copy of a span. `failed` is called when that cannot go on; returns how to end it. */
export function playCopy(video: HTMLVideoElement, span: CopySpan, failed: () => void): () => void {
  const leaving = new AbortController();
  const { signal } = leaving;
  const source = new MediaSource();
  const url = URL.createObjectURL(source);
  const position = () => span.start + video.currentTime * 1000;
  /** Where the next piece begins. */
  let next = span.from;
  /** Where the piece begins that is being fetched. */
  let piece = span.from;
  let fetching = new AbortController();
  let wake = () => {};

  const isBuffered = (time: number) => {
    for (let index = 0; index < video.buffered.length; index += 1) {
      if (time >= video.buffered.start(index) - 0.1 && time < video.buffered.end(index)) return true;
    }
    return false;
  };
  video.addEventListener('seeking', () => {
    const here = position();
    const isComing = here >= piece - 100 && (here < piece + SOON || isBuffered(video.currentTime - SOON / 1000));
    if (isBuffered(video.currentTime) || isComing) return;
    next = here;
    fetching.abort(new DOMException('somewhere else is wanted', 'AbortError'));
    wake();
  }, { signal });
  video.addEventListener('timeupdate', () => wake(), { signal });
  // A hole is what was not recorded: playing goes on behind it.
  video.addEventListener('waiting', () => {
    for (let index = 0; index < video.buffered.length; index += 1) {
      const start = video.buffered.start(index);
      if (start > video.currentTime && !isBuffered(video.currentTime)) {
        video.currentTime = start;
        return;
      }
    }
  }, { signal });

  async function fill() {
    await once(source, 'sourceopen', signal);
    const buffer = source.addSourceBuffer(CODEC);
    source.duration = (span.end - span.start) / 1000;
    video.currentTime = (span.from - span.start) / 1000;
    while (!signal.aborted) {
      if (next >= span.end || next > position() + AHEAD * 1000) {
        await new Promise<void>((resolve) => (wake = resolve));
        continue;
      }
      fetching = new AbortController();
      piece = next;
      const until = Math.min(piece + PIECE, span.end);
      try {
        await append(buffer, piece, until, AbortSignal.any([signal, fetching.signal]));
        next = until;
        await forget(buffer);
        // The video then says that it has ended; what is appended later opens it again.
        if (next >= span.end && source.readyState === 'open') source.endOfStream();
      } catch (error) {
        if (signal.aborted) return;
        if (!fetching.signal.aborted) throw error;
        await idle(buffer);
        if (source.readyState === 'open') buffer.abort();
      }
    }
  }

  /** Fetches a piece and appends it as it comes. */
  async function append(buffer: SourceBuffer, from: number, until: number, wanted: AbortSignal) {
    const response = await asked(from, until, wanted);
    if (!response?.body) return;
    const start = Date.parse(response.headers.get('watchpost-start') ?? '') || from;
    await idle(buffer);
    buffer.timestampOffset = (start - span.start) / 1000;
    const reader = response.body.getReader();
    for (;;) {
      const { done, value } = await reader.read();
      wanted.throwIfAborted();
      if (done) return;
      buffer.appendBuffer(value);
      await idle(buffer);
    }
  }

  /** Asks for a piece; undefined where nothing is recorded. */
  async function asked(from: number, until: number, wanted: AbortSignal): Promise<Response | undefined> {
    const query = { start: rfc3339(from), end: rfc3339(until), rendition: 'h264', width: WIDTH, masks: span.isUnmasked ? 'off' : undefined };
    const href = address('/api/v1/cameras/{camera}/footage.mp4', { camera: span.camera }, query);
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const response = await fetch(href, { signal: wanted });
      if (response.ok) return response;
      if (response.status === 404) return undefined;
      if (response.status !== 503) break;
      const seconds = Number(response.headers.get('retry-after')) || 1;
      await pause(seconds * 1000, wanted);
    }
    throw new Error('the viewing copy could not be had');
  }

  async function forget(buffer: SourceBuffer) {
    const until = video.currentTime - BEHIND;
    if (until <= 0) return;
    await idle(buffer);
    buffer.remove(0, until);
    await idle(buffer);
  }

  video.src = url;
  fill().catch(() => {
    if (!signal.aborted) failed();
  });
  return () => {
    leaving.abort(new DOMException('no longer shown', 'AbortError'));
    fetching.abort(new DOMException('no longer shown', 'AbortError'));
    wake();
    URL.revokeObjectURL(url);
  };
}

/** Waits until a buffer takes what comes next. */
async function idle(buffer: SourceBuffer) {
  while (buffer.updating) await new Promise((resolve) => buffer.addEventListener('updateend', resolve, { once: true }));
}

function once(target: EventTarget, event: string, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    target.addEventListener(event, () => resolve(), { once: true, signal });
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(resolve, milliseconds);
    signal.addEventListener('abort', () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    }, { once: true });
  });
}
