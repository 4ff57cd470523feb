/** `studio://app/…` in Electron: the page's files and the pictures, by the same paths as on the loopback host. */
import { Readable } from 'node:stream';
import { protocol } from 'electron';
import { pageOrigin } from '../../preload/contract/transport.ts';
import { toFailure } from '../errors.ts';
import { pageFile } from '../transport/pageFiles.ts';
import { securityHeaders } from '../transport/policy.ts';
import { answerFor, type ResourceFinder } from '../transport/resources.ts';

const { protocol: scheme, host } = new URL(pageOrigin);

/** To be called before the app is ready: a standard, secure scheme has an origin, storage and fetch like https. */
export function declareScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: scheme.slice(0, -1), privileges: { standard: true, secure: true, supportFetchAPI: true, stream: true, codeCache: true } },
  ]);
}

/** Answers requests of our scheme. */
export function serveScheme(pageDir: string, resources: ResourceFinder): void {
  protocol.handle(scheme.slice(0, -1), async (request) => {
    const headers = securityHeaders();
    const url = new URL(request.url);
    const nothing = (status: number): Response => new Response(null, { status, headers });
    if (url.host !== host) return nothing(404);
    if (request.method !== 'GET' && request.method !== 'HEAD') return nothing(405);
    try {
      const resource = (await resources(url.pathname)) ?? (await pageFile(pageDir, url.pathname));
      if (!resource) return nothing(404);
      const ask = (name: string): string | undefined => request.headers.get(name) ?? undefined;
      const reply = answerFor(resource, { range: ask('range'), ifNoneMatch: ask('if-none-match'), ifRange: ask('if-range') });
      const all = { ...headers, ...reply.headers };
      if (!reply.range || request.method === 'HEAD') return new Response(null, { status: reply.status, headers: all });
      const body = Readable.toWeb(resource.open(resource.bytes === 0 ? undefined : reply.range)) as ReadableStream;
      return new Response(body, { status: reply.status, headers: all });
    } catch (error) {
      return nothing(toFailure(error).code === 'ASSET_MISSING' ? 404 : 500);
    }
  });
}
