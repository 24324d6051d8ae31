// Checks a sealed package in the browser: every byte of the container, the SHA-256 of every file, the
// signature, the trail, the chain of what was recorded, the time stamp. Nothing is sent anywhere.
import { fromHex, toHex, utf8 } from './bytes';
import { hash, sha256 } from './hash';
import { readStamp } from './stamp';
import { isAltered, leads, proven, type Extract, type FootageProof, type Proven, type Segment, type Signed } from './trail';
import { Broken, readZip, type Entry } from './zip';

/** What a manifest says, as far as it is shown; nothing of it is believed before the signature is. */
export interface Manifest {
  format: string;
  site: { id: string; name: string };
  key: string;
  software: string;
  exported: string;
  operator: string;
  approved?: { by: string; at: string };
  purpose: { case: string; reason: string; legal_basis: string | null };
  range: { start: string; end: string };
  cameras: { id: string; name: string }[];
  clips: { file: string; camera: string; stream: string; segments: Segment[] }[];
  gaps: { camera: string; start: string; end: string | null; cause: string }[];
  events: { count: number; stills: unknown[] };
  files: { name: string; bytes: number; sha256: string }[];
}

export type Part = 'container' | 'files' | 'signature' | 'key' | 'audit' | 'footage' | 'stamp';

/** Something that does not fit: what, and with which file. */
export interface Fault {
  part: Part;
  what: 'cut' | 'directory' | 'header' | 'changed' | 'missing' | 'added' | 'order' | 'manifest' | 'signature' | 'key' | 'other_key' | 'audit' | 'footage' | 'altered' | 'stamp';
  file: string;
}

export interface Report {
  name: string;
  manifest: Manifest | undefined;
  /** The fingerprint of the key in the package. */
  key: string | undefined;
  keyExpected: boolean;
  isLoose: boolean;
  files: number;
  /** Whether the browser can check Ed25519. */
  canSign: boolean;
  auditSteps: number;
  footage: Proven | undefined;
  stamped: string | undefined;
  faults: Fault[];
  /** `undecided`: all fits, and the signature could not be checked. */
  verdict: 'intact' | 'changed' | 'undecided';
}

const FORMAT = 'watchpost-evidence-1';
const [MANIFEST, SIGNATURE, KEY, AUDIT, SUMS, STAMP, FOOTAGE] =
  ['manifest.json', 'manifest.sig', 'public-key.pem', 'audit.json', 'SHA256SUMS', 'manifest.tsr', 'footage-chain.json'] as const;
const NOT_LISTED: readonly string[] = [MANIFEST, SIGNATURE, STAMP, SUMS];
const LARGEST_TEXT = 64 << 20;

