/** The one thing that page and main both have and no library of the contract declares. Seen by this folder's type check only. */
interface Blob {
  readonly size: number;
  readonly type: string;
}
declare const Blob: { prototype: Blob; new (parts?: unknown[], options?: { type?: string }): Blob };
