// Asks the service: typed by its OpenAPI document, problems thrown as `Refused`.
import type { paths } from './schema';
import type { Problem } from './types';

type Method = 'get' | 'post' | 'put' | 'delete';
type Json<Content> = Content extends { 'application/json': infer Body } ? Body
  : Content extends { 'application/geo+json': infer Body } ? Body : undefined;
type Operation<P extends keyof paths, M extends Method> = M extends keyof paths[P] ? NonNullable<paths[P][M]> : never;
/** What the service answers with when it does what it was asked to. */
type Answer<O> = O extends { responses: infer R }
  ? { [Status in keyof R]: Status extends 200 | 201 | 202 ? (R[Status] extends { content: infer C } ? Json<C> : undefined) : never }[keyof R]
  : never;
type QueryOf<O> = O extends { parameters: { query?: infer Q } } ? NonNullable<Q> : Record<string, never>;
type PathOf<O> = O extends { parameters: { path: infer P } } ? P : Record<string, never>;
type BodyOf<O> = O extends { requestBody: { content: { 'application/json': infer B } } } ? B
  : O extends { requestBody?: { content: { 'application/json': infer B } } } ? B : undefined;

interface Asked<O> {
  path?: PathOf<O>;
  query?: QueryOf<O>;
  body?: BodyOf<O>;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** The service would not, or could not be reached (`status` 0). */
export class Refused extends Error {
  constructor(readonly status: number, readonly problem: Partial<Problem> & Record<string, unknown>, readonly retryAfter?: number) {
    super(problem.detail ?? problem.title ?? `HTTP ${status}`);
  }
}

/** Returns what was thrown if it is a refusal; throws what is none. */
export function refusal(error: unknown): Refused {
  if (!(error instanceof Refused)) throw error;
  return error;
}

/** How long an answer may take. */
const ANSWER_WITHIN = 30_000;

/** Called when the service wants to know who asks, or what for; set by session and purposes. */
export const hooks: { unauthorised?: (path: string) => void; purposeMissing?: () => void } = {};

/** Asks for what lies at `path`. Throws `Refused`, or an `AbortError` when `signal` says so. */
export function get<P extends keyof paths>(path: P, asked: Asked<Operation<P, 'get'>> = {}): Promise<Answer<Operation<P, 'get'>>> {
  return ask('get', path, asked) as Promise<Answer<Operation<P, 'get'>>>;
}

/** Has something done. Throws `Refused`. */
export function post<P extends keyof paths>(path: P, asked: Asked<Operation<P, 'post'>> = {}): Promise<Answer<Operation<P, 'post'>>> {
  return ask('post', path, asked) as Promise<Answer<Operation<P, 'post'>>>;
}

/** Removes what lies at `path`. Throws `Refused`. */
export function remove<P extends keyof paths>(path: P, asked: Asked<Operation<P, 'delete'>> = {}): Promise<Answer<Operation<P, 'delete'>>> {
  return ask('delete', path, asked) as Promise<Answer<Operation<P, 'delete'>>>;
}

/** Returns the address of `path` with its names and query filled in; what is undefined is left out. */
export function address(path: string, names: object = {}, query: object = {}): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) =>
    encodeURIComponent(String((names as Record<string, unknown>)[name])));
  const wanted = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== '');
  const text = new URLSearchParams(wanted.map(([name, value]) => [name, String(value)])).toString();
  return text ? `${filled}?${text}` : filled;
}

interface Loose {
  path?: unknown;
  query?: unknown;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

async function ask(method: Method, path: string, { path: names, query, body, headers: more, signal }: Loose): Promise<unknown> {
  const limit = AbortSignal.timeout(ANSWER_WITHIN);
  const headers: Record<string, string> = { accept: 'application/json, application/problem+json', ...more };
  if (body !== undefined) headers['content-type'] = 'application/json';
  let response: Response;
  try {
    response = await fetch(address(path, names as object, query as object), {
      method: method.toUpperCase(),
      headers,
      body: body === undefined ? undefined : JSON.stringify(body),
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Refused(0, {});
  }
  if (response.status === 204) return undefined;
  const answer: unknown = await response.json().catch(() => undefined);
  // The health document says with 503 that something is failing, and why: that is its answer.
  if (answer !== undefined && (response.ok || path.endsWith('/health'))) return answer;
  // Broken off in the middle.
  if (response.ok) throw new Refused(0, {});
  if (response.status === 401) hooks.unauthorised?.(path);
  if (isNoPurpose(answer)) hooks.purposeMissing?.();
  const retryAfter = Number(response.headers.get('retry-after')) || undefined;
  throw new Refused(response.status, (answer ?? {}) as Partial<Problem>, retryAfter);
}

const isNoPurpose = (answer: unknown) => (answer as Partial<Problem> | undefined)?.type === 'urn:watchpost:problem:no-purpose';
