import { loadTokenizer } from '../tokenizer/tokenizer.ts';
import { openCheckpoint } from '../weights/checkpoint.ts';
import { RowTable } from '../weights/rowTable.ts';
import { ConditionCache } from './conditionCache.ts';
import type { Observe, PipelineContext } from './context.ts';
import { CacheMemory } from './cacheMemory.ts';
import { Networks, type NetworksOptions, type RuntimeChoice } from './networks.ts';

/** Opens a checkpoint folder for the pipelines; no network is built yet. */
export async function openPipeline(
  dir: string, choice: RuntimeChoice, options: NetworksOptions & { readonly observe?: Observe } = {},
): Promise<PipelineContext> {
  const checkpoint = await openCheckpoint(dir);
  return {
    checkpoint,
    tokenizer: await loadTokenizer(checkpoint.dir),
    networks: new Networks(checkpoint, choice, options),
    words: new RowTable(checkpoint.expect('llm.model.embed_tokens.weight')),
    visualWords: new RowTable(checkpoint.expect('vte.weight')),
    conditions: new ConditionCache(),
    caches: new CacheMemory(),
    ...(options.observe === undefined ? {} : { observe: options.observe }),
  };
}

/** Releases sessions and files. */
export async function closePipeline(ctx: PipelineContext): Promise<void> {
  await ctx.networks.release();
  await ctx.words.close();
  await ctx.visualWords.close();
}
