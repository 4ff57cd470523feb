/** The size at which a model works on a request. Pure. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** Of a request, what says how large its result is. */
type Sized = { readonly work?: Size } & (
  | { readonly kind: 'textToImage'; readonly width?: number; readonly height?: number }
  | { readonly kind: 'inpaint'; readonly crop?: Size }
  | { readonly kind: 'outpaint'; readonly left: number; readonly top: number; readonly right: number; readonly bottom: number }
  | { readonly kind: 'edit'; readonly sizing?: 'published' | 'exact' }
  | { readonly kind: 'control' }
);

interface Model {
  readonly sizes: readonly (readonly [width: number, height: number])[];
}

/** A model draws somewhat beyond the sizes that it knows; from here on it repeats itself, or gives noise. */
const beyond = 1.5;
/** Sides of what is drawn from words alone; a picture may have any. */
const unit = 16;
const least = 64;
const published: Size = { width: 1024, height: 1024 };

/** The published scripts bring a larger picture to their own area themselves; whoever asks for their sizing gets just that. */
function shrunkAsPublished({ width, height }: Size): Size {
  const scale = Math.min(1, Math.sqrt((published.width * published.height) / (width * height)));
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}

/** Of what is drawn, in pixels of the picture; undefined where the picture that it starts from is not known yet. */
export function drawnSize(request: Sized, model: Model | undefined, source: Size | undefined): Size | undefined {
  const [width, height] = model?.sizes[0] ?? [published.width, published.height];
  switch (request.kind) {
    case 'textToImage': return { width: request.width ?? width, height: request.height ?? height };
    case 'inpaint': return request.crop ?? source;
    case 'outpaint': return source && { width: source.width + request.left + request.right, height: source.height + request.top + request.bottom };
    case 'edit': return request.sizing === 'exact' ? source : source && shrunkAsPublished(source);
    case 'control': return source;
  }
}

/** Of the same shape and about as many pixels as the largest that the model knows; undefined where that is no smaller. */
export function workingSize(size: Size, model: Model, step = 1): Size | undefined {
  const largest = Math.max(0, ...model.sizes.map(([width, height]) => width * height));
  if (largest === 0 || size.width * size.height <= beyond * largest) return undefined;
  const scale = Math.sqrt(largest / (size.width * size.height));
  const side = (length: number): number => Math.max(least, Math.round((length * scale) / step) * step);
  return { width: side(size.width), height: side(size.height) };
}

/** The size at which it is worked on, as asked for or as the model knows. */
export function workingSizeOf(request: Sized, model: Model, source: Size | undefined, atFullSize: boolean): Size | undefined {
  if (request.work !== undefined || atFullSize) return request.work;
  const size = drawnSize(request, model, source);
  return size && workingSize(size, model, request.kind === 'textToImage' ? unit : 1);
}
