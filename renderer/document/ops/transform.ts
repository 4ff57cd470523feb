/** Moving, scaling, turning and mirroring a layer. Pixels stay as they are: only the layer's transform changes. */
import { layerBounds } from '../bounds.ts';
import { determinant, multiply, rotation, sameMatrix, scaling, translation } from '../matrix.ts';
import { done, refuse } from '../outcome.ts';
import type { Op } from '../outcome.ts';
import { identity } from '../records.ts';
import type { Layer, Matrix, Point } from '../records.ts';
import { onLayer, withLayer, wrongKind } from './support.ts';

/** Sets where a layer's pixels go. INVALID for a matrix that flattens them or throws them out of reach. */
export function setTransform(id: string, transform: Matrix): Op {
  return onLayer(id, (layer, document) => {
    if (layer.kind === 'reference') return wrongKind(layer, 'on the canvas');
    if (!isSound(transform)) return refuse('INVALID', 'That would leave nothing to see', id);
    return sameMatrix(transform, layer.transform) ? refuse('NOTHING', 'It is there already', id) : done(withLayer(document, { ...layer, transform }));
  });
}

function isSound(matrix: Matrix): boolean {
  const area = Math.abs(determinant(matrix));
  return matrix.every((value) => Math.abs(value) <= 1_000_000) && area >= 1e-6;
}

/** Applies a change, given in canvas pixels, on top of where the layer is. */
export function transformLayer(id: string, change: Matrix): Op {
  return onLayer(id, (layer, document) => setTransform(id, multiply(change, layer.transform))(document));
}

/** Moves a layer by canvas pixels. */
export function moveLayer(id: string, x: number, y: number): Op {
  return transformLayer(id, translation(x, y));
}

/** The middle of what a layer shows; the canvas's origin for an empty one. */
export function layerCentre(layer: Layer): Point {
  const bounds = layerBounds(layer);
  return bounds === null ? { x: 0, y: 0 } : { x: bounds.x + bounds.width / 2, y: bounds.y + bounds.height / 2 };
}

/** Scales about a canvas point, by default the middle. */
export function scaleLayer(id: string, x: number, y: number, about?: Point): Op {
  return onLayer(id, (layer, document) => transformLayer(id, scaling(x, y, about ?? layerCentre(layer)))(document));
}

/** Turns clockwise by degrees, by default about the middle. */
export function rotateLayer(id: string, degrees: number, about?: Point): Op {
  return onLayer(id, (layer, document) => transformLayer(id, rotation(degrees, about ?? quarterCentre(layer, degrees)))(document));
}

/**
 * The point to turn about. A quarter turn of sides of unlike parity would leave the pixel grid, so the middle moves by half a pixel:
 * there and, with the next turn, back, so that four turns end where they began.
 */
function quarterCentre(layer: Layer, degrees: number): Point {
  const centre = layerCentre(layer);
  const halves = Number.isInteger(2 * centre.x) && Number.isInteger(2 * centre.y);
  if (degrees % 90 !== 0 || degrees % 180 === 0 || !halves || Number.isInteger(centre.x - centre.y)) return centre;
  return { x: centre.x, y: centre.y + (Number.isInteger(centre.x) ? -0.5 : 0.5) };
}

/** Mirrors a layer in place. */
export function flipLayer(id: string, direction: 'horizontal' | 'vertical'): Op {
  return scaleLayer(id, direction === 'horizontal' ? -1 : 1, direction === 'vertical' ? -1 : 1);
}

export function resetTransform(id: string): Op {
  return setTransform(id, identity);
}
