/** Which tensors a config asks for, by name and shape: the whole model's list, in one place. */
import type { OvisConfig, VaeConfig } from '../config.ts';
import { EngineError } from '../errors.ts';
import type { TensorEntry } from './safetensors.ts';

export type Shape = readonly number[];
type Add = (name: string, ...shape: number[]) => void;

/** Width of the sinusoidal time features. Source: Ovis-U1 modeling_yak.py, timestep_embedding(t, 256). */
const timeFeatures = 256;
/** The refiner's depth and MLP width are constants upstream, whatever mlp_ratio says. */
const refinerBlocks = 2;
const refinerMlpRatio = 4;

/**
 * Every tensor that the model must have, name → shape, in the order of the networks.
 * `post_trunk_norm` is in it although nothing uses its value: the published files hold it.
 * Source: the golden cases' files and Ovis-U1's modelling code.
 */
export function expectedTensors(config: OvisConfig): Map<string, Shape> {
  const tensors = new Map<string, Shape>();
  const add: Add = (name, ...shape) => void tensors.set(name, shape);
  addLlm(config, add);
  addVisualTokenizer(config, add);
  addYak(config, add);
  addRefiner(config, add);
  addVae(config.vae, add);
  return tensors;
}

/** Tensors that may be there or not: a tied model's `lm_head`, which repeats the embedding. */
export function optionalTensors({ llm }: OvisConfig): Map<string, Shape> {
  return new Map<string, Shape>(llm.tieWordEmbeddings ? [['llm.lm_head.weight', [llm.vocabSize, llm.hiddenSize]]] : []);
}

/**
 * Compares a checkpoint's tensors with its config's inventory; returns the names that the config does not know (allowed).
 * WEIGHT_MISSING names the first tensor that is not there and counts them; WEIGHT_SHAPE names the tensor, expected, got.
 */
export function validateInventory({ config, tensors }: { config: OvisConfig; tensors: ReadonlyMap<string, TensorEntry> }): string[] {
  const expected = expectedTensors(config);
  const missing = [...expected.keys()].filter((name) => !tensors.has(name));
  const [first] = missing;
  if (first !== undefined) {
    const others = missing.length > 1 ? ` and ${String(missing.length - 1)} more tensors are` : ' is';
    throw new EngineError('WEIGHT_MISSING', `"${first}"${others} missing from the checkpoint.`, {
      tensor: first,
      expected: [...(expected.get(first) ?? [])],
      missing: missing.length,
    });
  }
  const known = new Map([...expected, ...optionalTensors(config)]);
  for (const [name, shape] of known) {
    const entry = tensors.get(name);
    if (entry !== undefined) checkShape(entry, shape);
  }
  return [...tensors.keys()].filter((name) => !known.has(name));
}

/** WEIGHT_SHAPE unless the tensor has exactly this shape. */
export function checkShape(entry: TensorEntry, shape: Shape): void {
  if (entry.shape.length === shape.length && entry.shape.every((size, axis) => size === shape[axis])) return;
  throw new EngineError(
    'WEIGHT_SHAPE',
    `"${entry.name}": expected shape [${shape.join(', ')}], got [${entry.shape.join(', ')}].`,
    { tensor: entry.name, expected: [...shape], got: [...entry.shape] },
  );
}

/** Elements of all the shapes together. */
export function countParameters(shapes: Iterable<Shape>): number {
  let count = 0;
  for (const shape of shapes) count += shape.reduce((product, size) => product * size, 1);
  return count;
}

function addLlm({ llm }: OvisConfig, add: Add): void {
  const { hiddenSize, headDim, attentionBias } = llm;
  const queryWidth = llm.numHeads * headDim;
  const keyWidth = llm.numKvHeads * headDim;
  add('llm.model.embed_tokens.weight', llm.vocabSize, hiddenSize);
  for (let layer = 0; layer < llm.numLayers; layer++) {
    const at = `llm.model.layers.${String(layer)}`;
    add(`${at}.input_layernorm.weight`, hiddenSize);
    linear(add, `${at}.self_attn.q_proj`, hiddenSize, queryWidth, attentionBias);
    linear(add, `${at}.self_attn.k_proj`, hiddenSize, keyWidth, attentionBias);
    linear(add, `${at}.self_attn.v_proj`, hiddenSize, keyWidth, attentionBias);
    linear(add, `${at}.self_attn.o_proj`, queryWidth, hiddenSize, attentionBias);
    add(`${at}.self_attn.q_norm.weight`, headDim);
    add(`${at}.self_attn.k_norm.weight`, headDim);
    add(`${at}.post_attention_layernorm.weight`, hiddenSize);
    linear(add, `${at}.mlp.gate_proj`, hiddenSize, llm.intermediateSize, false);
    linear(add, `${at}.mlp.up_proj`, hiddenSize, llm.intermediateSize, false);
    linear(add, `${at}.mlp.down_proj`, llm.intermediateSize, hiddenSize, false);
  }
  add('llm.model.norm.weight', hiddenSize);
  if (!llm.tieWordEmbeddings) add('llm.lm_head.weight', llm.vocabSize, hiddenSize);
}

