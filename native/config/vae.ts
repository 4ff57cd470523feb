/** The autoencoder's part of config.json: the SDXL VAE's layout. */
import { type Fields, describe } from './fields.ts';

export interface VaeConfig {
  readonly latentChannels: number;
  readonly blockOutChannels: readonly number[];
  readonly layersPerBlock: number;
  readonly normNumGroups: number;
  readonly scalingFactor: number;
  readonly inChannels: number;
  readonly outChannels: number;
}

/**
 * Reads `visual_generator_config.vae_config`.
 * CONFIG_INVALID unless it is an RGB AutoencoderKL of four levels (an eighth of the size) whose groups divide every level's channels.
 * Source: diffusers AutoencoderKL.
 */
export function parseVae(fields: Fields): VaeConfig {
  fields.fixed('_class_name', 'AutoencoderKL', 'optional');
  fields.fixed('act_fn', 'silu', 'optional');
  fields.fixed('in_channels', 3, 'optional');
  fields.fixed('out_channels', 3, 'optional');
  // Fields of later diffusers versions: only the values that describe this network pass.
  fields.fixed('use_quant_conv', true, 'optional');
  fields.fixed('use_post_quant_conv', true, 'optional');
  fields.fixed('mid_block_add_attention', true, 'optional');
  fields.fixed('shift_factor', null, 'optional');
  fields.fixed('latents_mean', null, 'optional');
  fields.fixed('latents_std', null, 'optional');
  checkBlockTypes(fields, 'down_block_types', 'DownEncoderBlock2D');
  checkBlockTypes(fields, 'up_block_types', 'UpDecoderBlock2D');

  // Four levels: the pipelines, like the published scripts, take latents to be an eighth of the picture.
  const blockOutChannels = fields.integers('block_out_channels', { length: 4, min: 1, max: 8192 });
  const normNumGroups = fields.integer('norm_num_groups', { min: 1, max: 8192 });
  if (blockOutChannels.some((channels) => channels % normNumGroups !== 0)) {
    throw fields.contradiction('norm_num_groups', `a divisor of every block_out_channels ${describe(blockOutChannels)}`);
  }
  return {
    latentChannels: fields.integer('latent_channels', { min: 1, max: 256 }),
    blockOutChannels,
    layersPerBlock: fields.integer('layers_per_block', { min: 1, max: 16 }),
    normNumGroups,
    scalingFactor: fields.number('scaling_factor', { min: 1e-6, max: 1e6 }),
    inChannels: 3,
    outChannels: 3,
  };
}

function checkBlockTypes(fields: Fields, name: string, kind: string): void {
  const types = fields.raw(name);
  if (types === undefined) return;
  if (!Array.isArray(types) || types.length !== 4 || types.some((type) => type !== kind)) {
    throw fields.contradiction(name, `"${kind}" four times`);
  }
}
