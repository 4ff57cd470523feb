/** From the canvas and a prompt to the job that they ask for. Pure: nothing is drawn, sent or changed here. */
import { documentBounds, orderedLayers } from './bounds.ts';
import { estimateCoverage, framedLayers, framedMasks, isExtension, keptRect, overhang } from './coverage.ts';
import { coverFrame } from './frameGeometry.ts';
import { isEmpty, liveItems } from './ops/items.ts';
import type { MaskPlan, ModelAbilities, Obstacle, ObstacleCode, Plan, PlanInput, PlanKind, RasterPlan, ReferencePlan, Remedy } from './plan.ts';
import type { CanvasDocument, ControlLayer, MaskLayer, ReferenceLayer } from './records.ts';
import { scopeWords } from './scope.ts';
import type { Scope } from './scope.ts';

/** What stands on the canvas for this run. */
interface Situation extends Scope {
  readonly input: PlanInput;
  readonly model: ModelAbilities;
  readonly controls: readonly ControlLayer[];
  readonly references: readonly ReferenceLayer[];
}

/** The plan of a run, or what stands in its way with the nearest thing that works. */
export function planRun(input: PlanInput): Plan | Obstacle {
  const situation = lookAt(input);
  const { document, mode } = input;
  if (input.model === null) return obstacle(situation, 'MODEL', 'No model is ready yet');
  if (mode === 'ask') return planQuestion(situation);
  const kind = kindOf(situation);
  if (typeof kind !== 'string') return kind;
  const missing = missingWords(situation, kind) ?? tooMuch(situation, kind) ?? untrained(situation, kind) ?? tooManyPictures(situation, kind);
  if (missing !== undefined) return missing;
  const pictured = kind === 'edit' || kind === 'inpaint' || kind === 'outpaint';
  const references = referencePlans(situation);
  return {
    ok: true, kind, frame: document.frame, prompt: input.prompt.trim(),
    scope: kind === 'textToImage' ? 'Whole frame' : kind === 'control' ? `Whole frame, along ${controlName(situation.controls[0])}` : scopeWords(situation),
    keep: pictured && situation.extension === null ? keptRect(document) : document.frame,
    raster: pictured ? rasterPlan(document) : null,
    mask: pictured && situation.masks.length > 0 ? maskPlan(document, situation.masks) : null,
    control: kind === 'control' ? controlPlan(situation) : null,
    references, referenceTask: kind === 'textToImage' ? references[0]?.role ?? null : null,
    task: kind === 'edit' ? input.task ?? null : null,
    experimental: contextCount(situation, kind) > situation.model.contextImages,
    usesStrength: pictured, notes: notesOf(situation, kind),
  };
}

function lookAt(input: PlanInput): Situation {
  const { document } = input;
  const coverage = input.coverage ?? estimateCoverage(document);
  const visible = orderedLayers(document).filter((layer) => layer.visible);
  const beyond = coverage.bounds && overhang(document.frame, coverage.bounds);
  return {
    input, coverage, model: input.model ?? { name: '', contextImages: 0, tasks: [] },
    masks: framedMasks(document, input.emptyMasks),
    extension: beyond !== null && isExtension(beyond) ? beyond : null,
    picture: documentBounds(document) ?? document.frame,
    // The topmost counts first.
    controls: visible.filter((layer) => layer.kind === 'control').toReversed(),
    references: visible.filter((layer) => layer.kind === 'reference'),
  };
}

function obstacle(situation: Situation, code: ObstacleCode, message: string, remedies: readonly Remedy[] = []): Obstacle {
  return { ok: false, code, message, remedies, scope: situation.coverage.bounds === null ? 'Whole frame' : scopeWords(situation) };
}

/** What the canvas asks for; an obstacle where its parts ask for different things. */
function kindOf(situation: Situation): PlanKind | Obstacle {
  const { input, masks, controls, extension, coverage } = situation;
  const known = coverage.bounds !== null;
  const unknown = extension !== null || (known && !coverage.solid);
  const [control] = controls;
  if (control !== undefined && (input.mode === 'edit' || (masks.length > 0 && known))) return controlClash(situation, control);
  if (control !== undefined) return 'control';
  if (!known) {
    return input.mode === 'edit'
      ? obstacle(situation, 'EMPTY', 'There is no picture inside the frame to edit', [{ type: 'mode', title: 'Create one there', mode: 'create' }])
      : 'textToImage';
  }
  if (unknown) return 'outpaint';
  if (input.mode === 'edit') return 'edit';
  return masks.length > 0 ? 'inpaint' : 'textToImage';
}

