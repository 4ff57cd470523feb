/** Where a picture lies in its box: screen = offset + picture pixel × scale. */
export interface Placement {
  readonly scale: number;
  readonly x: number;
  readonly y: number;
}

export interface Box {
  readonly width: number;
  readonly height: number;
}

export const minScale = 0.05;
export const maxScale = 40;

/** The whole picture, centred, with a margin; small pictures are enlarged. */
export function fit(picture: Box, box: Box, margin = 24): Placement {
  const scale = Math.min((box.width - 2 * margin) / picture.width, (box.height - 2 * margin) / picture.height);
  return centred(picture, box, Math.max(minScale, Math.min(scale, maxScale)));
}

export function centred(picture: Box, box: Box, scale: number): Placement {
  return { scale, x: (box.width - picture.width * scale) / 2, y: (box.height - picture.height * scale) / 2 };
}

/** Zooms so that what lies under the point stays under it. */
export function zoomAbout(now: Placement, factor: number, x: number, y: number): Placement {
  const scale = Math.max(minScale, Math.min(maxScale, now.scale * factor));
  const ratio = scale / now.scale;
  return { scale, x: x - (x - now.x) * ratio, y: y - (y - now.y) * ratio };
}
