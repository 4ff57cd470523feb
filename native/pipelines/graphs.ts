/** The networks of a checkpoint, by name. */
import { buildLmHead, buildQwen3 } from '../models/qwen3.ts';
import { buildRefiner } from '../models/refiner.ts';
import { buildVaeDecoder, buildVaeEncoder } from '../models/vae.ts';
import { buildVisualTokenizer } from '../models/visualTokenizer.ts';
import { buildYak } from '../models/yak.ts';
import type { BuildOptions } from '../nn/context.ts';
import type { BuiltGraph } from '../onnx/graph.ts';
import type { Checkpoint } from '../weights/checkpoint.ts';

export const networkNames = ['visualTokenizer', 'llm', 'lmHead', 'refiner', 'yak', 'vaeEncoder', 'vaeDecoder'] as const;
export type NetworkName = (typeof networkNames)[number];

/** Writes the graph of one network. WEIGHT_MISSING, WEIGHT_SHAPE, GRAPH_INVALID. */
export function buildNetwork(name: NetworkName, checkpoint: Checkpoint, options: BuildOptions): BuiltGraph {
  const { llm, vision, yak, vae } = checkpoint.config;
  switch (name) {
    case 'visualTokenizer': return buildVisualTokenizer(checkpoint, vision, llm, options);
    case 'llm': return buildQwen3(checkpoint, llm, options);
    case 'lmHead': return buildLmHead(checkpoint, llm, options);
    case 'refiner': return buildRefiner(checkpoint, yak, options);
    case 'yak': return buildYak(checkpoint, yak, options);
    case 'vaeEncoder': return buildVaeEncoder(checkpoint, vae, options);
    case 'vaeDecoder': return buildVaeDecoder(checkpoint, vae, options);
  }
}
