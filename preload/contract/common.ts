/** Words that every other file of the contract uses. */
import { z } from 'zod';

/** SHA-256 of a file's bytes, lower-case hex: the name under which pixels are stored, and all that a request says of them. */
export const hashSchema = z.string().regex(/^[0-9a-f]{64}$/, 'expected a sha256 in lower-case hex');
export type Hash = z.infer<typeof hashSchema>;

export const idSchema = z.uuid();

/** Milliseconds since 1970. */
export const timeSchema = z.int().nonnegative();

export const nameSchema = z.string().trim().min(1).max(200);

/** A longer text: a prompt, a note. */
export const textSchema = z.string().max(20_000);

export const countSchema = z.int().nonnegative();
export const pixelsSchema = z.int().positive().max(65_536);

/** Milliseconds per stage, by stage name. */
export const timingsMsSchema = z.record(z.string(), z.number());

/** Where pixels are fetched, relative to the page: the same paths on both transports. */
export const assetPath = (hash: Hash): string => `/asset/${hash}`;
/** A WebP at most `thumbnailEdge` pixels wide and high. */
export const thumbPath = (hash: Hash): string => `/thumb/${hash}`;
export const thumbnailEdge = 512;
