// Moments that were marked for a case, on record with the service: who opens the case again sees the same
// cameras at the same picture.
import { get, post } from '../api/client';

/** Cases asked for at once. */
const PAGE = 500;
/** A moment is a picture: as long as most cameras', in ms. */
const PICTURE = 40;

export interface Moment {
  camera: string;
  /** In ms. */
  at: number;
  note: string;
  by: string;
  /** What was looked at beside it. */
  beside: string[];
}

class Moments {
  /** The number of the case whose moments these are. */
  of = $state('');
  list = $state.raw<Moment[]>([]);

  /** Reads what was marked for the case of this number. Throws `Refused`. */
  async read(number: string) {
    this.of = number;
    this.list = [];
    const id = await idOf(number);
    if (id !== undefined) await this.#readOne(number, id);
  }

  /** Marks what a camera shows at a moment, with what is seen beside it; opens the case if nobody has. Throws `Refused`. */
  async mark(number: string, title: string, { camera, at, note, beside }: Omit<Moment, 'by'>) {
    const id = (await idOf(number)) ?? (await post('/api/v1/cases', { body: { number, title } })).id;
    const [start, end] = [at, at + PICTURE].map((time) => new Date(time).toISOString());
    await post('/api/v1/cases/{case}/marks', { path: { case: id }, body: { camera, start, end, note, beside } });
    await this.#readOne(number, id);
  }

  async #readOne(number: string, id: number) {
    const { marks } = await get('/api/v1/cases/{case}', { path: { case: id } });
    this.of = number;
    this.list = marks.flatMap(({ camera, start, note, by, beside }) => (camera && start ? [{ camera, at: Date.parse(start), note, by, beside }] : []))
      .sort((one, other) => one.at - other.at);
  }
}

/** Returns the id of the case of a number, if there is one that may be seen. */
async function idOf(number: string): Promise<number | undefined> {
  for (let before: number | undefined; ;) {
    const { cases } = await get('/api/v1/cases', { query: { before, limit: PAGE } });
    const found = cases.find((one) => one.number === number);
    if (found || cases.length < PAGE) return found?.id;
    before = cases.at(-1)?.id;
  }
}

export const moments = new Moments();