function addVisualTokenizer({ vision, llm }: OvisConfig, add: Add): void {
  const { hiddenSize, patchSize, qkvBias, useBias } = vision;
  const patchifier = 'visual_tokenizer.backbone.preprocessor.patchifier';
  add(`${patchifier}.proj.weight`, hiddenSize, vision.numChannels, patchSize, patchSize);
  add(`${patchifier}.proj.bias`, hiddenSize);
  add(`${patchifier}.norm.weight`, hiddenSize);
  if (vision.preserveOriginalPe) {
    const side = Math.floor(vision.imageSize / patchSize);
    add('visual_tokenizer.backbone.preprocessor.pos_embed', 1, side * side, hiddenSize);
  }
  for (let block = 0; block < vision.numLayers; block++) {
    const at = `visual_tokenizer.backbone.trunk.blocks.${String(block)}`;
    add(`${at}.norm_1.weight`, hiddenSize);
    linear(add, `${at}.attn.qkv`, hiddenSize, 3 * hiddenSize, qkvBias);
    linear(add, `${at}.attn.proj`, hiddenSize, hiddenSize, useBias);
    add(`${at}.norm_2.weight`, hiddenSize);
    linear(add, `${at}.mlp.fc1`, hiddenSize, vision.intermediateSize, useBias);
    linear(add, `${at}.mlp.fc2`, vision.intermediateSize, hiddenSize, useBias);
    linear(add, `${at}.mlp.fc3`, hiddenSize, vision.intermediateSize, useBias);
  }
  add('visual_tokenizer.backbone.trunk.post_trunk_norm.weight', hiddenSize);
  // Four of the vocabulary's rows are indicators, which the head cannot choose.
  const headWidth = vision.visualVocabSize - 4;
  linear(add, 'visual_tokenizer.head.0', vision.hiddenStride ** 2 * hiddenSize, headWidth, false);
  norm(add, 'visual_tokenizer.head.1', headWidth);
  add('vte.weight', vision.visualVocabSize, llm.hiddenSize);
}

function addYak({ yak }: OvisConfig, add: Add): void {
  const backbone = 'visual_generator.backbone';
  const { hiddenSize, qkvBias } = yak;
  const headDim = hiddenSize / yak.numHeads;
  const mlpWidth = Math.trunc(hiddenSize * yak.mlpRatio);
  linear(add, `${backbone}.img_in`, yak.inChannels, hiddenSize, true);
  linear(add, `${backbone}.time_in.in_layer`, timeFeatures, hiddenSize, true);
  linear(add, `${backbone}.time_in.out_layer`, hiddenSize, hiddenSize, true);
  linear(add, `${backbone}.vector_in.in_layer`, yak.vecInDim, hiddenSize, true);
  linear(add, `${backbone}.vector_in.out_layer`, hiddenSize, hiddenSize, true);
  for (let block = 0; block < yak.depth; block++) {
    const at = `${backbone}.double_blocks.${String(block)}`;
    // (shift, scale, gate) for the image's joint attention, MLP and self-attention; the text has no self-attention.
    linear(add, `${at}.img_mod.lin`, hiddenSize, 9 * hiddenSize, true);
    linear(add, `${at}.txt_mod.lin`, hiddenSize, 6 * hiddenSize, true);
    for (const attention of ['img_attn', 'img_self_attn', 'txt_attn']) {
      linear(add, `${at}.${attention}.qkv`, hiddenSize, 3 * hiddenSize, qkvBias);
      linear(add, `${at}.${attention}.proj`, hiddenSize, hiddenSize, true);
      queryKeyNorm(add, `${at}.${attention}.norm`, headDim);
    }
    for (const mlp of ['img_mlp', 'txt_mlp']) {
      linear(add, `${at}.${mlp}.0`, hiddenSize, mlpWidth, true);
      linear(add, `${at}.${mlp}.2`, mlpWidth, hiddenSize, true);
    }
  }
  for (let block = 0; block < yak.depthSingle; block++) {
    const at = `${backbone}.single_blocks.${String(block)}`;
    linear(add, `${at}.modulation.lin`, hiddenSize, 3 * hiddenSize, true);
    linear(add, `${at}.linear1`, hiddenSize, 3 * hiddenSize + mlpWidth, true);
    linear(add, `${at}.linear2`, hiddenSize + mlpWidth, hiddenSize, true);
    queryKeyNorm(add, `${at}.norm`, headDim);
  }
  linear(add, `${backbone}.final_layer.adaLN_modulation.1`, hiddenSize, 2 * hiddenSize, true);
  linear(add, `${backbone}.final_layer.linear`, hiddenSize, yak.outChannels, true);
}

