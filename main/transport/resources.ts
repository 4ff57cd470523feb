/** What pages fetch by address, the same on both transports: stored pictures, thumbnails, previews. */
import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { hashSchema } from '../../preload/contract/common.ts';
import type { AssetStore, JobQueue, Resource } from '../services.ts';

/** A path under the page's origin → what lies there; undefined where nothing does. */
export type ResourceFinder = (path: string) => Promise<Resource | undefined>;

/** Looks in the asset store and among the previews. ASSET_MISSING for a hash that is not stored. */
export function findResources(assets: Pick<AssetStore, 'file' | 'thumbnail'>, queue: Pick<JobQueue, 'preview'>): ResourceFinder {
  return async (path) => {
    const [room, name = '', step = '', ...rest] = path.split('/').slice(1);
    if (rest.length > 0) return undefined;
    // A hash goes no further unless it is one: nothing else of a path ever reaches the disk.
    const hash = step === '' && hashSchema.safeParse(name).success ? name : undefined;
    if (room === 'asset' && hash !== undefined) {
      const file = await assets.file(hash);
      return stored(file.path, file.mime, file.bytes, hash);
    }
    if (room === 'thumb' && hash !== undefined) {
      const file = await assets.thumbnail(hash);
      return stored(file.path, 'image/webp', file.bytes, `${hash}-t`);
    }
    if (room === 'preview' && /^\d{1,6}$/.test(step)) {
      const preview = queue.preview(name, Number(step));
      return preview && inMemory(preview.bytes, preview.mime, `${name}-${step}`);
    }
    return undefined;
  };
}

function stored(path: string, mime: string, bytes: number, name: string): Resource {
  return { mime, bytes, immutable: true, etag: `"${name}"`, open: (range) => createReadStream(path, range ? { start: range.start, end: range.end } : {}) };
}

function inMemory(data: Uint8Array, mime: string, name: string): Resource {
  return { mime, bytes: data.length, immutable: true, etag: `"${name}"`, open: (range) => Readable.from([range ? data.subarray(range.start, range.end + 1) : data]) };
}

/** How a request for a resource is answered, before any byte is read. */
export interface ResourceAnswer {
  readonly status: 200 | 206 | 304 | 416;
  readonly headers: Readonly<Record<string, string>>;
  /** Absent where there is no body. */
  readonly range?: { readonly start: number; readonly end: number };
}

/** Decides between whole, part, unchanged and impossible. Only a single range is served; anything else gets the whole. */
export function answerFor(resource: Resource, ask: { readonly range?: string | undefined; readonly ifNoneMatch?: string | undefined; readonly ifRange?: string | undefined }): ResourceAnswer {
  const base = {
    etag: resource.etag,
    'cache-control': resource.immutable ? 'private, max-age=31536000, immutable' : 'no-cache',
    'accept-ranges': 'bytes',
    'content-type': resource.mime,
  };
  if (ask.ifNoneMatch !== undefined && ask.ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === resource.etag || tag.trim() === '*')) {
    return { status: 304, headers: base };
  }
  const last = resource.bytes - 1;
  const whole: ResourceAnswer = { status: 200, headers: { ...base, 'content-length': String(resource.bytes) }, range: { start: 0, end: last } };
  const wanted = /^bytes=(\d*)-(\d*)$/.exec(ask.range?.trim() ?? '');
  if (!wanted || (ask.ifRange !== undefined && ask.ifRange !== resource.etag)) return whole;
  const [, from = '', to = ''] = wanted;
  if (from === '' && to === '') return whole;
  const start = from === '' ? Math.max(0, resource.bytes - Number(to)) : Number(from);
  const end = from === '' || to === '' ? last : Math.min(Number(to), last);
  if (start > end || start > last) return { status: 416, headers: { ...base, 'content-range': `bytes */${resource.bytes}` } };
  return {
    status: 206,
    headers: { ...base, 'content-length': String(end - start + 1), 'content-range': `bytes ${start}-${end}/${resource.bytes}` },
    range: { start, end },
  };
}
