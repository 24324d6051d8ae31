// What the service says over the WebSocket of a live view: docs/live.md.
import { address } from '../api/client';

export type StreamName = 'main' | 'sub';

export interface Start {
  kind: 'start';
  stream: StreamName;
  mime: string;
  codec: 'h264' | 'h265';
  width: number;
  height: number;
  time: string;
  clock_error_ms: number | null;
  /** Not the camera's own pictures: a copy. */
  viewing_copy: boolean;
  /** Privacy masks are painted over. */
  masked: boolean;
  /** Persons are softened in it, as far as the detector finds them. */
  persons_softened: boolean;
}

export interface State {
  kind: 'state';
  stream: StreamName;
  /** `up`, `down`, `no_picture` … as on the cameras' page. */
  state: string;
  since: string | null;
  detail: string | null;
  last_picture: string | null;
}

export type Said =
  | Start
  | State
  | { kind: 'behind'; pictures: number }
  | { kind: 'refused'; why: 'masked' | 'no_copy' | 'too_many'; detail: string }
  | { kind: 'ended'; why: 'no_access' | 'stopping' };

export interface Heard {
  said(what: Said): void;
  /** An initialization segment or a fragment. */
  media(bytes: ArrayBuffer): void;
  /** The connection is gone, or never was; `denied`: the service would not open it. */
  gone(why: 'lost' | 'denied'): void;
}

/** What the service answers where the camera is not this account's to watch. */
const DENIED = new Set([403, 404]);

/** Opens the live view of a camera's stream, or a copy in H.264; returns what closes it. */
export function listen(camera: string, stream: StreamName, rendition: 'original' | 'h264', heard: Heard): () => void {
  const path = address('/api/v1/cameras/{camera}/live', { camera }, { stream, rendition });
  const url = new URL(path, location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(url);
  socket.binaryType = 'arraybuffer';
  let isOver = false;
  let isOpen = false;
  socket.addEventListener('open', () => (isOpen = true));
  socket.addEventListener('message', ({ data }: MessageEvent<string | ArrayBuffer>) => {
    if (isOver) return;
    if (typeof data === 'string') heard.said(JSON.parse(data) as Said);
    else heard.media(data);
  });
  socket.addEventListener('close', () => {
    if (isOver) return;
    const end = (why: 'lost' | 'denied') => {
      if (isOver) return;
      isOver = true;
      heard.gone(why);
    };
    if (isOpen) end('lost');
    // Browsers do not tell why a socket was refused: it is asked for again as a page would be.
    else fetch(path).then(({ status }) => end(DENIED.has(status) ? 'denied' : 'lost'), () => end('lost'));
  });
  return () => {
    isOver = true;
    socket.close();
  };
}
