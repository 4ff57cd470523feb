/** The built page's files, by address, and never anything beside them. */
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { extname, join, normalize, sep } from 'node:path';
import type { Resource } from '../services.ts';

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.webp': 'image/webp',
  '.woff2': 'font/woff2',
  '.wasm': 'application/wasm',
  '.ico': 'image/x-icon',
  '.txt': 'text/plain; charset=utf-8',
};

/** URL path (still encoded) → file of the folder; `/` is index.html. Undefined where there is none, or where the path leaves the folder. */
export async function pageFile(folder: string, urlPath: string): Promise<Resource | undefined> {
  const path = contained(folder, urlPath);
  if (path === undefined) return undefined;
  const mime = types[extname(path)];
  if (mime === undefined) return undefined;
  const info = await stat(path).catch(() => undefined);
  if (!info?.isFile()) return undefined;
  return {
    mime,
    bytes: info.size,
    // The build puts a content hash into the names of this folder only.
    immutable: urlPath.startsWith('/assets/'),
    etag: `"${info.size.toString(16)}-${Math.trunc(info.mtimeMs).toString(16)}"`,
    open: (range) => createReadStream(path, range ? { start: range.start, end: range.end } : {}),
  };
}

function contained(folder: string, urlPath: string): string | undefined {
  let decoded: string;
  try {
    decoded = decodeURIComponent(urlPath);
  } catch {
    return undefined;
  }
  // A backslash separates on Windows, a colon opens drives and streams there, and a zero byte ends a path in C.
  if (!decoded.startsWith('/') || /[\\:\0]/.test(decoded)) return undefined;
  const path = normalize(join(folder, decoded === '/' ? 'index.html' : decoded));
  return path.startsWith(folder.endsWith(sep) ? folder : folder + sep) ? path : undefined;
}