/** A map replaces the picture that the model looks at: both at once is nothing that it was trained for. */
function controlClash(situation: Situation, control: ControlLayer): Obstacle {
  const name = controlName(control);
  const leaveOut: Remedy = { type: 'hide', title: `Leave ${name} out`, layerIds: situation.controls.map((layer) => layer.id) };
  if (situation.input.mode === 'edit') {
    return obstacle(situation, 'COMBINATION', `An edit cannot follow ${name} as well: a map is for drawing anew`, [leaveOut, { type: 'mode', title: `Draw anew along ${name}`, mode: 'create' }]);
  }
  return obstacle(situation, 'COMBINATION', `A mask and ${name} cannot be combined: a map is for the whole frame`, [
    { type: 'hide', title: `Draw the whole frame along ${name}`, layerIds: situation.masks.map((layer) => layer.id) }, leaveOut,
  ]);
}

function controlName(control: ControlLayer | undefined): string {
  return control?.control === 'depth' ? 'depth' : control?.control === 'raw' ? 'a map' : 'edges';
}

function missingWords(situation: Situation, kind: PlanKind): Obstacle | undefined {
  const { prompt, mode, task } = situation.input;
  if (prompt.trim() !== '') return undefined;
  if (kind === 'inpaint' || kind === 'outpaint' || (kind === 'edit' && task !== undefined)) return undefined;
  return obstacle(situation, 'PROMPT', mode === 'edit' ? 'Describe the change first' : 'Describe the picture first');
}

/** Each of it would do alone. */
function tooMuch(situation: Situation, kind: PlanKind): Obstacle | undefined {
  const { controls, references } = situation;
  const [control, ...others] = controls;
  if (kind === 'control' && others.length > 0) {
    return obstacle(situation, 'COMBINATION', `One map at a time: ${controls.length} are shown`, [
      { type: 'hide', title: `Use ${control?.name} alone`, layerIds: others.map((layer) => layer.id) },
    ]);
  }
  if (kind === 'control' && control?.map === null) return obstacle(situation, 'PENDING', `${control.name} is being prepared`);
  const styles = references.filter((layer) => layer.role === 'style');
  if (kind === 'textToImage' && styles.length > 0 && styles.length < references.length) {
    return obstacle(situation, 'COMBINATION', 'A subject and a style cannot be taken at once without a picture', [
      { type: 'hide', title: 'Take the subject alone', layerIds: styles.map((layer) => layer.id) },
      { type: 'hide', title: 'Take the style alone', layerIds: references.filter((layer) => layer.role === 'subject').map((layer) => layer.id) },
    ]);
  }
  return undefined;
}

/** The name in `studio.json` of what a job needs; undefined = every model can. */
function taskFor(situation: Situation, kind: PlanKind): string | undefined {
  switch (kind) {
    case 'inpaint':
    case 'outpaint': return kind;
    case 'edit': return situation.input.task;
    case 'control': return controlKind(situation.model, situation.controls[0]);
    case 'textToImage': return situation.references[0]?.role;
    case 'understand': return undefined;
  }
}

/** A map of unknown making is taken for the kind that the model knows, edges first. */
function controlKind(model: ModelAbilities, control: ControlLayer | undefined): 'canny' | 'depth' {
  if (control?.control === 'raw') return !can(model, 'canny') && can(model, 'depth') ? 'depth' : 'canny';
  return control?.control ?? 'canny';
}

function can(model: ModelAbilities, task: string): boolean {
  return model.tasks.some((one) => one.name === task);
}

const phrases: Readonly<Record<string, string>> = {
  inpaint: 'fill a mask from words', outpaint: 'continue a picture', canny: 'follow edges', depth: 'follow depth', subject: 'take a subject from a picture', style: 'take a style from a picture',
};

function untrained(situation: Situation, kind: PlanKind): Obstacle | undefined {
  const { model, masks, input } = situation;
  const task = taskFor(situation, kind);
  if (task === undefined || can(model, task)) return undefined;
  const message = `${model.name} was not trained to ${phrases[task] ?? task}`;
  const hide = (title: string, layers: readonly { readonly id: string }[]): Remedy => ({ type: 'hide', title, layerIds: layers.map((layer) => layer.id) });
  switch (kind) {
    case 'inpaint': return obstacle(situation, 'UNSUPPORTED', message, [
      { type: 'mode', title: 'Edit inside the mask instead', mode: 'edit' }, hide('Draw the whole frame', masks),
    ]);
    case 'outpaint': {
      const bounds = situation.coverage.bounds ?? input.document.frame;
      // A frame fitted to a picture with holes would change nothing.
      return obstacle(situation, 'UNSUPPORTED', message, situation.extension === null ? [] : [{ type: 'frame', title: 'Fit the frame to the picture', frame: coverFrame(bounds) }]);
    }
    case 'control': return obstacle(situation, 'UNSUPPORTED', message, [hide('Draw from words alone', situation.controls)]);
    case 'textToImage': return obstacle(situation, 'UNSUPPORTED', message, [hide('Draw from words alone', situation.references)]);
    case 'edit':
    case 'understand': return obstacle(situation, 'UNSUPPORTED', message, [{ type: 'plain', title: 'Use the words as an instruction' }]);
  }
}