/** Checks one ZIP, or the files of one that was unpacked. Throws `Broken` where there is no package at all. */
export async function check(given: File[], expected: string | undefined, progress: (name: string, read: number, total: number) => void): Promise<Report> {
  const [first] = given;
  const isLoose = given.length !== 1 || !first || !/\.zip$/i.test(first.name);
  const faults: Fault[] = [];
  const fault = (part: Part, what: Fault['what'], file = '') => faults.push({ part, what, file });
  let entries: Entry[] = [];
  if (isLoose) {
    entries = loose(given);
  } else {
    try {
      entries = await readZip(first);
    } catch (error) {
      if (!(error instanceof Broken) || error.what === 'foreign' || error.what === 'protected') throw error;
      fault('container', error.what, error.file);
    }
  }
  if (entries.length > 0 && !entries.some((entry) => entry.name === MANIFEST)) throw new Broken('foreign');

  const total = entries.reduce((bytes, entry) => bytes + entry.bytes, 0);
  const hashes = new Map<string, { sha256: string; bytes: number }>();
  let read = 0;
  for (const entry of entries) {
    const found = await hash(entry.blob, (bytes) => progress(entry.name, read + bytes, total));
    read += entry.bytes;
    hashes.set(entry.name, { sha256: found.sha256, bytes: entry.bytes });
    if (!isLoose && found.crc !== entry.crc) fault('files', 'changed', entry.name);
  }
  const bytesOf = async (name: string) => {
    const entry = entries.find((one) => one.name === name && one.bytes <= LARGEST_TEXT);
    return entry && new Uint8Array(await entry.blob.arrayBuffer());
  };
  const json = async <T>(name: string): Promise<T | undefined> => {
    const bytes = await bytesOf(name);
    try {
      return bytes && (JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as T);
    } catch {
      return undefined;
    }
  };

  const key = await keyOf(await bytesOf(KEY));
  const signed: Signed = async (message, signature) => key?.verify(message, signature) ?? false;
  const [manifestBytes, signature] = [await bytesOf(MANIFEST), await bytesOf(SIGNATURE)];
  const isSigned = manifestBytes && signature?.length === 64 && key ? await signed(manifestBytes, signature) : false;
  if (entries.length > 0 && isSigned === false) fault('signature', 'signature');
  if (expected && key && key.fingerprint !== expected) fault('key', 'other_key');

  let manifest = await json<Manifest>(MANIFEST);
  if (manifest?.format !== FORMAT || !isManifest(manifest)) {
    if (entries.length > 0) fault('files', 'manifest');
    manifest = undefined;
  }
  if (manifest) {
    if (key?.fingerprint !== manifest.key) fault('key', 'key');
    await compare(manifest, entries, hashes, bytesOf, isLoose, fault);
    // What was no longer as it had been recorded is sealed as it was then, and is no proof of what was recorded.
    for (const { path } of manifest.clips.flatMap(({ segments }) => segments).filter(isAltered)) fault('footage', 'altered', path);
  }
  const extract = await json<Extract>(AUDIT);
  let steps = 0;
  if (manifest && key) {
    const isLed = extract && extract.site === manifest.site.id ? await attempt(() => leads(extract, signed)) : false;
    if (isLed === false) fault('audit', 'audit');
    steps = extract?.entries.length ?? 0;
  }
  let footage: Proven | undefined;
  if (manifest && key && hashes.has(FOOTAGE)) {
    const { site, clips } = manifest;
    const proof = await json<FootageProof>(FOOTAGE);
    footage = (proof && (await attempt(() => proven(proof, site.id, clips, signed)))) || undefined;
    if (!footage) fault('footage', 'footage');
  }
  let stamped: string | undefined;
  const stamp = await bytesOf(STAMP);
  if (stamp) {
    const said = readStamp(stamp);
    if (said && signature && said.imprint === toHex(await sha256(signature))) stamped = said.time;
    else fault('stamp', 'stamp');
  }
  const once = faults.filter((one, at) => faults.findIndex((other) => other.what === one.what && other.file === one.file) === at);
  return {
    name: first?.name ?? '', manifest, key: key?.fingerprint, keyExpected: expected !== undefined, isLoose, files: entries.length,
    canSign: isSigned !== undefined, auditSteps: steps, footage, stamped, faults: once,
    verdict: once.length > 0 || entries.length === 0 ? 'changed' : isSigned === undefined ? 'undecided' : 'intact',
  };
}

/** What throws on a shape that nobody wrote does not hold. */
async function attempt<T>(work: () => Promise<T>): Promise<T | false> {
  try {
    return await work();
  } catch {
    return false;
  }
}

/** Returns files as they lay in the package: by what follows the folder that the manifest is in. */
function loose(given: File[]): Entry[] {
  const pathOf = (file: File) => file.webkitRelativePath || file.name;
  const root = given.map(pathOf).find((path) => path === MANIFEST || path.endsWith(`/${MANIFEST}`))?.slice(0, -MANIFEST.length) ?? '';
  return given.filter((file) => pathOf(file).startsWith(root)).map((file) => ({ name: pathOf(file).slice(root.length), bytes: file.size, crc: 0, blob: file }));
}

