// The audit trail of a package, followed as `crates/evidence/src/{chain,extract,footage}.rs` write it: every
// step to a head that the site's key has signed.
import { fromHex, i64, isSame, joined, micros, text, toHex, utf8 } from './bytes';
import { sha256 } from './hash';

/** Whether the site's key signed a message; undefined where the browser cannot tell. */
export type Signed = (message: Uint8Array<ArrayBuffer>, signature: Uint8Array<ArrayBuffer>) => Promise<boolean | undefined>;

interface AuditEntry {
  seq: number;
  time: string;
  actor: string;
  action: string;
  object: string;
  case: string | null;
  purpose: number | null;
  detail: string;
}

export interface Extract {
  site: string;
  before: string;
  entries: ({ entry: AuditEntry } | { digest: string })[];
  head: { number: number; seq: number; hash: string; time: string; signature: string };
}

const HEAD = utf8('watchpost-head-1\0');
const ENTRY = utf8('watchpost-audit-1\0');
const LEAF = utf8('watchpost-footage-1\0');

const optional = (bytes: Uint8Array | undefined) => (bytes ? joined([Uint8Array.of(1), bytes]) : Uint8Array.of(0));

async function digestOf(entry: AuditEntry): Promise<Uint8Array> {
  const time = micros(entry.time);
  if (time === undefined) throw new Error('a moment that is none');
  return sha256(joined([
    ENTRY, i64(BigInt(entry.seq)), i64(time), text(entry.actor), text(entry.action), text(entry.object),
    optional(entry.case === null ? undefined : text(entry.case)), optional(entry.purpose === null ? undefined : i64(BigInt(entry.purpose))), text(entry.detail),
  ]));
}

/** Follows an extract to its head; returns whether it leads there, undefined where the signature cannot be checked. */
export async function leads(extract: Extract, signed: Signed): Promise<boolean | undefined> {
  const { head, entries } = extract;
  const [hash, signature, time] = [fromHex(head.hash, 32), fromHex(head.signature, 64), micros(head.time)];
  let at = fromHex(extract.before, 32);
  const first = head.seq + 1 - entries.length;
  if (!hash || !signature || !at || time === undefined || first < 1) return false;
  for (const [place, step] of entries.entries()) {
    if ('entry' in step && step.entry.seq !== first + place) return false;
    const digest = 'entry' in step ? await digestOf(step.entry) : fromHex(step.digest, 32);
    if (!digest) return false;
    at = await sha256(joined([at, digest]));
  }
  if (!isSame(at, hash)) return false;
  return signed(joined([HEAD, text(extract.site), i64(BigInt(head.number)), i64(BigInt(head.seq)), i64(time), hash]), signature);
}

export interface FootageProof {
  seals: { time: string; leaves: string[]; trail: Extract }[];
  chains: { camera: string; stream: string; day: number; first: number; before: string; files: string[]; seal: number }[];
}

/** A recorded file that a clip comes from, as the manifest tells of it. */
export interface Segment {
  path: string;
  /** Of the file when it was closed; null while it is written. */
  sha256: string | null;
  /** Whether it had that hash when the package was made. */
  rehashed: boolean;
  chain: string | null;
}

/** Whether a recorded file was another when the package was made than the one that had been closed. */
export const isAltered = ({ sha256: closed, rehashed }: Segment) => closed !== null && !rehashed;

export interface Proven {
  files: number;
  chained: number;
  sealed: string | undefined;
}

/** Follows every chain of recorded files to its seal, and every seal to a signed head; undefined if one does not lead there. */
export async function proven(
  proof: FootageProof, site: string, clips: { camera: string; stream: string; segments: Segment[] }[], signed: Signed,
): Promise<Proven | undefined> {
  for (const seal of proof.seals) {
    const first = seal.trail.entries[0];
    if (seal.trail.site !== site || !first || !('entry' in first)) return undefined;
    if ((await leads(seal.trail, signed)) === false) return undefined;
    const leaves = seal.leaves.map((leaf) => fromHex(leaf, 32));
    if (leaves.some((leaf) => !leaf)) return undefined;
    const root = toHex(await sha256(joined(leaves as Uint8Array[])));
    const { action, detail, time } = first.entry;
    if (action !== 'footage_chained' || time !== seal.time || (JSON.parse(detail) as { sha256?: string }).sha256 !== root) return undefined;
  }
  const known = new Set<string>();
  const zero = '0'.repeat(64);
  for (const part of proof.chains) {
    const seal = proof.seals[part.seal];
    let at = fromHex(part.before, 32);
    if (!seal || !at || part.files.length === 0 || part.first < 1 || (part.first === 1) !== (part.before === zero)) return undefined;
    for (const file of part.files) {
      const bytes = fromHex(file, 32);
      if (!bytes) return undefined;
      at = await sha256(joined([at, bytes]));
      known.add(`${part.camera}/${part.stream} ${file} ${toHex(at)}`);
    }
    const links = BigInt(part.first + part.files.length - 1);
    const leaf = toHex(await sha256(joined([LEAF, text(part.camera), text(part.stream), i64(BigInt(part.day)), i64(links), at])));
    if (!seal.leaves.includes(leaf)) return undefined;
  }
  const files = clips.flatMap((clip) => clip.segments.map((segment) => (isAltered(segment) ? '' : `${clip.camera}/${clip.stream} ${segment.sha256} ${segment.chain}`)));
  return { files: files.length, chained: files.filter((file) => known.has(file)).length, sealed: proof.seals.map((seal) => seal.time).sort().at(-1) };
}
