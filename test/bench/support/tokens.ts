import { conditionPixels, solidImage } from '../../../native/image/preprocess.ts';
import { loadTokenizer } from '../../../native/tokenizer/tokenizer.ts';
import { conditionChat, emptyPrompt, textToImagePrompt } from '../../../native/tokenizer/chatTemplate.ts';
import { expandImages, tokenizeWithImages } from '../../../native/tokenizer/placeholders.ts';
import { openCheckpoint } from '../../../native/weights/checkpoint.ts';

/** Rows of text that the decoder sees for a text→image request: with the prompt, and without it. */
export async function conditionTokens(dir: string, width: number, height: number, prompt: string): Promise<[cond: number, uncond: number]> {
  const { preprocessor } = await openCheckpoint(dir);
  const tokenizer = await loadTokenizer(dir);
  const { patchSize, hiddenStride, imageMean, imageStd, minPixels, maxPixels } = preprocessor;
  const { gridH, gridW } = conditionPixels(solidImage({ width, height }), { patchSize, hiddenStride, mean: imageMean, std: imageStd, minPixels, maxPixels });
  const visual = (gridH * gridW) / hiddenStride ** 2;
  const count = (text: string): number => expandImages(tokenizeWithImages(tokenizer, conditionChat(text))).length - 1 + visual;
  return [count(textToImagePrompt(prompt)), count(emptyPrompt())];
}
