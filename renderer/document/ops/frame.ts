/** Placing the frame. */
import { documentBounds, intersection, masksBounds, union } from '../bounds.ts';
import { coverFrame, isFrame, leastFrame, sizedFrame } from '../frameGeometry.ts';
import { done, refuse } from '../outcome.ts';
import type { Op } from '../outcome.ts';
import type { CanvasDocument, Rect } from '../records.ts';
import { within } from './support.ts';

/** Places the frame. INVALID unless it stands on whole pixels with sides in multiples of 32 from 64 to 8,192. */
export function setFrame(frame: Rect): Op {
  return (document) => {
    if (!isFrame(frame)) return refuse('INVALID', 'The frame needs sides in multiples of 32 from 64 to 8,192 px');
    const { x, y, width, height } = frame;
    const now = document.frame;
    if (now.x === x && now.y === y && now.width === width && now.height === height) return refuse('NOTHING', 'The frame is there already');
    return done({ ...document, frame: { x: x + 0, y: y + 0, width, height } });
  };
}

/** Gives the frame a size about its centre, snapped to multiples of 32. */
export function setFrameSize(width: number, height: number): Op {
  return (document) => within(width, 1, 1e6) && within(height, 1, 1e6)
    ? setFrame(sizedFrame(document.frame, { width, height }))(document)
    : refuse('INVALID', 'The frame needs sides in multiples of 32 from 64 to 8,192 px');
}

/** The least frame around every visible picture and paint layer. */
export function fitFrameToLayers(): Op {
  return (document) => {
    const bounds = documentBounds(document);
    return bounds === null ? refuse('NOTHING', 'There is no picture to fit the frame to') : setFrame(coverFrame(bounds))(document);
  };
}

/** How far beyond a mask the model should see, as a share of its diagonal, and the least side. Source: krita-ai-diffusion. */
const contextShare = 0.06;
const leastContext = 256;

/** A frame around every visible mask with room for context, kept on the picture as far as that reaches. */
export function fitFrameToMasks(): Op {
  return (document) => {
    const masks = masksBounds(document);
    if (masks === null) return refuse('NOTHING', 'There is no mask to fit the frame to');
    return setFrame(contextFrame(document, masks))(document);
  };
}

function contextFrame(document: CanvasDocument, masks: Rect): Rect {
  const pad = contextShare * Math.hypot(masks.width, masks.height);
  const wish = (length: number): number => Math.max(length + 2 * pad, leastContext, leastFrame);
  const width = wish(masks.width);
  const height = wish(masks.height);
  const around = coverFrame({ x: Math.round(masks.x + (masks.width - width) / 2), y: Math.round(masks.y + (masks.height - height) / 2), width, height });
  const picture = documentBounds(document);
  if (picture === null || intersection(picture, masks) === null) return around;
  // What the mask covers has to stay inside, even where it hangs over the picture.
  const ground = union(picture, masks) ?? picture;
  const shift = (start: number, length: number, least: number, span: number): number =>
    length >= span ? start : Math.max(least, Math.min(start, least + span - length));
  return { ...around, x: Math.round(shift(around.x, around.width, ground.x, ground.width)), y: Math.round(shift(around.y, around.height, ground.y, ground.height)) };
}