function addRefiner({ yak }: OvisConfig, add: Add): void {
  const refiner = 'visual_generator.backbone.txt_in';
  const { hiddenSize } = yak;
  linear(add, `${refiner}.input_embedder`, yak.contextInDim, hiddenSize, true);
  linear(add, `${refiner}.c_embedder.linear_1`, yak.contextInDim, hiddenSize, true);
  linear(add, `${refiner}.c_embedder.linear_2`, hiddenSize, hiddenSize, true);
  add(`${refiner}.cls_token`, 1, 1, hiddenSize);
  for (let block = 0; block < refinerBlocks; block++) {
    const at = `${refiner}.individual_token_refiner.blocks.${String(block)}`;
    norm(add, `${at}.norm1`, hiddenSize);
    linear(add, `${at}.self_attn_qkv`, hiddenSize, 3 * hiddenSize, true);
    linear(add, `${at}.self_attn_proj`, hiddenSize, hiddenSize, true);
    norm(add, `${at}.norm2`, hiddenSize);
    linear(add, `${at}.mlp.fc1`, hiddenSize, refinerMlpRatio * hiddenSize, true);
    linear(add, `${at}.mlp.fc2`, refinerMlpRatio * hiddenSize, hiddenSize, true);
    linear(add, `${at}.adaLN_modulation.1`, hiddenSize, 2 * hiddenSize, true);
  }
}

function addVae(vae: VaeConfig, add: Add): void {
  const root = 'visual_generator.vae';
  const levels = vae.blockOutChannels;
  const last = levels.length - 1;
  const deepest = levels[last]!;

  convolution(add, `${root}.encoder.conv_in`, vae.inChannels, levels[0]!, 3);
  levels.forEach((channels, level) => {
    const at = `${root}.encoder.down_blocks.${String(level)}`;
    resnets(add, at, vae.layersPerBlock, levels[level - 1] ?? channels, channels);
    if (level < last) convolution(add, `${at}.downsamplers.0.conv`, channels, channels, 3);
  });
  middle(add, `${root}.encoder.mid_block`, deepest);
  norm(add, `${root}.encoder.conv_norm_out`, deepest);
  convolution(add, `${root}.encoder.conv_out`, deepest, 2 * vae.latentChannels, 3);
  convolution(add, `${root}.quant_conv`, 2 * vae.latentChannels, 2 * vae.latentChannels, 1);

  convolution(add, `${root}.post_quant_conv`, vae.latentChannels, vae.latentChannels, 1);
  convolution(add, `${root}.decoder.conv_in`, vae.latentChannels, deepest, 3);
  middle(add, `${root}.decoder.mid_block`, deepest);
  const reversed = [...levels].reverse();
  reversed.forEach((channels, level) => {
    const at = `${root}.decoder.up_blocks.${String(level)}`;
    // The decoder has one resnet more per level than the encoder.
    resnets(add, at, vae.layersPerBlock + 1, reversed[level - 1] ?? channels, channels);
    if (level < last) convolution(add, `${at}.upsamplers.0.conv`, channels, channels, 3);
  });
  norm(add, `${root}.decoder.conv_norm_out`, levels[0]!);
  convolution(add, `${root}.decoder.conv_out`, levels[0]!, vae.outChannels, 3);
}

function middle(add: Add, at: string, channels: number): void {
  resnets(add, at, 2, channels, channels);
  norm(add, `${at}.attentions.0.group_norm`, channels);
  for (const projection of ['to_q', 'to_k', 'to_v', 'to_out.0']) linear(add, `${at}.attentions.0.${projection}`, channels, channels, true);
}

/** A chain of resnets of which the first changes the channels, with a 1×1 shortcut only if they do change. */
function resnets(add: Add, at: string, count: number, from: number, to: number): void {
  for (let i = 0; i < count; i++) {
    const resnet = `${at}.resnets.${String(i)}`;
    const input = i === 0 ? from : to;
    norm(add, `${resnet}.norm1`, input);
    convolution(add, `${resnet}.conv1`, input, to, 3);
    norm(add, `${resnet}.norm2`, to);
    convolution(add, `${resnet}.conv2`, to, to, 3);
    if (input !== to) convolution(add, `${resnet}.conv_shortcut`, input, to, 1);
  }
}

function linear(add: Add, name: string, input: number, output: number, bias: boolean): void {
  add(`${name}.weight`, output, input);
  if (bias) add(`${name}.bias`, output);
}

function convolution(add: Add, name: string, input: number, output: number, kernel: number): void {
  add(`${name}.weight`, output, input, kernel, kernel);
  add(`${name}.bias`, output);
}

function norm(add: Add, name: string, width: number): void {
  add(`${name}.weight`, width);
  add(`${name}.bias`, width);
}

function queryKeyNorm(add: Add, name: string, headDim: number): void {
  add(`${name}.query_norm.scale`, headDim);
  add(`${name}.key_norm.scale`, headDim);
}
