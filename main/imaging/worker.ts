/** The imaging worker: the main side's one user of native/image. */
import { parentPort } from 'node:worker_threads';
import { cannyMap } from '../../native/image/canny.ts';
import { decodeImage, decodeMask, encodeFile, encodePart, encodePng, encodeWebp, inspectImage } from '../../native/image/codec.ts';
import { compositeMaskFrom, denoiseMaskFrom, growMask, maskBounds } from '../../native/image/mask.ts';
import { crop } from '../../native/image/preprocess.ts';
import { cropMask } from '../../native/image/repaint.ts';
import { drawSheet } from '../../native/image/sheet.ts';
import { StudioError, toFailure } from '../errors.ts';
import { parametersKeyword, writePngText } from './pngText.ts';
import { layersOf } from './tasks/layers.ts';
import { controlMapOf, filterMaskOf, prepareSelect, smartSelectOf, warmEdges } from './tasks/maps.ts';
import { naming } from './tasks/naming.ts';
import { compositeOf, opaqueOf, repaintOf } from './tasks/repaint.ts';
import type { ImagingReply, ImagingRequest, ImagingTask, ImagingValue, PreparedMasks } from './messages.ts';

async function masksOf(task: Extract<ImagingTask, { type: 'masks' }>): Promise<PreparedMasks> {
  const { path, width, height, options: { feather = 0, grow = 0 } } = task;
  const drawn = await decodeMask(path);
  if (drawn.width !== width || drawn.height !== height) {
    throw new StudioError('REQUEST_INVALID', `the mask has ${drawn.width}×${drawn.height} pixels, the picture ${width}×${height}.`, {
      expected: [width, height],
      received: [drawn.width, drawn.height],
    });
  }
  if (!maskBounds(drawn)) throw new StudioError('REQUEST_INVALID', 'the mask is empty: nothing in it is white.');
  const region = growMask(drawn, grow);
  // The composite mask fades inwards, so that what the mask leaves black stays byte for byte.
  return { denoise: denoiseMaskFrom(region, feather), composite: compositeMaskFrom(region, feather) };
}

async function perform(task: ImagingTask): Promise<ImagingValue> {
  switch (task.type) {
    case 'inspect': {
      const { input, edge } = task;
      return typeof input === 'string' ? naming(input, () => inspectImage(input, edge)) : inspectImage(input, edge);
    }
    case 'decode': return naming(task.path, async () => {
      const image = await decodeImage(task.path);
      return task.part ? crop(image, task.part) : image;
    });
    case 'canny': {
      const image = await naming(task.path, () => decodeImage(task.path));
      return cannyMap(image, task.options);
    }
    case 'masks': return naming(task.path, () => masksOf(task));
    case 'decodeMask': return naming(task.path, async () => {
      const mask = await decodeMask(task.path);
      return task.part ? cropMask(mask, task.part) : mask;
    });
    case 'repaint': return repaintOf(task);
    case 'opaque': return opaqueOf(task);
    case 'composite': return compositeOf(task);
    case 'encodePlain': return encodePng(task.image);
    case 'controlMap': return controlMapOf(task);
    case 'warmEdges': return warmEdges();
    case 'prepareSelect': return prepareSelect(task);
    case 'smartSelect': return smartSelectOf(task);
    case 'filterMask': return filterMaskOf(task);
    case 'encodePart': return naming(task.path, () => encodePart(task.path, task.options));
    case 'layers': return layersOf(task);
    case 'encodeFile': return naming(task.path, async () => encodeFile(await decodeImage(task.path), task.options));
    case 'encodePreview': return encodeWebp(task.image);
    case 'sheet': {
      const { columns, rows, cells } = task.sheet;
      const sheet = await drawSheet({ columns, rows }, cells.map((path) => () => naming(path, () => decodeImage(path))));
      return writePngText(await encodePng(sheet), parametersKeyword, task.text);
    }
    case 'encodePng': return writePngText(await encodePng(task.image), parametersKeyword, task.text);
  }
}

/** The bytes of an answer, to be handed over rather than copied: a large picture would hold up main's thread. */
function buffersOf(value: Extract<ImagingReply, { value: unknown }>['value']): ArrayBuffer[] {
  const pictures = value instanceof Uint8Array ? [value] : Object.values(value).flatMap((part: unknown) => (part instanceof Uint8Array ? [part] : []));
  // Only whole buffers of their own: Node keeps small ones in a pool that others use too.
  return pictures.flatMap(({ buffer, byteLength }) => (buffer instanceof ArrayBuffer && buffer.byteLength === byteLength ? [buffer] : []));
}

const port = parentPort;
if (!port) throw new StudioError('INTERNAL', 'The imaging worker was started outside of a worker thread.');

// One after the other: each task already uses every core that its library wants.
let tail: Promise<void> = Promise.resolve();
port.on('message', ({ id, task }: ImagingRequest) => {
  tail = tail.then(async () => {
    let reply: ImagingReply;
    try {
      reply = { id, value: await perform(task) };
    } catch (error) {
      reply = { id, error: toFailure(error) };
    }
    port.postMessage(reply, 'value' in reply ? buffersOf(reply.value) : []);
  });
});
