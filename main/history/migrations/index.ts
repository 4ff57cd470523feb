/** Every step of the schema, oldest first. */
import { pictures } from './0010-pictures.ts';
import { search } from './0020-search.ts';
import { chats } from './0030-chats.ts';
import { jobs } from './0040-jobs.ts';
import { canvas } from './0050-canvas.ts';
import { drafts } from './0060-drafts.ts';
import type { Migration } from './migration.ts';

export const migrations: readonly Migration[] = [pictures, search, chats, jobs, canvas, drafts];
