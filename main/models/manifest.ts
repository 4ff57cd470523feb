/** What stands beside an installed model: where it came from and what its bytes must add up to. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { modelSourceSchema } from '../../preload/contract/models.ts';
import { writeFileAtomic } from '../writeFile.ts';

const manifestName = '.ovis-model.json';
const count = z.int().nonnegative();

const manifestSchema = z.object({
  version: z.literal(1),
  modelId: z.string(),
  name: z.string(),
  source: modelSourceSchema,
  licence: z.string().nullable(),
  parameters: count.nullable(),
  files: z.array(z.object({ name: z.string(), bytes: count, sha256: z.string().nullable(), gitSha1: z.string().nullable() })),
  verifiedAt: count.nullable(),
  /** Files that were not the hub's when last looked at. */
  damaged: z.array(z.string()),
});
export type Manifest = z.infer<typeof manifestSchema>;

/** Undefined where there is none, or none that can be understood. */
export async function readManifest(dir: string): Promise<Manifest | undefined> {
  const text = await readFile(join(dir, manifestName), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return manifestSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

export function writeManifest(dir: string, manifest: Manifest): Promise<void> {
  return writeFileAtomic(join(dir, manifestName), Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`));
}