/** How many pictures the model would look at. */
function contextCount({ references }: Situation, kind: PlanKind): number {
  return references.length + (kind === 'textToImage' ? 0 : 1);
}

function tooManyPictures(situation: Situation, kind: PlanKind): Obstacle | undefined {
  const { model, references, input } = situation;
  const count = contextCount(situation, kind);
  if (count <= model.contextImages || input.experimental === true || references.length === 0) return undefined;
  const room = Math.max(0, model.contextImages - (count - references.length));
  const dropped = references.slice(room);
  const rest = kind === 'textToImage' ? '' : kind === 'control' ? 'the map and ' : 'the picture and ';
  const title = room > 0 ? `Use ${references.slice(0, room).map((layer) => layer.name).join(', ')} alone` : dropped.length === 1 ? `Leave ${dropped[0]?.name} out` : 'Leave the references out';
  return obstacle(situation, 'COMBINATION', `${model.name} looks at ${model.contextImages === 1 ? 'one picture' : `${model.contextImages} pictures`}; ${rest}${references.length === 1 ? '1 reference' : `${references.length} references`} make ${count}`, [
    { type: 'hide', title, layerIds: dropped.map((layer) => layer.id) }, { type: 'experimental', title: 'Try it all the same' },
  ]);
}

function rasterPlan(document: CanvasDocument): RasterPlan {
  const layers = framedLayers(document);
  const sources = new Set(layers.flatMap((layer) => liveItems(layer)).flatMap((item) => item.type === 'image' ? item.hash : []));
  return { rect: document.frame, layerIds: layers.map((layer) => layer.id), sources: [...sources] };
}

/** A grow that all masks share, and that does not shrink, is left to the repaint. The widest feather holds for all. */
function maskPlan(document: CanvasDocument, masks: readonly MaskLayer[]): MaskPlan {
  const shared = masks[0]?.grow ?? 0;
  const isShared = shared >= 0 && masks.every((mask) => mask.grow === shared);
  const feathers = masks.flatMap((mask) => mask.feather ?? []);
  return {
    rect: document.frame, layers: masks.map(({ id, grow }) => ({ id, grow: isShared ? 0 : grow })),
    feather: feathers.length === masks.length ? Math.max(...feathers) : null, grow: isShared ? shared : 0,
  };
}

function controlPlan({ input, model, controls }: Situation): Plan['control'] {
  const [control] = controls;
  if (control === undefined) return null;
  const { frame } = input.document;
  const [a, b, c, d, e, f] = control.transform;
  const inPlace = a === 1 && b === 0 && c === 0 && d === 1 && e === frame.x && f === frame.y && control.opacity === 1
    && control.size?.width === frame.width && control.size.height === frame.height && control.items.length === 0;
  return {
    rect: frame, layerId: control.id, control: controlKind(model, control), hash: inPlace ? control.map : null, strength: control.strength, start: control.start, end: control.end,
  };
}

function referencePlans({ references }: Situation): readonly ReferencePlan[] {
  return references.map(({ id, name, role, hash, strength }) => ({ layerId: id, name, role, hash, strength }));
}

function notesOf(situation: Situation, kind: PlanKind): readonly string[] {
  const { input, model, masks, references, extension } = situation;
  const hidden = orderedLayers(input.document).filter((layer) => layer.kind === 'mask' && layer.visible && !masks.includes(layer) && !isEmpty(layer) && input.emptyMasks?.has(layer.id) !== true);
  const task = taskFor(situation, kind);
  return [
    ...(kind !== 'textToImage' && hidden.length > 0 ? [`Outside the frame: ${hidden.map((layer) => layer.name).join(', ')}`] : []),
    ...(kind === 'textToImage' && masks.length > 0 ? ['There is no picture inside the frame, so the mask keeps nothing'] : []),
    ...(kind === 'outpaint' && input.mode === 'edit' && extension !== null ? ['The words describe the whole picture: the frame reaches beyond it'] : []),
    ...(kind !== 'textToImage' && references.some((layer) => layer.strength < 1) ? ['The strength of a reference counts only where there is no picture'] : []),
    ...(model.tasks.some((one) => one.name === task && one.experimental) ? [`${model.name}: the wording of this task is a guess`] : []),
  ];
}

/** A question about what the frame shows. */
function planQuestion(situation: Situation): Plan | Obstacle {
  const { input, coverage } = situation;
  if (coverage.bounds === null) return obstacle(situation, 'EMPTY', 'There is no picture inside the frame to ask about');
  if (input.prompt.trim() === '') return obstacle(situation, 'PROMPT', 'Type a question first');
  const { document } = input;
  return {
    ok: true, kind: 'understand', frame: document.frame, prompt: input.prompt.trim(), scope: 'About the frame', keep: keptRect(document), raster: rasterPlan(document),
    mask: null, control: null, references: [], referenceTask: null, task: null, experimental: false, usesStrength: false, notes: [],
  };
}
