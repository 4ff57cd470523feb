/** Requests to the outside: the only ones the studio makes. Counted, watched for stalls, redirected by hand. */
import { StudioError } from '../errors.ts';

export interface NetworkOptions {
  readonly stallMs: number;
}

export interface Request {
  readonly signal: AbortSignal;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent to the address's own origin, and nowhere a redirect leads to. */
  readonly token?: string | undefined;
}

export interface Reply {
  readonly status: number;
  /** Of the last answer, the one with the body. */
  readonly headers: Headers;
  /** Of the first answer, which may have been a redirect. */
  readonly first: Headers;
  /** The body in pieces; NETWORK where the line breaks or stalls. */
  body(): AsyncGenerator<Uint8Array>;
  /** Ends the line without reading on. */
  close(): void;
}

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);
const mostRedirects = 5;

export class Network {
  readonly #stallMs: number;
  #requests = 0;

  constructor({ stallMs }: NetworkOptions) {
    this.#stallMs = stallMs;
  }

  /** Requests since the start, redirects among them. */
  get requests(): number {
    return this.#requests;
  }

  /** One answer, whatever its status. NETWORK when there is none; the signal's reason when it was called off. */
  async get(address: URL, request: Request): Promise<Reply> {
    const line = new Line(this.#stallMs, request.signal);
    try {
      let at = address;
      let first: Headers | undefined;
      for (let hops = 0; hops <= mostRedirects; hops++) {
        this.#requests++;
        const headers: Record<string, string> = { 'accept-encoding': 'identity', 'user-agent': 'ovis-studio', ...request.headers };
        // Whoever the hub sends us to must not learn the token; nor may anyone on an open line.
        if (request.token !== undefined && at.origin === address.origin && isPrivate(at)) headers['authorization'] = `Bearer ${request.token}`;
        const answer = await line.watch(fetch(at, { headers, redirect: 'manual', signal: line.signal }), at);
        first ??= answer.headers;
        const to = answer.headers.get('location');
        if (!redirects.has(answer.status) || to === null) return replyOf(answer, first, line, at);
        await answer.body?.cancel();
        at = nextAddress(at, to);
      }
      throw new StudioError('HUB_INVALID', `${address.host} redirects in circles.`, { host: address.host, reason: 'redirects' });
    } catch (error) {
      line.close();
      throw error;
    }
  }
}

/** Whether others cannot listen in: encrypted, or within this machine. */
function isPrivate({ protocol, hostname }: URL): boolean {
  return protocol === 'https:' || hostname === 'localhost' || hostname === '[::1]' || /^127\./.test(hostname);
}

function nextAddress(from: URL, to: string): URL {
  const next = URL.parse(to, from.href);
  const sound = next !== null && (next.protocol === 'https:' || (next.protocol === 'http:' && from.protocol === 'http:'));
  if (!sound) throw new StudioError('HUB_INVALID', `${from.host} redirects to an address that is not followed.`, { host: from.host, reason: 'redirect', to: to.slice(0, 200) });
  return next;
}

function replyOf(answer: Response, first: Headers, line: Line, at: URL): Reply {
  return {
    status: answer.status,
    headers: answer.headers,
    first,
    async* body() {
      try {
        const reader = answer.body?.getReader();
        for (;;) {
          const piece = await line.watch(reader?.read() ?? Promise.resolve({ done: true as const, value: undefined }), at);
          if (piece.done) return;
          yield piece.value;
        }
      } finally {
        line.close();
      }
    },
    close: () => line.close(),
  };
}

/** One request's line: ended by the caller's signal or by silence. */
class Line {
  readonly #stallMs: number;
  readonly #outer: AbortSignal;
  readonly #abort = new AbortController();
  readonly #onOuter = (): void => this.#abort.abort();
  #stalled = false;

  constructor(stallMs: number, outer: AbortSignal) {
    this.#stallMs = stallMs;
    this.#outer = outer;
    outer.addEventListener('abort', this.#onOuter, { once: true });
    if (outer.aborted) this.#abort.abort();
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  async watch<T>(work: Promise<T>, at: URL): Promise<T> {
    const timer = setTimeout(() => {
      this.#stalled = true;
      this.#abort.abort();
    }, this.#stallMs);
    try {
      return await work;
    } catch (error) {
      if (this.#outer.aborted) throw this.#outer.reason;
      throw lineError(error, at, this.#stalled ? this.#stallMs : undefined);
    } finally {
      clearTimeout(timer);
    }
  }

  close(): void {
    this.#outer.removeEventListener('abort', this.#onOuter);
    this.#abort.abort();
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOTFOUND: 'its name is not known', EAI_AGAIN: 'names cannot be looked up', ECONNREFUSED: 'nothing answers there', ENETUNREACH: 'there is no network', EHOSTUNREACH: 'there is no way to it',
  ETIMEDOUT: 'it does not answer', UND_ERR_CONNECT_TIMEOUT: 'it does not answer', ECONNRESET: 'the line broke', UND_ERR_SOCKET: 'the line broke', EPIPE: 'the line broke',
};

function lineError(error: unknown, { host }: URL, stallMs: number | undefined): StudioError {
  if (stallMs !== undefined) return new StudioError('NETWORK', `${host} sent nothing for ${Math.round(stallMs / 1000)} s.`, { host, reason: 'stalled' }, { retryable: true, cause: error });
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  const code = typeof cause === 'object' && cause !== null && 'code' in cause ? String(cause.code) : '';
  const why = reasons[code] ?? (code.startsWith('CERT') || /CERT|SSL|TLS/.test(code) ? 'its certificate is not trusted' : 'the line broke');
  return new StudioError('NETWORK', `${host} cannot be reached: ${why}.`, { host, reason: code === '' ? 'dropped' : code }, { retryable: true, cause: error });
}
