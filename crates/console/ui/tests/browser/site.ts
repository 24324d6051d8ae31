// A site under test: the real program and the real simulator in a folder of their own, and a
// partner system that tells what it found, so that a journey decides when an alert comes.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const ROOT = resolve(import.meta.dirname, '../../../../..');
const PROGRAMS = process.env['WATCHPOST_PROGRAMS'] ?? join(ROOT, 'target/debug');
const TOKEN = 'a-token-of-the-journeys-0123456789';
/** A base map to draw cameras on, to look at it; the journeys need none. */
const BASEMAP = process.env['WATCHPOST_BASEMAP'];
/** Who sits at the desk, where the program has accounts. */
export const OFFICER = { name: 'truc-ban-01', display: 'Trực ban 01', password: 'mật khẩu của trực ban 01' };
/** How long a named condition is waited for. */
const PATIENCE = 45_000;

/** Severities of what the partner systems tell, by the name of the source. */
const SOURCES: Record<string, number> = { urgent: 1, high: 2, middle: 3, low: 4 };

/** A camera of H.264 besides those that every journey has. */
export interface MoreCamera {
  id: string;
  name: string;
  sub?: boolean;
  masks?: boolean;
}

/** Somebody who may sign in. */
export interface Person {
  name: string;
  display: string;
  password: string;
  roles: string[];
}

/** What a test wants of its site. */
interface SiteWish {
  /** A third camera cannot be reached, which after a while is an alert of itself. */
  isOneOff?: boolean;
  /** Cameras besides, of H.264. */
  more?: MoreCamera[];
  /** Cameras with a privacy mask. */
  masked?: string[];
  /** The officer has said what for past footage is looked at. */
  hasPurpose?: boolean;
  /** Others than the officer who may sign in. */
  people?: Person[];
  /** Nobody has an account. */
  isUnstaffed?: boolean;
  /** The first camera's pictures are analysed. */
  isAnalysed?: boolean;
  /** Persons on the first camera's pictures are softened, which needs that. */
  isSoftened?: boolean;
  /** Further sections of its configuration. */
  config?: string;
}

export class Site {
  readonly folder = mkdtempSync(join(tmpdir(), 'watchpost-console-'));
  address = '';
  /** Where the pages are: at the program, or at another server of the same pages (`WATCHPOST_PAGES`). */
  get pages() {
    return process.env['WATCHPOST_PAGES'] ?? this.address;
  }

  #port = 0;
  #rtsp = 0;
  #simulator: ChildProcess | undefined;
  #program: ChildProcess | undefined;
  #log: string[] = [];
  /** The session of the officer whom the site has, as a cookie; undefined in a program without accounts. */
  cookie: { name: string; value: string } | undefined;

  readonly #wish: Required<SiteWish>;