function isManifest(found: Manifest): boolean {
  return Array.isArray(found.files) && Array.isArray(found.clips) && Array.isArray(found.cameras) && Array.isArray(found.gaps)
    && typeof found.site?.id === 'string' && typeof found.purpose?.case === 'string' && typeof found.range?.start === 'string'
    && found.files.every((file) => typeof file.name === 'string' && typeof file.sha256 === 'string') && found.clips.every((clip) => Array.isArray(clip.segments));
}

async function compare(
  manifest: Manifest, entries: Entry[], hashes: Map<string, { sha256: string; bytes: number }>,
  bytesOf: (name: string) => Promise<Uint8Array | undefined>, isLoose: boolean, fault: (part: Part, what: Fault['what'], file?: string) => void,
) {
  // Files that were unpacked and dropped without their folder are known by their last name.
  const nameOf = (name: string) => (isLoose && !hashes.has(name) && hashes.has(name.split('/').at(-1) ?? '') ? (name.split('/').at(-1) as string) : name);
  const listed = new Set(manifest.files.map((file) => nameOf(file.name)));
  for (const file of manifest.files) {
    const found = hashes.get(nameOf(file.name));
    if (!found) fault('files', 'missing', file.name);
    else if (found.sha256 !== file.sha256 || found.bytes !== file.bytes) fault('files', 'changed', file.name);
  }
  for (const name of [MANIFEST, SIGNATURE, KEY, AUDIT, SUMS]) if (!hashes.has(name)) fault('files', 'missing', name);
  for (const { name } of entries) if (!listed.has(name) && !NOT_LISTED.includes(name)) fault('files', 'added', name);
  const ours = [MANIFEST, SIGNATURE, STAMP].flatMap((name) => hashes.get(name) ? [`${hashes.get(name)?.sha256}  ${name}\n`] : []);
  const sums = manifest.files.map((file) => `${file.sha256}  ${file.name}\n`).concat(ours).join('');
  const found = await bytesOf(SUMS);
  if (found && toHex(found) !== toHex(utf8(sums))) fault('files', 'changed', SUMS);
  const order = [...manifest.files.map((file) => file.name), ...NOT_LISTED.filter((name) => hashes.has(name))];
  if (!isLoose && order.length === entries.length && entries.some(({ name }, at) => name !== order[at])) fault('container', 'order');
}

const PEM = /^-----BEGIN PUBLIC KEY-----\n([A-Za-z0-9+/=]+)\n-----END PUBLIC KEY-----\n$/;
/** What stands before the 32 bytes of an Ed25519 key (RFC 8410 §4). */
const SPKI = '302a300506032b6570032100';

interface Key {
  fingerprint: string;
  verify: (message: Uint8Array<ArrayBuffer>, signature: Uint8Array<ArrayBuffer>) => Promise<boolean | undefined>;
}

async function keyOf(pem: Uint8Array | undefined): Promise<Key | undefined> {
  const body = pem && PEM.exec(new TextDecoder().decode(pem))?.[1];
  if (!body) return undefined;
  let der: Uint8Array<ArrayBuffer>;
  try {
    der = Uint8Array.from(atob(body), (letter) => letter.charCodeAt(0));
  } catch {
    return undefined;
  }
  // One key has one text.
  if (der.length !== 44 || !toHex(der).startsWith(SPKI) || btoa(String.fromCharCode(...der)) !== body) return undefined;
  const fingerprint = toHex(await sha256(der));
  let imported: CryptoKey | undefined;
  try {
    imported = await crypto.subtle.importKey('spki', der, { name: 'Ed25519' }, false, ['verify']);
  } catch {
    imported = undefined;
  }
  return {
    fingerprint,
    verify: async (message, signature) => (imported ? crypto.subtle.verify({ name: 'Ed25519' }, imported, signature, message) : undefined),
  };
}

/** Whether a text is a fingerprint. */
export const isFingerprint = (text: string) => fromHex(text, 32) !== undefined;
