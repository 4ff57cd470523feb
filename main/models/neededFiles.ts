/** Which files of a repository the studio reads. */
import { StudioError } from '../errors.ts';
import type { RemoteFile } from './hub.ts';

const companions: ReadonlySet<string> = new Set([
  'config.json', 'preprocessor_config.json', 'studio.json', 'tokenizer.json', 'vocab.json', 'merges.txt', 'tokenizer_config.json', 'added_tokens.json', 'special_tokens_map.json',
  'model.safetensors.index.json', 'LICENSE', 'LICENSE.md', 'LICENSE.txt',
]);
const weights = /^model(-\d{5}-of-\d{5})?\.safetensors$/;


/** The weights, the tokenizer and what describes them; no code, no pictures, nothing of a folder below. CONFIG_INVALID without config or weights. */
export function neededFiles(files: readonly RemoteFile[], repo: string): RemoteFile[] {
  const own = files.filter(({ name }) => /^[A-Za-z0-9][\w.-]{0,200}$/.test(name));
  const named = own.filter(({ name }) => weights.test(name));
  const all = own.filter(({ name }) => name.endsWith('.safetensors'));
  const chosen = named.length > 0 ? named : all.length === 1 ? all : [];
  const missing = !own.some(({ name }) => name === 'config.json') ? 'no config.json' : chosen.length === 0 ? 'no model.safetensors' : undefined;
  if (missing !== undefined) throw new StudioError('CONFIG_INVALID', `${repo} holds ${missing}: it is not a checkpoint that the studio can read.`, { repo });
  const small = own.filter(({ name }) => companions.has(name));
  const huge = small.find(({ bytes }) => bytes > 64 * 2 ** 20);
  if (huge) throw new StudioError('CONFIG_INVALID', `${huge.name} of ${repo} has ${huge.bytes} bytes, more than such a file can have.`, { repo, file: huge.name });
  return [...small, ...chosen];
}
