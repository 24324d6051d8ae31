// Where a camera cannot be shown as video: the service's newest picture, again and again.
import { address } from '../api/client';

/** Between pictures, in ms; longer where the service is busy. */
const EVERY = 1000;
const LATER = 4000;
/** Older than this is no picture of now. */
const OLD = 15_000;

/** The newest picture of a camera, while it is looked at. */
export class NewestPictures {
  /** A local address of the picture. */
  href = $state<string>();
  /** The wall-clock moment that it shows, in ms. */
  at = $state<number>();
  /** Whether it is of now. */
  isNew = $state(false);

  /** Fetches pictures of at most `width` until the returned function is called. */
  follow(camera: string, width: number): () => void {
    const leaving = new AbortController();
    let timer: ReturnType<typeof setTimeout> | undefined;
    const next = async () => {
      const wait = await this.#fetch(camera, width, leaving.signal).catch(() => LATER);
      if (!leaving.signal.aborted) timer = setTimeout(() => void next(), wait);
    };
    void next();
    return () => {
      leaving.abort();
      clearTimeout(timer);
      this.#put(undefined);
    };
  }

  async #fetch(camera: string, width: number, signal: AbortSignal): Promise<number> {
    const response = await fetch(address('/api/v1/cameras/{camera}/frame.jpg', { camera }, { width }), { signal });
    if (!response.ok) {
      this.isNew = false;
      return (Number(response.headers.get('retry-after')) || 0) * 1000 || LATER;
    }
    const [at, now] = [response.headers.get('watchpost-time'), response.headers.get('date')].map((text) => (text ? Date.parse(text) : NaN));
    this.#put(URL.createObjectURL(await response.blob()));
    this.at = at;
    // Both by the service's clock.
    this.isNew = at !== undefined && now !== undefined && now - at < OLD;
    return EVERY;
  }

  #put(href: string | undefined) {
    if (this.href) URL.revokeObjectURL(this.href);
    this.href = href;
  }
}
