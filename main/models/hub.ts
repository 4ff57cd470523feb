/** What a hub says of a repository, and where its files are. Source: the hub's HTTP API, `/api/models/…` and `/…/resolve/…`. */
import { z } from 'zod';
import type { ModelSource } from '../../preload/contract/models.ts';
import { StudioError } from '../errors.ts';
import type { Network, Reply } from './network.ts';
import { retryAfterMs } from './retry.ts';

export const defaultEndpoint = 'https://huggingface.co';

/** A file as the hub knows it. */
export interface RemoteFile {
  readonly name: string;
  readonly bytes: number;
  /** Of large files. */
  readonly sha256: string | null;
  /** Git's name of a small file: sha1 over a header and the bytes. */
  readonly gitSha1: string | null;
}

export interface RepoInfo {
  /** With the commit as its revision. */
  readonly source: ModelSource;
  readonly licence: string | null;
  readonly licenceUrl: string | null;
  readonly parameters: number | null;
  readonly files: readonly RemoteFile[];
}

const bytes = z.int().nonnegative().max(2 ** 50);
const siblingSchema = z.looseObject({
  rfilename: z.string(),
  size: bytes.nullish(),
  blobId: z.string().regex(/^[0-9a-f]{40}$/).nullish().catch(null),
  lfs: z.looseObject({ sha256: z.string().regex(/^[0-9a-f]{64}$/), size: bytes }).nullish(),
});
const infoSchema = z.looseObject({
  sha: z.string().regex(/^[0-9a-f]{40}$/),
  siblings: z.array(siblingSchema).max(10_000),
  cardData: z.looseObject({ license: z.string().optional().catch(undefined), license_name: z.string().optional().catch(undefined), license_link: z.string().optional().catch(undefined) }).nullish().catch(null),
  safetensors: z.looseObject({ total: z.int().nonnegative() }).nullish().catch(null),
});

/** A list of files is small; a larger answer is not one. */
const mostJsonBytes = 8 * 2 ** 20;

export interface Asking {
  readonly network: Network;
  readonly token: string | undefined;
  readonly signal: AbortSignal;
}

/** Asks what is in a repository. NETWORK, HUB_BUSY, HUB_DENIED, HUB_INVALID, NOT_FOUND. */
export async function askRepo(source: ModelSource, asking: Asking): Promise<RepoInfo> {
  const { repo, revision, endpoint } = source;
  const address = addressOf(endpoint, `api/models/${repo}/revision/${encodeURIComponent(revision)}?blobs=true`);
  const parsed = infoSchema.safeParse(await askJson(address, asking, `${repo} at ${revision}`));
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new StudioError('HUB_INVALID', `${address.host} does not answer like a hub: ${issue?.path.join('.') ?? ''}: ${issue?.message ?? ''}.`, { host: address.host, field: issue?.path.join('.') ?? '' });
  }
  const { sha, siblings, cardData, safetensors } = parsed.data;
  const link = cardData?.license_link;
  return {
    source: { ...source, revision: sha },
    licence: cardData?.license === 'other' ? (cardData.license_name ?? 'other') : (cardData?.license ?? null),
    licenceUrl: link !== undefined && /^https:\/\//.test(link) ? link : addressOf(endpoint, repo).href,
    parameters: safetensors?.total ?? null,
    files: siblings.map(({ rfilename, size, blobId, lfs }) => ({
      name: rfilename, bytes: lfs?.size ?? size ?? 0, sha256: lfs?.sha256 ?? null, gitSha1: lfs ? null : (blobId ?? null),
    })),
  };
}

/** A small JSON file of a repository. */
export async function askFile(source: ModelSource, name: string, asking: Asking): Promise<unknown> {
  return askJson(fileAddress(source, name), asking, `${name} of ${source.repo}`);
}

export function fileAddress({ endpoint, repo, revision }: ModelSource, name: string): URL {
  return addressOf(endpoint, `${repo}/resolve/${encodeURIComponent(revision)}/${encodeURIComponent(name)}`);
}

/** A mirror may live under a path of its own. */
function addressOf(endpoint: string, path: string): URL {
  return new URL(path, endpoint.endsWith('/') ? endpoint : `${endpoint}/`);
}

async function askJson(address: URL, { network, token, signal }: Asking, what: string): Promise<unknown> {
  const reply = await network.get(address, { signal, token, headers: { accept: 'application/json' } });
  refuse(reply, address, what);
  const pieces: Uint8Array[] = [];
  let length = 0;
  for await (const piece of reply.body()) {
    length += piece.length;
    if (length > mostJsonBytes) throw new StudioError('HUB_INVALID', `${address.host} does not answer like a hub: too long a list.`, { host: address.host });
    pieces.push(piece);
  }
  try {
    return JSON.parse(Buffer.concat(pieces).toString('utf8'));
  } catch (error) {
    throw new StudioError('HUB_INVALID', `${address.host} does not answer like a hub: no JSON.`, { host: address.host }, { cause: error });
  }
}

/** Throws what a status means unless it is a success; ends the line then. */
export function refuse(reply: Reply, address: URL, what: string): void {
  const { status, headers, first } = reply;
  if (status >= 200 && status < 300) return;
  reply.close();
  const details = { host: address.host, status };
  // The hub tells a gated repository from an absent one in a header alone.
  const named = first.get('x-error-code') ?? '';
  if (status === 401 || status === 403 || named === 'GatedRepo') {
    const why = named === 'GatedRepo' ? 'its owner gives leave on the hub, and a token of that account goes into the studio' : 'a token that may read it is needed';
    throw new StudioError('HUB_DENIED', `${address.host} does not give out ${what}: ${why}.`, details);
  }
  if (status === 404 || status === 410) throw new StudioError('NOT_FOUND', `${address.host} has no ${what}.`, details);
  if (status === 408 || status === 425 || status === 429 || status >= 500) {
    const wait = retryAfterMs(headers.get('retry-after'));
    const when = wait === undefined ? '' : ` for ${Math.ceil(wait / 1000)} s`;
    throw new StudioError('HUB_BUSY', status === 429 ? `${address.host} asks for a pause${when}.` : `${address.host} is not available now${when} (${status}).`, {
      ...details, ...(wait !== undefined && { retryAfterMs: wait }),
    }, { retryable: true });
  }
  throw new StudioError('HUB_INVALID', `${address.host} answers ${status} to the request for ${what}.`, details);
}
