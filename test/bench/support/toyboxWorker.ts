import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { cannyMap } from '../../../native/image/canny.ts';
import { encodePng } from '../../../native/image/codec.ts';
import { seamDeltaE } from '../../../native/image/colourMatch.ts';
import { createEngine, createEstimators } from '../../../native/index.ts';
import { decodePicture, encodePicture } from '../../../native/pipelines/autoencoder.ts';
import { closePipeline, openPipeline } from '../../../native/pipelines/open.ts';
import type { PipelineContext } from '../../../native/pipelines/context.ts';
import type { Engine, Estimators, MaskImage, RgbImage } from '../../../native/types.ts';
import { agrees, correlation, edgeF1, isClosest, psnr, REST_DB } from './toyboxJudge.ts';
import { cellMask, EvaluationSet, frameMask, type Draw, type Item } from './toyboxSet.ts';

/** A process with an engine of one thread: several of them use a machine's cores better than one engine of many threads does on a model this small. */

export interface WorkerSetup {
  readonly modelDir: string;
  readonly estimatorDir: string;
  readonly setDir: string;
  readonly pictureDir: string;
}

export interface WorkerTask {
  readonly key: string;
  readonly item: Item;
  readonly draw: Draw;
  /** The picture is kept under this name. */
  readonly save: string | null;
}

export type Outcome = Readonly<Record<string, number>>;
export type WorkerReply = { readonly key: string; readonly outcome: Outcome } | { readonly key: string; readonly error: string };

interface Tools {
  readonly setup: WorkerSetup;
  readonly set: EvaluationSet;
  readonly engine: Engine;
  readonly estimators: Estimators;
  pipeline?: PipelineContext;
}

const flag = (value: boolean): number => (value ? 1 : 0);

async function reconstruct(tools: Tools, image: RgbImage): Promise<RgbImage> {
  tools.pipeline ??= await openPipeline(tools.setup.modelDir, { provider: 'cpu', precision: 'fp32', threads: 1, attention: 'fused' });
  return decodePicture(tools.pipeline, await encodePicture(tools.pipeline, image, 'bench'), 'bench');
}

/** What an item's picture amounts to: `met` for conditions, or a figure by its own name. */
async function judge(tools: Tools, item: Item, drawn: RgbImage): Promise<Outcome> {
  const { set, estimators } = tools;
  const { request, expect } = item;
  if (request.kind === 'control') {
    const map = await set.picture(request.map);
    if (request.control === 'canny') return { f1: edgeF1(await cannyMap(drawn), map) };
    return { correlation: correlation(await estimators.depthMap(drawn), map) };
  }
  if (expect.closest) {
    const pictures = await Promise.all(expect.closest.map((file) => set.picture(file)));
    return { met: flag(isClosest(drawn, pictures)), psnr: psnr(drawn, pictures[0]!) };
  }
  let painted: MaskImage | undefined;
  if (request.kind === 'inpaint') painted = cellMask(request.mask, drawn);
  if (request.kind === 'outpaint') painted = frameMask(drawn, request.sides);
  const target = agrees(await estimators.detect(drawn), expect, painted);
  if (painted) return { met: flag(target), seam: seamDeltaE(drawn, painted) ?? 0 };
  if (expect.rest === undefined || request.kind !== 'edit') return { met: flag(target) };
  const rest = psnr(drawn, await set.picture(request.image), cellMask(expect.rest, drawn));
  return { met: flag(target && rest >= REST_DB), target: flag(target), rest: Math.min(rest, 99) };
}

async function perform(tools: Tools, { item, draw, save }: WorkerTask): Promise<Outcome> {
  if (item.request.kind === 'understand') return { met: flag((await tools.set.answer(item, tools.engine)) === item.expect.answer) };
  if (item.request.kind === 'reconstruct') {
    const image = await tools.set.picture(item.request.image);
    return { psnr: psnr(await reconstruct(tools, image), image) };
  }
  const request = await tools.set.request(item, draw);
  if (!request) throw new Error(`nothing draws ${item.id}`);
  const { image } = await tools.engine.generate(request);
  if (save !== null) {
    await mkdir(tools.setup.pictureDir, { recursive: true });
    await writeFile(path.join(tools.setup.pictureDir, save), await encodePng(image));
  }
  return judge(tools, item, image);
}

async function main(): Promise<void> {
  const send = (reply: WorkerReply | { readonly ready: true }): void => void process.send?.(reply);
  let tools: Promise<Tools> | undefined;
  let tail = Promise.resolve();
  process.on('disconnect', () => process.exit(0));
  process.on('message', (message: WorkerTask | { readonly setup: WorkerSetup } | { readonly stop: true }) => {
    tail = tail.then(async () => {
      if ('setup' in message) {
        const { setup } = message;
        tools = (async () => ({
          setup, set: await EvaluationSet.open(setup.setDir), engine: await createEngine(setup.modelDir, { threads: 1 }), estimators: await createEstimators(setup.estimatorDir, { threads: 1 }),
        }))();
        await tools;
        send({ ready: true });
      } else if ('stop' in message) {
        const open = await tools;
        await open?.engine.dispose();
        await open?.estimators.dispose();
        if (open?.pipeline) await closePipeline(open.pipeline);
        process.exit(0);
      } else {
        try {
          send({ key: message.key, outcome: await perform((await tools)!, message) });
        } catch (error) {
          send({ key: message.key, error: String((error as Error)?.message ?? error) });
        }
      }
    });
  });
}

if (process.send) await main();