  constructor(wish: SiteWish = {}) {
    this.#wish = {
      isOneOff: false, more: [], masked: [], hasPurpose: true, people: [], isUnstaffed: false, isAnalysed: false, isSoftened: false, config: '', ...wish,
    };
  }

  /** Starts cameras and program, and returns when the cameras' pictures are recorded. */
  async start() {
    [this.#port, this.#rtsp] = [Number(process.env['WATCHPOST_PORT']) || (await freePort()), await freePort()];
    this.address = `http://127.0.0.1:${this.#port}`;
    writeFileSync(join(this.folder, 'token'), TOKEN, { mode: 0o600 });
    writeFileSync(join(this.folder, 'watchpost.toml'), this.#config());
    const footage = join(ROOT, 'var/demo/footage');
    const mounts = [['yard', 'vtest-h264'], ['street', 'vtest-h265']].flatMap(([camera, clip]) => ['--mount', `/${camera}/main=${footage}/${clip}.mp4`]);
    const more = this.#wish.more.flatMap(({ id, sub }, index) => [
      '--mount', `/${id}/main=${footage}/vtest-h264.mp4,offset=${(index + 1) * 7}s`,
      ...(sub ? ['--mount', `/${id}/sub=${footage}/vtest-h264-sub.mp4,offset=${(index + 1) * 7}s`] : []),
    ]);
    const control = ['--control', `unix:${join(this.folder, 'simulator.sock')}`];
    this.#simulator = spawn(join(PROGRAMS, 'watchpost-simulator'), ['--listen', `127.0.0.1:${this.#rtsp}`, ...control, ...mounts, ...more], { stdio: 'ignore' });
    if (!this.#wish.isUnstaffed) this.#makePeople();
    await this.run();
    if (this.#wish.isUnstaffed) return;
    this.cookie = await this.session(OFFICER);
    if (this.#wish.hasPurpose) await this.post('/api/v1/purposes', { case: 'VV-01/2026', reason: 'Kiểm thử' });
    // Long enough that what is told of three seconds ago can be seen.
    await eventually('the cameras are recorded', async () => {
      const [start, end] = [new Date(Date.now() - 60_000), new Date()].map((time) => encodeURIComponent(time.toISOString()));
      const told = ['yard', 'street'].map(async (camera) =>
        ((await this.ask(`/api/v1/cameras/${camera}/recordings?start=${start}&end=${end}`)) as { recorded_s: number }).recorded_s);
      return (await Promise.all(told)).every((seconds) => seconds >= 8) || undefined;
    });
  }

  /** Starts the program, at the same address every time. */
  async run() {
    this.#program = spawn(join(PROGRAMS, 'watchpost'), ['run', '--config', join(this.folder, 'watchpost.toml')], { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#program.stderr?.on('data', (bytes: Buffer) => this.#log.push(bytes.toString()));
    await eventually('the program listens', () => this.ask('/api/v1/health').catch(() => undefined)).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${this.#log.slice(-40).join('')}`);
    });
  }

  /** Ends the program as a power cut would. */
  async kill() {
    const program = this.#program;
    if (!program) return;
    this.#program = undefined;
    await new Promise((ended) => {
      program.once('exit', ended);
      program.kill('SIGKILL');
    });
  }

  async stop() {
    await this.kill();
    this.#simulator?.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }

  #makePeople() {
    const officer = { ...OFFICER, roles: ['supervisor', 'investigator', 'administrator'] };
    for (const { name, display, password, roles } of [officer, ...this.#wish.people]) {
      const granted = roles.flatMap((role) => ['--role', role]);
      this.command(['user', 'add', name, '--display-name', display, ...granted, '--whole-site'], `${password}\n`);
    }
  }

  /** Signs somebody in; returns the session as a cookie. */
  async session({ name, password }: { name: string; password: string }): Promise<{ name: string; value: string }> {
    const response = await fetch(`${this.address}/api/v1/session`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: this.address },
      body: JSON.stringify({ name, password }),
    });
    const [cookie = '', value = ''] = (response.headers.get('set-cookie') ?? '').split(';')[0]?.split('=') ?? [];
    if (!response.ok) throw new Error(await response.text());
    return { name: cookie, value };
  }

  /** Has something done as the officer. */
  async post(path: string, body: unknown): Promise<unknown> {
    const response = await fetch(this.address + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: this.address, cookie: `${this.cookie?.name}=${this.cookie?.value}` },
      body: JSON.stringify(body),
    });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  /** Runs a command of the program beside the service, `input` on its standard input. */
  command(words: string[], input = '') {
    const done = spawnSync(join(PROGRAMS, 'watchpost'), [...words, '--config', join(this.folder, 'watchpost.toml')], { input });
    if (done.status !== 0) throw new Error(done.stderr.toString());
  }

  /** Runs a command of the program that needs no configuration; returns its status and what it said. */
  tool(...words: string[]): { status: number | null; said: string } {
    const ran = spawnSync(join(PROGRAMS, 'watchpost'), words, { cwd: this.folder });
    return { status: ran.status, said: ran.stdout.toString() + ran.stderr.toString() };
  }

  /** Has something go wrong with a stream, `/yard/main`, as the simulator names it; `clear` ends it. */
  async fault(stream: string, fault: string) {
    const line = fault === 'clear' ? `clear ${stream}` : `fault ${stream} ${fault}`;
    await new Promise<void>((resolve, reject) => {
      const socket = connect(join(this.folder, 'simulator.sock'), () => socket.write(`${line}\n`));
      socket.once('data', (answer: Buffer) => {
        socket.end();
        if (answer.toString().includes('"error"')) reject(new Error(answer.toString()));
        else resolve();
      });
      socket.once('error', reject);
    });
  }

  /** Says whether a configuration holds mistakes, as `watchpost check` does. */
  check(config: string): string {
    const path = join(this.folder, 'checked.toml');
    // The address is taken by the program that runs.
    writeFileSync(path, config.replace(`listen = "127.0.0.1:${this.#port}"`, 'listen = "127.0.0.1:0"'));
    const checked = spawnSync(join(PROGRAMS, 'watchpost'), ['check', '--config', path]);
    return checked.status === 0 ? '' : checked.stdout.toString() + checked.stderr.toString();
  }

  /** Where the simulator serves a camera's main stream. */
  stream(camera: string): string {
    return `rtsp://127.0.0.1:${this.#rtsp}/${camera}/main`;
  }

  /** The site's configuration as it was written. */
  config(): string {
    return readFileSync(join(this.folder, 'watchpost.toml'), 'utf8');
  }

  async ask(path: string): Promise<unknown> {
    const headers = this.cookie?.name ? { cookie: `${this.cookie.name}=${this.cookie.value}` } : undefined;
    const response = await fetch(this.address + path, { headers });
    if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  /** Has a partner system tell of something now; returns the event's id. */
  async tell(source: keyof typeof SOURCES, { camera = 'yard', kind = 'intrusion', ago = 0 } = {}): Promise<string> {
    const finding = {
      id: randomUUID(), camera, kind, class: 'person', confidence: 0.87, time: new Date(Date.now() - ago).toISOString(),
      bbox: { left: 0.4, top: 0.3, width: 0.1, height: 0.3 },
    };
    const response = await fetch(`${this.address}/api/v1/findings`, {
      method: 'POST',
      headers: { authorization: `Bearer ${TOKEN}-${source}`, 'content-type': 'application/json' },
      body: JSON.stringify(finding),
    });
    if (!response.ok) throw new Error(`${response.status} ${await response.text()}`);
    return ((await response.json()) as { event: string }).event;
  }

  #config(): string {
    const camera = (id: string, name: string, lat: number, port: number) => `
[[camera]]
id = "${id}"
name = "${name}"
location = { lat = ${lat}, lon = 105.8530 }
heading = 60
places = ["Phường Hoàn Kiếm", "Hà Nội"]
main = { url = "rtsp://127.0.0.1:${port}/${id}/main" }
${this.#wish.masked.includes(id) ? 'masks = [[[0.1, 0.2], [0.4, 0.2], [0.4, 0.7], [0.1, 0.7]]]' : ''}
`;
    const besides = ({ id, name, sub, masks }: MoreCamera, index: number) => [
      camera(id, name, 21.034 + index * 0.002, this.#rtsp),
      sub ? `sub = { url = "rtsp://127.0.0.1:${this.#rtsp}/${id}/sub" }\n` : '',
      masks ? 'masks = [[[0.1, 0.1], [0.5, 0.1], [0.5, 0.6], [0.1, 0.6]]]\n' : '',
    ].join('');
    const source = ([id, severity]: [string, number]) => {
      writeFileSync(join(this.folder, `${id}.token`), `${TOKEN}-${id}`, { mode: 0o600 });
      return `
[[source]]
id = "${id}"
token_file = "${id}.token"
cameras = ["yard", "street"]
kinds = ["intrusion", "red_light", "wrong_way", "crowd", "illegal_stop", "count"]
severity = ${severity}
`;
    };
    return `
[site]
id = "test"
name = "Phường Hoàn Kiếm (thử)"
[index]
path = "index"
[[volume]]
id = "disk"
path = "footage"
keep_free_gib = 0.1
${BASEMAP ? `[map]\nbasemap = "${BASEMAP}"\n` : ''}[api]
listen = "127.0.0.1:${this.#port}"
${this.#wish.isAnalysed ? `[analysis]\nonnxruntime = "${join(ROOT, 'var/lib/onnxruntime/libonnxruntime.so.1.31.1')}"\nmodel = "${join(ROOT, 'models/nanodet-g-int8.toml')}"\n` : ''}
${camera('yard', 'Cầu Chương Dương – đầu Hoàn Kiếm', 21.0252, this.#rtsp)}
${this.#wish.isAnalysed ? 'analysis = { pictures_per_second = 3 }\n' : ''}${this.#wish.isSoftened ? 'soften_persons = true\n' : ''}
${camera('street', 'Ngã tư Tràng Tiền – Hàng Bài', 21.0281, this.#rtsp)}
${this.#wish.isOneOff ? camera('off', 'Phố Hàng Đào', 21.0311, 1) : ''}
${this.#wish.more.map(besides).join('')}
${Object.entries(SOURCES).map(source).join('')}
${this.#wish.config}`;
  }
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
}

/** Waits until `check` gives something; throws with `what` at the end. */
export async function eventually<T>(what: string, check: () => Promise<T | undefined>): Promise<T> {
  const deadline = Date.now() + PATIENCE;
  for (;;) {
    const found = await check();
    if (found !== undefined) return found;
    if (Date.now() > deadline) throw new Error(`not within ${PATIENCE / 1000} s: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** The accessibility rules, to be run in a page. */
export const AXE = readFileSync(resolve(import.meta.dirname, '../../node_modules/axe-core/axe.min.js'), 'utf8');
/** Where pictures of the screen go: outside the sources. */
export const SHOTS = join(ROOT, 'target/console-shots');
