/** Who may talk to the loopback host: the holder of a one-time link, its browser afterwards, and scripts of the same user. */
import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';

export type Verdict =
  | { readonly kind: 'in' }
  /** A fresh link was used: the browser gets its cookie and loses the token from its address. */
  | { readonly kind: 'welcome'; readonly setCookie: string }
  | { readonly kind: 'refused'; readonly status: 401 | 403 | 421; readonly message: string };

const refused = (status: 401 | 403 | 421, message: string): Verdict => ({ kind: 'refused', status, message });

export class Access {
  readonly #port: number;
  /** Carried by scripts, which read it from a file that only this user can read. */
  readonly secret = randomBytes(32).toString('base64url');
  readonly #session = randomBytes(32).toString('base64url');
  readonly #tokens = new Set<string>();

  constructor(port: number) {
    this.#port = port;
  }

  get origin(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** An address that lets one browser in, once. */
  link(): string {
    const token = randomBytes(24).toString('base64url');
    this.#tokens.add(token);
    return `${this.origin}/?token=${token}`;
  }

  /** Looks at a plain request. A cross-site one that would change something is refused even with the cookie. */
  request(request: IncomingMessage, url: URL): Verdict {
    const host = this.#host(request);
    if (host) return host;
    const { origin } = request.headers;
    if (origin !== undefined && !this.#own(origin)) return refused(403, 'Another site may not use the studio.');
    const token = url.searchParams.get('token');
    if (token !== null && request.method === 'GET' && this.#redeem(token)) {
      return { kind: 'welcome', setCookie: `${this.#cookieName}=${this.#session}; HttpOnly; SameSite=Strict; Path=/` };
    }
    return this.#known(request) ? { kind: 'in' } : refused(401, 'Open the studio with the address that its terminal shows; each such address works once.');
  }

  /** Looks at a WebSocket's opening. Browsers always name an origin; scripts need not, but must bring the secret. */
  upgrade(request: IncomingMessage): Verdict {
    const host = this.#host(request);
    if (host) return host;
    const { origin } = request.headers;
    const cookieMayServe = origin !== undefined;
    if (cookieMayServe && !this.#own(origin)) return refused(403, 'Another site may not use the studio.');
    if (this.#bearer(request) || (cookieMayServe && this.#cookie(request))) return { kind: 'in' };
    return refused(cookieMayServe ? 401 : 403, 'A cookie or the secret of this studio is needed.');
  }

  /** Whether it came with the secret rather than a browser's cookie. */
  isScript(request: IncomingMessage): boolean {
    return this.#bearer(request);
  }

  /** A name that leads here by DNS is not ours: that is how rebinding starts. */
  #host(request: IncomingMessage): Verdict | undefined {
    const host = request.headers.host ?? '';
    return host === `127.0.0.1:${this.#port}` || host === `localhost:${this.#port}` ? undefined : refused(421, 'This address is not the studio\'s.');
  }

  #own(origin: string): boolean {
    return origin === this.origin || origin === `http://localhost:${this.#port}`;
  }

  #redeem(token: string): boolean {
    for (const known of this.#tokens) {
      if (same(known, token)) return this.#tokens.delete(known);
    }
    return false;
  }

  #known(request: IncomingMessage): boolean {
    return this.#cookie(request) || this.#bearer(request);
  }

  /** Cookies know no ports: two studios on one machine must not take each other's. */
  get #cookieName(): string {
    return `ovis-studio-${this.#port}`;
  }

  #cookie(request: IncomingMessage): boolean {
    const prefix = `${this.#cookieName}=`;
    return (request.headers.cookie ?? '').split(';').some((part) => part.trim().startsWith(prefix) && same(part.trim().slice(prefix.length), this.#session));
  }

  #bearer(request: IncomingMessage): boolean {
    const { authorization } = request.headers;
    return authorization !== undefined && authorization.startsWith('Bearer ') && same(authorization.slice(7), this.secret);
  }
}

function same(a: string, b: string): boolean {
  const [left, right] = [Buffer.from(a), Buffer.from(b)];
  return left.length === right.length && timingSafeEqual(left, right);
}
