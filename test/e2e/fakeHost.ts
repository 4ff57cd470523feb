/** Serves the built page with fake services, and pictures drawn from their hash: what the page's own tests need and no more. */
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import sharp from 'sharp';

const root = join(import.meta.dirname, '../../out/renderer-fake');
const types: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' };
const colours = ['#c9473d', '#3b66b8', '#e3b83a', '#4b9b62', '#e9e6df', '#d98236', '#8a63b0', '#7d7f83'];
const floors = ['#8fa0ab', '#cdbfa8', '#e6e6e4', '#c09482', '#93b3b6', '#bccfc2'];

/** A little scene whose colours follow from the hash; `noise` from 1 (nothing yet) to 0. */
function scene(hash: string, noise: number): string {
  const digit = (index: number): number => Number.parseInt(hash[index] ?? '0', 16);
  const [a, b] = [colours[digit(0) % 8], colours[digit(1) % 8]];
  return `<svg xmlns="http://www.w3.org/2000/svg" width="256" height="256"><rect width="256" height="256" fill="#9b9c9e"/><rect y="128" width="256" height="128" fill="${floors[digit(2) % 6]}"/>
    <ellipse cx="116" cy="190" rx="70" ry="10" fill="#0003"/><ellipse cx="186" cy="184" rx="52" ry="8" fill="#0003"/>
    ${digit(3) % 2 ? `<circle cx="100" cy="${140 + digit(4)}" r="46" fill="${a}"/>` : `<path d="M54 190 L100 ${84 + digit(4)} L146 190Z" fill="${a}"/>`}
    ${digit(5) % 2 ? `<rect x="150" y="${116 + digit(6)}" width="66" height="66" fill="${b}"/>` : `<ellipse cx="182" cy="150" rx="36" ry="34" fill="${b}"/>`}
    <rect width="256" height="256" fill="#8d8f8a" opacity="${noise * 0.85}"/></svg>`;
}

const drawn = new Map<string, Promise<Buffer>>();

function draw(hash: string, noise: number): Promise<Buffer> {
  // A hundred thousand pictures need not all be different files.
  const key = `${hash.slice(0, 7)} ${noise}`;
  const made = drawn.get(key) ?? sharp(Buffer.from(scene(hash, noise))).resize(noise > 0 ? 64 : 256).png().toBuffer();
  drawn.set(key, made);
  return made;
}

export interface FakeHost {
  readonly url: string;
  close(): Promise<void>;
}

export async function startFakeHost(port = 0): Promise<FakeHost> {
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname;
    const picture = /^\/(?:asset|thumb)\/([0-9a-f]+)$/.exec(path)?.[1];
    const preview = /^\/preview\/([0-9a-f-]+)\/(\d+)$/.exec(path);
    const answer = async (): Promise<void> => {
      if (picture !== undefined || preview !== null) {
        const bytes = await (picture !== undefined ? draw(picture, 0) : draw((preview?.[1] ?? '').replaceAll('-', ''), 1 - Number(preview?.[2]) / 25));
        response.writeHead(200, { 'content-type': 'image/png', 'cache-control': 'max-age=3600' }).end(bytes);
        return;
      }
      const file = normalize(join(root, path === '/' ? 'fake.html' : path));
      response.writeHead(200, { 'content-type': types[extname(file)] ?? 'application/octet-stream' }).end(await readFile(file));
    };
    answer().catch(() => { response.writeHead(404).end(); });
  });
  await new Promise<void>((resolve) => { server.listen(port, '127.0.0.1', resolve); });
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => new Promise((resolve) => { server.closeAllConnections(); server.close(() => resolve()); }),
  };
}
